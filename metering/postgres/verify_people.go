package postgres

import (
	"asue/metering"
	"asue/metering/audit"
)

const (
	// peopleSchema is the schema that brought the audit, accounts and leases.
	peopleSchema = 2
	// deedSchema is the schema that brought deeds.
	deedSchema = 3
)

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
	each := func(r metering.AuditRecord) {
		walk.Next(r)
		v.deeds.Record(r)
	}
	if err := forEachAudit(rows, each); err != nil {
		return err
	}
	if v.Audit = walk.End(); v.Audit.Break != nil {
		v.fault("%v", v.Audit.Break)
	}
	return nil
}

// checkDeeds walks along the deeds, and tells those that do not agree with what the
// audit, which was walked along before, says of them.
func (v *verifier) checkDeeds() error {
	if v.Version < deedSchema {
		return nil
	}
	rows, err := v.tx.Query(v.ctx, `SELECT `+deedColumns+` FROM deed ORDER BY seq`)
	if err != nil {
		return err
	}
	err = forEachDeed(rows, func(d metering.Deed, hash [32]byte) error {
		v.deeds.Next(d, hash)
		return nil
	})
	if err != nil {
		return err
	}
	v.Deeds = v.deeds.End()
	v.Faults = append(v.Faults, v.Deeds.Faults...)
	return nil
}
