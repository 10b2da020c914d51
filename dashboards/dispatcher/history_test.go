package dispatcher_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// curves is a series store that answers by function name.
type curves struct {
	value map[string]func(at time.Time) (float64, bool)
	err   error
	asked int
}

func (c *curves) Range(_ context.Context, query string, from, to time.Time, step time.Duration) ([]metering.Track, error) {
	if c.asked++; c.err != nil {
		return nil, c.err
	}
	name, rest, _ := strings.Cut(query, "(")
	_, rest, _ = strings.Cut(rest, `=~"`)
	points, _, _ := strings.Cut(rest, `"`)
	var tracks []metering.Track
	for p := range strings.SplitSeq(points, "|") {
		track := metering.Track{Labels: map[string]string{"point": p}}
		for t := from; !t.After(to); t = t.Add(step) {
			if v, ok := c.value[name](t); ok {
				track.Times, track.Values = append(track.Times, t), append(track.Values, v)
			}
		}
		tracks = append(tracks, track)
	}
	return tracks, nil
}

func quarter(start time.Time, wh metering.Energy) metering.Interval {
	return metering.Interval{Point: "in-1", Channel: metering.ChannelActiveImport, Start: start, Version: 1, Energy: wh, Grade: metering.Actual, Method: metering.MethodRegister}
}

func TestIntervalsAddUp(t *testing.T) {
	day := time.Date(2026, 11, 20, 19, 0, 0, 0, time.UTC) // midnight in Aktobe
	b := &books{}
	for i := range 96 {
		b.intervals = append(b.intervals, quarter(day.Add(time.Duration(i)*metering.BasePeriod), metering.Energy(1000+i)))
	}
	b.intervals[5].Grade, b.intervals[5].Reason = metering.Estimated, "one boundary in a gap"
	b.intervals[5].Flags = metering.FlagGap
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	list := func(query string) dispatcher.IntervalList {
		t.Helper()
		return get[dispatcher.IntervalList](t, s, "/api/v1/intervals?point=in-1&"+query, 200)
	}

	base := list("from=2026-11-21&to=2026-11-22&channel=A%2B")
	if len(base.Intervals) != 96 || *base.Intervals[0].EnergyWh != 1000 || *base.Intervals[0].MeanW != 4000 || base.Intervals[5].Grade != "E" {
		t.Errorf("base intervals: %s", mustJSON(t, base.Intervals[:6]))
	}
	if h := list("from=2026-11-21&to=2026-11-22&step=60m"); len(h.Intervals) != 24 || *h.Intervals[0].EnergyWh != 4006 ||
		h.Intervals[1].Grade != "E" || h.Intervals[1].Reason != "one boundary in a gap" || h.Intervals[1].Flags[0] != "gap" {
		t.Errorf("hours: %s", mustJSON(t, h.Intervals[:2]))
	}
	d := list("from=2026-11-21&to=2026-11-22&step=day")
	if len(d.Intervals) != 1 || *d.Intervals[0].EnergyWh != 96*1000+96*95/2 || d.Intervals[0].Grade != "V" || d.Intervals[0].Known != 96 {
		t.Errorf("day: %s", mustJSON(t, d))
	}

	b.intervals = slices.Delete(b.intervals, 10, 12)
	b.intervals[20].Grade = metering.Null
	d = list("from=2026-11-21&to=2026-11-22&step=day")
	if e := d.Intervals[0]; e.EnergyWh != nil || e.MeanW != nil || e.KnownPart == nil || e.Known != 93 || e.Expected != 96 {
		t.Errorf("a day with holes: %s", mustJSON(t, d))
	}
	m := list("from=2026-11-21&to=2026-11-22&step=month")
	if m.Intervals[0].Expected != 30*96 || !m.From.Equal(time.Date(2026, 10, 31, 19, 0, 0, 0, time.UTC)) {
		t.Errorf("month: %s", mustJSON(t, m))
	}
}

func TestIntervalsComeInPages(t *testing.T) {
	b := &books{}
	for i := range 50 {
		b.intervals = append(b.intervals, quarter(noon.Truncate(time.Hour).Add(time.Duration(i)*metering.BasePeriod), 1))
	}
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	from, to := "2026-11-21T07:00:00Z", "2026-11-21T19:30:00Z"
	var got []time.Time
	for page := range 10 {
		a := get[dispatcher.IntervalList](t, s, "/api/v1/intervals?point=in-1&limit=15&from="+url.QueryEscape(from)+"&to="+to, 200)
		for _, e := range a.Intervals {
			got = append(got, e.Start)
		}
		if a.Next == nil {
			if page != 3 {
				t.Errorf("50 intervals came in %d pages of 15", page+1)
			}
			break
		}
		from = a.Next.Format(time.RFC3339)
	}
	if len(got) != 50 || !slices.IsSortedFunc(got, time.Time.Compare) {
		t.Errorf("%d intervals came", len(got))
	}
}

func TestWrongQuestionTellsAllItsFaults(t *testing.T) {
	s := newStage(t, nil)
	type problem struct {
		Status int
		Errors []struct{ Location, Message string }
	}
	f := func(query string, want ...string) {
		t.Helper()
		p := get[problem](t, s, "/api/v1/intervals?"+query, 422)
		var got []string
		for _, e := range p.Errors {
			got = append(got, e.Location)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: faults at %v, want %v", query, got, want)
		}
	}
	f("", "query.from", "query.point", "query.to")
	f("point=x&from=1&to=2&limit=0&foo=1&step=7m&channel=Z",
		"query.channel", "query.foo", "query.from", "query.limit", "query.point", "query.step", "query.to")
	f("point=in-1&from=2026-11-22&to=2026-11-21", "query.to")
	f("point=in-1&from=2020-01-01&to=2026-11-21", "query.to")
	f("point=in-1&from=2026-11-21&to=2026-11-22&limit=9999", "query.limit")
	get[problem](t, s, "/api/v1/trend?hours=0&px=7", 422)
	get[problem](t, s, "/api/v1/overview?x", 422)
}

func TestStoreThatFailsIsNotShownToTheClient(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) {
		c.Ledger, c.Series = &books{err: errors.New("disk /secret/path is gone")}, &curves{err: context.DeadlineExceeded}
	})
	w := ask(s, http.MethodGet, "/api/v1/intervals?point=in-1&from=2026-11-21&to=2026-11-22", "")
	if w.Code != 503 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("answer %d %s", w.Code, w.Body)
	}
	without := newStage(t, func(c *dispatcher.Config) { c.Ledger = nil })
	if w := ask(without, http.MethodGet, "/api/v1/intervals?point=in-1&from=2026-11-21&to=2026-11-22", ""); w.Code != 503 {
		t.Errorf("without a ledger: %d %s", w.Code, w.Body)
	}
}

func TestTrendKeepsGapsAndSaysCoverage(t *testing.T) {
	gapFrom, gapTo := noon.Add(-3*time.Hour), noon.Add(-2*time.Hour)
	only := func(v float64) func(time.Time) (float64, bool) {
		return func(at time.Time) (float64, bool) { return v, at.Before(gapFrom) || at.After(gapTo) }
	}
	c := &curves{value: map[string]func(time.Time) (float64, bool){
		"avg_over_time": only(2e7), "min_over_time": only(1.9e7), "max_over_time": only(2.1e7), "count_over_time": only(3),
	}}
	b := &books{}
	s := newStage(t, func(cfg *dispatcher.Config) { cfg.Series, cfg.Ledger = c, b })
	s.SetControl(dispatcher.Control{At: noon, Limit: metering.LimitOf(29_700_000)})
	tr := get[dispatcher.Trend](t, s, "/api/v1/trend?hours=24&px=1440", 200)
	if tr.StepS != 60 || len(tr.T) != 1440 || *tr.LimitW != 29_700_000 {
		t.Fatalf("step %d, %d buckets, limit %v", tr.StepS, len(tr.T), tr.LimitW)
	}
	var gaps int
	for i, v := range tr.AvgW {
		switch {
		case v == nil:
			gaps++
			if tr.Coverage[i] != 0 || tr.MinW[i] != nil || tr.MaxW[i] != nil {
				t.Fatalf("bucket %d is half a gap", i)
			}
		case *v != 2e7 || *tr.MinW[i] != 1.9e7 || *tr.MaxW[i] != 2.1e7 || tr.Coverage[i] != 0.5: // 3 readings of 6 in a minute
			t.Fatalf("bucket %d: %d %v", i, *v, tr.Coverage[i])
		}
		if tr.YesterdayW[i] != nil {
			t.Fatal("a yesterday nobody has written down")
		}
	}
	if gaps != 60 {
		t.Errorf("%d buckets are gaps, want 60", gaps)
	}
	asked := c.asked
	get[dispatcher.Trend](t, s, "/api/v1/trend?hours=24&px=1440", 200)
	if c.asked != asked {
		t.Error("a second page costs the store a second question")
	}
}

func TestTrendTakesFromTheLedgerWhatTheSeriesLacks(t *testing.T) {
	b := &books{}
	for i := range 3 * 96 {
		b.intervals = append(b.intervals, quarter(metering.PeriodStart(noon).Add(-time.Duration(i)*metering.BasePeriod), 5_000_000))
	}
	s := newStage(t, func(cfg *dispatcher.Config) { cfg.Series, cfg.Ledger = &curves{err: errors.New("down")}, b })
	tr := get[dispatcher.Trend](t, s, "/api/v1/trend?hours=24&px=300", 200)
	for i := range tr.T {
		if tr.AvgW[i] == nil || *tr.AvgW[i] != 20_000_000 || tr.YesterdayW[i] == nil || *tr.YesterdayW[i] != 20_000_000 {
			t.Fatalf("bucket %d: %v, yesterday %v", i, tr.AvgW[i], tr.YesterdayW[i])
		}
	}
	if tr.FromLedger != len(tr.T) || len(tr.Notes) != 1 {
		t.Errorf("from the ledger %d of %d, notes %v", tr.FromLedger, len(tr.T), tr.Notes)
	}
	both := newStage(t, func(cfg *dispatcher.Config) {
		cfg.Series, cfg.Ledger = &curves{err: errors.New("x")}, &books{err: errors.New("y")}
	})
	if w := ask(both, http.MethodGet, "/api/v1/trend", ""); w.Code != 503 {
		t.Errorf("without both stores the trend answers %d", w.Code)
	}
}

// A dumb twin adds the base intervals of any range and step one by one.
func TestIntervalsAgreeWithADumbSum(t *testing.T) {
	b := &books{}
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	rapid.Check(t, func(r *rapid.T) {
		b.intervals = nil
		start := metering.PeriodStart(noon.Add(-time.Duration(rapid.IntRange(0, 40).Draw(r, "days")) * 24 * time.Hour))
		seed := rapid.Uint64().Draw(r, "seed")
		random := rand.New(rand.NewPCG(seed, 1))
		for i := range rapid.IntRange(1, 700).Draw(r, "intervals") {
			iv := quarter(start.Add(time.Duration(i)*metering.BasePeriod), metering.Energy(random.Int64N(5_000_000)))
			if random.IntN(50) == 0 {
				iv.Grade = metering.Null
			}
			if random.IntN(40) != 0 {
				b.intervals = append(b.intervals, iv)
			}
		}
		step := rapid.SampledFrom([]string{"15m", "30m", "60m", "day", "month"}).Draw(r, "step")
		from := start.Add(time.Duration(rapid.IntRange(-50, 50).Draw(r, "from")) * metering.BasePeriod)
		q := url.Values{"point": {"in-1"}, "step": {step}, "limit": {"5000"}, "from": {from.Format(time.RFC3339)}, "to": {from.Add(5 * 24 * time.Hour).Format(time.RFC3339)}}
		list := get[dispatcher.IntervalList](t, s, "/api/v1/intervals?"+q.Encode(), 200)
		for _, e := range list.Intervals {
			var sum int64
			var known int
			for _, iv := range b.intervals {
				if !iv.Start.Before(e.Start) && iv.Start.Before(e.End) && iv.Grade != metering.Null {
					sum += int64(iv.Energy)
					known++
				}
			}
			whole := known == int(e.End.Sub(e.Start)/metering.BasePeriod)
			if known != e.Known || whole != (e.EnergyWh != nil) || whole && *e.EnergyWh != sum || !whole && known > 0 && *e.KnownPart != sum {
				r.Fatalf("%s from %v: got %s, the sum is %d of %d intervals", step, e.Start, mustJSON(t, e), sum, known)
			}
		}
	})
}
