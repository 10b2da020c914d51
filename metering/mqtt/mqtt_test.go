package mqtt_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"asue/metering/mqtt"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// A broker that takes messages and breaks off without a PUBACK. The library's
// own reconnecting client would report success here.
func TestNoSuccessWithoutPuback(t *testing.T) {
	taken := make(chan struct{}, 100)
	addr := rogue(t, func(conn net.Conn, p packets.ControlPacket) bool {
		if _, ok := p.(*packets.PublishPacket); ok {
			taken <- struct{}{}
			return false // hang up
		}
		return true
	})
	o, changes := link("mqtt://"+addr, "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: o})
	for range 5 {
		awaitConnected(t, changes, true)
		err := pub.Publish(t.Context(), "x", []byte("1"), false)
		if err == nil {
			t.Fatal("success without a PUBACK")
		}
		if !errors.Is(err, mqtt.ErrNotConnected) {
			receive(t, taken)
		}
	}
	if st := pub.Stats(); st.Published != 0 || st.Failed != 5 {
		t.Errorf("%+v", st)
	}
}

// A broker that says nothing more: the connection is given up after AckTimeout.
func TestSilentBrokerIsGivenUp(t *testing.T) {
	addr := rogue(t, func(net.Conn, packets.ControlPacket) bool { return true })
	o, changes := link("mqtt://"+addr, "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: o, AckTimeout: 50 * time.Millisecond})
	awaitConnected(t, changes, true)
	err := pub.Publish(t.Context(), "x", nil, false)
	if err == nil || !strings.Contains(err.Error(), "no PUBACK within 50ms") {
		t.Errorf("publish: %v", err)
	}
	if c := awaitConnected(t, changes, false); c.cause == nil || !strings.Contains(c.cause.Error(), "no PUBACK") {
		t.Errorf("cause: %v", c.cause)
	}
	awaitConnected(t, changes, true) // and made anew
}

// The window bounds what is on its way; a caller whose time is over goes away,
// and its place is free again when the connection has ended.
func TestWindowIsBounded(t *testing.T) {
	addr := rogue(t, func(net.Conn, packets.ControlPacket) bool { return true })
	o, changes := link("mqtt://"+addr, "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: o, Window: 2, AckTimeout: 200 * time.Millisecond})
	awaitConnected(t, changes, true)
	hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	errs := make(chan error)
	for range 5 {
		go func() { errs <- pub.Publish(hurried, "x", nil, false) }()
	}
	for range 5 {
		if err := receive(t, errs); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("publish: %v", err)
		}
	}
	if n := pub.Stats().InFlight; n != 2 {
		t.Errorf("%d in flight, want 2", n)
	}
	awaitConnected(t, changes, false)
	awaitConnected(t, changes, true)
	go func() { errs <- pub.Publish(t.Context(), "x", nil, false) }()
	if err := receive(t, errs); err == nil {
		t.Error("success without a PUBACK")
	}
}

// No broker at all: Run keeps trying, tells once, and ends when it is told to.
func TestNoBroker(t *testing.T) {
	addr := net.JoinHostPort("127.0.0.1", "1") // nobody listens on tcpmux
	o, changes := link("mqtt://"+addr, "writer")
	pub, stop := publisher(t, mqtt.PublisherOptions{Options: o})
	c := receive(t, changes)
	if c.connected || c.cause == nil || !strings.Contains(c.cause.Error(), addr) {
		t.Errorf("change: %+v", c)
	}
	if err := pub.Publish(t.Context(), "x", nil, false); !errors.Is(err, mqtt.ErrNotConnected) {
		t.Errorf("publish: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pub.WaitConnected(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: %v", err)
	}
	stop()
	if len(changes) != 0 {
		t.Errorf("%d more changes were told", len(changes))
	}
}

// Run ends at once even in the middle of a handshake that goes nowhere.
func TestStopDuringHandshake(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	o, _ := link("mqtt://"+l.Addr().String(), "writer")
	o.ConnectTimeout = time.Hour
	_, stop := publisher(t, mqtt.PublisherOptions{Options: o})
	conn := receive(t, accepted)
	defer conn.Close()
	stop()
}

func TestUnpublishableIsRefused(t *testing.T) {
	pub, err := mqtt.NewPublisher(mqtt.PublisherOptions{Options: mqtt.Options{URL: "mqtt://127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(topic string, size int) {
		t.Helper()
		if err := pub.Publish(t.Context(), topic, make([]byte, size), false); !errors.Is(err, mqtt.ErrRefused) {
			t.Errorf("%.20q with %d bytes: %v", topic, size, err)
		}
	}
	refused("", 1)
	refused("a/+/b", 1)
	refused("a/#", 1)
	refused(strings.Repeat("x", 2000), 1)
	refused("x", mqtt.MaxPacket)
	if err := pub.Publish(t.Context(), "x", make([]byte, mqtt.MaxPacket-100), false); !errors.Is(err, mqtt.ErrNotConnected) {
		t.Errorf("a large one: %v", err)
	}
}

// Every wrong option is named with its remedy.
func TestWrongOptions(t *testing.T) {
	wrong := func(o mqtt.PublisherOptions, parts ...string) {
		t.Helper()
		_, err := mqtt.NewPublisher(o)
		if err == nil {
			t.Errorf("%+v was accepted", o)
			return
		}
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not say %q", err, part)
			}
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q tells the password", err)
		}
	}
	at := func(url string) mqtt.PublisherOptions { return mqtt.PublisherOptions{Options: mqtt.Options{URL: url}} }
	wrong(at(""), "no scheme")
	wrong(at("localhost:1883"), "mqtt://localhost:1883")
	wrong(at("http://localhost"), `"http"`, "mqtts://")
	wrong(at("mqtt://"), "no host")
	wrong(at("mqtt://host:seventy"), "not a valid URL")
	wrong(at("mqtt://host:99999"), "99999")
	wrong(at("mqtt://host/path"), "nothing may follow")
	wrong(at("mqtt://user:s3cret@host"), "username and password")
	wrong(at("mqtt://user:s3cret@ho st"), "not a valid URL")
	wrong(mqtt.PublisherOptions{Options: mqtt.Options{URL: "mqtt://host", TLS: &tls.Config{}}}, "mqtts://")
	wrong(mqtt.PublisherOptions{Options: mqtt.Options{URL: "mqtt://host", Password: "s3cret", ClientID: "a/b"}}, "username", "client id")
	wrong(mqtt.PublisherOptions{Options: mqtt.Options{URL: "mqtt://host", MinDelay: time.Minute, MaxDelay: time.Second}}, "delay")
	wrong(mqtt.PublisherOptions{Options: mqtt.Options{URL: "mqtt://host"}, Will: &mqtt.Will{Topic: "#"}}, "will")

	_, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{Options: mqtt.Options{URL: "host"}, Filters: []string{"", "x"}})
	for _, part := range []string{"no scheme", "fixed client id", "topic filter"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
	if _, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{Options: mqtt.Options{URL: "mqtt://host", ClientID: "x"}}); err == nil {
		t.Error("a subscriber to nothing was accepted")
	}
	for _, url := range []string{"mqtt://h", "tcp://h:1", "mqtts://[::1]:8883", "tls://h", "ssl://h"} {
		if _, err := mqtt.NewPublisher(at(url)); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// rogue is a broker that accepts every client and leaves the rest to the test;
// it hangs up when handle returns false.
func rogue(t *testing.T, handle func(net.Conn, packets.ControlPacket) bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for {
					p, err := packets.ReadPacket(conn)
					if err != nil {
						return
					}
					if _, ok := p.(*packets.ConnectPacket); ok {
						io.WriteString(conn, "\x20\x02\x00\x00") // CONNACK
						continue
					}
					if !handle(conn, p) {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}
