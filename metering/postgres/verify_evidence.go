package postgres

import (
	"time"

	"asue/metering"
	"asue/metering/pages"
)

func (v *verifier) checkFindings() error {
	rows, err := v.tx.Query(v.ctx, `SELECT `+findingColumns+` FROM finding f`)
	if err != nil {
		return err
	}
	return forEachFinding(rows, func(int64, metering.Finding) { v.FindingRows++ })
}

// checkActs looks for the versions that acts have replaced and made.
func (v *verifier) checkActs() error {
	rows, err := v.tx.Query(v.ctx, actColumns+actOrder)
	if err != nil {
		return err
	}
	var r actReader
	if err := r.read(rows); err != nil {
		return err
	}
	v.Acts = int64(len(r.list))
	bad := 0
	for _, a := range r.list {
		for n, change := range a.Changes {
			for _, said := range []metering.Interval{change.Before, change.After} {
				if said.Version == 0 {
					continue
				}
				versions, err := history(v.ctx, v.tx, said.Point, said.Channel, said.Start)
				if err != nil {
					return err
				}
				if said.Version > len(versions) || versions[said.Version-1] != said {
					if bad++; bad <= mostFaults {
						v.fault("act %s, change %d: version %d of point %s %v at %v is not what the act says: %+v",
							a.ID, n+1, said.Version, said.Point, said.Channel, said.Start.Format(time.RFC3339), said)
					}
				}
			}
		}
	}
	return nil
}

// checkSettlements makes each digest again from the pinned versions, day by day,
// so that a year of a zone need not be held at once.
func (v *verifier) checkSettlements() error {
	list, err := settlements(v.ctx, v.tx)
	if err != nil {
		return err
	}
	v.Settlements = int64(len(list))
	for _, s := range list {
		digest := metering.NewDigest()
		err := v.guarded(func() error {
			for day := dayOf(s.From); day <= dayOf(s.To); day++ {
				q := intervalQuery{ctx: v.ctx, tx: v.tx, q: metering.IntervalQuery{
					From: midnight(day), To: midnight(day + 1).Add(-time.Millisecond), Settlement: s.ID,
				}}
				if err := q.settled(); err != nil {
					return err
				}
				pages.Order(q.found)
				for _, iv := range q.found {
					digest.Add(iv)
				}
			}
			return nil
		})
		switch {
		case v.ctx.Err() != nil:
			return err
		case err != nil:
			v.fault("settlement %s: cannot be made again: %v", s.ID, err)
		case digest.Sum() != s.Digest || digest.Len() != s.Intervals:
			v.fault("settlement %s: its %d intervals give the digest %s, and %s of %d was settled", s.ID, digest.Len(), digest.Sum(), s.Digest, s.Intervals)
		}
	}
	return nil
}
