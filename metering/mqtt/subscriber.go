package mqtt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// Message is a message from the broker. Ack must be called once for each, when
// it is done with: committed, quarantined or of no interest. Until then the
// broker will send it again over a new connection. Ack may be called from any
// goroutine, also after the connection has gone: it does nothing then.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool // it lay at the broker: it may be old
	Again    bool // the broker has sent it before
	Ack      func()
}

// SubscriberOptions say how a Subscriber works.
type SubscriberOptions struct {
	Options
	// Filters are subscribed to with QoS 1. They may overlap.
	Filters []string
	// CleanSession lets the broker forget the subscriber when it goes. Without
	// it, which needs a fixed ClientID, the broker keeps messages for it, as many
	// as its queue holds.
	CleanSession bool
	// Buffer is how many messages may wait to be read; default 1024. It should
	// not be less than the broker's in-flight window. If it overflows, the rest
	// is left with the broker, and as soon as all that was taken is acknowledged
	// a new connection fetches it. Messages that were sent with QoS 0 are lost then.
	Buffer int
	// RenewAfter, if set, ends a connection on which no message has come for so
	// long, and makes a new one: a subscriber that should hear something every
	// second and does not may be stuck.
	RenewAfter time.Duration
}

// Subscriber receives messages. Its methods may be called from any goroutine at
// once; messages come as long as Run is running.
type Subscriber struct {
	o        SubscriberOptions
	t        target
	messages chan Message

	connected                           atomic.Bool
	connects, received, left, overflows atomic.Uint64
}

// NewSubscriber checks the options, all faults at once, and connects nowhere
// yet.
func NewSubscriber(o SubscriberOptions) (*Subscriber, error) {
	var err error
	if !o.CleanSession && o.ClientID == "" {
		err = errors.New("a session that the broker keeps needs a fixed client id")
	}
	if len(o.Filters) == 0 {
		err = errors.Join(err, errors.New("no topic filters are given"))
	}
	for _, f := range o.Filters {
		if f == "" || len(f) > 1024 || strings.Contains(f, "\x00") {
			err = errors.Join(err, fmt.Errorf("topic filter %.100q: 1 to 1024 bytes", f))
		}
	}
	common, t, cerr := o.Options.prepare()
	if err := errors.Join(cerr, err); err != nil {
		return nil, err
	}
	o.Options = common
	if o.Buffer <= 0 {
		o.Buffer = 1024
	}
	return &Subscriber{o: o, t: t, messages: make(chan Message, o.Buffer)}, nil
}

// Messages is where messages arrive, in the order in which the broker sent them.
// It is never closed.
func (s *Subscriber) Messages() <-chan Message { return s.messages }

// Run keeps the connection and its subscriptions until ctx ends, and returns nil
// then. Call it once.
func (s *Subscriber) Run(ctx context.Context) error {
	var in *inbox
	connect := func(ctx context.Context) (*connection, error) {
		c, box, err := s.connect(ctx)
		in = box
		return c, err
	}
	keep(ctx, s.o.Options, connect, func(c *connection) error {
		s.connected.Store(true)
		defer s.connected.Store(false)
		s.watch(ctx, c, in)
		if ctx.Err() != nil {
			c.bye(ErrNotConnected)
		} else {
			c.kill(c.why)
		}
		return c.why
	})
	return nil
}

func (s *Subscriber) connect(ctx context.Context) (*connection, *inbox, error) {
	box := &inbox{messages: s.messages, received: &s.received, left: &s.left, drained: make(chan struct{})}
	c, err := dial(ctx, s.o.Options, s.t, func(_ *connection, po *paho.ClientOptions) {
		po.SetCleanSession(s.o.CleanSession)
		po.SetAutoAckDisabled(true)
		po.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { box.put(m) })
	})
	if err != nil {
		return nil, nil, err
	}
	if err := s.subscribe(ctx, c); err != nil {
		c.kill(err)
		return nil, nil, err
	}
	s.connects.Add(1)
	return c, box, nil
}

// subscribe asks for all filters and checks what the broker grants.
func (s *Subscriber) subscribe(ctx context.Context, c *connection) error {
	filters := map[string]byte{}
	for _, f := range s.o.Filters {
		filters[f] = 1
	}
	token, ok := c.client.SubscribeMultiple(filters, nil).(*paho.SubscribeToken)
	if !ok {
		panic("BUG: mqtt: token of a subscription is of another type")
	}
	timer := time.NewTimer(s.o.ConnectTimeout)
	defer timer.Stop()
	select {
	case <-token.Done():
	case <-c.lost:
		return fmt.Errorf("subscribe: connection lost: %w", c.why)
	case <-timer.C:
		return fmt.Errorf("subscribe: no answer within %v", s.o.ConnectTimeout)
	case <-ctx.Done():
		return ctx.Err()
	}
	for filter, granted := range token.Result() {
		if granted > 2 { // MQTT 3.1.1, 3.9.3: 0x80 is failure
			return fmt.Errorf("subscribe to %s: the broker refuses: check the topic rights of user %q", filter, s.o.Username)
		}
	}
	if err := token.Error(); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

// watch returns when the connection is of no more use.
func (s *Subscriber) watch(ctx context.Context, c *connection, box *inbox) {
	silence, stop := s.silence()
	defer stop()
	seen := s.received.Load()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.lost:
			return
		case <-box.drained:
			s.overflows.Add(1)
			c.lose(fmt.Errorf("more messages came than the buffer of %d holds: fetching the rest", s.o.Buffer))
			return
		case <-silence:
			if now := s.received.Load(); now != seen {
				seen = now
				continue
			}
			c.lose(fmt.Errorf("no message for %v", s.o.RenewAfter))
			return
		}
	}
}

// silence ticks once for each time that RenewAfter allows, never without it.
func (s *Subscriber) silence() (<-chan time.Time, func()) {
	if s.o.RenewAfter <= 0 {
		return nil, func() {}
	}
	ticker := time.NewTicker(s.o.RenewAfter)
	return ticker.C, ticker.Stop
}

// SubscriberStats are counts since the start.
type SubscriberStats struct {
	Connected bool
	Connects  uint64 // connections made
	Received  uint64 // messages handed on
	Left      uint64 // messages left with the broker because the buffer was full
	Overflows uint64 // connections given up because the buffer was full
	Waiting   int    // messages not yet read
}

// Stats returns the counts.
func (s *Subscriber) Stats() SubscriberStats {
	return SubscriberStats{
		Connected: s.connected.Load(),
		Connects:  s.connects.Load(),
		Received:  s.received.Load(),
		Left:      s.left.Load(),
		Overflows: s.overflows.Load(),
		Waiting:   len(s.messages),
	}
}

// inbox takes the messages of one connection until one does not fit.
type inbox struct {
	messages       chan<- Message
	received, left *atomic.Uint64

	mu      sync.Mutex
	pending int           // handed on and not yet acknowledged
	full    bool          // a message did not fit: take no more, to keep the order
	drained chan struct{} // closed when full and pending is 0
}

// put never blocks: the client's keep-alive would stop.
func (b *inbox) put(m paho.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full {
		b.left.Add(1)
		return
	}
	var once sync.Once
	message := Message{
		Topic:    m.Topic(),
		Payload:  m.Payload(),
		Retained: m.Retained(),
		Again:    m.Duplicate(),
		Ack:      func() { once.Do(func() { m.Ack(); b.done() }) },
	}
	b.pending++
	select {
	case b.messages <- message:
		b.received.Add(1)
	default:
		b.full = true
		b.left.Add(1)
		b.pending--
		b.settle()
	}
}

func (b *inbox) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending--
	b.settle()
}

func (b *inbox) settle() {
	if b.full && b.pending == 0 {
		close(b.drained)
	}
}
