package modbus

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// links are the connections that a line may have, one as a rule. Who has taken
// one owns it until he gives it back.
type links struct {
	all   []*link
	turns chan struct{} // one for each link that nobody has

	mu   sync.Mutex
	rest []*link // nobody has them; the one used last stands last
}

func newLinks(l *Line, a address, how waiting) *links {
	n := max(a.pool, 1)
	ls := &links{turns: make(chan struct{}, n)}
	for range n {
		k := &link{line: l}
		k.dial = k.dialer(a, how)
		ls.all = append(ls.all, k)
		ls.give(k)
	}
	theCrowd.links.Add(int32(n))
	return ls
}

// take waits until a link is free, and prefers one that was used just now: a
// device that is asked rarely gets one connection, not all.
func (ls *links) take(ctx context.Context) (*link, error) {
	select {
	case <-ls.turns:
	default:
		select {
		case <-ls.turns:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	last := len(ls.rest) - 1
	k := ls.rest[last]
	ls.rest = ls.rest[:last]
	return k, nil
}

func (ls *links) give(k *link) {
	ls.mu.Lock()
	ls.rest = append(ls.rest, k)
	ls.mu.Unlock()
	ls.turns <- struct{}{}
}

// close waits for those who have links. It is called once.
func (ls *links) close() {
	theCrowd.links.Add(-int32(len(ls.all)))
	for range ls.all {
		<-ls.turns
	}
	for _, k := range ls.all {
		k.close()
	}
	for range ls.all {
		ls.turns <- struct{}{}
	}
}

// session is one connection to a line. It is used by one goroutine at a time.
type session interface {
	// ask runs one transaction and puts the words into dst. An *idleError may be
	// asked again on a fresh session.
	ask(ctx context.Context, q question, dst []uint16) error
	// spent reports that the session cannot be used any more.
	spent() bool
	close()
}

// dialer makes a session; it may take longer than the context allows.
type dialer func(context.Context) (session, error)

// link is one connection, or the place for it.
type link struct {
	line        *Line
	dial        dialer
	session     session
	pending     chan dialled // a dial that outlived its caller's patience
	before      bool         // there was a connection before
	quiet       time.Time    // nothing may be asked before
	nap         pauser
	transaction uint16 // the last one's number, by MBAP
}

type dialled struct {
	session session
	err     error
}

// dialer is the one for the address's transport.
func (k *link) dialer(a address, how waiting) dialer {
	connect := func(ctx context.Context, a address) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", a.host)
	}
	switch a.scheme {
	case "rtu", "rtu+tcp":
		return rtuDialer(k.line, a, how)
	case "tls":
		connect = dialTLS
	}
	return func(ctx context.Context) (session, error) {
		conn, err := connect(ctx, a)
		if err != nil {
			return nil, err
		}
		s, err := how.conn(conn)
		if err != nil {
			return nil, err
		}
		return &mbapSession{stream: s, line: k.line, transaction: &k.transaction}, nil
	}
}

// transact runs one request, and once more if the peer had hung up in between.
func (k *link) transact(ctx context.Context, q question, dst []uint16) error {
	for again := false; ; again = true {
		if err := k.connect(ctx); err != nil {
			return err
		}
		if err := k.nap.until(ctx, k.quiet); err != nil {
			return err
		}
		err := k.session.ask(ctx, q, dst)
		if gap := k.line.opts.Gap; gap > 0 {
			k.quiet = time.Now().Add(gap)
		}
		if k.session.spent() {
			k.hangUp()
		}
		if again || !is[*idleError](err) {
			return err
		}
		k.line.tally.reopens.Add(1)
	}
}

// connect makes sure that there is a connection. A dial that takes too long is
// not given up but left to itself, and the next call picks it up: so there is
// never more than one connection to a device that allows one.
func (k *link) connect(ctx context.Context) error {
	if k.line.closed.Load() {
		return net.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if k.session != nil {
		return nil
	}
	k.forgetFailure()
	if k.pending == nil {
		k.pending = k.dialAside()
	}
	limit := k.line.opts.DialTimeout
	patience := time.NewTimer(limit)
	defer patience.Stop()
	select {
	case d := <-k.pending:
		k.pending = nil
		if d.err != nil {
			return &UnreachableError{Err: d.err}
		}
		k.session = d.session
		if k.before {
			k.line.tally.reconnects.Add(1)
		}
		k.before = true
		if pause := k.line.opts.ConnectPause; pause > 0 {
			k.quiet = later(k.quiet, time.Now().Add(pause))
		}
		return nil
	case <-patience.C:
		return &UnreachableError{Err: fmt.Errorf("no connection within %v", limit)}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// forgetFailure drops the outcome of a dial that failed after its caller had gone:
// this call is another attempt.
func (k *link) forgetFailure() {
	select {
	case d := <-k.pending: // never of a channel that is nil
		if k.pending = nil; d.err == nil {
			done := make(chan dialled, 1)
			done <- d
			k.pending = done
		}
	default:
	}
}

// dialAside connects on a goroutine of its own, because a serial port takes no
// context. The channel takes the outcome without a reader.
func (k *link) dialAside() chan dialled {
	k.line.tally.dials.Add(1)
	done := make(chan dialled, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), k.line.opts.DialTimeout)
		defer cancel()
		s, err := k.dial(ctx)
		done <- dialled{s, err}
	}()
	return done
}

func (k *link) hangUp() {
	if k.session != nil {
		k.session.close()
		k.session = nil
	}
}

func (k *link) close() {
	k.hangUp()
	if pending := k.pending; pending != nil {
		k.pending = nil
		go func() {
			if d := <-pending; d.err == nil {
				d.session.close()
			}
		}()
	}
}
