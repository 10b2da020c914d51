//go:build unix && !linux

package pgtest

import "syscall"

func deathOfParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
