package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Prune removes from a folder of backups all of a site but the youngest so many, and what
// backups that were killed have left behind more than a day ago. Whatever has no manifest,
// or the name of nothing that Make makes, stays.
func Prune(folder string, site metering.SiteID, keep int, now time.Time) (removed []string, err error) {
	if keep < 1 {
		return nil, fmt.Errorf("keep %d backups: the one that was just made stays; write 1 or more", keep)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	prefix := "asue-" + string(site) + "-"
	var whole []string
	remove := func(name string) {
		if e := os.RemoveAll(filepath.Join(folder, name)); e != nil {
			err = errors.Join(err, e)
			return
		}
		removed = append(removed, name)
	}
	for _, e := range entries {
		stamp, ours := strings.CutPrefix(e.Name(), prefix)
		left, hidden := strings.CutPrefix(e.Name(), "."+prefix)
		if left, unfinished := strings.CutSuffix(left, "-unfinished"); hidden && unfinished {
			if at, bad := time.Parse("20060102T150405Z", left); bad == nil && now.Sub(at) > 24*time.Hour {
				remove(e.Name())
			}
			continue
		}
		if _, bad := time.Parse("20060102T150405Z", stamp); !ours || bad != nil || !e.IsDir() {
			continue
		}
		if m, bad := Read(filepath.Join(folder, e.Name())); bad == nil && m.Site == site {
			whole = append(whole, e.Name())
		}
	}
	slices.Sort(whole) // the stamp is last, and sorts by time
	for len(whole) > keep {
		remove(whole[0])
		whole = whole[1:]
	}
	return removed, err
}

// lastFile is the file of the data folder that tells of the last backup.
const lastFile = "last-backup.json"

// Last is the last backup that was made of a data folder.
type Last struct {
	Dir    string    `json:"dir"`
	MadeAt time.Time `json:"made_at"`
}

// Remember notes the last backup in the data folder.
func Remember(data string, l Last) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	next := filepath.Join(data, lastFile+".new")
	if err := writeSynced(next, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(data, lastFile))
}

// Recall tells of the last backup of a data folder; false if there was none.
func Recall(data string) (l Last, ok bool, err error) {
	text, err := os.ReadFile(filepath.Join(data, lastFile))
	if errors.Is(err, fs.ErrNotExist) {
		return l, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	return l, err == nil, err
}

// LateAfter is the age from which on the last backup is late: a night was left out.
const LateAfter = 48 * time.Hour

// Late reports since when a data folder is without a backup that is young enough; the
// second result is false if there is one, or if the folder itself is younger. How old the
// folder is tells the key that the first start makes.
func Late(data string, now time.Time) (since time.Time, late bool) {
	last, ok, err := Recall(data)
	switch {
	case err != nil:
		return time.Time{}, true
	case ok:
		return last.MadeAt, now.Sub(last.MadeAt) > LateAfter
	}
	info, err := os.Stat(filepath.Join(data, "keys", "audit.key"))
	if err != nil {
		return time.Time{}, false
	}
	return info.ModTime().UTC(), now.Sub(info.ModTime()) > LateAfter
}
