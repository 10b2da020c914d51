package doctor

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// portFlags open a serial port without waiting for a carrier, and without becoming its
// terminal.
const portFlags = os.O_RDWR | unix.O_NONBLOCK | unix.O_NOCTTY

// ownerOf is the user to whom a file belongs.
func ownerOf(info fs.FileInfo) (uint32, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return s.Uid, true
}

// roomOf are the bytes of a folder's disk that are free to this user, and all of them.
func roomOf(dir string) (free, total uint64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, false
	}
	block := uint64(s.Bsize)
	return s.Bavail * block, (s.Blocks - s.Bfree + s.Bavail) * block, true
}

// kernelClock asks the kernel whether somebody keeps its clock, and by how much it may be
// off at most: adjtimex(2). It changes nothing.
func kernelClock() (c clockState, ok bool) {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return c, false
	}
	c.kept = t.Status&unix.STA_UNSYNC == 0
	c.mostOff = microseconds(int64(t.Maxerror))
	return c, true
}
