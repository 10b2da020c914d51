package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"asue/balancing"
	"asue/metering"
	"asue/metering/ingest"
	"asue/simulator"
)

// olderDays is how much past the demo has altogether: a rolling year, and half a year
// before now in which cases about it have gone their way.
const olderDays = 366 + 190

// addYear gives the demo its older past, if it is to have one.
func (p *process) addYear(ctx context.Context, s *stores) error {
	if !p.demo.year {
		return nil
	}
	began := time.Now()
	if err := p.writeYear(ctx, s.ledger); err != nil {
		return err
	}
	if err := p.writeHeld(ctx, s.ledger); err != nil {
		return err
	}
	if err := p.addCases(ctx, s.ledger); err != nil && ctx.Err() == nil {
		p.Log.Warn("the demo's cases about technical conditions are not complete", "err", err)
	}
	s.forecast.again()
	s.capacity.again()
	p.Log.Info("the year is ready", "days", olderDays, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// writeYear gives the ledger what residents and input drew before the demo's history in
// full detail, channel A+ alone, from another world: what a load wants at a moment
// depends on nothing but seed, habits and the moment, so there is no step between the
// two.
func (p *process) writeYear(ctx context.Context, ledger metering.Ledger) error {
	end := p.demo.origin
	from := end.AddDate(0, 0, -(olderDays - p.demo.days))
	points := p.yearPoints(end)
	if !from.Before(end) || len(points) == 0 {
		return nil
	}
	history := ingest.NewOlderHistory(ledger, p.Site.ID)
	from, err := history.Resume(ctx, from)
	if err != nil {
		return err
	}
	if end, err = before(ctx, ledger, points, from, end); err != nil {
		return err
	}
	if !from.Before(end) {
		return nil
	}
	world, err := simulator.NewWith(p.Site, p.demo.seed, from, p.demo.habits.all())
	if err != nil {
		return err
	}
	year := yearWriter{
		world: world, points: points, registers: make([]int64, len(points)),
		metered: metered(p.Site, points), unread: p.demo.habits.unread,
	}
	for from.Before(end) {
		to := from.Add(historyChunk)
		if to.After(end) {
			to = end
		}
		if err := history.Add(ctx, p.Clock.Now(), year.upTo(to)); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// yearPoints are the points at which residents' electricity is billed, and the input in
// service.
func (p *process) yearPoints(at time.Time) []metering.PointID {
	var list []metering.PointID
	for _, point := range p.Site.Points {
		if point.Role == metering.RoleResident && point.MediumOf() == metering.Electricity {
			list = append(list, point.ID)
		}
	}
	if source, ok := p.Site.Feeding(); ok {
		list = append(list, balancing.SupplyOf(p.Site, at, source).InService...)
	}
	return slices.DeleteFunc(list, func(id metering.PointID) bool { return !p.metered(id, metering.ChannelActiveImport, at) })
}

// before is the end of what is to be written from a time on: where the ledger knows
// something already, from an earlier run.
func before(ctx context.Context, ledger metering.Ledger, points []metering.PointID, from, end time.Time) (time.Time, error) {
	there, err := ledger.Intervals(ctx, metering.IntervalQuery{
		Points: points, Channels: []metering.Channel{metering.ChannelActiveImport}, From: from, To: end,
	})
	if err != nil {
		return end, fmt.Errorf("history: what is there already: %w", err)
	}
	for _, iv := range there {
		if iv.Start.Before(end) {
			end = iv.Start
		}
	}
	return end, nil
}

// yearWriter reads the registers of a world at every quarter of an hour.
type yearWriter struct {
	world           *simulator.World
	points          []metering.PointID
	registers       []int64 // of the points, thousandths
	metered, unread func(point metering.PointID, at time.Time) bool
}

func (y *yearWriter) upTo(to time.Time) ingest.Chunk {
	chunk := ingest.Chunk{UpTo: to}
	for start := y.world.Now(); start.Before(to); start = y.world.Now() {
		y.world.Step(metering.BasePeriod)
		for i, id := range y.points {
			was := y.registers[i]
			y.registers[i] = y.world.Truth(id, metering.ChannelActiveImport)
			if y.unread(id, start) || !y.metered(id, start) {
				continue
			}
			chunk.Intervals = append(chunk.Intervals, ingest.Simulated{
				Point: id, Channel: metering.ChannelActiveImport, Start: start, Energy: metering.Energy(y.registers[i]/1000 - was/1000),
			})
		}
	}
	return chunk
}

// heldResident is who the demo's past says was held back.
const heldResident = metering.ResidentID("metal-2")

// writeHeld writes into the audit when the balancer of the demo's past held a resident
// back, in the form in which the balancer does.
func (p *process) writeHeld(ctx context.Context, ledger metering.AuditLog) error {
	resident, ok := p.Site.Resident(heldResident)
	if p.demo.habits == nil || !ok {
		return nil
	}
	today := p.demo.habits.today
	from := today.AddDate(0, 0, -heldFrom)
	there, err := ledger.Audit(ctx, metering.AuditQuery{From: from, To: today, Kind: curtailedKind, Subject: string(heldResident), Limit: 1})
	if err != nil || len(there) > 0 {
		return err
	}
	for start := from; start.Before(today); start = start.Add(metering.BasePeriod) {
		if !p.demo.habits.held(start) {
			continue
		}
		end := start.Add(metering.BasePeriod)
		e := balancing.Entry{
			At: end, Kind: balancing.EntryCurtailed, Subject: string(heldResident),
			Text: fmt.Sprintf("demo: %s was held back from %s to %s: by its set-point", resident.Name,
				start.In(p.Site.Location).Format("15:04"), end.In(p.Site.Location).Format("15:04")),
			Args: map[string]any{"from_at": start, "to_at": end, "energy_wh": 0},
		}
		if _, err := ledger.Append(ctx, auditOf(e, nil)); err != nil {
			return fmt.Errorf("the demo's audit: %w", err)
		}
	}
	return nil
}
