package fakezone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Blemish gives the ledger what a month of a real zone has: stretches that were
// substituted, estimated or lost, a correction by an act, findings about them and
// a settled month. They lie at fixed distances from the present day.
func (z *Zone) Blemish() { z.blemished = true }

// blemish is a stretch of one point that is not plainly actual.
type blemish struct {
	point    string
	day      int // days before today
	from, to int // quarters of the local day
	grade    metering.Grade
	method   metering.Method
	flags    metering.Flags
	rule     string
	severity metering.Severity
	reason   string
}

var blemishes = []blemish{
	{"p-r-01", 1, 40, 48, metering.Substitute, metering.MethodScaled, metering.FlagGap, "missing", metering.Failure,
		"gap 10:00–12:00: 412.6 kWh by the register, shape: mean of like days 14.11., 21.11. and 1 more"},
	{"p-r-01", 1, 60, 64, metering.Estimated, metering.MethodLinear, metering.FlagGap, "missing", metering.Failure,
		"gap 15:00–16:00: line from 402 kWh to 411 kWh"},
	{"p-r-01", 1, 76, 79, metering.Null, metering.MethodNone, metering.FlagGap, "missing", metering.Failure,
		"open gap: no check meter, no neighbours for a line, no like days"},
	{"p-r-01", 1, 30, 31, metering.FinalGrade, metering.MethodAgreed, metering.FlagManual, "spike", metering.Warning,
		"act 17 by А. Сериков: показание снято комиссией"},
	{"p-r-04", 2, 0, 96, metering.Estimated, metering.MethodLikeDay, metering.FlagSwap | metering.FlagGap, "prolonged", metering.Alarm,
		"open gap: mean of like days 14.11., 21.11. and 1 more"},
	{"p-r-04", 3, 30, 96, metering.Estimated, metering.MethodLikeDay, metering.FlagGap, "missing", metering.Failure,
		"open gap: mean of like days 14.11., 21.11. and 1 more"},
	{"p-r-02", 0, 4, 9, metering.Actual, metering.MethodRegister, metering.FlagLimit, "over_declared", metering.Event,
		"2.7 MW, 2.6 MW are declared"},
	{"gas-1", 1, 50, 56, metering.Substitute, metering.MethodScaled, metering.FlagGap, "missing", metering.Failure,
		"gap 12:30–14:00: 4231 L by the register, shape: flat"},
}

// absent are whole days that the ledger has nothing of.
var absent = []struct {
	point string
	day   int
}{{"p-r-05", 4}, {"p-r-05", 5}, {"feeder-01", 6}}

func (z *Zone) today() time.Time {
	z.mu.Lock()
	defer z.mu.Unlock()
	y, m, d := z.now.In(z.site.Location).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, z.site.Location)
}

func (b blemish) span(today time.Time) (from, to time.Time) {
	day := today.AddDate(0, 0, -b.day)
	return day.Add(time.Duration(b.from) * metering.BasePeriod).UTC(), day.Add(time.Duration(b.to) * metering.BasePeriod).UTC()
}

// interval is what the ledger has; false if it has nothing.
func (z *Zone) interval(p metering.PointID, ch metering.Channel, start, today time.Time) (metering.Interval, bool) {
	iv := metering.Interval{
		Point: p, Channel: ch, Start: start, Version: 1, Grade: metering.Actual, Method: metering.MethodSimulated,
		Flags: metering.FlagSimulated, RecordedAt: start.Add(metering.BasePeriod + 4*time.Second),
	}
	mid := start.Add(metering.BasePeriod / 2)
	switch ch.Medium() {
	case metering.Electricity:
		iv.Energy = metering.Energy(z.Power(p, mid) / 4)
		if ch == metering.ChannelReactiveImport {
			iv.Energy = iv.Energy * 45 / 100
		}
	default:
		iv.Energy = z.litres(p, mid)
	}
	if !z.blemished {
		return iv, true
	}
	iv.Method, iv.Flags, iv.Uncertainty = metering.MethodRegister, 0, 10
	for _, a := range absent {
		day := today.AddDate(0, 0, -a.day)
		if a.point == string(p) && !start.Before(day) && start.Before(day.AddDate(0, 0, 1)) {
			return iv, false
		}
	}
	for _, b := range blemishes {
		from, to := b.span(today)
		if b.point != string(p) || start.Before(from) || !start.Before(to) {
			continue
		}
		iv.Grade, iv.Method, iv.Flags, iv.Reason = b.grade, b.method, b.flags, b.reason
		switch b.grade {
		case metering.Null:
			iv.Energy, iv.Uncertainty = 0, 0
		case metering.Actual:
		default:
			iv.Version, iv.RecordedAt, iv.Uncertainty = 2, to.Add(time.Hour), iv.Energy/5
		}
	}
	return iv, true
}

// Intervals answers like a ledger that knows everything up to the present block.
func (z *Zone) Intervals(_ context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	z.mu.Lock()
	last := metering.PeriodStart(z.now)
	z.mu.Unlock()
	if q.Settlement != "" && q.Settlement != settled {
		return nil, fmt.Errorf("settlement %q: %w", q.Settlement, metering.ErrNotFound)
	}
	points, channels := slices.Sorted(slices.Values(q.Points)), q.Channels
	if len(points) == 0 {
		for _, p := range z.site.Points {
			points = append(points, p.ID)
		}
		slices.Sort(points)
	}
	if len(channels) == 0 {
		channels = metering.AllChannels()
	}
	today := z.today()
	var all []metering.Interval
	for t := metering.PeriodStart(q.From); t.Before(q.To) && t.Before(last); t = t.Add(metering.BasePeriod) {
		for _, p := range points {
			point, _ := z.site.Point(p)
			for _, ch := range channels {
				if ch.Medium() != point.MediumOf() || ch == metering.ChannelActiveExport || ch == metering.ChannelReactiveExport {
					continue
				}
				if iv, ok := z.interval(p, ch, t, today); ok && (q.AsOf.IsZero() || !iv.RecordedAt.After(q.AsOf)) {
					all = append(all, iv)
				}
			}
		}
	}
	return all, nil
}

// History answers with the derived version before one that rules or a person made.
func (z *Zone) History(_ context.Context, p metering.PointID, ch metering.Channel, start time.Time) ([]metering.Interval, error) {
	iv, ok := z.interval(p, ch, start, z.today())
	if !ok {
		return nil, nil
	}
	if iv.Version == 1 {
		return []metering.Interval{iv}, nil
	}
	first := iv
	first.Version, first.Grade, first.Method, first.Energy, first.Uncertainty = 1, metering.Null, metering.MethodNone, 0, 0
	first.Flags, first.Reason, first.RecordedAt = metering.FlagGap, "no reading for longer than an interval", start.Add(17*time.Minute)
	return []metering.Interval{first, iv}, nil
}

// Findings are those about the blemishes, and one about the busbar.
func (z *Zone) Findings(_ context.Context, q metering.FindingQuery) ([]metering.Finding, error) {
	var all []metering.Finding
	if !z.blemished {
		return nil, nil
	}
	today := z.today()
	for i, b := range blemishes {
		from, to := b.span(today)
		f := metering.Finding{
			Rule: b.rule, Severity: b.severity, Point: metering.PointID(b.point), From: from, To: to, Text: b.reason,
			RuleSet: "default 2026-01-01", FoundAt: to.Add(2 * time.Minute),
			Numbers: []metering.Number{{Name: "intervals", Value: float64(b.to - b.from), Unit: "1"}},
		}
		if p, _ := z.site.Point(f.Point); p.ID != "" {
			f.Channel = p.Channels()[0]
		}
		if i == 3 {
			f.ClearedAt = to.Add(26 * time.Hour)
		}
		all = append(all, f)
	}
	from := today.Add(-6 * time.Hour).UTC()
	all = append(all, metering.Finding{
		Rule: "balance", Severity: metering.Warning, Node: "in", Channel: metering.ChannelActiveImport, From: from, To: from.Add(time.Hour),
		Text: "26.1 MWh in, 25.6 MWh out, 48 kWh own needs, 66 kWh calculated losses: imbalance 386 kWh (1.480 %), permitted 0.660 %, with registers and losses 180 kWh", RuleSet: "default 2026-01-01", FoundAt: from.Add(70 * time.Minute),
		Numbers: []metering.Number{{Name: "actual", Value: 1.48, Unit: "%"}, {Name: "permitted", Value: 0.66, Unit: "%"}},
	})
	all = slices.DeleteFunc(all, func(f metering.Finding) bool {
		subject := len(q.Points)+len(q.Nodes) == 0 || f.Point != "" && slices.Contains(q.Points, f.Point) || f.Node != "" && slices.Contains(q.Nodes, f.Node)
		return !subject || f.Severity < q.Severity || !f.From.Before(q.To) || !f.To.After(q.From) || !q.Cleared && !f.ClearedAt.IsZero() ||
			len(q.Rules) > 0 && !slices.Contains(q.Rules, f.Rule)
	})
	slices.SortStableFunc(all, func(a, b metering.Finding) int { return b.From.Compare(a.From) })
	if q.Limit > 0 && len(all) > q.Limit {
		all = all[:q.Limit]
	}
	return all, nil
}

// Acts is the one behind the agreed interval.
func (z *Zone) Acts(_ context.Context, q metering.ActQuery) ([]metering.Act, error) {
	if !z.blemished {
		return nil, nil
	}
	from, _ := blemishes[3].span(z.today())
	iv, _ := z.interval("p-r-01", metering.ChannelActiveImport, from, z.today())
	if from.Before(q.From) || !from.Before(q.To) || len(q.Points) > 0 && !slices.Contains(q.Points, iv.Point) {
		return nil, nil
	}
	return []metering.Act{{
		ID: "act-17", Author: "А. Сериков", Reason: "показание снято комиссией", Document: "акт № 17 от 20.11.2026", At: iv.RecordedAt,
		Changes: []metering.ActChange{{After: iv}},
	}}, nil
}

// settled is the month that is closed.
const settled = "2026-10"

// Settlements is one month.
func (z *Zone) Settlements(context.Context) ([]metering.Settlement, error) {
	if !z.blemished {
		return nil, nil
	}
	month := time.Date(2026, 10, 1, 0, 0, 0, 0, z.site.Location)
	return []metering.Settlement{{
		ID: settled, From: month.UTC(), To: month.AddDate(0, 1, 0).UTC(), Author: "Г. Омарова", Note: "октябрь",
		MadeAt: month.AddDate(0, 1, 3).UTC(), Digest: strings.Repeat("5a", 32), Intervals: 44_640,
	}}, nil
}
