//go:build unix

package victoria

import (
	"os"
	"syscall"
)

// apart puts the child into a process group of its own: a Ctrl-C in the terminal
// is for the parent, which stops the child after those that write to it.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// lock holds a file as the store holds its own; it fails if somebody has it.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
