package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"asue/cmd/internal/backup"
	"asue/cmd/internal/keyfile"
	"asue/cmd/internal/settings"
)

// keys looks whether private keys are private and public ones there.
func (e *examination) keys(context.Context) {
	const area = "keys"
	private, err := filepath.Glob(filepath.Join(strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(e.Config.Data), "keys", "*.key"))
	if err != nil {
		e.wrong(area, "name another data folder", "%v", err)
	}
	for _, path := range private {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			e.wrong(area, "run asue doctor as the user of the service", "%v", err)
		case info.Mode().Perm()&0o077 != 0:
			e.wrong(area, "chmod 600 "+path+" if nobody has read it; move it away to have a new one made otherwise", "%s may be read by others (mode %04o): whoever has it can sign", path, info.Mode().Perm())
		default:
			e.ok(area, "%s is secret", path)
		}
	}
	if len(private) == 0 && (e.Config.Has(settings.RoleMetering) || e.Config.Has(settings.RoleBalancer)) {
		e.note(area, "there are no signing keys yet; the first start makes them")
	}
	// A balancer of the same process makes its key at the first start.
	if e.Config.Has(settings.RoleAgent) && (len(e.Config.Agent.Keys) > 0 || !e.Config.Has(settings.RoleBalancer)) {
		e.public("the agent obeys balancers by", e.Config.KeyFiles())
	}
	if e.Config.Has(settings.RoleBalancer) && len(e.Config.Balancer.OrdersFrom) > 0 {
		e.public("the balancer obeys pages by", e.Config.Balancer.OrdersFrom)
	}
}

func (e *examination) public(what string, files []string) {
	for _, path := range files {
		if _, err := keyfile.ReadPublic(path); err != nil {
			e.wrong("keys", "copy the .pub file from the data folder of that process", "%s %s: %v", what, path, err)
			continue
		}
		e.ok("keys", "%s %s", what, path)
	}
}

// Ages of the last backup.
const (
	backupOld  = backup.LateAfter
	backupLate = 8 * 24 * time.Hour
)

// backups looks how old the last backup is, and whether it is still there.
func (e *examination) backups(context.Context) {
	const area = "backup"
	switch c := e.Config; {
	case !e.keepsData():
		return
	case !c.Has(settings.RoleMetering) && !c.Has(settings.RoleBalancer) && !c.Has(settings.RoleAgent):
		e.ok(area, "a collector alone needs none: its outbox must never be restored, and the rest is its configuration")
		return
	}
	how := "asue backup -c " + e.File + " /var/backups/asue --keep 14, every night: systemctl enable --now asue-backup.timer"
	last, ok, err := backup.Recall(e.Config.Data)
	age := e.Now.Sub(last.MadeAt).Round(time.Hour)
	switch {
	case err != nil:
		e.warn(area, how, "what the data folder says of the last backup cannot be read: %v", err)
		return
	case !ok:
		e.warn(area, how, "no backup was ever made of this data folder")
		return
	case age > backupLate:
		e.wrong(area, how, "the last backup is %d days old: %s", int(age.Hours()/24), last.Dir)
		return
	case age > backupOld:
		e.warn(area, how, "the last backup is %d hours old: %s", int(age.Hours()), last.Dir)
		return
	}
	switch _, err := backup.Read(last.Dir); {
	case errors.Is(err, fs.ErrPermission):
		e.ok(area, "the last backup is %d hours old, in %s, which this user may not read", int(age.Hours()), last.Dir)
	case err != nil:
		e.warn(area, how, "the last backup, of %s, is not where it was written: %v", last.MadeAt.Format(time.DateTime), err)
	default:
		e.ok(area, "the last backup is %d hours old: %s", int(age.Hours()), last.Dir)
	}
}
