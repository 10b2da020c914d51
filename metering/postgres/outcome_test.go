package postgres_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"asue/metering"
	"asue/metering/postgres/pgtest"
)

// cutter passes bytes between clients and a server, and cuts the connection that
// commits: before the server hears of it, or before the client hears the answer.
type cutter struct {
	net.Listener
	server string

	mu   sync.Mutex
	when string // "before" or "after", once
}

func newCutter(t *testing.T, server string) *cutter {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &cutter{Listener: l, server: server}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(client)
		}
	}()
	return c
}

func (c *cutter) arm(when string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.when = when
}

// due reports whether a message is the one at which to cut.
func (c *cutter) due(message []byte) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.when == "" || !bytes.Contains(message, []byte("commit\x00")) {
		return ""
	}
	when := c.when
	c.when = ""
	return when
}

func (c *cutter) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.server)
	if err != nil {
		return
	}
	defer server.Close()
	var deaf sync.Mutex // held while answers are not passed on
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			deaf.Lock()
			if err == nil {
				_, err = client.Write(buf[:n])
			}
			deaf.Unlock()
			if err != nil {
				client.Close()
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		switch c.due(buf[:n]) {
		case "before":
			return
		case "after":
			deaf.Lock() // for good: the client learns nothing more
			defer deaf.Unlock()
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
			client.Close()
			// The server ends when it has answered and nobody is there.
			_ = server.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, server)
			return
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// The connection breaks at COMMIT: an error means that nothing was written, and
// success that all was, whatever the client has heard.
func TestConnectionBreaksAtCommit(t *testing.T) {
	dsn, err := url.Parse(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	c := newCutter(t, dsn.Host)
	dsn.Host = c.Addr().String()
	l := mustOpen(t, dsn.String())
	defer l.Close()
	commit := func(wh metering.Energy) error {
		return l.Commit(t.Context(), metering.Commit{ReceivedAt: day, Intervals: []metering.Interval{measured("p", 0, wh)}})
	}
	want := func(versions int) {
		t.Helper()
		list, err := l.History(t.Context(), "p", metering.ChannelActiveImport, day)
		if err != nil || len(list) != versions {
			t.Errorf("%d versions, %v; want %d", len(list), err, versions)
		}
	}
	if err := commit(1); err != nil { // makes the month's partition
		t.Fatal(err)
	}
	c.arm("before")
	if err := commit(2); err == nil {
		t.Error("a commit that the server never heard of succeeded")
	}
	want(1)
	c.arm("after")
	if err := commit(3); err != nil {
		t.Errorf("a commit whose answer was lost: %v", err)
	}
	want(2)
	if err := commit(4); err != nil {
		t.Fatal(err)
	}
	want(3)
}
