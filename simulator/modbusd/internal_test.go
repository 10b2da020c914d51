package modbusd

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering/clock"
	"asue/metering/site"
	"asue/simulator"
	"asue/simulator/internal/plant"
)

var winter = time.Date(2026, 1, 14, 19, 0, 0, 0, time.UTC)

// still makes a server without ports whose registers stand at winter.
func still(t testing.TB) *Server {
	t.Helper()
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	site := plant.Small("eastron-sdm630", "carlo-gavazzi-em330-em340", "schneider-iem3000")
	world, err := simulator.New(site, 1, winter)
	if err != nil {
		t.Fatal(err)
	}
	lines, faults := linesOf(site, library, winter)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	s := &Server{world: world, lines: lines, log: slog.New(slog.DiscardHandler), age: math.MaxInt64}
	s.publish()
	return s
}

// A slow gateway takes two to four seconds for each answer, in a time that costs
// the test nothing.
func TestSlowGateway(t *testing.T) {
	s := still(t)
	if err := s.world.Start(simulator.GatewaySlow, "L1"); err != nil {
		t.Fatal(err)
	}
	s.publish()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		ended := make(chan error, 1)
		go func() {
			ended <- s.converse(t.Context(), server, s.lines[0], rand.New(rand.NewPCG(1, 1)))
		}()
		took := make(map[time.Duration]bool)
		for range 20 {
			asked := time.Now()
			if _, err := client.Write([]byte{0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 2}); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(client, make([]byte, 13)); err != nil {
				t.Fatal(err)
			}
			d := time.Since(asked)
			took[d] = true
			if d < 2*time.Second || d > 4*time.Second {
				t.Errorf("an answer took %v", d)
			}
		}
		if len(took) < 10 {
			t.Errorf("every answer takes the same time: %v", took)
		}
		client.Close()
		if err := <-ended; err == nil {
			t.Error("the connection ended without a reason")
		}
	})
}

// Nobody moves the world on here, as on a machine that has no time for it: what
// is asked for is not older than Age all the same.
func TestRegistersAreFreshWhenAskedFor(t *testing.T) {
	s := still(t)
	asked := s.lines[0].units[1]
	synctest.Test(t, func(t *testing.T) {
		s.clock, s.age = clock.Warped(time.Now(), winter, 40), 100*time.Millisecond
		for second := range 60 {
			time.Sleep(time.Second)
			now := s.clock.Now()
			conn := &tape{in: []byte{0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 2}}
			if err := s.converse(t.Context(), conn, s.lines[0], rand.New(rand.NewPCG(1, 1))); err == nil || len(conn.out) != 13 {
				t.Fatalf("answer % x, %v", conn.out, err)
			}
			if at := asked.written(); now.Sub(at) > s.age || at.After(s.clock.Now()) {
				t.Fatalf("after %d s the registers are of %v, it is %v", second, at, now)
			}
			if !s.world.Now().Equal(s.Snapshot().At) {
				t.Fatalf("the world is at %v, the snapshot of %v", s.world.Now(), s.Snapshot().At)
			}
		}
	})
	if at := s.lines[0].units[2].written(); !at.Before(winter.Add(31 * time.Minute)) {
		t.Errorf("a meter that nobody asked was written at %v", at)
	}
}

// A connection that asks nothing for half an hour is closed.
func TestIdleConnectionIsClosed(t *testing.T) {
	s := still(t)
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		begun := time.Now()
		err := s.converse(t.Context(), server, s.lines[0], rand.New(rand.NewPCG(1, 1)))
		if err == nil || time.Since(begun) != idleTimeout {
			t.Errorf("ended after %v with %v", time.Since(begun), err)
		}
	})
}

// One snapshot of the demo's zone and all its registers.
func BenchmarkRefresh(b *testing.B) {
	library, err := regmap.Load()
	if err != nil {
		b.Fatal(err)
	}
	zone, faults := site.Parse("site.yaml", aktobe.Site(), library.IDs())
	if err := faults.Err(); err != nil {
		b.Fatal(err)
	}
	world, err := simulator.New(zone, 1, winter)
	if err != nil {
		b.Fatal(err)
	}
	s := &Server{world: world, log: slog.New(slog.DiscardHandler)}
	s.lines, _ = linesOf(zone, library, winter)
	b.ReportAllocs()
	for b.Loop() {
		s.world.Step(20 * time.Millisecond)
		s.publish()
	}
	b.ReportMetric(float64(len(zone.Meters)), "meters")
}

// tape is a connection that plays what a client has sent and takes the answers.
type tape struct {
	net.Conn
	in  []byte
	out []byte
}

func (c *tape) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.in)
	c.in = c.in[n:]
	return n, nil
}

func (c *tape) Write(p []byte) (int, error)     { c.out = append(c.out, p...); return len(p), nil }
func (c *tape) SetReadDeadline(time.Time) error { return nil }

// Whatever comes in, whole frames with the asker's transaction id and unit go out.
func FuzzConverse(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 2, 0, 2, 0, 0, 0, 6, 2, 3, 0x0b, 0xb7, 0, 100})
	f.Add([]byte{0, 1, 0, 0, 0, 6, 1, 16, 0, 0, 0, 2, 4, 1, 2, 3, 4})
	f.Add([]byte{0, 1, 0, 0, 0, 6, 9, 3, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	s := still(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		conn := &tape{in: in}
		if err := s.converse(context.Background(), conn, s.lines[0], rand.New(rand.NewPCG(1, 1))); err == nil {
			t.Fatal("ended without a reason")
		}
		asked := in
		for out := conn.out; len(out) > 0; {
			if len(out) < 9 || len(asked) < 8 {
				t.Fatalf("answer % x to % x", out, asked)
			}
			n := 6 + int(binary.BigEndian.Uint16(out[4:]))
			if n > len(out) || n > headerSize+maxLength || out[6] != asked[6] || string(out[:4]) != string(asked[:4]) || out[7]&0x7f != asked[7]&0x7f {
				t.Fatalf("answer % x to % x", out, asked)
			}
			if out[7] < 0x80 && int(out[8]) != n-9 {
				t.Fatalf("answer % x says %d bytes", out[:n], out[8])
			}
			out = out[n:]
			asked = asked[6+int(binary.BigEndian.Uint16(asked[4:])):]
		}
	})
}
