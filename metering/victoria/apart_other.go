//go:build !unix

package victoria

import (
	"os"
	"syscall"
)

// apart does nothing where there are no process groups.
func apart() *syscall.SysProcAttr { return nil }

// lock holds nothing where files cannot be held.
func lock(*os.File) error { return nil }
