package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// connection is one connection to the broker with a client of its own, which is
// never used for another.
type connection struct {
	client paho.Client
	net    net.Conn

	once sync.Once
	lost chan struct{} // closed when the connection is of no more use
	why  error         // set before lost is closed
}

// dial connects. adjust sets what is special about the client, before anything
// is sent.
func dial(ctx context.Context, o Options, t target, adjust func(*connection, *paho.ClientOptions)) (*connection, error) {
	c := &connection{lost: make(chan struct{})}
	release := func() bool { return true }
	po := paho.NewClientOptions()
	po.Servers = []*url.URL{{Scheme: "tcp", Host: t.address}}
	po.SetClientID(o.ClientID).SetUsername(o.Username).SetPassword(o.Password)
	po.SetProtocolVersion(4)
	po.SetAutoReconnect(false).SetConnectRetry(false)
	po.SetKeepAlive(o.KeepAlive).SetPingTimeout(min(o.KeepAlive, 10*time.Second))
	po.SetConnectTimeout(o.ConnectTimeout).SetWriteTimeout(o.WriteTimeout)
	po.SetOrderMatters(true)
	po.SetConnectionLostHandler(func(_ paho.Client, err error) { c.lose(err) })
	po.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
		conn, err := open(ctx, o, t)
		if err != nil {
			return nil, err
		}
		c.net = conn
		release = context.AfterFunc(ctx, func() { conn.Close() })
		return conn, nil
	})
	adjust(c, po)

	c.client = paho.NewClient(po)
	token := c.client.Connect()
	<-token.Done() // within ConnectTimeout, or when ctx ends
	release()
	if err := token.Error(); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", t.address, err)
	}
	return c, nil
}

// open dials and, for TLS, shakes hands.
func open(ctx context.Context, o Options, t target) (net.Conn, error) {
	dialer := net.Dialer{Timeout: o.ConnectTimeout}
	raw, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil {
		return nil, err
	}
	conn := raw
	if t.tls {
		secure := tls.Client(raw, o.TLS)
		hctx, cancel := context.WithTimeout(ctx, o.ConnectTimeout)
		defer cancel()
		if err := secure.HandshakeContext(hctx); err != nil {
			raw.Close()
			return nil, fmt.Errorf("TLS: %w", err)
		}
		conn = secure
	}
	return &timedConn{Conn: conn, timeout: o.WriteTimeout}, nil
}

// timedConn gives every write a deadline, so that a peer that has gone without
// a word cannot hold up the client.
type timedConn struct {
	net.Conn
	timeout time.Duration
}

func (c *timedConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// lose marks the connection as of no more use; the first cause stays.
func (c *connection) lose(why error) {
	c.once.Do(func() {
		if why == nil {
			why = errors.New("connection lost")
		}
		c.why = why
		close(c.lost)
	})
}

// kill ends the connection without a word, so that the broker publishes the
// will.
func (c *connection) kill(why error) {
	c.lose(why)
	c.net.Close()
}

// bye ends the connection with DISCONNECT, so that the broker does not publish
// the will.
func (c *connection) bye(why error) {
	c.client.Disconnect(250)
	c.lose(why)
	c.net.Close()
}

// keep holds a connection and makes a new one whenever it is lost, until ctx
// ends. use is called with each new connection and returns when it is of no more
// use.
func keep(ctx context.Context, o Options, connect func(context.Context) (*connection, error), use func(*connection) error) {
	attempt := 0
	for {
		began := time.Now()
		conn, err := connect(ctx)
		if err == nil {
			o.Log.Info("connected to broker")
			o.OnChange(true, nil)
			err = use(conn)
			if time.Since(began) > o.MaxDelay {
				attempt = 0 // it was a good connection
			}
		}
		if ctx.Err() != nil {
			if conn != nil {
				o.OnChange(false, ctx.Err())
			}
			return
		}
		if conn != nil || attempt == 0 {
			o.Log.Warn("no connection to broker, trying again", "error", err)
			o.OnChange(false, err)
		}
		pause(ctx, delay(o, attempt))
		attempt++
	}
}

// delay is a random pause between MinDelay and a bound that doubles from one
// attempt to the next up to MaxDelay, so that a hundred clients do not come back
// at once.
func delay(o Options, attempt int) time.Duration {
	bound := min(o.MaxDelay, o.MinDelay<<min(attempt+1, 20))
	if bound < o.MinDelay {
		bound = o.MaxDelay
	}
	return o.MinDelay + time.Duration(rand.Int64N(int64(bound-o.MinDelay)+1))
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
