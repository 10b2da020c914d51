package pgtest

import "syscall"

func deathOfParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: quit} }
