//go:build !linux

package cable

import (
	"fmt"
	"runtime"
)

// Open fails: how to make a pseudo terminal is known for Linux only.
func Open() (*Cable, error) {
	return nil, fmt.Errorf("pseudo terminal: not known how to make one on %s: use Linux, or RTU frames over TCP", runtime.GOOS)
}
