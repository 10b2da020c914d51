package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"asue/balancing"
	"asue/balancing/forecast"
	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/feeder"
	"asue/metering/wire"
)

// intervalBook is a ledger that has intervals, ascending by start, and nothing else.
type intervalBook struct {
	metering.Ledger
	list  []metering.Interval
	audit []metering.AuditRecord
	err   error
	read  int
}

func (b *intervalBook) Intervals(_ context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	var found []metering.Interval
	wanted := map[metering.PointID]bool{}
	for _, p := range q.Points {
		wanted[p] = true
	}
	first, _ := slices.BinarySearchFunc(b.list, q.From, func(i metering.Interval, t time.Time) int { return i.Start.Compare(t) })
	for _, i := range b.list[first:] {
		if !i.Start.Before(q.To) {
			break
		}
		if wanted[i.Point] && slices.Contains(q.Channels, i.Channel) {
			found = append(found, i)
		}
	}
	b.read++
	return found, b.err
}

// forecasting is the example zone with a forecaster whose ledger holds some days.
func forecasting(t *testing.T, days int) (*forecaster, *intervalBook, time.Time) {
	t.Helper()
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	site, err := cli.ReadSite("", library)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 30, 6, 10, 0, 0, time.UTC)
	book := &intervalBook{}
	first := metering.PeriodStart(now).AddDate(0, 0, -days)
	for at := first; at.Before(metering.PeriodStart(now)); at = at.Add(metering.BasePeriod) {
		for _, p := range site.Points {
			energy := metering.Energy(25_000)
			if p.Role == metering.RoleInput {
				energy = 4_000_000
			}
			if p.Node == "" || spare(site)[p.ID] || p.MediumOf() != metering.Electricity {
				continue // the spare line has no voltage and its meter says nothing
			}
			book.list = append(book.list, metering.Interval{Point: p.ID, Channel: metering.ChannelActiveImport, Start: at, Energy: energy, Grade: metering.Actual, Method: metering.MethodRegister})
		}
	}
	p := &process{Node: node.New(settings.Default(), site, clock.Clock{}, slog.New(slog.DiscardHandler), "test")}
	f, err := newForecaster(p, &stores{ledger: book})
	if err != nil {
		t.Fatal(err)
	}
	return f, book, now
}

func (b *intervalBook) Audit(_ context.Context, q metering.AuditQuery) ([]metering.AuditRecord, error) {
	var found []metering.AuditRecord
	for _, r := range slices.Backward(b.audit) {
		if r.Kind == q.Kind && !r.At.Before(q.From) {
			found = append(found, r)
		}
	}
	return found, b.err
}

// What a resident drew while its loads were off is no forecast of what it will draw.
func TestForecastLeavesOutWhatWasHeldBack(t *testing.T) {
	const resident = "aluminium-1"
	mean := func(told bool) metering.Power {
		f, book, now := forecasting(t, 17)
		for i := range book.list { // in the last four days its loads were off from 11 to 13 on the site's clock
			iv := &book.list[i]
			p, _ := f.Site.Point(iv.Point)
			hour := iv.Start.In(f.Site.Location).Hour()
			if p.Resident != resident || now.Sub(iv.Start) > 4*24*time.Hour || hour < 11 || hour >= 13 {
				continue
			}
			iv.Energy = 1000
			if told {
				book.audit = append(book.audit, auditOf(balancing.Entry{At: iv.End(), Kind: balancing.EntryCurtailed, Subject: resident,
					Args: map[string]any{"from_at": iv.Start, "to_at": iv.End(), "energy_wh": 24_000}}, nil))
				book.audit[len(book.audit)-1].Seq = uint64(len(book.audit))
			}
		}
		if _, err := f.read(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		m := f.message(f.engine.Forecast(now, nil), now)
		o, _ := m.Find(resident)
		noon := time.Date(2026, 11, 30, 12, 0, 0, 0, f.Site.Location)
		i, ok := m.Index(o, noon)
		if !ok {
			t.Fatalf("no block at %v from %v", noon, m.Start)
		}
		return o.Mean[i]
	}
	if silent, told := mean(false), mean(true); told != 200_000 || silent >= told {
		t.Errorf("noon: %v without the records, %v with them; want 200 kW with them and less without", silent, told)
	}
}

// A zone with some weeks in its ledger is read in and told: the zone although its
// spare line is silent, and every resident that is metered.
func TestForecastOfTheLedger(t *testing.T) {
	f, book, now := forecasting(t, 17)
	news, err := f.read(t.Context(), now)
	if err != nil || !news {
		t.Fatalf("the first read: news %v, %v", news, err)
	}
	outlooks := f.engine.Forecast(now, nil)
	m := f.message(outlooks, now)
	payload, err := wire.EncodeForecast(m)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = wire.DecodeForecast(payload); err != nil {
		t.Fatal(err)
	}
	i, ok := m.Index(m.Total, now.Add(15*time.Minute))
	if !ok || m.Total.Method == string(forecast.Shaped) || m.Total.Mean[i] != 16_000_000 || !m.Start.Equal(metering.PeriodStart(now)) || len(m.Total.Mean) != 192 {
		t.Errorf("zone: %s, next block %d of %d from %v", m.Total.Method, i, len(m.Total.Mean), m.Start)
	}
	if len(m.Residents) < 20 || len(m.Residents) != len(f.loads)-1 {
		t.Errorf("%d residents of %d", len(m.Residents), len(f.loads)-1)
	}
	two, ok := m.Find("aluminium-1") // has two inputs
	if !ok || two.Mean[1] != 200_000 {
		t.Errorf("a resident of two points: %v, %s", two.Mean[:2], two.Reason)
	}
	page := pageForecast(m)
	if l := page.Loads[0]; l.Resident != "" || l.Blocks[1].MeanW != 16_000_000 || l.Blocks[1].PartW != nil || *page.Loads[1].Blocks[1].PartW != int64(m.Residents[0].Part[1]) {
		t.Errorf("page: %+v", l.Blocks[1])
	}

	// Nothing new, nothing read; a failing ledger is asked again.
	read := book.read
	if news, err := f.read(t.Context(), now); news || err != nil || book.read != read {
		t.Errorf("nothing new: news %v, %v, %d reads", news, err, book.read-read)
	}
	f.recorded([]metering.Interval{{Start: m.Start.Add(-15 * time.Minute)}, {Start: m.Start.Add(-24 * time.Hour)}, {Start: m.Start.Add(-15 * time.Minute)}})
	book.err = errors.New("database is away")
	if _, err := f.read(t.Context(), now); err == nil {
		t.Error("a failing ledger passes")
	}
	book.err, read = nil, book.read
	if news, err := f.read(t.Context(), now); !news || err != nil || book.read != read+2 {
		t.Errorf("two stretches again: news %v, %v, %d reads", news, err, book.read-read)
	}

	// Much is written at once: all is read, and learnt.
	for k := range book.list {
		if iv := &book.list[k]; iv.Point == "p-aluminium-1-1" {
			iv.Energy *= 3
		}
	}
	f.again()
	if _, err := f.read(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	m = f.message(f.engine.Forecast(now, nil), now)
	if after, _ := m.Find("aluminium-1"); after.Mean[1] != 400_000 {
		t.Errorf("after much was written: %v", after.Mean[1])
	}
}

// What is drawn: the next block with its band, and the one a day ahead, each at the
// block's own time.
func TestForecastIsDrawn(t *testing.T) {
	f, _, now := forecasting(t, 2)
	if _, err := f.read(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	start := metering.PeriodStart(now)
	seen := map[string]int{}
	for _, s := range f.samples(f.engine.Forecast(now, nil)) {
		ahead := map[string]time.Duration{"forecast_w": f.block, "forecast_low_w": f.block, "forecast_high_w": f.block, "forecast_day_w": 24 * time.Hour}[s.Field]
		if !s.At.Equal(start.Add(ahead)) {
			t.Errorf("%s of %q stands at %v", s.Field, s.Resident, s.At)
		}
		if zone := s.Point == feeder.ZonePoint; zone != (s.Resident == "") {
			t.Errorf("labels %q, %q", s.Point, s.Resident)
		}
		seen[s.Field]++
	}
	if n := len(f.loads); seen["forecast_w"] != n || seen["forecast_high_w"] != n || seen["forecast_day_w"] != n {
		t.Errorf("drawn %v, want %d of each", seen, n)
	}
}

// The balancer's projection counts for its own block, and not after it.
func TestForecastHearsTheBalancer(t *testing.T) {
	f, _, now := forecasting(t, 1)
	power := 17 * metering.Megawatt
	start := metering.PeriodStart(now)
	f.nowcast = wire.Control{At: start.Add(5 * time.Minute), BlockStart: start, BlockEnd: start.Add(f.block), Projection: &power}
	live := f.live(now)
	if n := live[forecast.Total]; n.Elapsed != 5*time.Minute || n.Projection != power {
		t.Errorf("in the block: %+v", live)
	}
	if live := f.live(start.Add(f.block)); live != nil {
		t.Errorf("after it: %+v", live)
	}
	f.nowcast.BlockEnd = start.Add(2 * f.block)
	if live := f.live(now); live != nil {
		t.Errorf("of a block of another length: %+v", live)
	}
}

func TestWhatCountsForForecasts(t *testing.T) {
	f := func(grade metering.Grade, flags metering.Flags, want bool) {
		t.Helper()
		if got := countsForForecast(metering.Interval{Grade: grade, Flags: flags}); got != want {
			t.Errorf("%v with %v counts: %v", grade, flags.Names(), got)
		}
	}
	f(metering.Actual, 0, true)
	f(metering.Actual, metering.FlagLate, true)
	f(metering.Actual, metering.FlagOutage, false)
	f(metering.Actual, metering.FlagFrozen, false)
	f(metering.Estimated, 0, false)
	f(metering.Substitute, 0, false)
	f(metering.Substitute, metering.FlagManual, true)
	f(metering.Null, 0, false)
}
