package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"asue/metering/alarm/watch"
)

// alarmMemory is the file beside the ledger from which the desk goes on after a restart.
type alarmMemory struct {
	Form int `json:"form"`
	// Told is, by source, when the youngest of what happened was that has been told.
	Told map[watch.Source]time.Time `json:"told"`
	Book json.RawMessage            `json:"book"`
}

const alarmMemoryForm = 1

// alarmRest is how long what no person and no alarm has changed, figures in texts and
// delays that run, may wait to be kept.
const alarmRest = time.Minute

// remember takes up the memory of the run before. Without one the book begins empty, and
// what is so is announced anew.
func (d *alarmDesk) remember() {
	data, err := os.ReadFile(d.file)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var m alarmMemory
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err == nil && m.Form != alarmMemoryForm {
		err = fmt.Errorf("form %d: this release reads form %d", m.Form, alarmMemoryForm)
	}
	if err == nil {
		gone, fault := d.book.Restore(m.Book)
		if err = fault; len(gone) > 0 {
			d.log.Warn("alarms of kinds that the catalogue no longer has are gone", "alarms", gone)
		}
	}
	if err != nil {
		d.log.Warn("alarms begin without their memory", "file", d.file, "err", err)
		return
	}
	d.book.Forget(d.now())
	d.watcher.Remember(d.book.Observed(), m.Told, watch.Of)
}

// keep writes the memory if it has changed: at once when asked, else after a rest.
func (d *alarmDesk) keep(atOnce bool) {
	d.keeping.Lock()
	defer d.keeping.Unlock()
	d.mu.Lock()
	version := d.book.Version()
	if version == d.saved || !atOnce && time.Since(d.savedAt) < alarmRest {
		d.mu.Unlock()
		return
	}
	m := alarmMemory{Form: alarmMemoryForm, Told: d.watcher.Told(), Book: d.book.Snapshot()}
	d.mu.Unlock()
	d.savedAt = time.Now() // also when it fails: a full disk is not asked every second
	if err := replaceFile(d.file, mustJSON(m)); err != nil {
		d.log.Warn("the memory of alarms cannot be kept", "file", d.file, "err", err)
		return
	}
	d.saved = version
}

// replaceFile puts a file in place of another, so that either is whole at any moment.
func replaceFile(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	next, err := os.OpenFile(file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = next.Write(data)
	if err == nil {
		err = next.Sync()
	}
	if err = errors.Join(err, next.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("BUG: %T does not encode: %v", v, err))
	}
	return b
}
