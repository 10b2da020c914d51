package dispatcher

import "time"

// sparkMinutes is the length of a resident's small curve.
const sparkMinutes = 60

// sparks keeps a mean power per minute and resident for the last hour, made of
// the very numbers that the page has shown.
type sparks struct {
	minute time.Time // the open minute
	open   []meanOf  // by index of resident
	closed [][]*int64
}

type meanOf struct {
	sum   int64
	count int64
}

func newSparks(residents int) *sparks {
	s := &sparks{open: make([]meanOf, residents), closed: make([][]*int64, residents)}
	for i := range s.closed {
		s.closed[i] = make([]*int64, sparkMinutes)
	}
	return s
}

// start is the start of the first minute of the curves.
func (s *sparks) start() time.Time {
	return s.minute.Add(-sparkMinutes * time.Minute)
}

// roll closes minutes up to now and returns how many; minutes nobody looked at
// stay empty.
func (s *sparks) roll(now time.Time) int {
	minute := now.UTC().Truncate(time.Minute)
	if s.minute.IsZero() {
		s.minute = minute
		return 0
	}
	passed := int(minute.Sub(s.minute) / time.Minute)
	if passed <= 0 {
		return 0
	}
	for i, m := range s.open {
		var mean *int64
		if m.count > 0 {
			v := m.sum / m.count
			mean = &v
		}
		s.shift(i, mean)
		for n := 1; n < min(passed, sparkMinutes); n++ {
			s.shift(i, nil)
		}
		s.open[i] = meanOf{}
	}
	s.minute = minute
	return passed
}

func (s *sparks) shift(resident int, v *int64) {
	row := s.closed[resident]
	copy(row, row[1:])
	row[len(row)-1] = v
}

// add puts a shown number into the open minute.
func (s *sparks) add(resident int, powerW int64) {
	s.open[resident].sum += powerW
	s.open[resident].count++
}

// fill puts a mean into a closed minute that has none yet, and reports whether it did.
func (s *sparks) fill(resident int, minute time.Time, powerW int64) bool {
	i := int(minute.Sub(s.start()) / time.Minute)
	if i < 0 || i >= sparkMinutes || s.closed[resident][i] != nil {
		return false
	}
	s.closed[resident][i] = &powerW
	return true
}

func (s *sparks) row(resident int) []*int64 {
	return append([]*int64(nil), s.closed[resident]...)
}
