package sqlite

import (
	"database/sql"
	"errors"
	"time"

	"asue/metering"
	"asue/metering/pages"
)

// evidenceSchema is the schema that brought witnesses, findings, acts and
// settlements. A file that no newer program has opened yet has none of them.
const evidenceSchema = 2

func (v *verifier) checkWitnesses() error {
	if v.Schema < evidenceSchema {
		return nil
	}
	return v.each(`SELECT start, page, coalesce((SELECT text FROM name WHERE name.id = meter), '?') FROM witness`, func(rows *sql.Rows) error {
		var start int64
		var page sql.RawBytes
		var meter string
		if err := rows.Scan(&start, &page, &meter); err != nil {
			return err
		}
		v.WitnessPages++
		if _, err := pages.UnpackWitness(metering.MeterID(meter), start, page); err != nil {
			v.badPage("witness of meter %s, %v: %v", meter, pages.Instant(start), err)
		}
		return nil
	})
}

func (v *verifier) badPage(format string, args ...any) {
	if v.BadPages++; v.BadPages <= mostFaults {
		v.fault(format, args...)
	}
}

func (v *verifier) checkFindings() error {
	if v.Schema < evidenceSchema {
		return nil
	}
	bad := 0
	return v.each(`SELECT `+findingColumns, func(rows *sql.Rows) error {
		v.FindingRows++
		id, f, err := scanFinding(rows)
		if !errors.Is(err, pages.ErrDamaged) {
			return err
		}
		if bad++; bad <= mostFaults {
			v.fault("finding %d, %q of %s%s at %v: %v", id, f.Rule, f.Point, f.Node, f.From, err)
		}
		return nil
	})
}

// checkActs looks for the versions that acts have replaced and made.
func (v *verifier) checkActs() error {
	if v.Schema < evidenceSchema {
		return nil
	}
	var r actReader
	if err := v.each(actColumns+actOrder, r.take); err != nil {
		return err
	}
	v.Acts = int64(len(r.list))
	tx, err := v.db.BeginTx(v.ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	reader := &Ledger{}
	bad := 0
	for _, a := range r.list {
		for n, change := range a.Changes {
			for _, said := range []metering.Interval{change.Before, change.After} {
				if said.Version == 0 {
					continue
				}
				versions, err := reader.history(v.ctx, tx, metering.Interval{Point: said.Point, Channel: said.Channel, Start: said.Start})
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

// checkSettlements makes each digest again from the pinned versions.
func (v *verifier) checkSettlements() error {
	if v.Schema < evidenceSchema {
		return nil
	}
	var list []metering.Settlement
	err := v.each(settlementColumns+`ORDER BY id`, func(rows *sql.Rows) error {
		_, s, err := scanSettlement(rows)
		list = append(list, s)
		return err
	})
	if err != nil {
		return err
	}
	v.Settlements = int64(len(list))
	tx, err := v.db.BeginTx(v.ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	reader := &Ledger{}
	for _, s := range list {
		digest := metering.NewDigest()
		if err := reader.addSettled(v.ctx, tx, s, digest); err != nil {
			if v.ctx.Err() != nil {
				return err
			}
			v.fault("settlement %s: cannot be made again: %v", s.ID, err)
			continue
		}
		if digest.Sum() != s.Digest || digest.Len() != s.Intervals {
			v.fault("settlement %s: its %d intervals give the digest %s, and %s of %d was settled", s.ID, digest.Len(), digest.Sum(), s.Digest, s.Intervals)
		}
	}
	return nil
}
