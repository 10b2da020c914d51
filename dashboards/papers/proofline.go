package papers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
)

// scanner takes values off a line, one after the other; err is the first fault.
type scanner struct {
	rest string
	err  error
}

func (s *scanner) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *scanner) word() string {
	var word string
	word, s.rest, _ = strings.Cut(s.rest, " ")
	return word
}

func (s *scanner) quoted() string {
	prefix, err := strconv.QuotedPrefix(s.rest)
	if err != nil {
		s.fail(fmt.Errorf("%.40q does not begin with a text in quotes", s.rest))
		return ""
	}
	s.rest = strings.TrimPrefix(s.rest[len(prefix):], " ")
	text, err := strconv.Unquote(prefix)
	s.fail(err)
	return text
}

func (s *scanner) power() metering.Power {
	n, err := strconv.ParseInt(s.word(), 10, 64)
	s.fail(err)
	return metering.Power(n)
}

func (s *scanner) int() int {
	n, err := strconv.Atoi(s.word())
	s.fail(err)
	return n
}

func (s *scanner) uint() uint64 {
	n, err := strconv.ParseUint(s.word(), 10, 64)
	s.fail(err)
	return n
}

func (s *scanner) bool() bool {
	b, err := strconv.ParseBool(s.word())
	s.fail(err)
	return b
}

// known is a power, nil for "-".
func (s *scanner) known() *metering.Power {
	if word, rest, _ := strings.Cut(s.rest, " "); word == "-" {
		s.rest = rest
		return nil
	}
	p := s.power()
	return &p
}

// moment is a time, the zero one for "-".
func (s *scanner) moment() time.Time {
	word := s.word()
	if word == "-" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, word)
	s.fail(err)
	return t.UTC()
}

// maybe is a time, nil for "-".
func (s *scanner) maybe() *time.Time {
	t := s.moment()
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *scanner) counts() reclaim.Counts {
	return reclaim.Counts{Expected: s.int(), Valid: s.int(), Imputed: s.int(), Missing: s.int(), Outage: s.int(), Held: s.int()}
}
