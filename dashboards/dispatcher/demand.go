package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// Demands computes maxima and factors of a month. It must be safe for concurrent
// use.
type Demands interface {
	// Demand returns the figures of a resident, or of the whole zone for the empty
	// id, over the local month that starts at month. It returns
	// metering.ErrNotFound for a resident without a billing point.
	Demand(ctx context.Context, resident metering.ResidentID, month time.Time) (Demand, error)
}

// Demand is how a resident used power in a month. A figure that is not known is
// absent.
type Demand struct {
	Resident   string          `json:"resident,omitempty" doc:"absent: the whole zone"`
	From       time.Time       `json:"from"`
	To         time.Time       `json:"to" doc:"exclusive; of a running month, up to where intervals are known"`
	EnergyWh   *int64          `json:"energy_wh,omitempty" doc:"absent unless every base interval is known"`
	KnownWh    int64           `json:"known_wh" doc:"sum of the known base intervals"`
	MissingN   int             `json:"missing" doc:"base intervals without an energy"`
	StoodInN   int             `json:"stood_in" doc:"base intervals that were substituted or estimated"`
	DeclaredW  *int64          `json:"declared_w,omitempty"`
	Maxima     []Maximum       `json:"maxima" doc:"by length of the block"`
	Coincident *Peak           `json:"coincident,omitempty" doc:"in the hour of the zone's greatest load"`
	LoadFactor *float64        `json:"load_factor,omitempty" doc:"mean power by greatest, 0..1"`
	UseHours   *float64        `json:"use_hours,omitempty" doc:"energy by greatest power, h"`
	TanPhi     *float64        `json:"tan_phi,omitempty" doc:"reactive by active energy of the month, import"`
	CosPhi     *float64        `json:"cos_phi,omitempty"`
	Zones      []ZoneEnergy    `json:"zones,omitempty" doc:"energy by zone of the tariff"`
	Duration   []DurationPoint `json:"duration,omitempty" doc:"load duration curve: ascending by share, descending by power"`
	Remarks    []string        `json:"remarks,omitempty"`
}

// DurationPoint is a power that was reached or exceeded during a share of the time.
type DurationPoint struct {
	Share  float64 `json:"share" doc:"of the known time, 0..1"`
	PowerW int64   `json:"power_w"`
}

// Maximum is the greatest mean power of a month.
type Maximum struct {
	Minutes  int   `json:"minutes" example:"30"`
	Block    *Peak `json:"block,omitempty" doc:"over blocks of the clock, of measured intervals only: this may be billed"`
	Sliding  *Peak `json:"sliding,omitempty" doc:"over windows that begin at any base interval"`
	Unbilled *Peak `json:"unbilled,omitempty" doc:"a greater block that contains a substituted or estimated interval: it sets no maximum"`
}

// Peak is a mean power and when it was.
type Peak struct {
	PowerW int64     `json:"power_w"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
}

// ZoneEnergy is the energy of one zone of a tariff.
type ZoneEnergy struct {
	Zone     string  `json:"zone"`
	EnergyWh int64   `json:"energy_wh"`
	Share    float64 `json:"share" doc:"of the known energy, 0..1"`
}

type demandQuestion struct {
	Strict   strict
	Resident string `query:"resident" maxLength:"64" doc:"the whole zone if left out"`
	Month    string `query:"month" maxLength:"7" doc:"of the site's zone; the present one if left out" example:"2026-11"`
}

// Resolve is called by huma.
func (in *demandQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.read(j)
	return j.faults
}

func (in *demandQuestion) read(j *judge) (metering.ResidentID, time.Time) {
	resident := j.resident("query.resident", in.Resident)
	y, m, _ := j.now.In(j.site.Location).Date()
	month := time.Date(y, m, 1, 0, 0, 0, 0, j.site.Location)
	if in.Month != "" {
		asked, err := time.ParseInLocation("2006-01", in.Month, j.site.Location)
		switch {
		case err != nil || asked.Year() < 1970:
			j.fault("query.month", in.Month, "want a month like 2026-11")
		case asked.After(month):
			j.fault("query.month", in.Month, "has not begun")
		}
		month = asked
	}
	return resident, month.UTC()
}

// getDemand tells what may be billed besides energy.
func (s *Server) getDemand(ctx context.Context, in *demandQuestion) (*answer[Demand], error) {
	if s.cfg.Demands == nil {
		return nil, huma.Error503ServiceUnavailable("no demand is computed in this process: it needs the ledger")
	}
	resident, month := in.read(s.judge())
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	d, err := s.cfg.Demands.Demand(ctx, resident, month)
	if errors.Is(err, metering.ErrNotFound) {
		return nil, huma.Error404NotFound(fmt.Sprintf("resident %q has no metered billing point in that month", in.Resident))
	}
	if err != nil {
		return nil, s.storeError("demand", err)
	}
	if d.Maxima == nil {
		d.Maxima = []Maximum{}
	}
	return &answer[Demand]{d}, nil
}
