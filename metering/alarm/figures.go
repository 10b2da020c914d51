package alarm

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Figures say how good the alarms of a position are over a time: how many a person is
// given, and which of them are of no use (ISA-18.2-2016, EEMUA 191).
type Figures struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Announced is how many times the dispatcher was alarmed.
	Announced int     `json:"announced"`
	PerHour   float64 `json:"per_hour"`   // aim about 6, at most about 12
	Per10Min  float64 `json:"per_10_min"` // aim about 1, at most about 2
	Most10Min int     `json:"most_10_min"`
	// Flood is the share of 10-minute windows with more than FloodAbove; aim below 1 %.
	Flood float64 `json:"flood"`
	// Top is the share of the ten alarms that came most often; aim 1 to 5 %.
	Top   float64 `json:"top_10"`
	Worst []Count `json:"worst"` // these ten, the most often first
	// Chattering are alarms that came three times within a minute, Fleeting those that
	// had returned within ten seconds; aim none of either.
	Chattering []Count `json:"chattering"`
	Fleeting   []Count `json:"fleeting"`
	// Stale are active for more than 24 hours at the end; aim below five.
	Stale []ID `json:"stale"`
	// Split is the share of each priority; aim 5, 15, 80 %.
	Split map[Priority]float64 `json:"split"`
	// Answered is the share of those announced that were acknowledged within the time to
	// respond of their kind; what still waits and is not late yet is not counted. 1 if
	// there were none.
	Answered float64 `json:"answered_in_time"`
}

// Count is how often something came.
type Count struct {
	Alarm ID  `json:"alarm"`
	Times int `json:"times"`
}

// FloodAbove is how many alarms in ten minutes are more than a person can answer.
const FloodAbove = 10

// FiguresOf reckons the figures of [from, to) from transitions in the order of their
// time, and from the alarms at its end. Windows of ten minutes are counted from from; the
// last one may be cut short. definitions give the times to respond.
func FiguresOf(list []Transition, now []Alarm, definitions []Definition, from, to time.Time) Figures {
	f := Figures{From: from, To: to, Worst: []Count{}, Chattering: []Count{}, Fleeting: []Count{}, Stale: []ID{}, Split: map[Priority]float64{}, Answered: 1}
	respond := map[Kind]time.Duration{}
	for _, d := range definitions {
		respond[d.Kind] = d.Respond
	}
	var (
		windows  = make([]int, max(0, int((to.Sub(from)+10*time.Minute-1)/(10*time.Minute))))
		times    = map[ID]int{}
		came     = map[ID][]time.Time{}
		waits    = map[ID]Transition{}
		chatters = map[ID]int{}
		fleets   = map[ID]int{}
		intime   int
	)
	for _, t := range list {
		if t.At.Before(from) || !t.At.Before(to) {
			continue
		}
		if w, waiting := waits[t.ID]; waiting && !t.Announced {
			if t.To == Acknowledged || (t.From == Returned && t.To == Normal) {
				if t.At.Sub(w.At) <= respond[t.Kind] {
					intime++
				}
				delete(waits, t.ID)
			}
			if (t.To == Returned || t.To == Normal) && t.At.Sub(w.At) <= 10*time.Second {
				fleets[t.ID]++
			}
		}
		if !t.Announced {
			continue
		}
		f.Announced++
		f.Split[t.Priority]++
		times[t.ID]++
		windows[int(t.At.Sub(from)/(10*time.Minute))]++
		waits[t.ID] = t
		came[t.ID] = append(came[t.ID], t.At)
		if n := len(came[t.ID]); n >= 3 && t.At.Sub(came[t.ID][n-3]) <= time.Minute {
			chatters[t.ID]++
		}
	}
	if hours := to.Sub(from).Hours(); hours > 0 {
		f.PerHour = float64(f.Announced) / hours
		f.Per10Min = f.PerHour / 6
	}
	for _, n := range windows {
		f.Most10Min = max(f.Most10Min, n)
		if n > FloodAbove {
			f.Flood += 1 / float64(len(windows))
		}
	}
	if f.Announced > 0 {
		all := counts(times)
		f.Worst = all[:min(10, len(all))]
		for _, c := range f.Worst {
			f.Top += float64(c.Times) / float64(f.Announced)
		}
		for p := range f.Split {
			f.Split[p] /= float64(f.Announced)
		}
	}
	due := f.Announced
	for _, w := range waits {
		if respond[w.Kind] >= to.Sub(w.At) {
			due--
		}
	}
	if due > 0 {
		f.Answered = float64(intime) / float64(due)
	}
	f.Chattering, f.Fleeting = counts(chatters), counts(fleets)
	for _, a := range now {
		if a.Active && to.Sub(a.Since) > 24*time.Hour {
			f.Stale = append(f.Stale, a.ID)
		}
	}
	return f
}

// counts are how often each alarm came, the most often first, then by id.
func counts(times map[ID]int) []Count {
	list := []Count{}
	for _, id := range slices.Sorted(maps.Keys(times)) {
		list = append(list, Count{id, times[id]})
	}
	slices.SortStableFunc(list, func(a, b Count) int { return cmp.Compare(b.Times, a.Times) })
	return list
}
