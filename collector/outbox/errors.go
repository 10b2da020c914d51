package outbox

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// Kinds of failure, for errors.Is. All may pass: the same call can be tried
// again later.
var (
	// ErrFull: the disk has no room left.
	ErrFull = errors.New("disk is full")
	// ErrReadOnly: the file or its folder cannot be written.
	ErrReadOnly = errors.New("not writable")
	// ErrInUse: another process holds the outbox.
	ErrInUse = errors.New("in use by another process")
	// ErrClosed: Close was called.
	ErrClosed = errors.New("outbox is closed")
)

// SQLite's primary result codes, https://www.sqlite.org/rescode.html.
const (
	codeError    = 1
	codeBusy     = 5
	codeReadOnly = 8
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	// A number that is there already: numbers go up, so the tree is broken.
	codeConstraint = 19
	codeNotADB     = 26
)

// code is the primary result code behind an error, 0 if it has none.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xFF
	}
	return 0
}

// explain names the file, what failed and the remedy, once.
func explain(path, doing string, err error) error {
	if err == nil {
		return nil
	}
	switch code(err) {
	case codeFull:
		return fmt.Errorf("outbox %s: %s: %w: free space on its volume, it goes on by itself", path, doing, ErrFull)
	case codeReadOnly:
		return fmt.Errorf("outbox %s: %s: %w: give the collector write access to the file and its folder", path, doing, ErrReadOnly)
	case codeCantOpen:
		return fmt.Errorf("outbox %s: %s: %w: its folder must exist and be writable (%w)", path, doing, ErrReadOnly, err)
	case codeBusy:
		return fmt.Errorf("outbox %s: %s: %w: stop the other collector or give this one a folder of its own", path, doing, ErrInUse)
	}
	return fmt.Errorf("outbox %s: %s: %w", path, doing, err)
}
