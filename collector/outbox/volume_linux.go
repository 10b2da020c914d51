package outbox

import (
	"errors"
	"os"
	"syscall"
)

// volume returns the bytes of the volume with a folder, and those that are free to
// this user.
func volume(folder string) (free, total int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, 0, &os.PathError{Op: "statfs", Path: folder, Err: err}
	}
	// What is kept for the superuser counts as taken: statvfs(3), f_bavail.
	block := int64(s.Bsize)
	return int64(s.Bavail) * block, int64(s.Blocks-s.Bfree+s.Bavail) * block, nil
}

// allocate takes room for a file, errors.ErrUnsupported where the file system
// cannot.
func allocate(f *os.File, size int64) error {
	err := syscall.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		return errors.ErrUnsupported
	}
	return err
}
