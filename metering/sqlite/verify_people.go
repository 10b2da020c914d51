package sqlite

import (
	"database/sql"
	"errors"

	"asue/metering/audit"
	"asue/metering/pages"
)

const (
	// peopleSchema is the schema that brought the audit, accounts and leases.
	peopleSchema = 3
	// deedSchema is the schema that brought deeds.
	deedSchema = 4
)

func (v *verifier) checkAccounts() error {
	if v.Schema < peopleSchema {
		return nil
	}
	return v.db.QueryRowContext(v.ctx, `SELECT count(*) FROM account`).Scan(&v.Accounts)
}

// checkAudit walks along the whole chain, and tells the first place at which it
// does not hold.
func (v *verifier) checkAudit() error {
	if v.Schema < peopleSchema {
		return nil
	}
	w := v.witness
	w.Whole = true
	err := v.each(`SELECT `+checkpointColumns+` FROM audit_checkpoint`, func(rows *sql.Rows) error {
		c, err := scanCheckpoint(rows)
		if errors.Is(err, pages.ErrDamaged) {
			v.fault("audit: %v", err)
			return nil
		}
		w.Checkpoints = append(w.Checkpoints, c)
		return err
	})
	if err != nil {
		return err
	}
	walk := audit.NewWalker(w)
	err = v.each(`SELECT `+auditColumns+` FROM audit ORDER BY seq`, func(rows *sql.Rows) error {
		r, err := scanAudit(rows)
		switch {
		case errors.Is(err, pages.ErrDamaged):
			walk.Unreadable(r.Seq)
		case err != nil:
			return err
		default:
			walk.Next(r)
			v.deeds.Record(r)
		}
		return nil
	})
	if v.Audit = walk.End(); v.Audit.Break != nil {
		v.fault("%v", v.Audit.Break)
	}
	return err
}

// checkDeeds walks along the deeds, and tells those that do not agree with what the
// audit, which was walked along before, says of them.
func (v *verifier) checkDeeds() error {
	if v.Schema < deedSchema {
		return nil
	}
	err := v.each(`SELECT `+deedColumns+` FROM deed ORDER BY seq`, func(rows *sql.Rows) error {
		d, hash, err := scanDeed(rows)
		if err == nil {
			v.deeds.Next(d, hash)
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Deeds = v.deeds.End()
	v.Faults = append(v.Faults, v.Deeds.Faults...)
	return nil
}
