package cable

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Open makes a cable. The other end's path is valid until Close.
func Open() (*Cable, error) {
	c, err := open()
	if err != nil {
		return nil, fmt.Errorf("pseudo terminal: %w", err)
	}
	return c, nil
}

func open() (*Cable, error) {
	// Not blocking, so that the runtime polls it and Close ends a Read.
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	c := &Cable{ours: ours}
	if err := c.pair(); err != nil {
		ours.Close()
		return nil, err
	}
	return c, nil
}

// pair unlocks the other end, opens it and makes it carry bytes as they are.
func (c *Cable) pair() error {
	var number int
	err := control(c.ours, func(fd int) (err error) {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return fmt.Errorf("unlock: %w", err)
		}
		number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	if err != nil {
		return err
	}
	c.path = "/dev/pts/" + strconv.Itoa(number)
	if c.theirs, err = os.OpenFile(c.path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0); err != nil {
		return err
	}
	if err := control(c.theirs, raw); err != nil {
		c.theirs.Close()
		return fmt.Errorf("raw mode of %s: %w", c.path, err)
	}
	return nil
}

// raw sets what cfmakeraw(3) does: no echo, no lines, no signals, 8 bits.
func raw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// control runs f on a file's number without making the file a blocking one, as
// File.Fd would.
func control(file *os.File, f func(fd int) error) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}
