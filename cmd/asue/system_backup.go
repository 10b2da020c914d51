package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"asue/cmd/internal/backup"
	"asue/dashboards/dispatcher"
	"asue/metering/clock"
)

// Backup implements dispatcher.System. The bytes of a backup are not read: that is the work of
// asue restore, and of hours.
func (y *system) Backup(context.Context) (dispatcher.BackupState, error) {
	v := dispatcher.BackupState{BackupAge: y.backupAge(), Command: "asue backup -c asue.yaml FOLDER --keep 14", Looked: pointer(clock.Clock{}.Now().UTC())}
	if file := y.p.processFile(); file != "" {
		v.Command = "asue backup -c " + quoted(file) + " FOLDER --keep 14"
	}
	if y.p.demo != nil {
		return v, nil
	}
	last, ok, err := backup.Recall(y.p.Config.Data)
	if err != nil || !ok {
		return v, err
	}
	v.Dir, v.Restore = last.Dir, "asue restore "+quoted(last.Dir)+" --into DATA"
	if y.p.processFile() != "" {
		v.Command = "asue backup -c " + quoted(y.p.processFile()) + " " + quoted(filepath.Dir(last.Dir)) + " --keep 14"
	}
	_, err = os.Stat(filepath.Join(last.Dir, backup.ManifestName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.Present = pointer(false) // or its disk is not mounted
		return v, nil
	case err != nil: // this process may not look
		return v, nil
	}
	m, err := backup.Read(last.Dir)
	if err != nil {
		v.Notes = []string{err.Error()}
		return v, nil
	}
	v.Present, v.Ledger, v.Series, v.Version, v.Files = pointer(true), m.Ledger.Kind, m.Series, m.Asue, len(m.Files)
	v.Verified = m.Ledger.Kind == backup.SQLite // it was verified before the manifest was written
	for _, f := range m.Files {
		v.Bytes += f.Bytes
	}
	v.Notes = m.Notes
	return v, nil
}
