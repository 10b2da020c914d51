package dispatcher

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// Forecast is what the zone and its residents will draw, as the page hears it.
// It is immutable once handed in.
type Forecast struct {
	At    time.Time
	Block time.Duration
	// Loads are the zone (no resident) and the residents.
	Loads []ForecastLoad
}

// ForecastLoad is the forecast of the zone or of one resident.
type ForecastLoad struct {
	Resident metering.ResidentID
	Method   string
	Skill    *float64 // nil: not known
	Coverage *float64
	Reason   string // why there are no blocks
	Blocks   []ForecastBlock
}

// ForecastBlock is the forecast of one block.
type ForecastBlock struct {
	Start time.Time `json:"start"`
	MeanW int64     `json:"mean_w" doc:"expected mean power of the block"`
	LowW  int64     `json:"low_w" doc:"four blocks in five lie between low and high"`
	HighW int64     `json:"high_w"`
	Q90W  int64     `json:"q90_w" doc:"exceeded by one block in ten"`
	PartW *int64    `json:"part_w,omitempty" doc:"of a resident: its share of the zone's mean; all shares and what is lost or metered elsewhere make up the zone"`
}

// ForecastView is the answer of /api/v1/forecast.
type ForecastView struct {
	Resident string          `json:"resident,omitempty" doc:"absent: the whole zone"`
	MadeAt   time.Time       `json:"made_at"`
	BlockS   int             `json:"block_s" doc:"length of a block"`
	Method   string          `json:"method" enum:"naive,profile,seasonal,mean,temperature,shaped" doc:"how it was made; shaped: too little is known, technical conditions times a typical shape"`
	Skill    *float64        `json:"skill,omitempty" doc:"1 - loss/loss of last week's values, over 28 days, by mean pinball loss"`
	Coverage *float64        `json:"coverage,omitempty" doc:"share of the blocks of 28 days that lay between low and high; 0.8 is wanted"`
	Reason   string          `json:"reason,omitempty" doc:"why there are no blocks"`
	Blocks   []ForecastBlock `json:"blocks" doc:"ascending; the first one holds the present moment"`
}

// SetForecast takes in the latest forecast; an older one is dropped.
func (s *Server) SetForecast(f *Forecast) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forecast == nil || !f.At.Before(s.forecast.At) {
		s.forecast = f
	}
}

// within are the blocks of a load that end after from and begin before to.
func (f *Forecast) within(l ForecastLoad, from, to time.Time) []ForecastBlock {
	var list []ForecastBlock
	for _, b := range l.Blocks {
		if b.Start.Add(f.Block).After(from) && b.Start.Before(to) {
			list = append(list, b)
		}
	}
	return list
}

// TrendAhead is the zone's forecast for drawing behind the trend.
type TrendAhead struct {
	T     []int64 `json:"t" doc:"start of each block, Unix seconds; the last one is the end"`
	MeanW []int64 `json:"mean_w" doc:"the last value is that of the last block again, so that its step has an end"`
	LowW  []int64 `json:"low_w"`
	HighW []int64 `json:"high_w"`
}

// trendAheadFor is how far the trend looks ahead.
const trendAheadFor = 24 * time.Hour

// ahead is what is forecast for the zone from a time on; nil if nothing is. The
// caller holds the lock.
func (s *Server) ahead(from time.Time) *TrendAhead {
	if s.forecast == nil {
		return nil
	}
	for _, l := range s.forecast.Loads {
		blocks := s.forecast.within(l, from, from.Add(trendAheadFor))
		if l.Resident != "" || len(blocks) == 0 {
			continue
		}
		a := &TrendAhead{}
		add := func(at time.Time, b ForecastBlock) {
			a.T, a.MeanW = append(a.T, at.Unix()), append(a.MeanW, b.MeanW)
			a.LowW, a.HighW = append(a.LowW, b.LowW), append(a.HighW, b.HighW)
		}
		for i, b := range blocks {
			if i == 0 && b.Start.Before(from) {
				add(from, b) // begun already
				continue
			}
			add(b.Start, b)
		}
		last := blocks[len(blocks)-1]
		add(last.Start.Add(s.forecast.Block), last)
		return a
	}
	return nil
}

type forecastQuestion struct {
	Strict   strict
	Resident string `query:"resident" maxLength:"64" doc:"the whole zone if left out"`
	Hours    int    `query:"hours" default:"48" minimum:"1" maximum:"168" doc:"length, from now on; no more than is known is answered"`
}

// Resolve is called by huma.
func (in *forecastQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	j.resident("query.resident", in.Resident)
	return j.faults
}

// getForecast tells what is to come. Blocks that are over are not told: a forecast
// that nobody renews ends by itself.
func (s *Server) getForecast(_ context.Context, in *forecastQuestion) (*answer[ForecastView], error) {
	s.mu.Lock()
	f := s.forecast
	s.mu.Unlock()
	now := s.cfg.Now().UTC()
	if f == nil {
		return nil, huma.Error503ServiceUnavailable("no forecast has been heard yet: it is made in the process that has the ledger")
	}
	for _, l := range f.Loads {
		if string(l.Resident) != in.Resident {
			continue
		}
		view := ForecastView{
			Resident: in.Resident, MadeAt: f.At, BlockS: int(f.Block / time.Second),
			Method: l.Method, Skill: l.Skill, Coverage: l.Coverage, Reason: l.Reason, Blocks: []ForecastBlock{},
		}
		view.Blocks = append(view.Blocks, f.within(l, now, now.Add(time.Duration(in.Hours)*time.Hour))...)
		if len(view.Blocks) == 0 && len(l.Blocks) > 0 {
			return nil, huma.Error503ServiceUnavailable(fmt.Sprintf("the last forecast was made at %s and is over: the log of the process that has the ledger says why", f.At.Format(time.RFC3339)))
		}
		return &answer[ForecastView]{view}, nil
	}
	return nil, huma.Error404NotFound(fmt.Sprintf("resident %q is not forecast: it has no metered point", in.Resident))
}
