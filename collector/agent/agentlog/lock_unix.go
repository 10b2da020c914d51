//go:build unix

package agentlog

import (
	"errors"
	"os"
	"syscall"
)

// lock holds a file for as long as the process lives.
func (osDisk) lock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.New("another agent uses it")
		}
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
