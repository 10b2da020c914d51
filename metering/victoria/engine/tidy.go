package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	vmfs "github.com/VictoriaMetrics/VictoriaMetrics/lib/fs"
	"github.com/VictoriaMetrics/VictoriaMetrics/lib/logger"
)

// asideFolder takes the parts that the store cannot open, so that a person can
// look at them.
const asideFolder = "incomplete"

// partName is how VictoriaMetrics calls a part; the tables of its index, which
// stand directly in the folder indexdb, have such names too.
var partName = regexp.MustCompile(`^[0-9A-F]{16}$`)

// tidy moves parts aside whose last file, metadata.json, was never written: the
// disk was full, or the power went. VictoriaMetrics writes that file last and
// ends the process at every start that finds a part without it. Nothing is lost
// that had been promised: the feeder sends samples again until the store has had
// time to finish its parts.
//
// The folder must be nobody else's: tidy holds the store's own lock meanwhile.
func tidy(dir string) error {
	lock := vmfs.MustCreateFlockFile(dir) // ends the process like the store itself if it is taken
	defer vmfs.MustClose(lock)
	parts, err := incompleteParts(dir)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := setAside(dir, part); err != nil {
			return err
		}
		logger.Errorf("part %q was never finished and is moved to %q: samples that the feeder had not sent for good come again", part, asideFolder)
	}
	return nil
}

// incompleteParts lists the parts without metadata.json, by their paths under dir.
func incompleteParts(dir string) ([]string, error) {
	var parts []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if path == filepath.Join(dir, asideFolder) || d.Name() == "snapshots" {
			return fs.SkipDir
		}
		if !partName.MatchString(d.Name()) || filepath.Base(filepath.Dir(path)) == "indexdb" {
			return nil
		}
		if _, err := os.Stat(filepath.Join(path, "metadata.json")); errors.Is(err, fs.ErrNotExist) && opened(path) {
			relative, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			parts = append(parts, relative)
		}
		return fs.SkipDir
	})
	if err != nil {
		return nil, fmt.Errorf("store: look for unfinished parts: %w", err)
	}
	return parts, nil
}

// opened reports whether the store would try to open a part: its table lists
// it, or has no list. What is not listed the store deletes by itself.
func opened(part string) bool {
	hasList := false
	for _, list := range listsOf(part) {
		data, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		if hasList = true; strings.Contains(string(data), `"`+filepath.Base(part)+`"`) {
			return true
		}
	}
	return !hasList
}

// setAside takes a part out of its table: first out of the table's list, so that
// an end in between leaves a folder that is merely not listed.
func setAside(dir, part string) error {
	path := filepath.Join(dir, part)
	for _, list := range listsOf(path) {
		if err := unlist(list, filepath.Base(part)); err != nil {
			return fmt.Errorf("store: take the unfinished part %s out of %s: %w", part, list, err)
		}
	}
	aside := filepath.Join(dir, asideFolder)
	if err := os.MkdirAll(aside, 0o750); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	name := strings.ReplaceAll(part, string(filepath.Separator), "_")
	if err := os.RemoveAll(filepath.Join(aside, name)); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := os.Rename(path, filepath.Join(aside, name)); err != nil {
		return fmt.Errorf("store: move the unfinished part %s aside: %w", part, err)
	}
	return nil
}

// listsOf are the files that may list a part: its table's, and for a big part
// that of the small ones, which lists both.
func listsOf(part string) []string {
	table := filepath.Dir(part)
	lists := []string{filepath.Join(table, "parts.json")}
	if kind := filepath.Dir(table); filepath.Base(kind) == "big" {
		lists = append(lists, filepath.Join(filepath.Dir(kind), "small", filepath.Base(table), "parts.json"))
	}
	return lists
}

// unlist rewrites a list of parts, an array or an object of arrays, without one
// of them. A list that is not there is none.
func unlist(file, part string) error {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	without := func(list []string) []string {
		return slices.DeleteFunc(list, func(name string) bool { return name == part })
	}
	var changed any
	var plain []string
	var byKind map[string][]string
	switch {
	case json.Unmarshal(data, &plain) == nil:
		changed = without(plain)
	case json.Unmarshal(data, &byKind) == nil:
		for kind, list := range byKind {
			byKind[kind] = without(list)
		}
		changed = byKind
	default:
		return fmt.Errorf("%d bytes that are no list of parts", len(data))
	}
	if data, err = json.Marshal(changed); err != nil {
		return err
	}
	vmfs.MustWriteAtomic(file, data, true)
	return nil
}
