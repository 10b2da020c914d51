//go:build unix

package victoria

import "syscall"

// apart puts the child into a process group of its own: a Ctrl-C in the terminal
// is for the parent, which stops the child after those that write to it.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
