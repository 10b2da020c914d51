package modbus

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/goburrow/serial"
)

// serialTick is how long the serial library may wait at once; it takes no deadline.
const serialTick = time.Millisecond

// mostFiles is how many files select(2) can watch, by which the library waits.
const mostFiles = 1024

// openSerial opens the address's serial port: 8 data bits, as RTU demands.
func openSerial(a address, how waiting) (stream, error) {
	port, err := serial.Open(&serial.Config{
		Address: a.device, BaudRate: a.baud, DataBits: 8, StopBits: a.stop, Parity: a.parity, Timeout: serialTick,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", a.device, err)
	}
	return how.port(a.device, port)
}

// plainPort leaves waiting to the serial library.
func plainPort(_ string, port serial.Port) (stream, error) {
	if err := roomForSelect(); err != nil {
		_ = port.Close() // nothing was done with it
		return nil, err
	}
	return &serialStream{port: port}, nil
}

// roomForSelect refuses a port whose file number may be beyond what select can
// watch; the lowest free number is just above the one that the port has got.
func roomForSelect() error {
	f, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if f.Fd() >= mostFiles-16 {
		return fmt.Errorf("%d files are open, too many beside a serial port: poll serial lines from a process with fewer connections", f.Fd())
	}
	return nil
}

// serialStream gives deadlines to a serial port.
type serialStream struct{ port serial.Port }

func (s *serialStream) close() { _ = s.port.Close() } // it is given up, whatever it says to that

// send needs no deadline: the kernel takes a question whole and at once.
func (s *serialStream) send(p []byte, _ time.Time) error {
	n, err := s.port.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return err
}

func (s *serialStream) receive(p []byte, deadline time.Time) (int, error) {
	for {
		n, err := s.look(p)
		switch {
		case n > 0 || err != nil:
			return n, err
		case !time.Now().Before(deadline):
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// await leaves it to receive, which looks again and again.
func (s *serialStream) await(time.Time) {}

// look takes a tick.
func (s *serialStream) look(p []byte) (int, error) {
	n, err := s.port.Read(p)
	switch {
	case n > 0:
		return n, nil
	case err == nil: // readable and empty: the device is gone
		return 0, io.EOF
	case err == serial.ErrTimeout: //nolint:errorlint // the library returns it as it is
		return 0, nil
	}
	return 0, err
}
