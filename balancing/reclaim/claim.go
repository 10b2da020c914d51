package reclaim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

// Claim is what evidence says it is about: with it the same evidence can be made anew
// from a ledger.
type Claim struct {
	Resident metering.ResidentID
	Node     metering.NodeID
	From     time.Time // UTC; not before commissioning
	To       time.Time // UTC, exclusive
	Minutes  int       // of a block
	// Intervals names the versions that it was made of.
	Intervals Digest
}

// ClaimOf reads what evidence is about off its text. It fails on a text that is no
// evidence, is of another format, or says less or something twice; it does not judge
// whether the evidence is true.
func ClaimOf(text string) (Claim, error) {
	var c Claim
	head, rest, _ := strings.Cut(text, "\n")
	if head != evidenceFormat {
		return c, fmt.Errorf("evidence: the first line is %.60q: want %q", head, evidenceFormat)
	}
	read := map[string]func(*values){
		"resident": func(v *values) { c.Resident, c.Node = metering.ResidentID(v.quoted()), metering.NodeID(v.quoted()) },
		"time":     func(v *values) { c.From, c.To, c.Minutes = v.moment(), v.moment(), v.count() },
		"intervals": func(v *values) {
			c.Intervals.Count = v.count()
			v.fail(c.Intervals.SHA256.UnmarshalText([]byte(unquoted(v.word()))))
		},
	}
	for line := range strings.Lines(rest) {
		name, args, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if read[name] == nil {
			continue
		}
		v := &values{rest: args}
		read[name](v)
		if v.err == nil && v.rest != "" {
			v.err = fmt.Errorf("%.40q is too much", v.rest)
		}
		if v.err != nil {
			return Claim{}, fmt.Errorf("evidence: line %q: %w", name, v.err)
		}
		delete(read, name)
		if len(read) == 0 {
			return c, nil
		}
	}
	return Claim{}, errors.New("evidence: it does not say its resident, time and intervals once each, in lines of their own")
}

// unquoted is a word without its quotes; as it is if it has none.
func unquoted(word string) string {
	if s, err := strconv.Unquote(word); err == nil {
		return s
	}
	return word
}

// values are read one after the other; err is the first fault.
type values struct {
	rest string
	err  error
}

func (v *values) fail(err error) {
	if v.err == nil {
		v.err = err
	}
}

func (v *values) word() string {
	var word string
	word, v.rest, _ = strings.Cut(v.rest, " ")
	return word
}

func (v *values) quoted() string {
	prefix, err := strconv.QuotedPrefix(v.rest)
	if err != nil {
		v.fail(fmt.Errorf("%.40q does not begin with a text in quotes", v.rest))
		return ""
	}
	v.rest = strings.TrimPrefix(v.rest[len(prefix):], " ")
	return unquoted(prefix)
}

func (v *values) moment() time.Time {
	t, err := time.Parse(time.RFC3339Nano, v.word())
	v.fail(err)
	return t.UTC()
}

func (v *values) count() int {
	n, err := strconv.Atoi(v.word())
	if err == nil && n < 0 {
		err = fmt.Errorf("%d is negative", n)
	}
	v.fail(err)
	return n
}
