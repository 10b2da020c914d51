package waterfill

import "time"

// Armour is what may not be taken from a resident, as the act on it states (броня).
// The technological armour is the least power with which a continuous process can
// be brought to its end, and how long that takes; the emergency armour is what
// keeps the plant safe after that: lighting, fire pumps, drainage, ventilation.
type Armour struct {
	Tech  int64         // kW
	Lasts time.Duration // how long the technological armour holds after a notice of curtailment
	Emerg int64         // kW
}

// After says what is protected so long after the notice of curtailment: the
// technological armour until its time is over, then the emergency one. A negative
// time says that no notice was given. An act never takes less for the former than
// for the latter; if one does, the latter counts.
func (a Armour) After(sinceNotice time.Duration) (kw int64, emergency bool) {
	if sinceNotice >= a.Lasts && sinceNotice >= 0 {
		return a.Emerg, true
	}
	return max(a.Tech, a.Emerg), false
}
