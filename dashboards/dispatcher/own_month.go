package dispatcher

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// OwnMonth is how the resident used power in a month. It is Demand without the hour of
// the zone's greatest load, which says something of the neighbours, and without remarks
// in words.
type OwnMonth struct {
	Resident   string          `json:"resident"`
	From       time.Time       `json:"from"`
	To         time.Time       `json:"to" doc:"exclusive; of a running month, up to where intervals are known"`
	EnergyWh   *int64          `json:"energy_wh,omitempty" doc:"absent unless every base interval is known"`
	KnownWh    int64           `json:"known_wh" doc:"sum of the known base intervals"`
	MissingN   int             `json:"missing" doc:"base intervals without an energy"`
	StoodInN   int             `json:"stood_in" doc:"base intervals that were substituted or estimated"`
	DeclaredW  *int64          `json:"declared_w,omitempty" doc:"the technical conditions at the month's beginning"`
	Maxima     []Maximum       `json:"maxima" doc:"by length of the block"`
	LoadFactor *float64        `json:"load_factor,omitempty" doc:"mean power by greatest, 0..1"`
	UseHours   *float64        `json:"use_hours,omitempty" doc:"energy by greatest power, h"`
	TanPhi     *float64        `json:"tan_phi,omitempty" doc:"reactive by active energy of the month, import"`
	CosPhi     *float64        `json:"cos_phi,omitempty"`
	Zones      []ZoneEnergy    `json:"zones,omitempty" doc:"energy by zone of the tariff"`
	Duration   []DurationPoint `json:"duration,omitempty" doc:"load duration curve: ascending by share, descending by power"`
}

type ownMonthQuestion struct {
	Strict strict
	Month  string `query:"month" maxLength:"7" doc:"of the site's zone; the present one if left out" example:"2026-11"`
}

// Resolve is called by huma.
func (in *ownMonthQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	(&demandQuestion{Month: in.Month}).read(j)
	return j.faults
}

func (s *Server) getOwnMonth(ctx context.Context, in *ownMonthQuestion) (*answer[OwnMonth], error) {
	r, err := s.own(visitorOf(ctx))
	if err != nil {
		return nil, err
	}
	if s.cfg.Demands == nil {
		return nil, huma.Error503ServiceUnavailable("no demand is computed in this process: it needs the ledger")
	}
	_, month := (&demandQuestion{Month: in.Month}).read(s.judge())
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	d, err := s.cfg.Demands.Demand(ctx, r.ID, month)
	if errors.Is(err, metering.ErrNotFound) {
		return nil, huma.Error404NotFound("you had no metered billing point of electricity in that month")
	}
	if err != nil {
		return nil, s.storeError("demand", err)
	}
	return &answer[OwnMonth]{OwnMonth{
		Resident: string(r.ID), From: d.From, To: d.To, EnergyWh: d.EnergyWh, KnownWh: d.KnownWh, MissingN: d.MissingN, StoodInN: d.StoodInN,
		DeclaredW: d.DeclaredW, Maxima: append([]Maximum{}, d.Maxima...), LoadFactor: d.LoadFactor, UseHours: d.UseHours,
		TanPhi: d.TanPhi, CosPhi: d.CosPhi, Zones: d.Zones, Duration: d.Duration,
	}}, nil
}
