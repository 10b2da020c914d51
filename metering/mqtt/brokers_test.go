package mqtt_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/metering/broker"
	"asue/metering/mqtt"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// server is a broker that a test can stop and start again on the same port.
type server interface {
	Addr() string
	Stop()
	Start()
}

// embedded is asue's own broker.
type embedded struct {
	t      *testing.T
	addr   string
	broker *broker.Broker
}

func newEmbedded(t *testing.T) server {
	e := &embedded{t: t, addr: "127.0.0.1:0"}
	e.Start()
	t.Cleanup(e.Stop)
	return e
}

func (e *embedded) Addr() string { return e.addr }
func (e *embedded) Stop()        { e.broker.Stop() }
func (e *embedded) Start() {
	b, err := broker.Start(e.t.Context(), broker.Options{Listen: e.addr})
	if err != nil {
		e.t.Fatal(err)
	}
	e.broker, e.addr = b, b.Addr()
}

// mosquitto is the broker from Debian, as a process.
type mosquitto struct {
	t      *testing.T
	addr   string
	config string
	cancel context.CancelFunc
	done   chan struct{}
}

func newMosquitto(t *testing.T) server {
	t.Helper()
	port := freePort(t)
	m := &mosquitto{t: t, addr: fmt.Sprintf("127.0.0.1:%d", port), config: filepath.Join(t.TempDir(), "mosquitto.conf")}
	text := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stderr\nuser root\n", port)
	if err := os.WriteFile(m.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	m.Start()
	t.Cleanup(m.Stop)
	return m
}

func (m *mosquitto) Addr() string { return m.addr }

func (m *mosquitto) Start() {
	m.t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		path = "/usr/sbin/mosquitto"
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "-v", "-c", m.config)
	log, err := cmd.StderrPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		m.t.Fatalf("Mosquitto is needed for this test: run `make setup` (apt-get install mosquitto): %v", err)
	}
	ready := make(chan struct{})
	m.cancel, m.done = cancel, make(chan struct{})
	go func() {
		defer close(m.done)
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			if strings.HasSuffix(lines.Text(), " running") {
				close(ready)
				io.Copy(io.Discard, log)
			}
		}
		cmd.Wait()
	}()
	select {
	case <-ready:
	case <-m.done:
		m.t.Fatal("mosquitto ended at once")
	case <-time.After(patience):
		m.t.Fatal("mosquitto does not say that it is running")
	}
}

func (m *mosquitto) Stop() {
	m.cancel()
	<-m.done
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// cable is a TCP connection through the test's hands, which it can cut.
type cable struct {
	listener net.Listener

	mu    sync.Mutex
	ends  []net.Conn
	muted bool // bytes from the broker vanish, as behind a firewall that has forgotten
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{listener: l}
	t.Cleanup(func() { l.Close(); c.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			c.mu.Lock()
			c.ends = append(c.ends, near, far)
			c.mu.Unlock()
			go func() { io.Copy(far, near); far.Close() }()
			go func() { c.carry(near, far); near.Close() }()
		}
	}()
	return c
}

func (c *cable) carry(near, far net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := far.Read(buf)
		c.mu.Lock()
		muted := c.muted
		c.mu.Unlock()
		if n > 0 && !muted {
			if _, err := near.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut closes everything that goes through the cable now.
func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range c.ends {
		end.Close()
	}
	c.ends = nil
}

func (c *cable) mute(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.muted = on
}

func (c *cable) URL() string { return "mqtt://" + c.listener.Addr().String() }

// change is one call of OnChange.
type change struct {
	connected bool
	cause     error
}

// link are options for a test: quick to come back, telling every change.
func link(url, id string) (mqtt.Options, <-chan change) {
	changes := make(chan change, 1000)
	return mqtt.Options{
		URL: url, ClientID: id, MinDelay: 5 * time.Millisecond, MaxDelay: 50 * time.Millisecond,
		OnChange: func(connected bool, cause error) { changes <- change{connected, cause} },
	}, changes
}

func awaitConnected(t *testing.T, changes <-chan change, want bool) change {
	t.Helper()
	for {
		if c := receive(t, changes); c.connected == want {
			return c
		}
	}
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("nothing came within %v", patience)
		panic("unreachable")
	}
}

// until waits for a condition that nothing announces.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("not so within %v", patience)
		}
	}
}

// running runs a Publisher or Subscriber until the test or stop ends it.
func running(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := receive(t, done); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func publisher(t *testing.T, o mqtt.PublisherOptions) (*mqtt.Publisher, func()) {
	t.Helper()
	p, err := mqtt.NewPublisher(o)
	if err != nil {
		t.Fatal(err)
	}
	return p, running(t, p.Run)
}

func subscriber(t *testing.T, o mqtt.SubscriberOptions) (*mqtt.Subscriber, func()) {
	t.Helper()
	s, err := mqtt.NewSubscriber(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, running(t, s.Run)
}

func publish(t *testing.T, p *mqtt.Publisher, topic, payload string, retained bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.WaitConnected(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.Publish(ctx, topic, []byte(payload), retained); err != nil {
		t.Fatal(err)
	}
}
