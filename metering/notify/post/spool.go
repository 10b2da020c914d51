package post

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Letter is something to deliver.
type Letter struct {
	To     string          `json:"to"`  // name of the destination
	Key    string          `json:"key"` // names the letter at its destination for ever
	At     time.Time       `json:"at"`  // when it was put in, by the wall clock
	Urgent bool            `json:"urgent,omitempty"`
	Body   json.RawMessage `json:"body"`
}

// Bounds of a spool.
const (
	// Most letters wait for one destination; the oldest is dropped for one more.
	Most = 1000
	// remembered are the keys of letters that are done, of each destination.
	remembered = 2000
	// compactAfter acts the file is written anew, if they outnumber what is kept.
	compactAfter = 1000
)

// Spool keeps letters in a file. Its methods may be called from any goroutine.
type Spool struct {
	path string

	mu      sync.Mutex // guards all below
	file    *os.File   // nil after the file could not be opened again
	acts    int        // lines of the file
	waiting map[string][]Letter
	done    map[string][]string // keys by destination, the oldest first
	state   json.RawMessage
}

type act struct {
	Put   []Letter        `json:"put,omitempty"`
	State json.RawMessage `json:"state,omitempty"`
	Done  *doneAct        `json:"done,omitempty"`
}

type doneAct struct {
	To   string   `json:"to"`
	Keys []string `json:"keys"`
}

// Open opens the spool of a file, which it makes if it is not there. damaged lines were
// passed over: one after a crash is usual.
func Open(path string) (s *Spool, damaged int, err error) {
	s = &Spool{path: path, waiting: map[string][]Letter{}, done: map[string][]string{}}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("read the letters that wait: %w", err)
	}
	damaged = s.replay(data)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, damaged, fmt.Errorf("make the folder of the letters that wait: %w", err)
	}
	if err := s.compact(); err != nil { // a torn line must not be joined by the next one
		return nil, damaged, err
	}
	return s, damaged, nil
}

// replay takes up the acts of a file.
func (s *Spool) replay(data []byte) (damaged int) {
	lines := bufio.NewReader(bytes.NewReader(data))
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if a, ok := decode(line); ok {
				s.apply(a)
			} else {
				damaged++
			}
		}
		if errors.Is(err, io.EOF) {
			return damaged
		}
	}
}

func decode(line []byte) (act, bool) {
	sum, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	var a act
	if !ok || !bytes.HasSuffix(line, []byte("\n")) || string(sum) != fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) || json.Unmarshal(text, &a) != nil {
		return act{}, false
	}
	return a, true
}

func encode(a act) []byte {
	text, err := json.Marshal(a)
	if err != nil {
		panic(fmt.Sprintf("BUG: an act of letters does not encode: %v", err))
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(text), text)
}

// apply does an act in memory, and returns the letters that were dropped for it.
func (s *Spool) apply(a act) (dropped []Letter) {
	for _, l := range a.Put {
		if s.knows(l.To, l.Key) {
			continue
		}
		list := append(s.waiting[l.To], l)
		if over := len(list) - Most; over > 0 {
			dropped = append(dropped, list[:over]...)
			list = slices.Clone(list[over:])
		}
		s.waiting[l.To] = list
	}
	for _, l := range dropped {
		s.forget(l.To, l.Key)
	}
	if len(a.State) > 0 {
		s.state = a.State
	}
	if a.Done != nil {
		s.forget(a.Done.To, a.Done.Keys...)
	}
	return dropped
}

func (s *Spool) forget(to string, keys ...string) {
	s.waiting[to] = slices.DeleteFunc(s.waiting[to], func(l Letter) bool { return slices.Contains(keys, l.Key) })
	list := append(s.done[to], keys...)
	s.done[to] = list[max(0, len(list)-remembered):]
}

func (s *Spool) knows(to, key string) bool {
	return slices.Contains(s.done[to], key) || slices.ContainsFunc(s.waiting[to], func(l Letter) bool { return l.Key == key })
}

// Put keeps letters, and the state of whoever puts them in; nil leaves that as it is. It
// returns those that had to go for them. After an error they wait all the same, until the
// process ends.
func (s *Spool) Put(letters []Letter, state json.RawMessage) (dropped []Letter, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := act{Put: letters, State: state}
	dropped = s.apply(a)
	return dropped, s.write(a)
}

// Done takes letters of a destination off the list.
func (s *Spool) Done(to string, keys ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := act{Done: &doneAct{to, keys}}
	s.apply(a)
	return s.write(a)
}

// Knows reports whether a letter waits, or is done.
func (s *Spool) Knows(to, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knows(to, key)
}

// Waiting are the letters of a destination, the oldest first.
func (s *Spool) Waiting(to string) []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.waiting[to])
}

// State is what was put in last with letters; nil if nothing was.
func (s *Spool) State() json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.state)
}

// Keep drops what waits for other destinations than these: nobody delivers it any more.
// It returns those letters.
func (s *Spool) Keep(destinations []string) ([]Letter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var gone []Letter
	for to, list := range s.waiting {
		if !slices.Contains(destinations, to) {
			gone = append(gone, list...)
			delete(s.waiting, to)
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	return gone, s.compact()
}

// Close lets the file go; nothing of it waits to be written.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	defer func() { s.file = nil }()
	return s.file.Close()
}

func (s *Spool) write(a act) error {
	s.acts++
	kept := 1
	for _, list := range s.waiting {
		kept += len(list)
	}
	if s.file == nil || s.acts > compactAfter && s.acts > 2*kept {
		return s.compact()
	}
	_, err := s.file.Write(encode(a))
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		// A line may be torn now: the next act writes the file anew.
		err = errors.Join(err, s.file.Close())
		s.file = nil
		return fmt.Errorf("keep the letters that wait: %w", err)
	}
	return nil
}

// compact writes what is kept into a file of its own and puts it in place.
func (s *Spool) compact() (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("keep the letters that wait: %w", err)
		}
	}()
	var text []byte
	acts := 0
	add := func(a act) { text = append(text, encode(a)...); acts++ }
	for to, keys := range s.done {
		add(act{Done: &doneAct{to, keys}})
	}
	add(act{State: s.state})
	for _, list := range s.waiting {
		for _, l := range list {
			add(act{Put: []Letter{l}})
		}
	}
	next, err := os.OpenFile(s.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = next.Write(text); err == nil {
		err = next.Sync()
	}
	if err == nil {
		err = os.Rename(s.path+".new", s.path)
	}
	if err != nil {
		return errors.Join(err, next.Close())
	}
	if s.file != nil {
		err = s.file.Close()
	}
	s.file, s.acts = next, acts
	return err
}
