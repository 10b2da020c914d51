package agentlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// disk is what the log needs of a file system; the tests put a faulty one here.
type disk interface {
	mkdir(dir string) error
	lock(path string) (unlock func(), err error)
	read(path string) ([]byte, error)        // nothing if it is not there
	write(path string, content []byte) error // whole and synced
	rename(from, to string) error            // and the folder synced
	open(path string) (file, error)          // for appending
	keepOld(dir string, most int)            // as well as it can
}

type file interface {
	append(p []byte) error // and synced
	close() error
}

type osDisk struct{}

func (osDisk) mkdir(dir string) error { return os.MkdirAll(dir, 0o750) }

func (osDisk) read(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

func (osDisk) write(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (osDisk) rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

func (osDisk) open(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// keepOld gives agent.log a second name, under which it stays when a new one takes
// its place, and lets the oldest of such names go.
func (osDisk) keepOld(dir string, most int) {
	names, _ := filepath.Glob(filepath.Join(dir, "agent-*.old")) // the pattern is right
	number := func(path string) int {
		digits := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "agent-"), ".old")
		n, _ := strconv.Atoi(digits) // 0 for what is not ours, which then goes first
		return n
	}
	slices.SortFunc(names, func(a, b string) int { return number(a) - number(b) })
	next := 1
	if len(names) > 0 {
		next = number(names[len(names)-1]) + 1
	}
	if os.Link(filepath.Join(dir, "agent.log"), filepath.Join(dir, fmt.Sprintf("agent-%03d.old", next))) != nil {
		return // history for people; the log does not depend on it
	}
	for i := 0; i < len(names)+1-most; i++ {
		_ = os.Remove(names[i]) // as above
	}
}

type osFile struct{ f *os.File }

func (o osFile) append(p []byte) error {
	if _, err := o.f.Write(p); err != nil {
		return err
	}
	return o.f.Sync()
}

func (o osFile) close() error { return o.f.Close() }

// syncFolder makes a rename durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
