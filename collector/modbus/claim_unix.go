//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package modbus

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"
)

// claim is the lock on a line's file, by a descriptor of it: there is one for each of
// thousands of lines, and an os.File takes a quarter of a kilobyte.
type claim struct{ descriptor int }

// A look at a lock holds it for a moment, so a claim is tried some times.
const (
	claimTries = 10
	claimPause = 10 * time.Millisecond
)

// claimLine locks the address's file. The error is a *ClaimedError if another has.
func claimLine(rawURL string, a address) (*claim, error) {
	f, err := openClaim(a.claimFile())
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		err = flock(f, syscall.LOCK_EX)
		if !errors.Is(err, syscall.EWOULDBLOCK) || try == claimTries {
			break
		}
		time.Sleep(claimPause)
	}
	if err == nil {
		if err = f.Truncate(0); err == nil {
			_, err = f.WriteAt([]byte(ownName()+"\n"), 0)
		}
	} else if errors.Is(err, syscall.EWOULDBLOCK) {
		err = &ClaimedError{URL: rawURL, Owner: readOwner(f)}
	}
	var descriptor int
	if err == nil {
		descriptor, err = secondDescriptor(f)
	}
	_ = f.Close() // its lock lives on with the other descriptor
	if err != nil {
		return nil, err
	}
	return &claim{descriptor}, nil
}

// secondDescriptor is another way to the same open file, and so to its lock.
func secondDescriptor(f *os.File) (int, error) {
	syscall.ForkLock.RLock() // no other program is to inherit it
	defer syscall.ForkLock.RUnlock()
	descriptor, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return 0, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(descriptor)
	return descriptor, nil
}

// openClaim makes folder and file for everybody: other programs may run as other
// users. It follows no link, because everybody may write there. A file that is
// there is opened as such: some systems refuse to create what another user has.
func openClaim(path string) (*os.File, error) {
	const flags = os.O_RDWR | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	if err := os.Mkdir(claimFolder(), 0o777); err == nil {
		_ = os.Chmod(claimFolder(), 0o777|fs.ModeSticky) // whatever the umask; if not, others cannot claim
	}
	f, err := os.OpenFile(path, flags, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	f, err = os.OpenFile(path, flags|os.O_CREATE, 0o666)
	if err == nil {
		_ = f.Chmod(0o666) // as above
	}
	return f, err
}

// claimOf tells who has locked a file.
func claimOf(path string) (owner string, claimed bool, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	switch err := flock(f, syscall.LOCK_SH); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return readOwner(f), true, nil
	case err != nil:
		return "", false, err
	}
	return "", false, nil // closing unlocks it
}

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("flock", err)
		}
	}
}

func readOwner(f *os.File) string {
	text, _ := io.ReadAll(io.NewSectionReader(f, 0, 200)) // unread is unknown
	if owner, _, _ := strings.Cut(string(text), "\n"); owner != "" {
		return owner
	}
	return "an unknown process"
}

// release ends a claim, if there is one.
func (c *claim) release() {
	if c != nil {
		_ = syscall.Close(c.descriptor) // which unlocks it
	}
}
