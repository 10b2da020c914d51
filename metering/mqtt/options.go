package mqtt

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"
)

// Options are what every connection to a broker needs.
type Options struct {
	// URL of the broker: mqtt://host[:1883] or mqtts://host[:8883] for TLS.
	// tcp:// and tls:// are other names of the same.
	URL string
	// ClientID must be unique at the broker: a second client of the same id
	// throws the first one out. Empty means a random one.
	ClientID string
	Username string
	Password string
	// TLS is for mqtts:// only; nil then means the system's roots.
	TLS *tls.Config

	KeepAlive      time.Duration // default 15 s; whole seconds
	ConnectTimeout time.Duration // for dialling and the handshake together; default 10 s
	WriteTimeout   time.Duration // for one write to the connection; default 10 s
	// MinDelay and MaxDelay bound the random pause before the next attempt to
	// connect, which grows from the one towards the other; defaults 1 s and 30 s.
	MinDelay time.Duration
	MaxDelay time.Duration

	// OnChange is told of every connection made (cause nil) and lost, and of the
	// first of a row of failed attempts. Calls come one after the other from the
	// goroutine of Run, which waits for them.
	OnChange func(connected bool, cause error)
	Log      *slog.Logger // nil: nothing is logged
}

// MaxPacket is the greatest packet, with topic and header, that a Publisher
// sends: brokers throw a client out that sends a larger one than they take, and
// sending it again would go on for ever.
const MaxPacket = 256 << 10

var (
	// ErrNotConnected says that there is no connection now. WaitConnected waits for one.
	ErrNotConnected = errors.New("not connected to the broker")
	// ErrRefused says that the message can never be published; trying again is useless.
	ErrRefused = errors.New("message cannot be published")
)

// target is a checked URL.
type target struct {
	address string
	host    string
	tls     bool
}

func parseURL(raw string) (target, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return target{}, fmt.Errorf("broker url %q has no scheme: write mqtt://%s, or mqtts:// for TLS", raw, raw)
	}
	t := target{}
	port := "1883"
	switch scheme {
	case "mqtt", "tcp":
	case "mqtts", "tls", "ssl":
		t.tls, port = true, "8883"
	default:
		return target{}, fmt.Errorf("broker url: scheme %q is unknown: use mqtt:// or mqtts:// (tcp:// and tls:// are the same)", scheme)
	}
	u, err := url.Parse(scheme + "://" + rest)
	switch {
	case err != nil:
		// The parser's text repeats the whole URL, in which a password may stand.
		return target{}, fmt.Errorf("broker url: not a valid URL: want %s://host:port", scheme)
	case u.User != nil:
		return target{}, fmt.Errorf("broker url %s://…@%s: name and password do not belong into the URL: put them into username and password", scheme, u.Host)
	case u.Hostname() == "":
		return target{}, fmt.Errorf("broker url %q has no host: write %s://127.0.0.1:%s", raw, scheme, port)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return target{}, fmt.Errorf("broker url %q: nothing may follow host and port", raw)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return target{}, fmt.Errorf("broker url %q: port %s is not a port", raw, port)
	}
	t.host = u.Hostname()
	t.address = net.JoinHostPort(t.host, port)
	return t, nil
}

// prepare fills in defaults and checks everything at once.
func (o Options) prepare() (Options, target, error) {
	t, err := parseURL(o.URL)
	if err == nil && o.TLS != nil && !t.tls {
		err = fmt.Errorf("broker url %q: TLS settings are given, but this scheme is plain: use mqtts://", o.URL)
	}
	if o.Username == "" && o.Password != "" {
		err = errors.Join(err, errors.New("a password is given without a username"))
	}
	if len(o.ClientID) > 128 || strings.ContainsAny(o.ClientID, "\x00/+#") {
		err = errors.Join(err, fmt.Errorf("client id %.40q: at most 128 bytes without '/', '+' and '#'", o.ClientID))
	}
	if o.ClientID == "" {
		o.ClientID = "asue-" + randomHex()
	}
	setDefault(&o.KeepAlive, 15*time.Second)
	setDefault(&o.ConnectTimeout, 10*time.Second)
	setDefault(&o.WriteTimeout, 10*time.Second)
	setDefault(&o.MinDelay, time.Second)
	setDefault(&o.MaxDelay, max(30*time.Second, o.MinDelay))
	if o.MaxDelay < o.MinDelay {
		err = errors.Join(err, fmt.Errorf("reconnect delays: the greatest, %v, is below the least, %v", o.MaxDelay, o.MinDelay))
	}
	if o.OnChange == nil {
		o.OnChange = func(bool, error) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.TLS == nil && t.tls {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if o.TLS != nil {
		o.TLS = o.TLS.Clone()
		if o.TLS.ServerName == "" {
			o.TLS.ServerName = t.host
		}
	}
	o.Log = o.Log.With("broker", t.address, "client", o.ClientID)
	return o, t, err
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

func randomHex() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
