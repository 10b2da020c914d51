package regmap

import (
	"fmt"
	"time"
)

// clockFields are the registers of a FieldsClock.
const clockFields = 6

// lastSecond is the end of the year 9999: later seconds are not a clock.
const lastSecond = 253402300799

// clock reads the meter's clock; false if the words are no time.
func (r *Register) clock(w []uint16) (time.Time, bool) {
	if r.Clock == FieldsClock {
		return fieldsTime(w)
	}
	bits := r.Order.gather(w)
	s := int64(bits)
	if r.Type.isSigned() {
		s = signed(bits, len(w))
	}
	if r.missing(bits) != "" || s < 0 || s > lastSecond {
		return time.Time{}, false
	}
	return time.Unix(s, 0).UTC(), true
}

// fieldsTime makes a time of year, month, day, hour, minute and second; false
// for a date that does not exist.
func fieldsTime(w []uint16) (time.Time, bool) {
	year := int(w[0])
	if year < 100 {
		year += 2000
	}
	if year < 1970 || year > 9999 || w[5] > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(w[1]), int(w[2]), int(w[3]), int(w[4]), int(w[5]), 0, time.UTC)
	same := int(t.Month()) == int(w[1]) && t.Day() == int(w[2]) && t.Hour() == int(w[3]) && t.Minute() == int(w[4])
	return t, same
}

// EncodeClock writes a time, from 1970 to 9999, into a clock register as the meter
// would show it, in whole seconds; the year in full. dst has r.Words() words.
func EncodeClock(r *Register, t time.Time, dst []uint16) {
	if len(dst) != r.Words() || r.Clock == NoClock {
		panic(fmt.Sprintf("BUG: register %s (%v) encoded as a clock into %d words", r.Name, r.Type, len(dst)))
	}
	t = t.UTC()
	if r.Clock == UnixClock {
		r.Order.scatter(uint64(t.Unix()), dst)
		return
	}
	for i, v := range [clockFields]int{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second()} {
		dst[i] = uint16(v)
	}
}
