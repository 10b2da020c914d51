package modbusd

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// Half a question and a silence are no question; what comes then is heard from
// its first byte on, even if half a question and it make a longer one.
func TestSilenceEndsAFrame(t *testing.T) {
	s := still(t)
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		ended := make(chan error, 1)
		go func() {
			ended <- s.converseRTU(t.Context(), server, s.lines[0], rand.New(rand.NewPCG(1, 1)))
		}()
		ask := binary.LittleEndian.AppendUint16([]byte{1, 4, 0, 0, 0, 2}, checkSum([]byte{1, 4, 0, 0, 0, 2}))
		for half := range len(ask) {
			if _, err := client.Write(ask[:half]); err != nil {
				t.Fatal(err)
			}
			time.Sleep(silence + time.Millisecond)
			if _, err := client.Write(ask); err != nil {
				t.Fatal(err)
			}
			answer := make([]byte, 9)
			if _, err := io.ReadFull(client, answer); err != nil || !wellSummed(answer) {
				t.Fatalf("after %d bytes: % x, %v", half, answer, err)
			}
		}
		client.Close()
		if err := <-ended; err == nil {
			t.Error("the stream ended without a reason")
		}
	})
}

// A question that is spoken into a busy meter's silence is lost.
func TestHalfDuplex(t *testing.T) {
	s := still(t)
	s.baud = 1200
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		go func() { _ = s.converseRTU(t.Context(), server, s.lines[0], rand.New(rand.NewPCG(1, 1))) }()
		ask := binary.LittleEndian.AppendUint16([]byte{1, 4, 0, 0, 0, 2}, checkSum([]byte{1, 4, 0, 0, 0, 2}))
		for range 2 { // the second one comes at once
			if _, err := client.Write(ask); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(client); len(got) != 9 {
			t.Errorf("% x, want one answer", got)
		}
		client.Close()
	})
}

// findFrame against a twin that looks at every stretch of the bytes.
func TestFindFrameFindsTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		junk := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "junk")
		body := []byte{rapid.Byte().Draw(t, "unit"), rapid.SampledFrom([]byte{1, 2, 3, 4, 5, 6}).Draw(t, "function"), 0, 1, 0, 2}
		tail := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "tail")
		in := append(junk[:len(junk):len(junk)], binary.LittleEndian.AppendUint16(body, checkSum(body))...)
		in = append(in, tail...)
		frame, rest := findFrame(in)
		var want []byte
		for from := 0; want == nil; from++ {
			for to := from + leastRTU; to <= len(in); to++ {
				if frameLength(in[from:]) == to-from && wellSummed(in[from:to]) {
					want = in[from:to]
					break
				}
			}
		}
		if !bytes.Equal(frame, want) || !bytes.HasSuffix(in, rest) || len(frame)+len(rest) > len(in) {
			t.Fatalf("% x and % x in % x, want % x", frame, rest, in, want)
		}
	})
}

// stream is one that plays what a master has sent in pieces of a length.
type stream struct {
	tape
	piece int
}

func (c *stream) Read(p []byte) (int, error) { return c.tape.Read(p[:min(len(p), c.piece)]) }
func (c *stream) Close() error               { return nil }

// Whatever comes in, whole frames of the line's own meters go out.
func FuzzConverseRTU(f *testing.F) {
	ask := func(b ...byte) []byte { return binary.LittleEndian.AppendUint16(b, checkSum(b)) }
	f.Add(append(ask(1, 4, 0, 0, 0, 2), ask(2, 3, 0x0b, 0xb7, 0, 100)...), 3)
	f.Add(ask(1, 16, 0, 0, 0, 2, 4, 1, 2, 3, 4), 100)
	f.Add(append([]byte{1, 16, 0, 0, 0, 2, 255}, ask(9, 3, 0xff, 0xff, 0xff, 0xff)...), 1)
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), 5)
	s := still(f)
	f.Fuzz(func(t *testing.T, in []byte, piece int) {
		in = in[:min(len(in), 1000)] // in single bytes more would take long and show nothing new
		conn := &stream{tape{in: in}, max(1, piece)}
		if err := s.converseRTU(context.Background(), conn, s.lines[0], rand.New(rand.NewPCG(1, 1))); err == nil {
			t.Fatal("ended without a reason")
		}
		for out := conn.out; len(out) > 0; {
			n := 5
			if len(out) > 2 && out[1] < 0x80 {
				n += int(out[2])
			}
			if n > len(out) || !wellSummed(out[:n]) || s.lines[0].units[out[0]] == nil {
				t.Fatalf("answers % x to % x", conn.out, in)
			}
			out = out[n:]
		}
	})
}
