package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

const lead = "balancer"

func (c *ledgerCase) lease(holder string, second int) metering.Lease {
	c.Helper()
	l, err := c.l.Lease(c.Context(), lead, holder, 15*time.Second, day.Add(time.Duration(second)*time.Second))
	c.must(err)
	return l
}

// leaseLife is the story of two balancers: the first leads, dies, the second takes
// over after its time, and what comes back finds itself out of term.
func (c *ledgerCase) leaseLife() {
	until := func(s int) time.Time { return day.Add(time.Duration(s) * time.Second) }
	diff(c, "the first one leads", metering.Lease{Name: lead, Holder: "a", Term: 1, Until: until(15), Held: true}, c.lease("a", 0))
	diff(c, "the second waits", metering.Lease{Name: lead, Holder: "a", Term: 1, Until: until(15)}, c.lease("b", 5))
	diff(c, "prolonged in its term", metering.Lease{Name: lead, Holder: "a", Term: 1, Until: until(25), Held: true}, c.lease("a", 10))
	diff(c, "a clock that goes back takes nothing", metering.Lease{Name: lead, Holder: "a", Term: 1, Until: until(25), Held: true}, c.lease("a", 2))
	c.reopen() // the process that has the ledger is killed and started again
	diff(c, "a millisecond before its end", false, c.lease("b", 24).Held)
	diff(c, "at its end", metering.Lease{Name: lead, Holder: "b", Term: 2, Until: until(40), Held: true}, c.lease("b", 25))
	diff(c, "who comes back is out", metering.Lease{Name: lead, Holder: "b", Term: 2, Until: until(40)}, c.lease("a", 26))
	diff(c, "late, and in a new term though nobody else was there", metering.Lease{Name: lead, Holder: "b", Term: 3, Until: until(115), Held: true}, c.lease("b", 100))

	ctx := c.Context()
	c.must(c.l.Release(ctx, lead, "b", 2)) // a term of the past
	c.must(c.l.Release(ctx, lead, "a", 3))
	c.must(c.l.Release(ctx, "no such lease", "a", 3))
	diff(c, "nothing was given back", false, c.lease("a", 101).Held)
	c.must(c.l.Release(ctx, lead, "b", 3))
	diff(c, "given back", metering.Lease{Name: lead, Holder: "a", Term: 4, Until: until(117), Held: true}, c.lease("a", 102))
	c.must(c.l.Release(ctx, lead, "a", 4))
	c.reopen()
	diff(c, "the term does not fall", uint64(5), c.lease("a", 103).Term)

	other, err := c.l.Lease(ctx, "another", "z", time.Second, day)
	c.must(err)
	diff(c, "another lease has its own terms", uint64(1), other.Term)
	own, err := c.l.Lease(ctx, "by the ledger's clock", "z", time.Minute, time.Time{})
	c.must(err)
	if left := time.Until(own.Until); !own.Held || left > time.Minute+time.Second || left < time.Second {
		c.Errorf("a minute from now by the ledger's clock is %v", own.Until)
	}
	for _, l := range []struct {
		name, holder string
		ttl          time.Duration
	}{{"", "a", time.Second}, {lead, "", time.Second}, {lead, "a", 0}, {lead, "a", 2 * time.Hour}} {
		if _, err := c.l.Lease(ctx, l.name, l.holder, l.ttl, day); !errors.Is(err, metering.ErrRefused) {
			c.Errorf("%+v: %v, want ErrRefused", l, err)
		}
	}
}

// leaseModel lets many ask in random order, with clocks that differ and step, and
// compares with the law: no two holders at one moment, terms rise with every
// change, and nobody is kept out when it is free.
func (c *ledgerCase) leaseModel() {
	names := 0
	rapid.Check(c, func(rt *rapid.T) {
		names++
		name := fmt.Sprint("lease ", names)
		now := day
		var is metering.Lease // as the last one who held it was told
		free := true
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(-2000, 9000).Draw(rt, "passes")) * time.Millisecond)
			holder := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "holder")
			if rapid.IntRange(0, 5).Draw(rt, "gives back") == 0 {
				if err := c.l.Release(c.Context(), name, holder, is.Term); err != nil {
					rt.Fatal(err)
				}
				free = free || holder == is.Holder
				continue
			}
			ttl := time.Duration(rapid.IntRange(1, 8000).Draw(rt, "ttl")) * time.Millisecond
			got, err := c.l.Lease(c.Context(), name, holder, ttl, now)
			if err != nil {
				rt.Fatal(err)
			}
			over := free || !now.Before(is.Until)
			switch {
			case over && (!got.Held || got.Term != is.Term+1 || !got.Until.Equal(now.Add(ttl))):
				rt.Fatalf("it is free at %v: %+v after %+v", now, got, is)
			case !over && holder == is.Holder && (!got.Held || got.Term != is.Term || got.Until.Before(is.Until)):
				rt.Fatalf("its holder asks at %v: %+v after %+v", now, got, is)
			case !over && holder != is.Holder && (got.Held || got.Term != is.Term || got.Holder != is.Holder):
				rt.Fatalf("%s asks at %v: %+v while %+v runs", holder, now, got, is)
			}
			if got.Held {
				is, free = got, false
			}
		}
	})
}

// leaseRace: all ask at once, one gets it.
func (c *ledgerCase) leaseRace() {
	for round := range 5 {
		var mu sync.Mutex
		var wg sync.WaitGroup
		held := 0
		for g := range 8 {
			wg.Go(func() {
				l, err := c.l.Lease(c.Context(), lead, fmt.Sprintf("%d-%d", round, g), time.Second, day.Add(time.Duration(round)*time.Second))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					c.Errorf("Lease: %v", err)
				}
				if l.Term != uint64(round+1) {
					c.Errorf("term %d in round %d", l.Term, round)
				}
				if l.Held {
					held++
				}
			})
		}
		wg.Wait()
		diff(c, "held", 1, held)
	}
}
