package cable_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/goburrow/serial"

	"asue/simulator/cable"
)

func open(t *testing.T) *cable.Cable {
	t.Helper()
	c, err := cable.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// plug opens the other end as a serial port, by a library for real ones.
func plug(t *testing.T, c *cable.Cable) serial.Port {
	t.Helper()
	p, err := serial.Open(&serial.Config{Address: c.Path(), BaudRate: 9600, DataBits: 8, StopBits: 1, Parity: "E", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// Every byte goes through as it is, both ways: no echo, no line ends, no signals.
func TestAllBytesBothWays(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	c := open(t)
	port := plug(t, c)
	through := func(from io.Writer, to io.Reader) {
		t.Helper()
		if _, err := from.Write(all); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(all))
		if _, err := io.ReadFull(to, got); err != nil || !bytes.Equal(got, all) {
			t.Fatalf("% x, %v", got, err)
		}
	}
	through(c, port)
	through(port, c)
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes more, %v", n, err)
	}
}

// Programs come and go; the line stays, and before the first one comes nothing
// is echoed.
func TestLineOutlivesItsPrograms(t *testing.T) {
	c := open(t)
	if _, err := c.Write([]byte("nobody there yet")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		port := plug(t, c)
		if _, err := port.Write([]byte{1, 3}); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 2)
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, []byte{1, 3}) {
			t.Fatalf("% x, %v", got, err)
		}
		port.Close()
	}
}

func TestCloseEndsARead(t *testing.T) {
	c := open(t)
	ended := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		ended <- err
	}()
	c.Close()
	if err := <-ended; err == nil {
		t.Error("the read ended well")
	}
}
