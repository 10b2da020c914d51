package postgres

import (
	"asue/metering/audit"
)

// peopleSchema is the schema that brought the audit, accounts and leases.
const peopleSchema = 2

func (v *verifier) checkAccounts() error {
	if v.Version < peopleSchema {
		return nil
	}
	return v.tx.QueryRow(v.ctx, `SELECT count(*) FROM account`).Scan(&v.Accounts)
}

// checkAudit walks along the whole chain, and tells the first place at which it
// does not hold.
func (v *verifier) checkAudit() error {
	if v.Version < peopleSchema {
		return nil
	}
	w := v.witness
	w.Whole = true
	rows, err := v.tx.Query(v.ctx, `SELECT `+checkpointColumns+` FROM audit_checkpoint`)
	if err != nil {
		return err
	}
	own, err := collectCheckpoints(rows)
	if err != nil {
		return err
	}
	w.Checkpoints = append(own, w.Checkpoints...)
	walk := audit.NewWalker(w)
	if rows, err = v.tx.Query(v.ctx, `SELECT `+auditColumns+` FROM audit ORDER BY seq`); err != nil {
		return err
	}
	if err := forEachAudit(rows, walk.Next); err != nil {
		return err
	}
	if v.Audit = walk.End(); v.Audit.Break != nil {
		v.fault("%v", v.Audit.Break)
	}
	return nil
}
