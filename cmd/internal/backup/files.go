package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// copyFile copies a file into a backup or out of it, onto the disk, and tells what it
// was. Symbolic links are followed. A file that grows meanwhile is cut where it ended.
func copyFile(from, to string, mode fs.FileMode) (bytes int64, sum []byte, err error) {
	r, err := os.Open(from)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return 0, nil, err
	}
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return 0, nil, err
	}
	info, err := r.Stat()
	hash := sha256.New()
	if err == nil {
		bytes, err = io.Copy(io.MultiWriter(w, hash), io.LimitReader(r, info.Size()))
	}
	if err == nil {
		err = w.Chmod(mode) // whatever the umask takes away
	}
	if err == nil {
		err = w.Sync()
	}
	return bytes, hash.Sum(nil), errors.Join(err, w.Close())
}

// digest is the entry of a file that lies in the backup already.
func digest(dir, name, from string) (File, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Stat(path)
	if err != nil {
		return File{}, err
	}
	r, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	hash := sha256.New()
	n, err := io.Copy(hash, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return File{}, err
	}
	return File{Name: name, From: from, Bytes: n, Mode: modeText(info.Mode()), SHA256: hex.EncodeToString(hash.Sum(nil))}, nil
}

func modeText(m fs.FileMode) string { return fmt.Sprintf("%04o", m.Perm()) }

// mode is that of a file at its place: never for strangers to write.
func (f File) mode() fs.FileMode {
	var m uint32
	if _, err := fmt.Sscanf(f.Mode, "%o", &m); err != nil {
		return 0o600
	}
	return fs.FileMode(m).Perm() &^ 0o022
}

// emptyOrMissing fails, with the remedy, on a folder with something in it.
func emptyOrMissing(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty (%s is in it): nothing is written over; name another folder, or move this one away", dir, entries[0].Name())
	}
	return nil
}

func writeSynced(path string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
