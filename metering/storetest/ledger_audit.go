package storetest

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/audit"
)

func deed(n int, kind, actor, subject string) metering.AuditRecord {
	return metering.AuditRecord{At: day.Add(time.Duration(n) * time.Second), Actor: actor, Role: metering.RoleDispatcher, Kind: kind, Subject: subject, Text: fmt.Sprint("deed ", n)}
}

func (c *ledgerCase) append(r metering.AuditRecord) metering.AuditRecord {
	c.Helper()
	kept, err := c.l.Append(c.Context(), r)
	c.must(err)
	return kept
}

func (c *ledgerCase) audit(q metering.AuditQuery) []metering.AuditRecord {
	c.Helper()
	list, err := c.l.Audit(c.Context(), q)
	c.must(err)
	return list
}

// wholeAudit is the chain from its beginning, which must hold.
func (c *ledgerCase) wholeAudit() []metering.AuditRecord {
	c.Helper()
	var all []metering.AuditRecord
	for {
		part, err := c.l.AuditFrom(c.Context(), uint64(len(all))+1, 7)
		c.must(err)
		if len(part) == 0 {
			break
		}
		all = append(all, part...)
	}
	if v := audit.Verify(all, audit.Witness{Whole: true}); v.Break != nil {
		c.Errorf("the chain breaks: %v", v.Break)
	}
	return all
}

// auditChain: what was appended comes back sealed, in whatever order it is asked
// for, and after a restart the chain goes on.
func (c *ledgerCase) auditChain() {
	diff(c, "an empty audit", nil, c.wholeAudit())
	odd := deed(1, "login", "a.omarova", "a.omarova")
	odd.At = odd.At.Add(1234567 * time.Nanosecond)
	odd.Text, odd.Detail, odd.Snapshot = "a\x00b\xffc «Смена»", ` {"b" : 1.50, "a":["<",null] } `, [32]byte{1, 2, 255}
	first := c.append(odd)
	want := odd
	want.Seq, want.At, want.Text, want.Detail = 1, day.Add(time.Second+time.Millisecond), "a\uFFFDb\uFFFDc «Смена»", `{"a":["<",null],"b":1.50}`
	want.Hash = audit.Hash(want)
	diff(c, "first record", want, first)
	second := c.append(deed(2, "order.sent", "b.serik", "relay-7"))
	if second.Seq != 2 || second.Prev != first.Hash {
		c.Errorf("the second record %+v does not continue the first", second)
	}
	c.reopen()
	third := c.append(deed(3, "logout", "a.omarova", ""))
	diff(c, "the chain", []metering.AuditRecord{first, second, third}, c.wholeAudit())
	part, err := c.l.AuditFrom(c.Context(), 2, 1)
	c.must(err)
	diff(c, "a part of it", []metering.AuditRecord{second}, part)
}

func (c *ledgerCase) auditRefusals() {
	f := func(what string, change func(r *metering.AuditRecord)) {
		c.Helper()
		r := deed(1, "login", "a.omarova", "")
		change(&r)
		if _, err := c.l.Append(c.Context(), r); !errors.Is(err, metering.ErrRefused) {
			c.Errorf("%s: Append = %v, want ErrRefused", what, err)
		}
	}
	f("no time", func(r *metering.AuditRecord) { r.At = time.Time{} })
	f("no actor", func(r *metering.AuditRecord) { r.Actor = "" })
	f("no kind", func(r *metering.AuditRecord) { r.Kind = "" })
	f("half a kind", func(r *metering.AuditRecord) { r.Kind = "order." })
	f("a detail that is no JSON", func(r *metering.AuditRecord) { r.Detail = `{"a":` })
	f("two details", func(r *metering.AuditRecord) { r.Detail = `1 2` })
	f("a text without end", func(r *metering.AuditRecord) { r.Text = strings.Repeat("a", 5000) })
	f("a subject without end", func(r *metering.AuditRecord) { r.Subject = strings.Repeat("a", 300) })
	diff(c, "the audit", nil, c.wholeAudit())
}

// auditSelection asks for records of a list in all ways, and gets what a plain
// walk through the list gives.
func (c *ledgerCase) auditSelection() {
	var all []metering.AuditRecord
	kinds := []string{"login", "login.failed", "order.given", "order.sent", "orders", "logout"}
	actors := []string{"a.omarova", "b.serik", "os:root"}
	for n := range 60 {
		all = append(all, c.append(deed(n*37%60, kinds[n%6], actors[n%3], fmt.Sprint("s-", n%4))))
	}
	rapid.Check(c, func(rt *rapid.T) {
		q := metering.AuditQuery{
			Kind:    rapid.SampledFrom(append(kinds, "", "", "order.", "login.")).Draw(rt, "kind"),
			Actor:   rapid.SampledFrom(append(actors, "", "")).Draw(rt, "actor"),
			Subject: rapid.SampledFrom([]string{"", "", "s-1", "s-9"}).Draw(rt, "subject"),
			Before:  uint64(rapid.SampledFrom([]int{0, 0, 30, 1000}).Draw(rt, "before")),
			Limit:   rapid.SampledFrom([]int{0, 1, 5, 100}).Draw(rt, "limit"),
		}
		if rapid.Bool().Draw(rt, "bounded") {
			q.From = day.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "from")) * time.Second)
			q.To = day.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "to")) * time.Second)
		}
		var want []metering.AuditRecord
		for _, r := range slices.Backward(all) {
			fits := (q.From.IsZero() || !r.At.Before(q.From)) && (q.To.IsZero() || r.At.Before(q.To)) &&
				(q.Kind == "" || r.Kind == q.Kind || strings.HasSuffix(q.Kind, ".") && strings.HasPrefix(r.Kind, q.Kind)) &&
				(q.Actor == "" || r.Actor == q.Actor) && (q.Subject == "" || r.Subject == q.Subject) && (q.Before == 0 || r.Seq < q.Before)
			if fits && len(want) < q.Limit {
				want = append(want, r)
			}
		}
		got, err := c.l.Audit(c.Context(), q)
		if err != nil {
			rt.Fatal(err)
		}
		if !slices.Equal(want, got) {
			rt.Fatalf("%+v: %+v, want %+v", q, got, want)
		}
	})
}

// auditCheckpoints are kept in the order of the chain, and only for what is there.
func (c *ledgerCase) auditCheckpoints() {
	ctx := c.Context()
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	other := ed25519.NewKeyFromSeed(append(make([]byte, 31), 1))
	first, second := c.append(deed(1, "login", "a", "")), c.append(deed(2, "login", "b", ""))
	one := audit.Sign(audit.LinkOf(first), day, key)
	two := audit.Sign(audit.LinkOf(second), day.Add(time.Minute), key)
	twice := audit.Sign(audit.LinkOf(second), day.Add(time.Minute), other)
	c.must(c.l.AddCheckpoint(ctx, two))
	c.must(c.l.AddCheckpoint(ctx, one))
	c.must(c.l.AddCheckpoint(ctx, twice))
	c.must(c.l.AddCheckpoint(ctx, audit.Sign(audit.LinkOf(first), day.Add(time.Hour), key))) // again: skipped
	for _, l := range []audit.Link{{Seq: 3, Hash: second.Hash}, {Seq: 1, Hash: second.Hash}, {}} {
		if err := c.l.AddCheckpoint(ctx, audit.Sign(l, day, key)); !errors.Is(err, metering.ErrRefused) {
			c.Errorf("a checkpoint of what is not there: %v, want ErrRefused", err)
		}
	}
	c.reopen()
	want := []metering.AuditCheckpoint{one, two, twice}
	if other, two := audit.KeyID(other.Public().(ed25519.PublicKey)), two.Key; string(other[:]) < string(two[:]) {
		want[1], want[2] = want[2], want[1]
	}
	got, err := c.l.Checkpoints(ctx, 0, 10)
	c.must(err)
	diff(c, "checkpoints", want, got)
	got, err = c.l.Checkpoints(ctx, 2, 1)
	c.must(err)
	diff(c, "a part of them", want[1:2], got)
}

// auditConcurrent: many append at once, and the chain does not fork.
func (c *ledgerCase) auditConcurrent() {
	const writers, each = 6, 12
	var wg sync.WaitGroup
	for g := range writers {
		wg.Go(func() {
			for n := range each {
				if _, err := c.l.Append(c.Context(), deed(n, "login", fmt.Sprint("w-", g), "")); err != nil {
					c.Errorf("Append: %v", err)
				}
			}
		})
	}
	wg.Wait()
	all := c.wholeAudit()
	diff(c, "records", writers*each, len(all))
	next := map[string]int{}
	for _, r := range all { // those of one writer stand in the order in which he appended them
		if want := fmt.Sprint("deed ", next[r.Actor]); r.Text != want {
			c.Errorf("record %d of %s is %q, want %q", r.Seq, r.Actor, r.Text, want)
		}
		next[r.Actor]++
	}
}
