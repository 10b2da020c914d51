package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// writeEvidence writes what each finding rests on into a folder, beside it its SHA-256
// in the form that `sha256sum -c` reads. A file that is there already with the same
// bytes stays; with others it is an error, for somebody may have signed it.
func writeEvidence(dir string, list []judged, zone *time.Location) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	for _, j := range list {
		name := fmt.Sprintf("%s@%s.%s.evidence", j.Resident, j.Node, day(j.finding.Use.To.Add(-1), zone))
		if err := writeOnce(filepath.Join(dir, name), []byte(j.evidence.Text)); err != nil {
			return err
		}
		sum := fmt.Sprintf("%v  %s\n", j.evidence.SHA256, name)
		if err := writeOnce(filepath.Join(dir, name+".sha256"), []byte(sum)); err != nil {
			return err
		}
	}
	return nil
}

func writeOnce(file string, content []byte) error {
	there, err := os.ReadFile(file)
	switch {
	case err == nil && bytes.Equal(there, content):
		return nil
	case err == nil:
		return fmt.Errorf("evidence: %s is there already and says something else: compare them with --verify, or name another folder", file)
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("evidence: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".evidence-*")
	if err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name()) // half a file helps nobody
		return fmt.Errorf("evidence: %w", err)
	}
	return nil
}
