package outbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// reserve is a file beside the outbox that takes room on the volume, to be given up
// when the disk has none for billing batches.
type reserve struct {
	path string
	size int64 // 0: none is wanted
}

// held is how much it takes now.
func (r reserve) held() int64 {
	info, err := os.Stat(r.path)
	if err != nil || r.size == 0 {
		return 0
	}
	return info.Size()
}

// fill makes the file. It must not be called without room for it and as much again.
func (r reserve) fill() error {
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("make the reserve: %w", err)
	}
	err = allocate(f, r.size)
	if errors.Is(err, errors.ErrUnsupported) {
		err = writeNoise(f, r.size)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, os.Remove(r.path)) // half a reserve is none
		return fmt.Errorf("make the reserve %s: %w", r.path, err)
	}
	return nil
}

// writeNoise fills a file with bytes that a file system cannot compress away.
func writeNoise(f *os.File, size int64) error {
	chunk := make([]byte, 1<<20)
	for state := uint64(1); size > 0; size -= int64(len(chunk)) {
		for i := range chunk { // xorshift64, Marsaglia 2003
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
			chunk[i] = byte(state)
		}
		if _, err := f.Write(chunk[:min(size, int64(len(chunk)))]); err != nil {
			return err
		}
	}
	return nil
}

// give removes the file and reports whether there was one.
func (r reserve) give() (bool, error) {
	if r.size == 0 {
		return false, nil
	}
	err := os.Remove(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
