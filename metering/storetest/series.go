package storetest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
)

// SeriesOptions tells the Series suite what it cannot find out by itself.
type SeriesOptions struct {
	// Bad are samples that this store refuses for good although their values are
	// finite, a field name that its engine cannot carry for instance. The suite
	// leaves that clause to the non-finite values if there are none.
	Bad []metering.Sample
	// Now is the store's clock; the wall clock if nil.
	Now func() time.Time
	// Visible is how long a written sample may take to appear in Range; 30 s if 0.
	Visible time.Duration
}

// Series checks an implementation of metering.Series against its law. Every call
// of open gives a store without samples of other calls, or one that is shared:
// the suite uses point names of its own for each case. The suite closes what it
// opens.
func Series(t *testing.T, open func(t *testing.T) metering.Series, o SeriesOptions) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Visible == 0 {
		o.Visible = 30 * time.Second
	}
	cases := []struct {
		name string
		run  func(*seriesCase)
	}{
		{"a range query returns what was written", (*seriesCase).writtenIsRead},
		{"labels name point, resident, node and meter", (*seriesCase).labels},
		{"the same samples again change nothing", (*seriesCase).resend},
		{"old samples in any order are kept", (*seriesCase).oldSamples},
		{"a value that is not finite is refused", (*seriesCase).notFinite},
		{"bad samples do not take the good ones with them", (*seriesCase).badSamples},
		{"an empty write is a success", (*seriesCase).emptyWrite},
		{"a query that does not parse is refused", (*seriesCase).badQuery},
		{"a query without data is empty", (*seriesCase).noData},
		{"a cancelled context ends the call", (*seriesCase).cancelled},
		{"many writers at once", (*seriesCase).concurrent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			// Whole minutes well in the past, so that no engine's look-ahead or
			// freshness rule is in play.
			base := o.Now().UTC().Truncate(time.Minute).Add(-time.Hour)
			c.run(&seriesCase{T: t, s: s, o: o, base: base, point: pointFor(c.name)})
		})
	}
}

type seriesCase struct {
	*testing.T
	s     metering.Series
	o     SeriesOptions
	base  time.Time
	point metering.PointID
}

// pointFor makes a point id of a case's name, so that cases do not meet in a
// shared store.
func pointFor(name string) metering.PointID {
	return metering.PointID("law-" + strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", ""))
}

func (c *seriesCase) samples(n int, every time.Duration, value func(i int) float64) []metering.Sample {
	all := make([]metering.Sample, n)
	for i := range all {
		all[i] = metering.Sample{
			Point: c.point, Resident: "keramika-1", Node: "f-11", Meter: "m-11", Field: "p_w",
			At: c.base.Add(time.Duration(i) * every), Value: value(i),
		}
	}
	return all
}

func (c *seriesCase) write(samples []metering.Sample) {
	c.Helper()
	if err := c.s.Write(c.Context(), samples); err != nil {
		c.Fatalf("Write: %v", err)
	}
}

func (c *seriesCase) query() string { return `asue_p_w{point="` + string(c.point) + `"}` }

// expect waits until the case's series shows the values at base, base+step, ….
func (c *seriesCase) expect(query string, from time.Time, step time.Duration, want []float64) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), c.o.Visible)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		tracks, err := c.s.Range(ctx, query, from, from.Add(time.Duration(len(want)-1)*step), step)
		if err == nil && len(tracks) == 1 && sameTrack(tracks[0], from, step, want) {
			return
		}
		select {
		case <-ctx.Done():
			c.Fatalf("Range(%s) from %v every %v = %v, %v;\nwant one track with %v", query, from, step, tracks, err, want)
		case <-tick.C:
		}
	}
}

func sameTrack(tr metering.Track, from time.Time, step time.Duration, want []float64) bool {
	if len(tr.Times) != len(want) || !slices.Equal(tr.Values, want) {
		return false
	}
	for i, at := range tr.Times {
		if !at.Equal(from.Add(time.Duration(i)*step)) || at.Location() != time.UTC {
			return false
		}
	}
	return true
}

func numbered(i int) float64 { return 1000 + float64(i)*12.5 }

func values(n int, value func(int) float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = value(i)
	}
	return all
}

func (c *seriesCase) writtenIsRead() {
	c.write(c.samples(10, time.Minute, numbered))
	c.expect(c.query(), c.base, time.Minute, values(10, numbered))
}

func (c *seriesCase) labels() {
	noResident := metering.Sample{Point: c.point, Node: "s-1", Meter: "m-1", Field: "q_var", At: c.base, Value: -3}
	c.write(append(c.samples(1, time.Minute, numbered), noResident))
	c.expect(c.query(), c.base, time.Minute, values(1, numbered))
	c.expect(`asue_q_var{point="`+string(c.point)+`"}`, c.base, time.Minute, []float64{-3})

	check := func(query string, want map[string]string) {
		c.Helper()
		tracks, err := c.s.Range(c.Context(), query, c.base, c.base, time.Minute)
		if err != nil || len(tracks) != 1 {
			c.Fatalf("Range(%s) = %v, %v; want one track", query, tracks, err)
		}
		got := map[string]string{}
		for _, k := range []string{"point", "resident", "node", "meter"} {
			if v, ok := tracks[0].Labels[k]; ok {
				got[k] = v
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			c.Errorf("labels of %s (-want +got):\n%s", query, diff)
		}
	}
	check(c.query(), map[string]string{"point": string(c.point), "resident": "keramika-1", "node": "f-11", "meter": "m-11"})
	check(`asue_q_var{point="`+string(c.point)+`"}`, map[string]string{"point": string(c.point), "node": "s-1", "meter": "m-1"})
}

func (c *seriesCase) resend() {
	samples := c.samples(10, time.Minute, numbered)
	for range 3 {
		c.write(samples)
	}
	c.write(samples[4:6])
	c.expect(c.query(), c.base, time.Minute, values(10, numbered))
	// A sum over time would show a sample that was kept twice.
	c.expect(`sum_over_time(`+c.query()+`[10m])`, c.base.Add(9*time.Minute), time.Minute, []float64{sum(values(10, numbered))})
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

func (c *seriesCase) oldSamples() {
	c.base = c.base.Add(-20 * 24 * time.Hour)
	samples := c.samples(10, time.Minute, numbered)
	slices.Reverse(samples)
	for _, s := range samples {
		c.write([]metering.Sample{s})
	}
	c.expect(c.query(), c.base, time.Minute, values(10, numbered))
}

func (c *seriesCase) notFinite() {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		bad := c.samples(1, time.Minute, func(int) float64 { return v })
		if err := c.s.Write(c.Context(), bad); !errors.Is(err, metering.ErrRefused) {
			c.Errorf("Write of %v = %v, want ErrRefused", v, err)
		}
	}
	// The same place takes a good value afterwards, and shows only that.
	c.write(c.samples(1, time.Minute, numbered))
	c.expect(c.query(), c.base, time.Minute, values(1, numbered))
}

func (c *seriesCase) badSamples() {
	good := c.samples(10, time.Minute, numbered)
	for _, bad := range c.o.Bad {
		mixed := slices.Concat(good[:5], []metering.Sample{bad}, good[5:])
		err := c.s.Write(c.Context(), mixed)
		var refused *metering.BadSamplesError
		if !errors.As(err, &refused) {
			c.Fatalf("Write with a bad sample among ten good ones = %v, want *BadSamplesError", err)
		}
		if len(refused.Samples) != 1 || refused.Samples[0] != bad || refused.Reason == "" {
			c.Errorf("refused %+v because %q, want just %+v and a reason", refused.Samples, refused.Reason, bad)
		}
		if !errors.Is(err, metering.ErrRefused) {
			c.Errorf("%v is not ErrRefused", err)
		}
	}
	if len(c.o.Bad) == 0 {
		c.write(good)
	}
	c.expect(c.query(), c.base, time.Minute, values(10, numbered))
}

func (c *seriesCase) emptyWrite() {
	c.write(nil)
	if d := c.s.Settled(); d < 0 {
		c.Errorf("Settled() = %v, want a duration of 0 or more", d)
	}
	if err := c.s.Ready(c.Context()); err != nil {
		c.Errorf("Ready: %v", err)
	}
}

func (c *seriesCase) badQuery() {
	for _, q := range []string{`sum(`, `asue_p_w{point=}`} {
		if tracks, err := c.s.Range(c.Context(), q, c.base, c.base.Add(time.Minute), time.Minute); !errors.Is(err, metering.ErrRefused) {
			c.Errorf("Range(%q) = %v, %v; want ErrRefused", q, tracks, err)
		}
	}
}

func (c *seriesCase) noData() {
	tracks, err := c.s.Range(c.Context(), c.query(), c.base, c.base.Add(time.Hour), time.Minute)
	if err != nil || len(tracks) != 0 {
		c.Errorf("Range without data = %v, %v; want nothing", tracks, err)
	}
}

func (c *seriesCase) cancelled() {
	ctx, cancel := context.WithCancel(c.Context())
	cancel()
	if err := c.s.Write(ctx, c.samples(1, time.Minute, numbered)); !errors.Is(err, context.Canceled) {
		c.Errorf("Write = %v, want context.Canceled", err)
	}
	if _, err := c.s.Range(ctx, c.query(), c.base, c.base, time.Minute); !errors.Is(err, context.Canceled) {
		c.Errorf("Range = %v, want context.Canceled", err)
	}
}

func (c *seriesCase) concurrent() {
	const writers, each = 8, 5
	samples := c.samples(writers*each, time.Minute, numbered)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			if err := c.s.Write(c.Context(), samples[w*each:(w+1)*each]); err != nil {
				c.Errorf("writer %d: %v", w, err)
			}
		})
	}
	wg.Wait()
	c.expect(c.query(), c.base, time.Minute, values(writers*each, numbered))
}
