package modbusd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"asue/metering"
	"asue/simulator"
)

// The journal is a text file of JSON lines, version 1: the first line says which
// world it belongs to, every other one is a scenario, or a write that an actuator has
// taken, in the order in which they happened. Each line is synced before it counts; a last line without its end is
// what a crash has torn off, and is dropped.
//
//	{"v":1,"site":"aktobe","seed":1,"origin":"2026-01-01T00:00:00Z"}
//	{"at":"2026-01-14T05:00:00Z","scenario":"morning-peak"}
//	{"at":"2026-01-14T05:03:20Z","write":{"actuator":"sp-1","what":"limit","value":2000000,"source":"127.0.0.1:40112"}}
type journal struct{ file *os.File }

// JournalHead says which world a journal belongs to.
type JournalHead struct {
	Version int             `json:"v"`
	Site    metering.SiteID `json:"site"`
	Seed    uint64          `json:"seed"`
	Origin  time.Time       `json:"origin"`
}

// ReadJournalHead tells which seed and origin a world needs to go on with a
// journal. The error is fs.ErrNotExist where there is none yet.
func ReadJournalHead(path string) (JournalHead, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return JournalHead{}, err
	}
	head, _, _, err := parseJournal(path, text)
	if err == nil && head == nil {
		err = fmt.Errorf("journal %s: it is empty: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return JournalHead{}, err
	}
	return *head, nil
}

// openJournal schedules what the journal holds in the world, which must stand at
// its origin or at least before the first event, and goes on writing at its end.
func openJournal(path string, w *simulator.World) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &journal{file}
	if err := j.replay(path, w); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

func (j *journal) replay(path string, w *simulator.World) error {
	text, err := io.ReadAll(j.file)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	head, events, whole, err := parseJournal(path, text)
	if err != nil {
		return err
	}
	if err := j.file.Truncate(int64(whole)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if _, err := j.file.Seek(int64(whole), io.SeekStart); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	own := JournalHead{1, w.Site().ID, w.Seed(), w.Origin()}
	if head == nil {
		return j.write(own)
	}
	if head.Site != own.Site || head.Seed != own.Seed || !head.Origin.Equal(own.Origin) {
		return fmt.Errorf("journal %s: it belongs to another world (site %s, seed %d, from %s): use that one or another file",
			path, head.Site, head.Seed, head.Origin.Format(time.RFC3339))
	}
	for _, e := range events {
		if err := w.Schedule(e); err != nil {
			return fmt.Errorf("journal %s: %w", path, err)
		}
	}
	return nil
}

// parseJournal reads a journal's whole lines; whole is their length in bytes. The
// head is nil if there is none.
func parseJournal(path string, text []byte) (head *JournalHead, events []simulator.Event, whole int, err error) {
	for number := 1; ; number++ {
		end := bytes.IndexByte(text[whole:], '\n')
		if end < 0 {
			return head, events, whole, nil
		}
		line := text[whole : whole+end]
		whole += end + 1
		if head == nil {
			head = new(JournalHead)
			if err := json.Unmarshal(line, head); err != nil || head.Version != 1 {
				return nil, nil, 0, fmt.Errorf("journal %s:%d: not a simulator's journal of version 1: name another file", path, number)
			}
			continue
		}
		var e simulator.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, nil, 0, fmt.Errorf("journal %s:%d: neither a scenario nor a write: %w: mend or remove the line", path, number, err)
		}
		events = append(events, e)
	}
}

func (j *journal) add(e simulator.Event) error { return j.write(e) }

func (j *journal) write(line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Close closes the file.
func (j *journal) Close() error { return j.file.Close() }
