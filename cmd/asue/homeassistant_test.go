package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/broker"
	"asue/metering/homeassistant"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// TestHomeAssistant tells a small zone to the embedded broker and to Mosquitto: sensors
// come, go with their point, and say that values have stopped, whichever way the program
// ends.
func TestHomeAssistant(t *testing.T) {
	t.Run("embedded broker", func(t *testing.T) {
		b, err := broker.Start(t.Context(), broker.Options{Listen: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Stop)
		homeAssistantStory(t, b.Addr())
	})
	t.Run("Mosquitto", func(t *testing.T) { homeAssistantStory(t, startMosquitto(t)) })
}

func homeAssistantStory(t *testing.T, address string) {
	site := &metering.Site{ID: "z", Name: "Zone", Location: time.UTC,
		Residents: []metering.Resident{{ID: "ceramics-1", Name: "Керамика-1"}},
		Points:    []metering.Point{{ID: "F-1", Role: metering.RoleResident, Resident: "ceramics-1"}, {ID: "F-2", Role: metering.RoleFeeder}},
		Installs:  []metering.Install{{Meter: "M-1", Point: "F-1"}, {Meter: "M-2", Point: "F-2"}}}
	describe := func(points ...metering.PointID) []homeassistant.Description {
		return homeassistant.Describe(homeassistant.Options{Site: site, Now: time.Now(), Prefix: "homeassistant", Points: points, Lang: "en", Fresh: time.Minute})
	}
	line := newFlexible(t, address)
	home := listensAsHome(t, address)

	// Both points are told, and that values come.
	stop := tellsHome(t, line.Addr(), describe())
	both := topicsOf(describe())
	home.await(t, "both points", func(r map[string]string) bool {
		return r["asue/v1/z/presence"] == "online" && sensorsIn(r) == strings.Join(both, " ")
	})
	// The line breaks: the broker says offline in its name, and it comes back by itself.
	home.forget()
	line.cut()
	home.await(t, "the will", func(map[string]string) bool {
		return slices.Contains(home.saidOf("asue/v1/z/presence"), "offline")
	})
	home.await(t, "online again", func(r map[string]string) bool { return r["asue/v1/z/presence"] == "online" })
	// A clean end says so too.
	stop()
	home.await(t, "the goodbye", func(r map[string]string) bool { return r["asue/v1/z/presence"] == "offline" })

	// A stranger's sensor is nobody's business here; the point that is gone is taken back.
	foreign := "homeassistant/sensor/kitchen/temperature/config"
	tellHome(t, address, foreign, `{"name":"kitchen"}`)
	stop = tellsHome(t, line.Addr(), describe("F-1"))
	one := append(topicsOf(describe("F-1")), foreign)
	home.await(t, "one point", func(r map[string]string) bool {
		return r["asue/v1/z/presence"] == "online" && sensorsIn(r) == strings.Join(one, " ")
	})
	stop()
	// Switched off, nothing is left.
	stop = tellsHome(t, line.Addr(), nil)
	home.await(t, "nothing left", func(r map[string]string) bool {
		_, present := r["asue/v1/z/presence"]
		return !present && sensorsIn(r) == foreign
	})
	stop()
	// Whoever comes later finds the same: it was retained, and so is what was taken back.
	late := listensAsHome(t, address)
	late.await(t, "a late comer", func(r map[string]string) bool { return sensorsIn(r) == foreign })
}

func topicsOf(list []homeassistant.Description) []string {
	var topics []string
	for _, d := range list {
		topics = append(topics, d.Topic)
	}
	return topics
}

// sensorsIn are the topics of what is described, in their order.
func sensorsIn(retained map[string]string) string {
	topics := slices.Sorted(maps.Keys(retained))
	return strings.Join(slices.DeleteFunc(topics, func(s string) bool { return !strings.HasSuffix(s, "/config") }), " ")
}

// tellsHome lets asue's side run until stop.
func tellsHome(t *testing.T, address string, wanted []homeassistant.Description) (stop func()) {
	t.Helper()
	options := mqtt.Options{URL: "mqtt://" + address, ClientID: "asue-z-out", MinDelay: 5 * time.Millisecond, MaxDelay: 50 * time.Millisecond}
	in := options
	in.ClientID = "asue-z-in"
	seen, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{Options: in, Filters: []string{homeassistant.Filter("homeassistant", "z")}, CleanSession: true})
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHomeAssistant(options, wire.PresenceTopic("z"), wanted, seen, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() {
		if err := h.run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	})
	parts.Go(func() { _ = seen.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); parts.Wait() })
	t.Cleanup(stop)
	return stop
}

func tellHome(t *testing.T, address, topic, payload string) {
	t.Helper()
	p, err := mqtt.NewPublisher(mqtt.PublisherOptions{Options: mqtt.Options{URL: "mqtt://" + address}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go func() { _ = p.Run(ctx) }()
	if err := p.WaitConnected(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.Publish(ctx, topic, []byte(payload), true); err != nil {
		t.Fatal(err)
	}
}

// home is a listener as Home Assistant is one.
type home struct {
	mu       sync.Mutex
	retained map[string]string
	said     map[string][]string
}

func listensAsHome(t *testing.T, address string) *home {
	t.Helper()
	h := &home{retained: map[string]string{}, said: map[string][]string{}}
	s, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{Options: mqtt.Options{URL: "mqtt://" + address}, Filters: []string{"homeassistant/#", wire.PresenceTopic("z")}, CleanSession: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { _ = s.Run(ctx) })
	parts.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case m := <-s.Messages():
				h.mu.Lock()
				h.said[m.Topic] = append(h.said[m.Topic], string(m.Payload))
				if h.retained[m.Topic] = string(m.Payload); len(m.Payload) == 0 {
					delete(h.retained, m.Topic)
				}
				h.mu.Unlock()
				m.Ack()
			}
		}
	})
	t.Cleanup(func() { cancel(); parts.Wait() })
	return h
}

func (h *home) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.said)
}

func (h *home) saidOf(topic string) []string { // h.mu is held by await
	return h.said[topic]
}

func (h *home) await(t *testing.T, what string, so func(retained map[string]string) bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-tick.C {
		h.mu.Lock()
		is, now := so(h.retained), maps.Clone(h.retained)
		h.mu.Unlock()
		if is {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so, there is %v", what, slices.Sorted(maps.Keys(now)))
		}
	}
}

// flexible is a line to a broker that a test can cut.
type flexible struct {
	net.Listener
	mu   sync.Mutex
	ends []net.Conn
}

func newFlexible(t *testing.T, to string) *flexible {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &flexible{Listener: l}
	t.Cleanup(func() { _ = l.Close(); f.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			f.mu.Lock()
			f.ends = append(f.ends, near, far)
			f.mu.Unlock()
			go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
			go func() { _, _ = io.Copy(near, far); _ = near.Close() }()
		}
	}()
	return f
}

func (f *flexible) Addr() string { return f.Listener.Addr().String() }

func (f *flexible) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, end := range f.ends {
		_ = end.Close()
	}
	f.ends = nil
}

// startMosquitto starts Debian's broker until the test ends, and returns its address.
func startMosquitto(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // its port is given to mosquitto
	_, port, _ := net.SplitHostPort(address)
	config := filepath.Join(t.TempDir(), "mosquitto.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, "listener %s 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stderr\nuser root\n", port), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		path = "/usr/sbin/mosquitto"
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "-v", "-c", config)
	log, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		t.Fatalf("Mosquitto is needed for this test: run `make setup` (apt-get install mosquitto): %v", err)
	}
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if strings.HasSuffix(lines.Text(), " running") {
				close(ready)
				_, _ = io.Copy(io.Discard, log)
			}
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case <-ready:
	case <-done:
		t.Fatal("mosquitto ended at once")
	case <-time.After(20 * time.Second):
		t.Fatal("mosquitto does not say that it is running")
	}
	return address
}
