// Package agentlog is an agent's durable memory in a folder: a file of checked
// records that is fsynced with each of them, cut where a crash has torn it, and
// written anew before it becomes long.
//
//	agent.log        the records that count
//	agent-NNN.old    what agent.log was before it was written anew; the last four
//	agent.damaged    the last file in which damage was found, for people
//	lock             held by the agent that uses the folder
//
// A file is records one after another, numbers little-endian:
//
//	magic 4 "aLg1" | length 4 | CRC 4 | length bytes of JSON, one agent.Record
//
// The CRC-32C covers the record's place in the file (8 bytes), the length and the
// JSON, so that a stale block is not taken for a record.
//
// The package must not know what the records mean.
package agentlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"asue/collector/agent"
)

// Sizes of the file.
const (
	DefaultLarge = 1 << 20 // bytes at which it should be written anew
	mostTimes    = 16      // so many times as long it takes nothing more
	mostRecord   = 64 << 10
	oldFiles     = 4
)

// ErrFull says that the log is far longer than it should be, because it could not
// be written anew. The remedy is room on the disk.
var ErrFull = errors.New("the log is full")

// Log is the memory of one agent. One goroutine uses it.
type Log struct {
	dir    string
	disk   disk
	large  int
	unlock func()

	image  []byte // what agent.log holds, or should
	file   file   // nil: it must be written anew first
	report Report
}

// Report is what was found at opening.
type Report struct {
	Records int
	Torn    int // bytes cut off the end: a write that was never acknowledged
	Damaged int // bytes in front of good records that no record's CRC covers
}

// Open makes the folder if need be and reads what is there. It fails if another
// agent uses the folder, or if it cannot be read. Large is DefaultLarge if 0.
func Open(dir string, large int) (*Log, error) {
	return open(dir, large, osDisk{})
}

func open(dir string, large int, d disk) (*Log, error) {
	if large <= 0 {
		large = DefaultLarge
	}
	if err := d.mkdir(dir); err != nil {
		return nil, fmt.Errorf("agent's log: %w; name a folder that this user may write", err)
	}
	unlock, err := d.lock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("agent's log %s: %w; one agent uses a folder, stop the other one or name another folder", dir, err)
	}
	l := &Log{dir: dir, disk: d, large: large, unlock: unlock}
	if err := l.load(); err != nil {
		unlock()
		return nil, fmt.Errorf("agent's log %s: %w", dir, err)
	}
	return l, nil
}

// load keeps the good records. What is damaged is put aside and the file written
// anew; the start is not refused.
func (l *Log) load() error {
	content, err := l.disk.read(l.path())
	if err != nil {
		return err
	}
	records, torn, damaged := scan(content)
	l.report = Report{Records: len(records), Torn: torn, Damaged: damaged}
	if damaged > 0 {
		_ = l.disk.write(filepath.Join(l.dir, "agent.damaged"), content) // for people; the log does not depend on it
	}
	for _, r := range records {
		l.image = appendFrame(l.image, r)
	}
	if torn > 0 || damaged > 0 || len(content) == 0 {
		return nil // the first Append writes it anew
	}
	l.file, err = l.disk.open(l.path())
	if err != nil {
		l.file = nil
	}
	return nil
}

// Report is what was found at opening.
func (l *Log) Report() Report { return l.report }

// Append implements agent.Log.
func (l *Log) Append(r agent.Record) error {
	payload, err := json.Marshal(r)
	if err != nil || len(payload) > mostRecord {
		return fmt.Errorf("agent's log: a record of %d bytes: %w", len(payload), errors.Join(err, errTooLong))
	}
	if len(l.image) > mostTimes*l.large {
		return fmt.Errorf("agent's log %s: %w: %d bytes; make room on the disk", l.dir, ErrFull, len(l.image))
	}
	frame := appendFrame(l.image, payload)[len(l.image):]
	if l.file == nil {
		return l.renew(append(l.image[:len(l.image):len(l.image)], frame...))
	}
	if err := l.file.append(frame); err != nil {
		// What of it is on the disk nobody knows, and a failed sync may not be tried
		// again on this file: its pages may count as clean. The next record begins a
		// new file, without this one.
		l.drop()
		return fmt.Errorf("agent's log %s: %w", l.dir, err)
	}
	l.image = append(l.image, frame...)
	return nil
}

var errTooLong = errors.New("it cannot be kept")

// Replay implements agent.Log.
func (l *Log) Replay(each func(agent.Record) error) error {
	records, _, _ := scan(l.image)
	for i, payload := range records {
		var r agent.Record
		if err := json.Unmarshal(payload, &r); err != nil {
			return fmt.Errorf("agent's log %s: record %d: %w", l.dir, i, err)
		}
		if err := each(r); err != nil {
			return fmt.Errorf("agent's log %s: record %d: %w", l.dir, i, err)
		}
	}
	return nil
}

// Large implements agent.Log.
func (l *Log) Large() bool { return len(l.image) > l.large }

// Compact implements agent.Log.
func (l *Log) Compact(rs []agent.Record) error {
	var image []byte
	for _, r := range rs {
		payload, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("agent's log: %w", err)
		}
		image = appendFrame(image, payload)
	}
	l.disk.keepOld(l.dir, oldFiles)
	return l.renew(image)
}

// renew puts a whole new file in the place of the old one: written, synced, renamed,
// and the folder synced.
func (l *Log) renew(image []byte) error {
	next := l.path() + ".new"
	err := l.disk.write(next, image)
	if err == nil {
		err = l.disk.rename(next, l.path())
	}
	if err != nil {
		// The rename may have happened, so that an open file would be nobody's.
		l.drop()
		return fmt.Errorf("agent's log %s: write it anew: %w", l.dir, err)
	}
	l.drop()
	l.image = image
	if l.file, err = l.disk.open(l.path()); err != nil {
		l.file = nil // the record is safe; the next one begins a new file
	}
	return nil
}

func (l *Log) drop() {
	if l.file != nil {
		_ = l.file.close() // it is given up
		l.file = nil
	}
}

func (l *Log) path() string { return filepath.Join(l.dir, "agent.log") }

// Close lets another agent use the folder.
func (l *Log) Close() error {
	l.drop()
	l.unlock()
	return nil
}
