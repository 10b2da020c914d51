package modbus

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// links are the connections that a line may have, one as a rule. Who has taken
// one owns it until he gives it back.
type links struct {
	number int // fixed

	mu      sync.Mutex // guards all below
	rest    *link      // nobody has it, nor those that its next leads to; it was used last
	waiting []chan *link
}

func (ls *links) open(l *Line, a address, how waiting) {
	ls.number = max(a.pool, 1)
	for range ls.number {
		k := &link{line: l}
		k.dial = k.dialer(a, how)
		ls.give(k)
	}
	theCrowd.links.Add(int32(ls.number))
}

// take waits until a link is free, and prefers one that was used just now: a
// device that is asked rarely gets one connection, not all. Who came first is
// served first.
func (ls *links) take(ctx context.Context) (*link, error) {
	ls.mu.Lock()
	if k := ls.rest; k != nil {
		ls.rest, k.next = k.next, nil
		ls.mu.Unlock()
		return k, nil
	}
	mine := make(chan *link, 1) // takes a link without a reader
	ls.waiting = append(ls.waiting, mine)
	ls.mu.Unlock()
	select {
	case k := <-mine:
		return k, nil
	case <-ctx.Done():
		ls.leave(mine)
		return nil, ctx.Err()
	}
}

// leave ends waiting, if need be with a link that came at the last moment.
func (ls *links) leave(mine chan *link) {
	ls.mu.Lock()
	ls.waiting = slices.DeleteFunc(ls.waiting, func(w chan *link) bool { return w == mine })
	ls.mu.Unlock()
	select {
	case k := <-mine:
		ls.give(k)
	default:
	}
}

func (ls *links) give(k *link) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if len(ls.waiting) == 0 {
		ls.rest, k.next, ls.waiting = k, ls.rest, nil
		return
	}
	ls.waiting[0] <- k
	ls.waiting = slices.Delete(ls.waiting, 0, 1)
}

// close waits for those who have links. It is called once.
func (ls *links) close() {
	theCrowd.links.Add(-int32(ls.number))
	var all []*link
	for range ls.number {
		k, _ := ls.take(context.Background()) // which never ends
		all = append(all, k)
	}
	for _, k := range all {
		k.close()
		ls.give(k)
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
	next        *link  // of those that nobody has
}

type dialled struct {
	session session
	err     error
}

// dialer is the one for the address's transport.
func (k *link) dialer(a address, how waiting) dialer {
	switch a.scheme {
	case "rtu", "rtu+tcp":
		return rtuDialer(k.line, a, how)
	case "tls":
		its := a
		return k.mbapDialer(how.conn, func(ctx context.Context) (net.Conn, error) { return dialTLS(ctx, its) })
	}
	host := a.host // a dialer lives as long as its line: it keeps no more than it needs
	return k.mbapDialer(how.conn, func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", host)
	})
}

func (k *link) mbapDialer(wrap func(net.Conn) (stream, error), connect func(context.Context) (net.Conn, error)) dialer {
	return func(ctx context.Context) (session, error) {
		conn, err := connect(ctx)
		if err != nil {
			return nil, err
		}
		s, err := wrap(conn)
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
