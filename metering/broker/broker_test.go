package broker_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/metering/broker"
	"asue/metering/mqtt"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const patience = 20 * time.Second

func start(t *testing.T, o broker.Options) *broker.Broker {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	b, err := broker.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Stop)
	return b
}

// client connects with the bare library, which does what it is told.
func client(t *testing.T, b *broker.Broker, adjust func(*paho.ClientOptions)) (paho.Client, <-chan error, error) {
	t.Helper()
	lost := make(chan error, 1)
	o := paho.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetAutoReconnect(false).SetProtocolVersion(4).
		SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	if adjust != nil {
		adjust(o)
	}
	c := paho.NewClient(o)
	token := c.Connect()
	if !token.WaitTimeout(patience) {
		t.Fatal("no answer to CONNECT")
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c, lost, token.Error()
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

func TestPortInUse(t *testing.T) {
	b := start(t, broker.Options{})
	_, err := broker.Start(t.Context(), broker.Options{Listen: b.Addr()})
	if err == nil {
		t.Fatal("two brokers on one port")
	}
	_, port, _ := net.SplitHostPort(b.Addr())
	for _, part := range []string{port, "in use", "stop it"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	wrong := func(o broker.Options, parts ...string) {
		t.Helper()
		b, err := broker.Start(t.Context(), o)
		if err == nil {
			b.Stop()
			t.Errorf("%+v was accepted", o)
			return
		}
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not say %q", err, part)
			}
		}
	}
	wrong(broker.Options{Listen: "1883"}, "host:port")
	wrong(broker.Options{Listen: "0.0.0.0:0"}, "no users", "127.0.0.1:1883")
	wrong(broker.Options{Listen: ":0"}, "no users")
	wrong(broker.Options{Listen: "127.0.0.1:99999"}, "99999")
	wrong(broker.Options{MaxPacket: 1 << 20, MaxInflight: 70000}, "packets of 1048576", "70000")
	wrong(broker.Options{Users: []broker.User{
		{}, {Name: "a"}, {Name: "b", Password: "x"}, {Name: "b", Password: "x", Publish: []string{"a/#/b"}, Subscribe: []string{"a+", ""}},
	}}, "user 1 has no name", `"a" has no password`, `"b" is named twice`, "a/#/b", "a+", `""`)
}

// The context's end stops the broker; so does Stop, as often as one likes, and
// also while somebody is connected who has not said a word.
func TestStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b, err := broker.Start(ctx, broker.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, lost, err := client(t, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	receive(t, b.Done())
	receive(t, lost)
	silent.SetReadDeadline(time.Now().Add(patience))
	if _, err := silent.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !strings.Contains(fmt.Sprint(err), "reset") {
		t.Errorf("the silent connection: %v", err)
	}
	b.Stop()
	b.Stop()
	if again := start(t, broker.Options{Listen: b.Addr()}); again.Addr() != b.Addr() {
		t.Errorf("started again on %s", again.Addr())
	}
}

func TestOversizedPacketEndsTheConnection(t *testing.T) {
	b := start(t, broker.Options{})
	c, lost, err := client(t, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	fits := c.Publish("x", 1, false, bytes.Repeat([]byte{1}, 255<<10))
	if !fits.WaitTimeout(patience) || fits.Error() != nil {
		t.Fatalf("255 KiB: %v", fits.Error())
	}
	c.Publish("x", 1, false, bytes.Repeat([]byte{1}, 256<<10))
	receive(t, lost)
	b.Stop() // every client is gone now, and counted
	if n := b.Stats().Oversized; n != 1 {
		t.Errorf("%d oversized packets, want 1", n)
	}
}

func TestTooManyClients(t *testing.T) {
	b := start(t, broker.Options{MaxClients: 2})
	for i := range 2 {
		if _, _, err := client(t, b, nil); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
	if _, _, err := client(t, b, nil); err == nil {
		t.Error("the third client of two was let in")
	}
	b.Stop()
	if n := b.Stats().RefusedConnects; n == 0 {
		t.Error("nobody was counted as refused")
	}
}

func TestUsersAndRights(t *testing.T) {
	var log bytes.Buffer
	var mu sync.Mutex
	b := start(t, broker.Options{
		Log: slog.New(slog.NewTextHandler(locked{&mu, &log}, nil)),
		Users: []broker.User{
			{Name: "col-1", Password: "s3cret", Publish: []string{"asue/v1/+/d/col-1"}, Subscribe: []string{"asue/v1/+/ack/col-1"}},
			{Name: "ingest", Password: "0ther", Publish: []string{"asue/v1/aktobe/ack/+"}, Subscribe: []string{"asue/v1/#"}},
		}})
	as := func(name, password string) func(*paho.ClientOptions) {
		return func(o *paho.ClientOptions) { o.SetUsername(name).SetPassword(password) }
	}
	for _, who := range [][2]string{{"", ""}, {"col-1", ""}, {"col-1", "0ther"}, {"nobody", ""}, {"nobody", "s3cret"}} {
		if _, _, err := client(t, b, as(who[0], who[1])); err == nil {
			t.Errorf("%q with password %q was let in", who[0], who[1])
		}
	}
	if _, _, err := client(t, b, func(o *paho.ClientOptions) {
		as("col-1", "s3cret")(o)
		o.SetWill("asue/v1/aktobe/state/col-2", "dead", 1, true)
	}); err == nil {
		t.Error("a will without the right to its topic was let in")
	}

	ingest, _, err := client(t, b, as("ingest", "0ther"))
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 10)
	if token := ingest.Subscribe("asue/v1/#", 1, func(_ paho.Client, m paho.Message) { got <- m.Topic() }); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	col, lost, err := client(t, b, as("col-1", "s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	for filter, allowed := range map[string]bool{
		"asue/v1/aktobe/ack/col-1": true, "asue/v1/+/ack/col-1": true,
		"asue/v1/aktobe/ack/+": false, "#": false, "asue/v1/aktobe/d/col-1": false, "$SYS/#": false,
	} {
		token := col.Subscribe(filter, 1, nil).(*paho.SubscribeToken)
		if !token.WaitTimeout(patience) {
			t.Fatal("no SUBACK")
		}
		if granted := token.Result()[filter] <= 2; granted != allowed {
			t.Errorf("subscription to %s: granted %v", filter, granted)
		}
	}
	if token := col.Publish("asue/v1/aktobe/d/col-1", 1, false, "1"); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	if topic := receive(t, got); topic != "asue/v1/aktobe/d/col-1" {
		t.Errorf("ingest got %s", topic)
	}
	col.Publish("asue/v1/aktobe/d/col-2", 1, false, "1")
	receive(t, lost) // thrown out [MQTT-3.3.5-2]
	b.Stop()
	if st := b.Stats(); st.RefusedConnects != 5 || st.RefusedTopics < 5 {
		t.Errorf("%+v", st)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := log.String(); strings.Contains(text, "s3cret") || !strings.Contains(text, "wrong name or password") {
		t.Errorf("log:\n%s", text)
	}
}

// What a subscriber may not have is said where the operator looks.
func TestRefusedSubscriptionIsNamed(t *testing.T) {
	b := start(t, broker.Options{Users: []broker.User{{Name: "u", Password: "p", Subscribe: []string{"mine/#"}}}})
	causes := make(chan error, 100)
	s, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{CleanSession: true, Filters: []string{"yours/#"}, Options: mqtt.Options{
		URL: b.URL(), Username: "u", Password: "p", MinDelay: time.Millisecond,
		OnChange: func(connected bool, cause error) { causes <- cause },
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	if cause := receive(t, causes); cause == nil || !strings.Contains(cause.Error(), "yours/#") || !strings.Contains(cause.Error(), `user "u"`) {
		t.Errorf("cause: %v", cause)
	}
	cancel()
	receive(t, done)
}

// Retained messages are bounded in number; those that are there can be renewed
// and cleared.
func TestRetainedAreBounded(t *testing.T) {
	b := start(t, broker.Options{MaxRetained: 100})
	c, _, err := client(t, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	put := func(topic, payload string) {
		t.Helper()
		if token := c.Publish(topic, 1, true, payload); !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	for i := range 200 {
		put(fmt.Sprintf("x/%d", i), "1")
	}
	if n := b.Stats().Retained; n != 100 {
		t.Errorf("%d retained, want 100", n)
	}
	put("x/0", "renewed")
	put("x/1", "")
	put("x/199", "now there is room")
	got := map[string]string{}
	end := make(chan struct{})
	if token := c.Subscribe("#", 1, func(_ paho.Client, m paho.Message) {
		if m.Topic() == "end" {
			close(end)
			return
		}
		got[m.Topic()] = string(m.Payload())
	}); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	c.Publish("end", 1, false, "")
	receive(t, end)
	if got["x/0"] != "renewed" || got["x/199"] != "now there is room" || got["x/2"] != "1" {
		t.Errorf("x/0 %q, x/199 %q, x/2 %q", got["x/0"], got["x/199"], got["x/2"])
	}
	if _, there := got["x/1"]; there {
		t.Error("x/1 was cleared and is still there")
	}
}

// A client that does not acknowledge gets no more than MaxInflight messages.
func TestInflightIsBounded(t *testing.T) {
	b := start(t, broker.Options{MaxInflight: 10})
	deaf, _, err := client(t, b, func(o *paho.ClientOptions) {
		o.SetClientID("deaf").SetCleanSession(false).SetAutoAckDisabled(true)
	})
	if err != nil {
		t.Fatal(err)
	}
	if token := deaf.Subscribe("x", 1, func(paho.Client, paho.Message) {}); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	writer, _, err := client(t, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if token := writer.Publish("x", 1, false, "1"); !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	writer.Publish("fence", 1, false, "").WaitTimeout(patience)
	b.Stop()
	if st := b.Stats(); st.Inflight != 10 || st.Dropped != 40 {
		t.Errorf("in flight %d, dropped %d", st.Inflight, st.Dropped)
	}
}

// A session with unacknowledged messages takes subscriptions all the same: the
// ids of the two directions have nothing to do with each other, and both begin
// with 1.
func TestSubscribeWithMessagesInFlight(t *testing.T) {
	b := start(t, broker.Options{})
	keep := func(o *paho.ClientOptions) {
		o.SetClientID("ingest").SetCleanSession(false).SetAutoAckDisabled(true)
	}
	arrived := make(chan paho.Message, 16)
	take := func(_ paho.Client, m paho.Message) { arrived <- m }
	first, _, err := client(t, b, keep)
	if err != nil {
		t.Fatal(err)
	}
	if token := first.Subscribe("x/+", 1, take); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	writer, _, err := client(t, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	const n = 5
	for i := range n {
		if token := writer.Publish("x/a", 1, false, fmt.Sprint(i)); !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatal(token.Error())
		}
		receive(t, arrived)
	}
	first.Disconnect(0)

	second, _, err := client(t, b, func(o *paho.ClientOptions) { keep(o); o.SetDefaultPublishHandler(take) })
	if err != nil {
		t.Fatal(err)
	}
	for i := range n { // ids 1 to 5, all of which are in flight the other way
		filter := fmt.Sprintf("y/%d", i)
		token := second.Subscribe(filter, 1, take).(*paho.SubscribeToken)
		if !token.WaitTimeout(patience) || token.Error() != nil || token.Result()[filter] != 1 {
			t.Fatalf("subscribe to %s: %v, granted %v", filter, token.Error(), token.Result())
		}
	}
	if token := second.Unsubscribe("y/0"); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	again := map[string]bool{}
	for range n {
		m := receive(t, arrived)
		again[string(m.Payload())] = m.Duplicate()
		m.Ack()
	}
	for i := range n {
		if !again[fmt.Sprint(i)] {
			t.Errorf("message %d did not come again as a duplicate: %v", i, again)
		}
	}
	for _, topic := range []string{"y/0", "y/1"} {
		if token := writer.Publish(topic, 1, false, topic); !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	if m := receive(t, arrived); m.Topic() != "y/1" {
		t.Errorf("got %s, which was unsubscribed", m.Topic())
	}
}

func TestTLS(t *testing.T) {
	cert, roots := certificate(t)
	b := start(t, broker.Options{TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}})
	if !strings.HasPrefix(b.URL(), "mqtts://") {
		t.Errorf("URL %s", b.URL())
	}
	try := func(url string, conf *tls.Config) error {
		t.Helper()
		changes := make(chan error, 10)
		p, err := mqtt.NewPublisher(mqtt.PublisherOptions{Options: mqtt.Options{URL: url, TLS: conf, OnChange: func(_ bool, cause error) { changes <- cause }}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		cause := receive(t, changes)
		if cause == nil {
			cause = p.Publish(ctx, "x", []byte("1"), false)
		}
		cancel()
		receive(t, done)
		return cause
	}
	if err := try(b.URL(), &tls.Config{RootCAs: roots}); err != nil {
		t.Errorf("with the right root: %v", err)
	}
	if err := try(b.URL(), nil); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with the system's roots: %v", err)
	}
	if err := try("mqtt://"+b.Addr(), nil); err == nil {
		t.Error("a plain connection to a TLS broker")
	}
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// Whatever bytes a stranger sends, the broker stays up for the others.
func TestNoiseHurtsNobody(t *testing.T) {
	b := start(t, broker.Options{})
	good, lost, err := client(t, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, noise := range []string{"GET / HTTP/1.1\r\n\r\n", "\x10\xff\xff\xff\xff\xff", "\x30\x00", "\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00\x82\x00", strings.Repeat("\x00", 5000), "\x10\xff\xff\xff\x7f"} {
		conn, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, noise)
		conn.SetReadDeadline(time.Now().Add(patience))
		io.Copy(io.Discard, conn)
		conn.Close()
	}
	if token := good.Publish("x", 1, false, "1"); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Error(token.Error())
	}
	if len(lost) > 0 {
		t.Errorf("the good client was thrown out: %v", <-lost)
	}
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func BenchmarkRoundTrip(b *testing.B) {
	srv, err := broker.Start(b.Context(), broker.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Stop()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	p, err := mqtt.NewPublisher(mqtt.PublisherOptions{Options: mqtt.Options{URL: srv.URL()}})
	if err != nil {
		b.Fatal(err)
	}
	s, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{Options: mqtt.Options{URL: srv.URL()}, CleanSession: true, Filters: []string{"x"}})
	if err != nil {
		b.Fatal(err)
	}
	go p.Run(ctx)
	go s.Run(ctx)
	if err := p.WaitConnected(ctx); err != nil {
		b.Fatal(err)
	}
	for !s.Stats().Connected {
		if ctx.Err() != nil {
			b.Fatal(ctx.Err())
		}
	}
	payload := make([]byte, 4000) // a line of 32 meters
	b.SetParallelism(32)
	b.ResetTimer()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := p.Publish(ctx, "x", payload, false); err != nil {
					b.Error(err)
				}
			}
		})
	}()
	for range b.N {
		(<-s.Messages()).Ack()
	}
	<-done
}
