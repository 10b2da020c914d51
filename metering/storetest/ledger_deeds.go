package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"asue/metering"
	"asue/metering/audit"
)

// decision is a deed of the n-th second, signed by two persons.
func decision(n int, kind, subject string) metering.Deed {
	return metering.Deed{
		At: day.Add(time.Duration(n) * time.Second), Kind: kind, Subject: subject, Author: "a.omarova", Approver: "b.serik",
		Basis: "договор, п. 4.2", Document: fmt.Sprint("акт № ", n), Body: fmt.Sprintf(`{"n":%d}`, n),
	}
}

// because is the record that seals decisions.
func because(n int) metering.AuditRecord { return deed(n, "capacity.decision", "a.omarova", "") }

func (c *ledgerCase) record(after uint64, deeds ...metering.Deed) []metering.Deed {
	c.Helper()
	kept, err := c.l.RecordDeeds(c.Context(), after, deeds, because(int(after)))
	c.must(err)
	return kept
}

// wholeDeeds are all deeds, each of which the audit must bear out.
func (c *ledgerCase) wholeDeeds() []metering.Deed {
	c.Helper()
	walk := audit.NewDeedWalker()
	for _, r := range c.wholeAudit() {
		walk.Record(r)
	}
	var all []metering.Deed
	for {
		part, err := c.l.Deeds(c.Context(), uint64(len(all)), 7)
		c.must(err)
		if len(part) == 0 {
			break
		}
		all = append(all, part...)
	}
	for _, d := range all {
		walk.Next(d, audit.HashDeed(d))
	}
	if v := walk.End(); len(v.Faults) > 0 {
		c.Errorf("the deeds do not hold: %v", v.Faults)
	}
	return all
}

// deedLife: what was recorded comes back as it was kept, also after a restart, and the
// audit seals it in the same breath.
func (c *ledgerCase) deedLife() {
	diff(c, "no deeds", nil, c.wholeDeeds())
	odd := decision(1, "case.step", "ТУ-2026-003")
	odd.Seq, odd.At = 77, odd.At.Add(1234567*time.Nanosecond).In(time.FixedZone("Asia/Aqtobe", 5*3600))
	odd.Document, odd.Body = "письмо\x00№\xff7 «Қуат»", ` {"to_w" : 1.50, "event":["<",null,{"ә":"қ","a":1}] } `
	plain := metering.Deed{At: odd.At, Kind: "draft", Author: "a.omarova", Document: "записка", Body: `"x"`}
	kept := c.record(0, odd, plain)
	want := []metering.Deed{odd, plain}
	want[0].Seq, want[0].At = 1, day.Add(time.Second+time.Millisecond)
	want[0].Document, want[0].Body = "письмо\uFFFD№\uFFFD7 «Қуат»", `{"event":["<",null,{"a":1,"ә":"қ"}],"to_w":1.50}`
	want[1].Seq, want[1].At = 2, want[0].At
	diff(c, "as they were kept", want, kept)
	c.reopen()
	want = append(want, c.record(2, decision(9, "register.act", ""))...)
	diff(c, "all of them", want, c.wholeDeeds())
	diff(c, "the third", 3, want[2].Seq)

	var seals []string
	for _, r := range c.wholeAudit() {
		seals = append(seals, r.Kind+" "+r.Detail)
	}
	diff(c, "what the audit says", []string{
		"capacity.decision " + audit.SealDeeds(want[:2]), "capacity.decision " + audit.SealDeeds(want[2:]),
	}, seals)
	for _, part := range []struct {
		after uint64
		limit int
		want  []metering.Deed
	}{{1, 1, want[1:2]}, {1, 10, want[1:]}, {3, 10, nil}, {math.MaxUint64, 10, nil}, {0, 0, nil}, {0, -1, nil}} {
		got, err := c.l.Deeds(c.Context(), part.after, part.limit)
		c.must(err)
		diff(c, fmt.Sprintf("%d after %d", part.limit, part.after), part.want, got)
	}
}

// deedConflict: who decided on less than what is there is told so, and so is one who
// has seen more.
func (c *ledgerCase) deedConflict() {
	first := c.record(0, decision(1, "case.open", "ТУ-2026-001"), decision(1, "case.step", "ТУ-2026-001"))
	for _, after := range []uint64{0, 1, 3, math.MaxUint64} {
		if _, err := c.l.RecordDeeds(c.Context(), after, []metering.Deed{decision(2, "draft", "")}, because(2)); !errors.Is(err, metering.ErrConflict) {
			c.Errorf("a decision on deed %d of 2: %v, want ErrConflict", after, err)
		}
	}
	diff(c, "deeds", first, c.wholeDeeds())
	diff(c, "records of the audit", 1, len(c.wholeAudit()))
}

// deedRefusals: what is refused leaves neither a deed nor a record behind, and all
// faults are told at once.
func (c *ledgerCase) deedRefusals() {
	first := c.record(0, decision(10, "draft", ""))
	f := func(what string, why metering.AuditRecord, deeds []metering.Deed, say ...string) {
		c.Helper()
		_, err := c.l.RecordDeeds(c.Context(), 1, deeds, why)
		if !errors.Is(err, metering.ErrRefused) {
			c.Errorf("%s: RecordDeeds = %v, want ErrRefused", what, err)
			return
		}
		for _, s := range say {
			if !strings.Contains(err.Error(), s) {
				c.Errorf("%s: %q does not say %q", what, err, s)
			}
		}
	}
	one := func(change func(d *metering.Deed)) []metering.Deed {
		d := decision(11, "draft", "")
		change(&d)
		return []metering.Deed{decision(10, "draft", ""), d}
	}
	why := because(11)
	long := strings.Repeat("ә", metering.DeedTextMost/2)
	f("nothing", why, nil, "none")
	f("no time", why, one(func(d *metering.Deed) { d.At = time.Time{} }), "deed 2 of 2", "a time is needed")
	f("no kind", why, one(func(d *metering.Deed) { d.Kind = "" }), "kind: it is needed")
	f("no author", why, one(func(d *metering.Deed) { d.Author = "" }), "author: it is needed")
	f("no paper", why, one(func(d *metering.Deed) { d.Document = "" }), "document: it is needed")
	f("signed by its author", why, one(func(d *metering.Deed) { d.Approver = d.Author }), "another person signs")
	f("before the one before it", why, one(func(d *metering.Deed) { d.At = day.Add(10*time.Second - time.Millisecond) }), "before deed 2 of 2026-01-15T00:00:10.000Z")
	f("before the last one", why, []metering.Deed{decision(9, "draft", "")}, "before deed 1 of 2026-01-15T00:00:10.000Z")
	f("no body", why, one(func(d *metering.Deed) { d.Body = "" }), "body: JSON is needed")
	f("half a body", why, one(func(d *metering.Deed) { d.Body = `{"a":` }), "body: JSON is needed")
	f("two bodies", why, one(func(d *metering.Deed) { d.Body = `1 2` }), "body: JSON is needed")
	f("a body without end", why, one(func(d *metering.Deed) { d.Body = `"` + strings.Repeat("a", metering.DeedBodyMost-1) + `"` }), "262145 bytes")
	for _, text := range []string{"subject", "approver", "basis", "document"} {
		f(text+" without end", why, one(func(d *metering.Deed) {
			*map[string]*string{"subject": &d.Subject, "approver": &d.Approver, "basis": &d.Basis, "document": &d.Document}[text] = long + "a"
		}), text+": 1025 bytes, and 1024 are allowed")
	}
	f("everything at once", why, []metering.Deed{{}, {Kind: "draft", Author: "a", Approver: "a", At: day, Document: "d", Body: "-"}},
		"deed 1 of 2", "a time", "kind", "author", "document", "deed 2 of 2", "another person", "body")
	f("without a record", metering.AuditRecord{}, one(func(*metering.Deed) {}))
	f("with a record of another kind", deed(11, "decision", "a.omarova", ""), one(func(*metering.Deed) {}), `begins with "capacity."`)
	diff(c, "deeds", first, c.wholeDeeds())
	diff(c, "records of the audit", 1, len(c.wholeAudit()))

	largest := decision(10, strings.Repeat("k", metering.DeedTextMost), long)
	largest.Body = `"` + strings.Repeat("a", metering.DeedBodyMost-2) + `"`
	diff(c, "up to the bounds", append(first, c.record(1, largest)...), c.wholeDeeds())
}

// deedRace: many decide on the same state at once. Each time one is heard, and the
// others look again; in the end there is neither a gap nor a fork.
func (c *ledgerCase) deedRace() {
	const persons, each = 5, 8
	var wg sync.WaitGroup
	for p := range persons {
		wg.Go(func() {
			for n := 0; n < each; {
				seen, err := c.l.Deeds(c.Context(), 0, 1000)
				if err != nil {
					c.Errorf("Deeds: %v", err)
					return
				}
				// One decision is one deed or two.
				deeds := slices.Repeat([]metering.Deed{decision(0, "draft", fmt.Sprint(p, "/", n))}, 1+(p+n)%2)
				kept, err := c.l.RecordDeeds(c.Context(), uint64(len(seen)), deeds, because(n))
				switch {
				case errors.Is(err, metering.ErrConflict):
				case err != nil:
					c.Errorf("RecordDeeds: %v", err)
					return
				case kept[0].Seq != uint64(len(seen))+1:
					c.Errorf("a decision on deed %d became deed %d", len(seen), kept[0].Seq)
					return
				default:
					n++
				}
			}
		})
	}
	wg.Wait()
	all := c.wholeDeeds()
	diff(c, "records of the audit", persons*each, len(c.wholeAudit()))
	diff(c, "deeds", persons*each*3/2, len(all))
	next := map[int]int{}
	for i, d := range all {
		var p, n int
		if _, err := fmt.Sscanf(d.Subject, "%d/%d", &p, &n); err != nil {
			c.Fatal(err)
		}
		if i > 0 && all[i-1].Subject == d.Subject {
			continue // the second deed of one decision
		}
		if n != next[p] {
			c.Errorf("deed %d is decision %d of person %d, want %d", d.Seq, n, p, next[p])
		}
		next[p]++
	}
}
