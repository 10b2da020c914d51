package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// Trend is the power of the zone (the sum of its metered inputs) in buckets for
// drawing. A bucket in which an input is missing is null: gaps stay gaps.
type Trend struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	StepS      int       `json:"step_s" doc:"length of a bucket"`
	LimitW     *int64    `json:"limit_w,omitempty" doc:"present limit"`
	T          []int64   `json:"t" doc:"start of each bucket, Unix seconds"`
	AvgW       []*int64  `json:"avg_w"`
	MinW       []*int64  `json:"min_w" doc:"sum of the inputs' least values: never above the true least"`
	MaxW       []*int64  `json:"max_w" doc:"sum of the inputs' greatest values: never below the true greatest"`
	Coverage   []float64 `json:"coverage" doc:"share of the bucket that readings cover, of the worst input, 0..1"`
	FromLedger int       `json:"from_ledger" doc:"buckets that carry a 15-minute mean of the ledger because the series has no reading there"`
	YesterdayW []*int64  `json:"yesterday_w" doc:"15-minute mean of the same time a day before, from the ledger"`
	// Ahead begins where the trend ends.
	Ahead  *TrendAhead `json:"ahead,omitempty" doc:"what is forecast from the end of the trend on"`
	Notes  []string    `json:"notes,omitempty" doc:"why a part of the answer is empty"`
	MadeAt *time.Time  `json:"made_at,omitempty"`
}

// trendCache keeps the last answers for a few seconds, so that many open pages
// cost one question.
type trendCache struct {
	mu   sync.Mutex
	made map[trendKey]trendEntry
}

type trendKey struct{ hours, px int }

type trendEntry struct {
	trend Trend
	at    time.Time
}

// trendAge is how long an answer serves again, in time of the run.
const trendAge = 10 * time.Second

func (s *Server) getTrend(ctx context.Context, in *struct {
	Strict strict
	Hours  int `query:"hours" default:"24" minimum:"1" maximum:"168" doc:"length, back from now"`
	Px     int `query:"px" default:"1200" minimum:"100" maximum:"4000" doc:"width of the drawing; no more buckets than this"`
}) (*answer[Trend], error) {
	now, key := s.cfg.Now().UTC(), trendKey{in.Hours, in.Px}
	s.trends.mu.Lock() // held while asking: one question at a time is enough
	defer s.trends.mu.Unlock()
	if e, ok := s.trends.made[key]; ok && now.Sub(e.at).Abs() < trendAge {
		return &answer[Trend]{e.trend}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	trend, err := s.trend(ctx, now, time.Duration(in.Hours)*time.Hour, in.Px)
	if err != nil {
		return nil, err
	}
	if len(s.trends.made) > 50 || s.trends.made == nil {
		s.trends.made = map[trendKey]trendEntry{}
	}
	s.trends.made[key] = trendEntry{trend, now}
	return &answer[Trend]{trend}, nil
}

func (s *Server) trend(ctx context.Context, now time.Time, length time.Duration, px int) (Trend, error) {
	inputs := s.meteredInputs(now)
	if len(inputs) == 0 {
		return Trend{}, huma.Error503ServiceUnavailable("no input of the site is metered: give a point the role input in the site file")
	}
	step := bucketStep(length, px)
	to := now.Truncate(step).Add(step)
	from := to.Add(-length).Truncate(step)
	t := Trend{From: from, To: to, StepS: int(step / time.Second), MadeAt: &now}
	n := int(to.Sub(from) / step)
	t.AvgW, t.MinW, t.MaxW, t.YesterdayW = make([]*int64, n), make([]*int64, n), make([]*int64, n), make([]*int64, n)
	t.Coverage = make([]float64, n)
	for i := range n {
		t.T = append(t.T, from.Add(time.Duration(i)*step).Unix())
	}
	s.mu.Lock()
	if p, ok := s.control.Limit.Power(); ok {
		t.LimitW = ptr(int64(p))
	}
	t.Ahead = s.ahead(to)
	s.mu.Unlock()
	errSeries := s.drawSeries(ctx, &t, inputs, step)
	errLedger := s.drawLedger(ctx, &t, inputs, step)
	if errSeries != nil && errLedger != nil {
		return Trend{}, s.storeError("trend", errors.Join(errSeries, errLedger))
	}
	for what, err := range map[string]error{"series": errSeries, "ledger": errLedger} {
		if err != nil {
			s.log.Warn("trend is drawn without a store", "store", what, "error", err)
			t.Notes = append(t.Notes, "the "+what+" store did not answer")
		}
	}
	return t, nil
}

// meteredInputs are the inputs at which a meter stands.
func (s *Server) meteredInputs(now time.Time) []metering.PointID {
	var ids []metering.PointID
	for _, p := range s.cfg.Site.Inputs() {
		if _, ok := s.cfg.Site.MeterAt(p.ID, now); ok {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// bucketStep is the smallest round step that needs no more than px buckets.
func bucketStep(length time.Duration, px int) time.Duration {
	for _, seconds := range []int{10, 15, 20, 30, 60, 120, 300, 600, 900, 1800} {
		if step := time.Duration(seconds) * time.Second; length/step <= time.Duration(px) {
			return step
		}
	}
	return time.Hour
}

// usualPeriod is the longest poll period at which a bucket still counts as
// wholly covered.
const usualPeriod = 10 * time.Second

// drawSeries fills the buckets from raw telemetry. Each query is per input and
// per bucket; the sum is made here, where a missing input is seen.
func (s *Server) drawSeries(ctx context.Context, t *Trend, inputs []metering.PointID, step time.Duration) error {
	if s.cfg.Series == nil {
		return nil
	}
	ask := func(function string) ([][]*float64, error) {
		return s.perInput(ctx, function, inputs, t.From, step, len(t.T))
	}
	counts, err := ask("count_over_time")
	if err != nil {
		return err
	}
	rows := map[string][][]*float64{}
	for _, function := range []string{"avg_over_time", "min_over_time", "max_over_time"} {
		if rows[function], err = ask(function); err != nil {
			return err
		}
	}
	full := float64(step / usualPeriod)
	for i := range t.T {
		t.Coverage[i] = coverage(counts, i, full)
		if t.Coverage[i] == 0 {
			continue
		}
		t.AvgW[i] = total(rows["avg_over_time"], i)
		t.MinW[i] = total(rows["min_over_time"], i)
		t.MaxW[i] = total(rows["max_over_time"], i)
	}
	return nil
}

// perInput evaluates a function over every bucket, one row an input. A bucket
// [t, t+step) is asked for at its end, where the window reaches back over it.
func (s *Server) perInput(ctx context.Context, function string, inputs []metering.PointID, from time.Time, step time.Duration, n int) ([][]*float64, error) {
	query := fmt.Sprintf("%s(asue_%s{point=~%q}[%ds])", function, metering.ActivePower.Field(), pattern(inputs), int(step/time.Second))
	tracks, err := s.cfg.Series.Range(ctx, query, from.Add(step), from.Add(time.Duration(n)*step), step)
	if err != nil {
		return nil, err
	}
	rows := make([][]*float64, len(inputs))
	for i := range rows {
		rows[i] = make([]*float64, n)
	}
	for _, track := range tracks {
		row := slices.Index(inputs, metering.PointID(track.Labels["point"]))
		if row < 0 {
			continue
		}
		for k, at := range track.Times {
			i := int(math.Round(float64(at.Sub(from))/float64(step))) - 1
			if i >= 0 && i < n && !math.IsNaN(track.Values[k]) {
				rows[row][i] = &track.Values[k] // after a change of meter the later track of a point wins
			}
		}
	}
	return rows, nil
}

// pattern is a regular expression of the ids; of what an id may contain only the
// dot is special.
func pattern(ids []metering.PointID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strings.ReplaceAll(string(id), ".", "[.]")
	}
	return strings.Join(texts, "|")
}

func coverage(counts [][]*float64, i int, full float64) float64 {
	worst := 1.0
	for _, row := range counts {
		if row[i] == nil {
			return 0
		}
		worst = min(worst, *row[i]/max(full, 1))
	}
	return math.Round(worst*100) / 100
}

func total(rows [][]*float64, i int) *int64 {
	var sum float64
	for _, row := range rows {
		if row[i] == nil {
			return nil
		}
		sum += *row[i]
	}
	return ptr(int64(math.Round(sum)))
}

// drawLedger fills buckets without telemetry from 15-minute intervals, and the
// day before.
func (s *Server) drawLedger(ctx context.Context, t *Trend, inputs []metering.PointID, step time.Duration) error {
	if s.cfg.Ledger == nil {
		return nil
	}
	const day = 24 * time.Hour
	intervals, err := s.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{
		Points: inputs, Channels: []metering.Channel{metering.ChannelActiveImport},
		From: metering.PeriodStart(t.From.Add(-day)), To: t.To,
	})
	if err != nil {
		return err
	}
	means := zoneMeans(intervals, len(inputs))
	for i := range t.T {
		at := t.From.Add(time.Duration(i) * step)
		if p, ok := means[metering.PeriodStart(at.Add(-day))]; ok {
			t.YesterdayW[i] = ptr(int64(p))
		}
		if p, ok := means[metering.PeriodStart(at)]; ok && t.AvgW[i] == nil {
			t.AvgW[i] = ptr(int64(p))
			t.FromLedger++
		}
	}
	return nil
}

// zoneMeans is the mean power of the zone in each base period whose energy is
// known at every input.
func zoneMeans(intervals []metering.Interval, inputs int) map[time.Time]metering.Power {
	sums, known := map[time.Time]metering.Power{}, map[time.Time]int{}
	for _, i := range intervals {
		if i.Grade == metering.Null {
			continue
		}
		at := i.Start.UTC()
		sums[at] += i.MeanPower()
		known[at]++
	}
	for at, n := range known {
		if n < inputs {
			delete(sums, at)
		}
	}
	return sums
}

// fillSparks gives the residents' small curves the hour before the page started,
// from the series or, where that has nothing, from the ledger. It returns how many
// minutes are still missing.
func (s *Server) fillSparks(ctx context.Context) int {
	s.mu.Lock()
	start := s.sparks.start()
	var ids []metering.PointID
	for _, r := range s.residents {
		for _, p := range r.points {
			ids = append(ids, p.ID)
		}
	}
	s.mu.Unlock()
	if len(ids) == 0 {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	past, err := s.minutesOf(ctx, ids, start)
	if err != nil {
		s.log.Info("small curves start without a part of their past", "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	filled, missing := 0, 0
	for i, r := range s.residents {
		for m := range sparkMinutes {
			w, ok := sumAt(past, r.points, m)
			if !ok && len(r.points) > 0 && s.sparks.closed[i][m] == nil {
				missing++
			}
			if ok && s.sparks.fill(i, start.Add(time.Duration(m)*time.Minute), w) {
				filled++
			}
		}
	}
	if filled > 0 {
		s.shown.seq += ringSize + 1 // no open page can resume over this: each gets a snapshot with the curves
	}
	return missing
}

// minutesOf is the mean power of each point in each of the 60 minutes from
// start; what a store does not say stays nil.
func (s *Server) minutesOf(ctx context.Context, ids []metering.PointID, start time.Time) (map[metering.PointID][]*float64, error) {
	past := map[metering.PointID][]*float64{}
	for _, id := range ids {
		past[id] = make([]*float64, sparkMinutes)
	}
	var errSeries, errLedger error
	if s.cfg.Series != nil {
		var rows [][]*float64
		rows, errSeries = s.perInput(ctx, "avg_over_time", ids, start, time.Minute, sparkMinutes)
		for k, row := range rows {
			past[ids[k]] = row
		}
	}
	if s.cfg.Ledger == nil {
		return past, errSeries
	}
	intervals, errLedger := s.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{
		Points: ids, Channels: []metering.Channel{metering.ChannelActiveImport},
		From: metering.PeriodStart(start), To: start.Add(sparkMinutes * time.Minute),
	})
	for _, i := range intervals {
		first := int(i.Start.Sub(start) / time.Minute)
		for m := max(first, 0); i.Grade != metering.Null && m < min(first+15, sparkMinutes); m++ {
			if row := past[i.Point]; row != nil && row[m] == nil {
				row[m] = ptr(float64(i.MeanPower()))
			}
		}
	}
	return past, errors.Join(errSeries, errLedger)
}

// sumAt adds up the points of a resident in one minute; false if one is not known.
func sumAt(past map[metering.PointID][]*float64, points []*pointState, minute int) (int64, bool) {
	var sum float64
	for _, p := range points {
		v := past[p.ID][minute]
		if v == nil {
			return 0, false
		}
		sum += *v
	}
	return int64(math.Round(sum)), len(points) > 0
}
