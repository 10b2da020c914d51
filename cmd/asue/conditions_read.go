package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
	"asue/metering/demand"
	"asue/metering/grid"
)

// uses reads what residents drew of their technical conditions in a rolling year, and
// judges it.
type uses struct {
	site     *metering.Site
	ledger   metering.Ledger
	from, to time.Time
	block    time.Duration
	year     *reclaim.Year
	rules    reclaim.Settings
	held     map[metering.ResidentID][]metering.Period
	notes    []string
}

// judged is a finding with all that it rests on.
type judged struct {
	subjectAt
	record   reclaim.Record
	finding  reclaim.Finding
	evidence reclaim.Evidence
	enough   reclaim.Enough
}

// newUses lays out the year that ends with a local midnight, and reads when residents
// were held back in it.
func newUses(ctx context.Context, site *metering.Site, ledger metering.Ledger, to time.Time, block time.Duration) (*uses, error) {
	u := &uses{site: site, ledger: ledger, from: reclaim.YearTo(to, site.Location).UTC(), to: to.UTC(), block: block, rules: rulesOfUse()}
	var err error
	if u.year, err = reclaim.NewYear(u.from, u.to, site.Location, site.Calendar, block); err != nil {
		return nil, err
	}
	return u, u.readHeld(ctx)
}

// judge finds what comes out for the residents that are asked for, all if only is nil.
func (u *uses) judge(ctx context.Context, b *bar, only map[metering.ResidentID]bool) ([]judged, error) {
	subjects := slices.DeleteFunc(usersOf(u.site, u.to), func(s subjectAt) bool { return only != nil && !only[s.Resident] })
	list := make([]judged, 0, len(subjects))
	for i, s := range subjects {
		b.show("judging", i, "technical conditions", float64(i)/float64(len(subjects)))
		j, err := u.judgeOne(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("resident %s at %s: %w", s.Resident, s.Node, err)
		}
		list = append(list, j)
	}
	return list, nil
}

func (u *uses) judgeOne(ctx context.Context, s subjectAt) (judged, error) {
	j := judged{subjectAt: s}
	intervals, err := u.intervals(ctx, s.points, time.Time{})
	if err != nil {
		return j, err
	}
	digest, err := reclaim.DigestOf(intervals)
	if err != nil {
		return j, err
	}
	if j.record, err = u.record(s, intervals); err != nil {
		return j, err
	}
	use, err := u.year.Use(s.Subject, j.record, u.rules)
	if err != nil {
		return j, err
	}
	if j.enough, err = u.year.Enough(s.Subject, j.record, u.rules); err != nil {
		return j, err
	}
	j.finding = reclaim.Judge(s.Subject, use, u.rules)
	j.evidence = reclaim.NewEvidence(j.finding, j.record, digest)
	return j, nil
}

// intervals are what some points drew, in the versions of a time; in the current ones if
// it is zero.
func (u *uses) intervals(ctx context.Context, points []metering.PointID, asOf time.Time) ([]metering.Interval, error) {
	if len(points) == 0 { // a query without points would ask for all of them
		return nil, ctx.Err()
	}
	return u.ledger.Intervals(ctx, metering.IntervalQuery{
		Points: points, Channels: []metering.Channel{metering.ChannelActiveImport}, From: u.from, To: u.to, AsOf: asOf,
	})
}

func (u *uses) record(s subjectAt, intervals []metering.Interval) (reclaim.Record, error) {
	g, err := grid.New(u.from, u.to, intervals)
	if err != nil {
		return reclaim.Record{}, err
	}
	source := demand.Source{Grid: g, Counts: reclaim.Undisputed, Expected: metered(u.site, s.points)}
	return reclaim.RecordOf(source, string(s.Resident), u.held[s.Resident], s.points...), nil
}

// metered tells when a meter stands at each of some points: one that is not there yet is
// missed by nobody, as long as another one of the resident is.
func metered(site *metering.Site, points []metering.PointID) func(metering.PointID, time.Time) bool {
	chains := map[metering.PointID][]metering.Install{}
	for _, p := range points {
		chains[p] = site.InstallsOf(p)
	}
	return func(p metering.PointID, at time.Time) bool {
		return slices.ContainsFunc(chains[p], func(i metering.Install) bool { return i.At(at) })
	}
}

// heldPage is how many records of the audit are read in one go.
const heldPage = 10_000

// readHeld reads from the audit when this system held residents back. A record that
// cannot be read counts for the day before it was written, the longest that one can be
// about: a low draw then is not held against the resident.
func (u *uses) readHeld(ctx context.Context) error {
	u.held = map[metering.ResidentID][]metering.Period{}
	q := metering.AuditQuery{From: u.from, To: u.to.Add(48 * time.Hour), Kind: curtailedKind, Limit: heldPage}
	for {
		page, err := u.ledger.Audit(ctx, q)
		if err != nil {
			return fmt.Errorf("audit: when residents were held back: %w", err)
		}
		for _, r := range page {
			p, ok := curtailedPeriod(r)
			if !ok {
				p = metering.Period{From: r.At.Add(-24 * time.Hour), To: r.At}
				u.notes = append(u.notes, fmt.Sprintf("record %d of the audit does not say when %s was held back: the 24 hours before it are not held against it", r.Seq, r.Subject))
			}
			if p.From.Before(u.to) && p.To.After(u.from) {
				id := metering.ResidentID(r.Subject)
				u.held[id] = append(u.held[id], metering.Period{From: p.From.UTC(), To: p.To.UTC()})
			}
		}
		if len(page) < heldPage {
			break
		}
		q.Before = page[len(page)-1].Seq
	}
	for id, list := range u.held {
		u.held[id] = joined(list)
	}
	return nil
}

// joined are periods in order, those that touch made one.
func joined(list []metering.Period) []metering.Period {
	slices.SortFunc(list, func(a, b metering.Period) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To))
	})
	var out []metering.Period
	for _, p := range list {
		if n := len(out); n > 0 && !p.From.After(out[n-1].To) {
			if p.To.After(out[n-1].To) {
				out[n-1].To = p.To
			}
			continue
		}
		out = append(out, p)
	}
	return out
}
