// Package cable is a serial line without hardware: one end is a path that any
// program opens like /dev/ttyUSB0, the other one is in this process. It is a pair
// of pseudo terminals.
//
// It carries bytes as they are and keeps no time: baud rate and parity that the
// other program sets are taken and mean nothing.
//
// The package must not know what goes over the line.
package cable

import (
	"os"
	"time"
)

// Cable is this process's end. Read and Write may be called from two goroutines;
// Close ends both.
type Cable struct {
	ours   *os.File
	theirs *os.File // held open, so that the line outlives the programs that use it
	path   string
}

// Path is the other end, to be opened as a serial port: "/dev/pts/7".
func (c *Cable) Path() string { return c.path }

// Read returns what has been written at the other end, and waits for it.
func (c *Cable) Read(p []byte) (int, error) { return c.ours.Read(p) }

// Write sends to the other end. What nobody reads there stays, up to some
// thousand bytes; then Write waits.
func (c *Cable) Write(p []byte) (int, error) { return c.ours.Write(p) }

// SetReadDeadline ends a Read under way or to come with os.ErrDeadlineExceeded;
// the zero time takes it back.
func (c *Cable) SetReadDeadline(t time.Time) error { return c.ours.SetReadDeadline(t) }

// Close ends the line: the other program's port hangs up.
func (c *Cable) Close() error {
	err := c.ours.Close()
	_ = c.theirs.Close() // nothing was written through it
	return err
}
