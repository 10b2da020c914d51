package modbus

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/goburrow/serial"
)

// tick is how long the serial library may wait at once; it takes no deadline.
const tick = time.Millisecond

// mostFiles is how many files select(2) can watch, by which the library waits.
const mostFiles = 1024

// openSerial opens the address's serial port: 8 data bits, as RTU demands.
func openSerial(a address) (wire, error) {
	if err := roomForSelect(); err != nil {
		return nil, err
	}
	port, err := serial.Open(&serial.Config{
		Address: a.device, BaudRate: a.baud, DataBits: 8, StopBits: a.stop, Parity: a.parity, Timeout: tick,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", a.device, err)
	}
	return &serialWire{port: port}, nil
}

// roomForSelect refuses a port whose file number would be beyond what select
// can watch; the lowest free number is the one that the port would get.
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

// serialWire gives deadlines to a serial port.
type serialWire struct {
	port     serial.Port
	deadline time.Time
}

func (w *serialWire) SetReadDeadline(t time.Time) error { w.deadline = t; return nil }

// SetWriteDeadline does nothing: the kernel takes a question whole and at once.
func (w *serialWire) SetWriteDeadline(time.Time) error { return nil }

func (w *serialWire) Close() error { return w.port.Close() }

func (w *serialWire) Write(p []byte) (int, error) {
	n, err := w.port.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return max(n, 0), err
}

// Read looks at the port at least once, even behind the deadline.
func (w *serialWire) Read(p []byte) (int, error) {
	for {
		n, err := w.port.Read(p)
		switch {
		case n > 0:
			return n, nil
		case err == nil: // readable and empty: the device is gone
			return 0, io.EOF
		case err != serial.ErrTimeout: //nolint:errorlint // the library returns it as it is
			return 0, err
		case !time.Now().Before(w.deadline):
			return 0, os.ErrDeadlineExceeded
		}
	}
}
