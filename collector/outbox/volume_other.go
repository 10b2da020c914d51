//go:build !linux

package outbox

import (
	"errors"
	"os"
)

// volume is not known on other systems: there the disk itself says when it is full.
func volume(string) (free, total int64, err error) { return 0, 0, errors.ErrUnsupported }

func allocate(*os.File, int64) error { return errors.ErrUnsupported }
