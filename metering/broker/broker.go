package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
)

// Options say how a broker works.
type Options struct {
	// Listen is the address, host:port; default 127.0.0.1:1883. Port 0 lets the
	// system choose, see Broker.Addr.
	Listen string
	// TLS, if set, is spoken instead of plain TCP.
	TLS *tls.Config
	// Users may connect, with their rights. Without any, everybody may who
	// reaches a loopback address; another address is refused then.
	Users []User

	MaxPacket   int           // bytes of one packet; default and most 256 KiB
	MaxClients  int           // connections at once; default 1000
	MaxInflight int           // unacknowledged messages to one client; default 1024, at most 65535
	MaxRetained int           // retained topics; default 20,000
	Forget      time.Duration // absent clients and what is queued for them; default 24 h
	Log         *slog.Logger  // nil: nothing is logged
}

// DefaultListen is where the broker listens unless told otherwise.
const DefaultListen = "127.0.0.1:1883"

const maxPacket = 256 << 10

// helloTimeout is how long a new connection may say nothing.
const helloTimeout = 10 * time.Second

// retainedFor is how long a retained message stays without being renewed.
const retainedFor = 30 * 24 * time.Hour

// Broker is a running broker. Its methods may be called from any goroutine at
// once.
type Broker struct {
	server *mochi.Server
	door   *door
	guard  *guard
	done   chan struct{}
}

// Start starts a broker, which stops when ctx ends or Stop is called. The error
// names the fault and its remedy: a port in use, an address that does not exist,
// users that are missing.
func Start(ctx context.Context, o Options) (*Broker, error) {
	if err := o.prepare(); err != nil {
		return nil, err
	}
	listener, err := listen(o)
	if err != nil {
		return nil, err
	}
	b := &Broker{
		server: mochi.New(o.mochi()),
		guard:  newGuard(o),
		done:   make(chan struct{}),
	}
	b.door = newDoor(listener, o.MaxClients, b.guard)
	b.guard.retained = b.server.Topics.Retained
	if err := errors.Join(b.server.AddHook(b.guard, nil), b.server.AddListener(b.door), b.server.Serve()); err != nil {
		listener.Close()
		return nil, fmt.Errorf("broker: start: %w", err)
	}
	o.Log.Info("broker listens", "address", b.Addr(), "users", len(o.Users))
	go func() {
		<-ctx.Done()
		b.Stop()
	}()
	return b, nil
}

// Addr is the address that the broker listens on, host:port.
func (b *Broker) Addr() string { return b.door.Address() }

// URL is the address as clients write it.
func (b *Broker) URL() string {
	if b.door.tls() {
		return "mqtts://" + b.Addr()
	}
	return "mqtt://" + b.Addr()
}

// Stop ends all connections, publishes no wills that nobody would get, and
// returns when every client is gone. It may be called more than once.
func (b *Broker) Stop() {
	b.guard.stop.Do(func() {
		b.server.Close() // its error is that of no listener
		close(b.done)
	})
	<-b.done
}

// Done is closed when the broker has stopped.
func (b *Broker) Done() <-chan struct{} { return b.done }

// Stats are counts since the start, except where "now" is said.
type Stats struct {
	Clients         int64 // connected now
	Sessions        int64 // known now, connected or not
	Subscriptions   int64 // now
	Retained        int64 // topics now
	Inflight        int64 // unacknowledged messages now
	Received        int64 // messages
	Sent            int64 // messages
	Dropped         int64 // messages not sent because a client was slow, away or full
	Oversized       int64 // connections ended because of a packet larger than MaxPacket
	RefusedConnects int64 // connections refused: wrong password, too many, silent
	RefusedTopics   int64 // publishes and subscriptions without the right to, and retained messages beyond MaxRetained
	BytesIn         int64
	BytesOut        int64
}

// Stats returns the counts.
func (b *Broker) Stats() Stats {
	info := b.server.Info.Clone()
	return Stats{
		Clients:         info.ClientsConnected,
		Sessions:        int64(b.server.Clients.Len()),
		Subscriptions:   info.Subscriptions,
		Retained:        int64(b.guard.retained.Len()),
		Inflight:        info.Inflight,
		Received:        info.MessagesReceived,
		Sent:            info.MessagesSent,
		Dropped:         info.MessagesDropped + info.InflightDropped,
		Oversized:       b.guard.oversized.Load(),
		RefusedConnects: b.guard.refusedConnects.Load(),
		RefusedTopics:   b.guard.refusedTopics.Load(),
		BytesIn:         info.BytesReceived,
		BytesOut:        info.BytesSent,
	}
}

func (o *Options) prepare() error {
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	setDefault(&o.MaxPacket, maxPacket)
	setDefault(&o.MaxClients, 1000)
	setDefault(&o.MaxInflight, 1024)
	setDefault(&o.MaxRetained, 20_000)
	if o.Forget <= 0 {
		o.Forget = 24 * time.Hour
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var faults []error
	if o.MaxPacket > maxPacket {
		faults = append(faults, fmt.Errorf("packets of %d bytes: at most %d are allowed", o.MaxPacket, maxPacket))
	}
	if o.MaxInflight > 65535 {
		faults = append(faults, fmt.Errorf("%d messages in flight: at most 65535 have a number", o.MaxInflight))
	}
	host, _, err := net.SplitHostPort(o.Listen)
	switch {
	case err != nil:
		faults = append(faults, fmt.Errorf("listen address %q: want host:port, like %s", o.Listen, DefaultListen))
	case len(o.Users) == 0 && !loopback(host):
		faults = append(faults, fmt.Errorf("listen address %q can be reached from the network, and no users are named: name users, or listen on %s", o.Listen, DefaultListen))
	}
	faults = append(faults, checkUsers(o.Users)...)
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	return nil
}

func setDefault(n *int, value int) {
	if *n <= 0 {
		*n = value
	}
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func listen(o Options) (net.Listener, error) {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		_, port, _ := net.SplitHostPort(o.Listen)
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return nil, fmt.Errorf("broker: port %s of %s is in use by another program (another asue, or Mosquitto): stop it, or choose another port for the broker (ss -ltnp shows who has it): %w", port, o.Listen, err)
		case errors.Is(err, syscall.EACCES):
			return nil, fmt.Errorf("broker: this user may not listen on port %s: choose one above 1023: %w", port, err)
		case errors.Is(err, syscall.EADDRNOTAVAIL):
			return nil, fmt.Errorf("broker: this machine has no address %s: %w", o.Listen, err)
		}
		return nil, fmt.Errorf("broker: listen on %s: %w", o.Listen, err)
	}
	if o.TLS != nil {
		return tls.NewListener(listener, o.TLS), nil
	}
	return listener, nil
}

func (o *Options) mochi() *mochi.Options {
	c := mochi.NewDefaultServerCapabilities()
	c.MaximumClients = int64(o.MaxClients)
	c.MaximumPacketSize = uint32(o.MaxPacket)
	c.MaximumInflight = uint16(o.MaxInflight)
	c.MaximumClientWritesPending = int32(o.MaxInflight)
	c.MaximumSessionExpiryInterval = uint32(o.Forget / time.Second)
	c.MaximumMessageExpiryInterval = int64(retainedFor / time.Second)
	return &mochi.Options{
		Capabilities:           c,
		SysTopicResendInterval: 60, // each one stops the world to read the memory's statistics
		// The library tells of each connection that ends, with its whole last
		// packet; the guard tells what matters.
		Logger: slog.New(errorsOnly{o.Log.Handler()}),
	}
}

// errorsOnly passes on nothing below an error.
type errorsOnly struct{ slog.Handler }

func (h errorsOnly) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && h.Handler.Enabled(ctx, level)
}

func (h errorsOnly) WithAttrs(attrs []slog.Attr) slog.Handler {
	return errorsOnly{h.Handler.WithAttrs(attrs)}
}

func (h errorsOnly) WithGroup(name string) slog.Handler {
	return errorsOnly{h.Handler.WithGroup(name)}
}
