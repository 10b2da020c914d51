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

// Will is what the broker publishes in the name of a client that has gone
// without a word.
type Will struct {
	Topic    string
	Payload  []byte
	Retained bool
}

// PublisherOptions say how a Publisher works.
type PublisherOptions struct {
	Options
	// Window is how many messages may be on their way at once; default 64. A
	// Publish beyond it waits.
	Window int
	// AckTimeout is how long a PUBACK may take before the connection is given
	// up; default 30 s.
	AckTimeout time.Duration
	// Will, if set, is published by the broker when the connection breaks. A
	// clean stop does not publish it: say goodbye before, by Publish.
	Will *Will
}

// Publisher publishes with QoS 1. Its methods may be called from any goroutine
// at once; Run must be running for Publish to succeed.
type Publisher struct {
	o      PublisherOptions
	t      target
	window chan struct{}

	mu      sync.Mutex
	current *connection
	up      chan struct{} // closed while connected

	connects, published, failed atomic.Uint64
}

// NewPublisher checks the options, all faults at once, and connects nowhere yet.
func NewPublisher(o PublisherOptions) (*Publisher, error) {
	common, t, err := o.Options.prepare()
	o.Options = common
	if o.Will != nil {
		if werr := checkTopic(o.Will.Topic, o.Will.Payload); werr != nil {
			err = errors.Join(err, fmt.Errorf("will: %w", werr))
		}
	}
	if err != nil {
		return nil, err
	}
	if o.Window <= 0 {
		o.Window = 64
	}
	setDefault(&o.AckTimeout, 30*time.Second)
	return &Publisher{o: o, t: t, window: make(chan struct{}, o.Window), up: make(chan struct{})}, nil
}

// Run keeps the connection until ctx ends, and returns nil then. Call it once.
func (p *Publisher) Run(ctx context.Context) error {
	keep(ctx, p.o.Options, p.connect, func(c *connection) error {
		select {
		case <-c.lost:
		case <-ctx.Done():
		}
		p.leave()
		if ctx.Err() != nil {
			c.bye(ErrNotConnected)
		} else {
			c.kill(c.why)
		}
		return c.why
	})
	return nil
}

func (p *Publisher) connect(ctx context.Context) (*connection, error) {
	c, err := dial(ctx, p.o.Options, p.t, func(_ *connection, po *paho.ClientOptions) {
		po.SetCleanSession(true)
		if w := p.o.Will; w != nil {
			po.SetBinaryWill(w.Topic, w.Payload, 1, w.Retained)
		}
	})
	if err != nil {
		return nil, err
	}
	p.connects.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = c
	close(p.up)
	return c, nil
}

func (p *Publisher) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = nil
	p.up = make(chan struct{})
}

func (p *Publisher) state() (*connection, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current, p.up
}

// Connected reports whether there is a connection now.
func (p *Publisher) Connected() bool {
	c, _ := p.state()
	return c != nil
}

// WaitConnected waits until there is a connection, or returns the error of ctx.
func (p *Publisher) WaitConnected(ctx context.Context) error {
	_, up := p.state()
	select {
	case <-up:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Publish sends a message and waits for the broker's PUBACK.
//
// nil means that the PUBACK came. ErrNotConnected means that there is no
// connection, and nothing was sent. ErrRefused means that the message can never
// be sent: it is too large, or the topic is not one. After any other error,
// which includes the end of ctx, the broker may have the message or not: send it
// again.
//
// The payload must not be changed before Publish returns, and after an error not
// as long as the connection lives.
func (p *Publisher) Publish(ctx context.Context, topic string, payload []byte, retained bool) error {
	err := p.publish(ctx, topic, payload, retained)
	if err != nil {
		p.failed.Add(1)
		return fmt.Errorf("publish to %.100s: %w", topic, err)
	}
	p.published.Add(1)
	return nil
}

func (p *Publisher) publish(ctx context.Context, topic string, payload []byte, retained bool) error {
	if err := checkTopic(topic, payload); err != nil {
		return err
	}
	if !p.Connected() {
		return ErrNotConnected
	}
	select {
	case p.window <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	c, _ := p.state()
	if c == nil {
		<-p.window
		return ErrNotConnected
	}
	if ctx.Err() != nil {
		<-p.window
		return ctx.Err()
	}
	settled := make(chan error, 1)
	go func() { // ends within WriteTimeout + AckTimeout, and holds the place in the window until then
		defer func() { <-p.window }()
		settled <- p.await(c, c.client.Publish(topic, 1, retained, payload))
	}()
	select {
	case err := <-settled:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// await waits for the PUBACK, for the end of the connection, or gives the
// connection up.
func (p *Publisher) await(c *connection, token paho.Token) error {
	timer := time.NewTimer(p.o.AckTimeout)
	defer timer.Stop()
	select {
	case <-token.Done():
	case <-c.lost:
		select {
		case <-token.Done():
		default:
			return fmt.Errorf("connection lost before the PUBACK: %w", c.why)
		}
	case <-timer.C:
		err := fmt.Errorf("no PUBACK within %v", p.o.AckTimeout)
		c.kill(err)
		return err
	}
	if errors.Is(token.Error(), paho.ErrNotConnected) {
		return ErrNotConnected
	}
	return token.Error()
}

// PublisherStats are counts since the start.
type PublisherStats struct {
	Connected bool
	Connects  uint64 // connections made
	Published uint64 // messages with PUBACK
	Failed    uint64 // calls of Publish that returned an error
	InFlight  int    // messages on their way
}

// Stats returns the counts.
func (p *Publisher) Stats() PublisherStats {
	return PublisherStats{
		Connected: p.Connected(),
		Connects:  p.connects.Load(),
		Published: p.published.Load(),
		Failed:    p.failed.Load(),
		InFlight:  len(p.window),
	}
}

func checkTopic(topic string, payload []byte) error {
	switch {
	case topic == "" || len(topic) > 1024 || strings.ContainsAny(topic, "+#\x00"):
		return fmt.Errorf("%w: topic %.100q: 1 to 1024 bytes without '+' and '#'", ErrRefused, topic)
	case len(topic)+len(payload)+8 > MaxPacket:
		return fmt.Errorf("%w: %d bytes of payload, a packet holds %d with its topic", ErrRefused, len(payload), MaxPacket)
	}
	return nil
}
