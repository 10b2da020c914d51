package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// versions keeps every text of a configuration file that was in force: the text in a file of
// the data folder that is named by its SHA-256, and a record of the audit that vouches for it.
// Whoever changes the one is shown by the other.
type versions struct {
	folder string
	audit  metering.AuditLog
	mu     sync.Mutex // one is kept after the other
}

// configTaken is the kind of the audit's record.
const configTaken = "config.taken"

// takenDetail is what such a record says for programs.
type takenDetail struct {
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// mostVersions is how many of the youngest are listed.
const mostVersions = 200

// keep notes that a text is in force. One that the last record of its kind names already is
// kept again only if its file is gone.
func (v *versions) keep(ctx context.Context, src source, now time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	version := src.version()
	if text, err := v.text(version); err != nil || len(text) != len(src.text) {
		if err := v.write(version, src.text); err != nil {
			return err
		}
	}
	last, err := v.audit.Audit(ctx, metering.AuditQuery{Kind: configTaken, Subject: src.kind, Limit: 1})
	if err != nil {
		return err
	}
	if len(last) > 0 {
		if d, ok := readTaken(last[0]); ok && d.SHA256 == version {
			return nil
		}
	}
	detail, err := json.Marshal(takenDetail{version, int64(len(src.text))})
	if err != nil {
		return err
	}
	name := src.path
	if name == "" {
		name = "built into the program"
	}
	_, err = v.audit.Append(ctx, metering.AuditRecord{
		At: now, Actor: "system", Kind: configTaken, Subject: src.kind, Text: fmt.Sprintf("%s, SHA-256 %s", name, version), Detail: string(detail),
	})
	return err
}

// write lays a text down whole or not at all. It is secret: a process file names users.
func (v *versions) write(version string, text []byte) error {
	if err := os.MkdirAll(v.folder, 0o700); err != nil {
		return err
	}
	next := v.path(version) + ".new"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	return os.Rename(next, v.path(version))
}

func (v *versions) path(version string) string { return filepath.Join(v.folder, version+".yaml") }

// text is that of a version; an error if it is not there or is not what its name says.
func (v *versions) text(version string) ([]byte, error) {
	text, err := os.ReadFile(v.path(version))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("its text is not there")
	}
	if err != nil {
		return nil, errors.New("its text cannot be read")
	}
	if (source{text: text}).version() != version {
		return nil, errors.New("its text was changed after it was kept")
	}
	return text, nil
}

// list are the versions that were in force, newest first, and whether there were older ones.
func (v *versions) list(ctx context.Context) ([]dispatcher.ConfigVersion, bool, error) {
	records, err := v.audit.Audit(ctx, metering.AuditQuery{Kind: configTaken, Limit: mostVersions + 1})
	if err != nil {
		return nil, false, err
	}
	more := len(records) > mostVersions
	kept := map[string]bool{}
	var list []dispatcher.ConfigVersion
	for _, r := range records[:min(len(records), mostVersions)] {
		d, ok := readTaken(r)
		if !ok {
			continue
		}
		if _, known := kept[d.SHA256]; !known {
			_, err := v.text(d.SHA256)
			kept[d.SHA256] = err == nil
		}
		list = append(list, dispatcher.ConfigVersion{Version: d.SHA256, Kind: r.Subject, From: r.At.UTC(), Record: r.Seq, Bytes: d.Bytes, Kept: kept[d.SHA256]})
	}
	return list, more, nil
}

func readTaken(r metering.AuditRecord) (takenDetail, bool) {
	var d takenDetail
	err := json.Unmarshal([]byte(r.Detail), &d)
	return d, err == nil && len(d.SHA256) == 64
}
