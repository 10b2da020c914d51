package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"asue/cmd/internal/settings"
)

// files looks at the files of the configuration and at who may read and change them.
func (e *examination) files(context.Context) {
	const area = "files"
	for _, path := range []string{e.File, e.Config.SiteFile} {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			e.wrong(area, "correct the path, or the rights of the folders above it", "%v", err)
		case info.Mode().Perm()&0o002 != 0:
			e.wrong(area, "chmod o-w "+path, "%s may be changed by everybody on this machine (mode %04o)", path, info.Mode().Perm())
		default:
			e.ok(area, "%s is there and cannot be changed by strangers", path)
		}
	}
	secrets := []struct{ what, path string }{{"broker", e.Config.Broker.PasswordFile}, {"ledger", e.Config.Ledger.PasswordFile}, {"mail server", e.Config.Notify.Mail.PasswordFile}}
	for _, w := range e.Config.Notify.Webhooks {
		secrets = append(secrets, struct{ what, path string }{"webhook " + w.Name, w.SecretFile})
	}
	for _, p := range secrets {
		what, path := p.what, p.path
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			e.wrong(area, "write the password into it, and nothing else: chmod 600, owned by the user of the service", "password of the %s: %v", what, err)
			continue
		}
		text, err := os.ReadFile(path)
		switch {
		case err != nil:
			e.wrong(area, "chown it to the user of the service", "password of the %s: %v", what, err)
		case strings.TrimSpace(string(text)) == "":
			e.wrong(area, "write the password into it, and nothing else", "password of the %s: %s is empty", what, path)
		case info.Mode().Perm()&0o007 != 0:
			e.wrong(area, "chmod 600 "+path+"; change the password if somebody else uses this machine", "password of the %s: everybody on this machine may read %s (mode %04o)", what, path, info.Mode().Perm())
		default:
			e.ok(area, "password of the %s: %s is there and secret", what, path)
		}
	}
}

// data looks at the data folder and at the disk below it.
func (e *examination) data(context.Context) {
	const area = "data"
	if !e.keepsData() {
		e.ok(area, "the roles of this process keep no data")
		return
	}
	dir := e.Config.Data
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.missingData(area, dir)
		return
	case err != nil:
		e.wrong(area, "correct the rights of the folders above it", "%v", err)
		return
	case !info.IsDir():
		e.wrong(area, "name a folder with \"data\" in "+e.File, "%s is not a folder", dir)
		return
	case info.Mode().Perm()&0o002 != 0:
		e.wrong(area, "chmod o-w "+dir, "everybody on this machine may change %s (mode %04o)", dir, info.Mode().Perm())
	}
	if err := tryToWrite(dir); err != nil {
		e.wrong(area, "give it to the user of the service (chown), mount the disk writable, or name another folder with \"data\"", "%s cannot be written by this user: %v", dir, err)
	} else {
		e.ok(area, "%s can be written", dir)
	}
	e.strangers(area, dir, info)
	e.room(area, dir)
}

func (e *examination) keepsData() bool {
	return e.Config.Has(settings.RoleMetering) || e.Config.Has(settings.RoleCollector) || e.Config.Has(settings.RoleAgent)
}

// missingData is no fault if the first start can make the folder.
func (e *examination) missingData(area, dir string) {
	parent := filepath.Dir(dir)
	if err := tryToWrite(parent); err != nil {
		e.wrong(area, fmt.Sprintf("make it and give it to the user of the service: install -d -o asue -g asue -m 750 %s", dir), "%s is not there, and cannot be made by this user", dir)
		return
	}
	e.note(area, "%s is not there yet; the first start makes it", dir)
	e.room(area, parent)
}

// tryToWrite makes and removes a file: rights alone do not tell of a disk that is mounted
// read-only.
func tryToWrite(dir string) error {
	f, err := os.CreateTemp(dir, ".asue-doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("asue\n")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// strangers are files that the owner of the folder does not own: left by a command that
// another user has run, and in the way of the service.
func (e *examination) strangers(area, dir string, info fs.FileInfo) {
	owner, known := ownerOf(info)
	if !known {
		return
	}
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == filepath.Join(dir, "series") {
			return fs.SkipDir // many, and the store's own
		}
		i, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) { // a program works here
			return nil
		}
		if err != nil {
			return err
		}
		if who, ok := ownerOf(i); ok && who != owner {
			found = append(found, path)
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		e.wrong(area, "run asue doctor as the user of the service: sudo -u asue asue doctor …", "%v", err)
	case len(found) > 0:
		e.wrong(area, fmt.Sprintf("chown -R --reference=%s %s; run commands as the user of the service (sudo -u asue)", dir, dir),
			"%d files in %s do not belong to the owner of the folder, who may not be able to write them: %s", len(found), dir, listed(found))
	}
}

// Bounds of free room on the disk.
const (
	leastRoom = 1 << 30 // bytes; below it something will stop within hours
	tightRoom = 0.15    // share; the collector keeps no telemetry below it by default
)

func (e *examination) room(area, dir string) {
	free, total, ok := roomOf(dir)
	if !ok || total == 0 {
		e.note(area, "how much room there is on the disk cannot be seen here")
		return
	}
	share := float64(free) / float64(total)
	text := fmt.Sprintf("%.1f GB of %.1f GB are free (%.0f %%) on the disk of %s", float64(free)/1e9, float64(total)/1e9, 100*share, dir)
	switch {
	case free < leastRoom:
		e.wrong(area, "free some room, move the data folder, or shorten series.retention", "%s: it will be full soon", text)
	case share < tightRoom:
		e.warn(area, "free some room, or lower collector.keep_free if the disk is large", "%s: with less than collector.keep_free (%.0f %%) telemetry is not kept in an outage", text, 100*e.Config.Collector.KeepFree)
	default:
		e.ok(area, "%s", text)
	}
}

// listed names a few of many.
func listed(list []string) string {
	if len(list) > 4 {
		return strings.Join(list[:4], ", ") + fmt.Sprintf(" and %d more", len(list)-4)
	}
	return strings.Join(list, ", ")
}
