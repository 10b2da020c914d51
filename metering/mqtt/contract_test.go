package mqtt_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"asue/metering/mqtt"
)

// What the rest of asue relies on must hold with the broker inside and with the
// one from Debian.
func TestEmbeddedBroker(t *testing.T) { contract(t, newEmbedded) }
func TestMosquitto(t *testing.T)      { contract(t, newMosquitto) }

func contract(t *testing.T, start func(*testing.T) server) {
	for name, test := range map[string]func(*testing.T, server){
		"messages arrive":                     messagesArrive,
		"retained messages wait":              retainedMessagesWait,
		"the will speaks for the dead":        willSpeaks,
		"a clean stop has no will":            cleanStop,
		"what is not acked comes again":       unackedComesAgain,
		"a backlog does not keep it out":      comesBackToABacklog,
		"both come back after a restart":      comeBack,
		"the session outlives the subscriber": sessionOutlives,
		"an overflow loses nothing":           overflow,
		"a silent connection is renewed":      silentIsRenewed,
		"overlapping filters":                 overlappingFilters,
	} {
		t.Run(name, func(t *testing.T) { test(t, start(t)) })
	}
}

func url(s server) string { return "mqtt://" + s.Addr() }

// pair is a publisher and a subscriber to x/#, both connected.
func pair(t *testing.T, s server) (*mqtt.Publisher, *mqtt.Subscriber) {
	t.Helper()
	so, changes := link(url(s), "reader")
	sub, _ := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#"}})
	awaitConnected(t, changes, true)
	po, _ := link(url(s), "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: po})
	return pub, sub
}

func messagesArrive(t *testing.T, s server) {
	pub, sub := pair(t, s)
	const n = 300 // more than the window, from many goroutines at once
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := pub.WaitConnected(ctx); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := pub.Publish(ctx, fmt.Sprintf("x/%d", i), []byte{byte(i)}, false); err != nil {
				t.Error(err)
			}
		})
	}
	got := map[string]bool{}
	for range n {
		m := receive(t, sub.Messages())
		m.Ack()
		m.Ack() // the second time is no harm
		got[m.Topic] = true
		if m.Retained || m.Again {
			t.Errorf("%s: retained %v, again %v", m.Topic, m.Retained, m.Again)
		}
	}
	wg.Wait()
	if len(got) != n {
		t.Errorf("%d different topics, want %d", len(got), n)
	}
	if st := pub.Stats(); st.Published != n || st.Failed != 0 || !st.Connected || st.Connects != 1 {
		t.Errorf("publisher: %+v", st)
	}
	if st := sub.Stats(); st.Received != n || st.Overflows != 0 || !st.Connected {
		t.Errorf("subscriber: %+v", st)
	}
}

func retainedMessagesWait(t *testing.T, s server) {
	po, _ := link(url(s), "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: po})
	publish(t, pub, "x/state", "old", true)
	publish(t, pub, "x/state", "online", true)
	publish(t, pub, "x/gone", "something", true)
	publish(t, pub, "x/gone", "", true) // an empty one clears it
	publish(t, pub, "fence", "", false) // its PUBACK says that the broker has done with the one before
	so, _ := link(url(s), "late")
	sub, _ := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#"}, CleanSession: true})
	m := receive(t, sub.Messages())
	if m.Topic != "x/state" || string(m.Payload) != "online" || !m.Retained {
		t.Errorf("got %s %q, retained %v", m.Topic, m.Payload, m.Retained)
	}
	m.Ack()
	publish(t, pub, "x/end", "", false)
	if m := receive(t, sub.Messages()); m.Topic != "x/end" || m.Retained {
		t.Errorf("after the retained message came %s", m.Topic)
	}
}

func willSpeaks(t *testing.T, s server) {
	_, sub := pair(t, s)
	line := newCable(t, s.Addr())
	po, changes := link(line.URL(), "mortal")
	pub, stop := publisher(t, mqtt.PublisherOptions{Options: po, Will: &mqtt.Will{Topic: "x/state", Payload: []byte("offline"), Retained: true}})
	publish(t, pub, "x/state", "online", true)
	expect(t, sub, "x/state", "online")
	line.cut()
	for payload := "online"; payload == "online"; { // it may come twice: live, and as the retained one
		m := receive(t, sub.Messages())
		m.Ack()
		if payload = string(m.Payload); payload != "online" && payload != "offline" {
			t.Errorf("got %s %q", m.Topic, payload)
		}
	}
	awaitConnected(t, changes, false)
	stop()
}

func cleanStop(t *testing.T, s server) {
	pub, sub := pair(t, s)
	po, _ := link(url(s), "polite")
	polite, stop := publisher(t, mqtt.PublisherOptions{Options: po, Will: &mqtt.Will{Topic: "x/will", Payload: []byte("dead")}})
	publish(t, polite, "x/bye", "bye", false)
	stop()
	expect(t, sub, "x/bye", "bye")
	publish(t, pub, "x/after", "after", false)
	expect(t, sub, "x/after", "after") // and no will before it
	if polite.Connected() {
		t.Error("still connected after the stop")
	}
}

func unackedComesAgain(t *testing.T, s server) {
	line := newCable(t, s.Addr())
	so, changes := link(line.URL(), "forgetful")
	sub, _ := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#"}})
	awaitConnected(t, changes, true)
	po, _ := link(url(s), "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: po})
	publish(t, pub, "x/1", "one", false)
	first := receive(t, sub.Messages())
	line.cut()
	awaitConnected(t, changes, false)
	first.Ack() // too late: that connection is gone
	again := receive(t, sub.Messages())
	if again.Topic != "x/1" || !again.Again {
		t.Errorf("got %s, again %v", again.Topic, again.Again)
	}
	again.Ack()
	publish(t, pub, "x/2", "two", false)
	for {
		m := receive(t, sub.Messages())
		m.Ack()
		if m.Topic == "x/2" {
			return
		}
		if !m.Again { // at least once: a broker that has not yet seen the cut repeats itself
			t.Errorf("%s came again and does not say so", m.Topic)
		}
	}
}

// A subscriber that ended without acknowledging anything gets its subscriptions
// and the messages when it comes back, although it acknowledges late.
func comesBackToABacklog(t *testing.T, s server) {
	so, changes := link(url(s), "reader")
	first, stop := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#", "y/#"}})
	awaitConnected(t, changes, true)
	po, _ := link(url(s), "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: po})
	const n = 5
	for i := range n {
		publish(t, pub, fmt.Sprintf("x/%02d", i), "1", false)
		receive(t, first.Messages())
	}
	stop()
	so, changes = link(url(s), "reader")
	second, _ := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#", "y/#"}})
	awaitConnected(t, changes, true)
	publish(t, pub, "y/last", "", false)
	missing := map[string]bool{}
	for i := range n {
		missing[fmt.Sprintf("x/%02d", i)] = true
	}
	for m := receive(t, second.Messages()); m.Topic != "y/last"; m = receive(t, second.Messages()) {
		delete(missing, m.Topic)
	}
	if len(missing) > 0 {
		t.Errorf("did not come again: %v", missing)
	}
}

func comeBack(t *testing.T, s server) {
	so, subChanges := link(url(s), "reader")
	sub, _ := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#"}})
	po, pubChanges := link(url(s), "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: po})
	awaitConnected(t, subChanges, true)
	publish(t, pub, "x/1", "before", false)
	expect(t, sub, "x/1", "before")

	s.Stop()
	if c := awaitConnected(t, pubChanges, false); c.cause == nil {
		t.Error("the connection was lost without a cause")
	}
	awaitConnected(t, subChanges, false)
	if err := pub.Publish(t.Context(), "x/2", nil, false); !errors.Is(err, mqtt.ErrNotConnected) {
		t.Errorf("publish without a broker: %v", err)
	}
	s.Start()
	awaitConnected(t, subChanges, true)
	publish(t, pub, "x/3", "after", false)
	expect(t, sub, "x/3", "after")
	if got := pub.Stats().Connects; got != 2 {
		t.Errorf("%d connections, want 2", got)
	}
}

func sessionOutlives(t *testing.T, s server) {
	po, _ := link(url(s), "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: po})
	so, changes := link(url(s), "ingest")
	_, stop := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#"}})
	awaitConnected(t, changes, true)
	stop()
	publish(t, pub, "x/1", "while away", false)
	sub, _ := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#"}})
	expect(t, sub, "x/1", "while away")
}

// A buffer smaller than the broker's in-flight window overflows. The reader
// takes its time, and still gets everything.
func overflow(t *testing.T, s server) {
	so, changes := link(url(s), "slow")
	sub, _ := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#"}, Buffer: 3})
	awaitConnected(t, changes, true)
	po, _ := link(url(s), "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: po})
	const n = 15
	for i := range n {
		publish(t, pub, fmt.Sprintf("x/%d", i), "", false)
	}
	until(t, func() bool { return sub.Stats().Left > 0 })
	got := map[string]bool{}
	for len(got) < n {
		m := receive(t, sub.Messages())
		got[m.Topic] = true
		m.Ack()
	}
	if sub.Stats().Overflows == 0 {
		t.Error("all came, and no connection was given up")
	}
}

func silentIsRenewed(t *testing.T, s server) {
	line := newCable(t, s.Addr())
	so, changes := link(line.URL(), "listener")
	so.ConnectTimeout = 200 * time.Millisecond // the muted broker's handshake never ends
	sub, _ := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#"}, RenewAfter: 100 * time.Millisecond})
	awaitConnected(t, changes, true)
	line.mute(true)
	awaitConnected(t, changes, false)
	line.mute(false)
	awaitConnected(t, changes, true)
	po, _ := link(url(s), "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: po})
	publish(t, pub, "x/1", "heard", false)
	expect(t, sub, "x/1", "heard")
}

func overlappingFilters(t *testing.T, s server) {
	so, changes := link(url(s), "reader")
	sub, _ := subscriber(t, mqtt.SubscriberOptions{Options: so, Filters: []string{"x/#", "x/+", "y"}})
	awaitConnected(t, changes, true)
	po, _ := link(url(s), "writer")
	pub, _ := publisher(t, mqtt.PublisherOptions{Options: po})
	publish(t, pub, "x/1", "once or twice", false) // the broker may choose [MQTT-3.3.5-1]
	publish(t, pub, "y", "end", false)
	for {
		m := receive(t, sub.Messages())
		m.Ack()
		if m.Topic == "y" {
			return
		}
	}
}

// expect takes the next message, which must be this one, and acknowledges it.
func expect(t *testing.T, sub *mqtt.Subscriber, topic, payload string) {
	t.Helper()
	m := receive(t, sub.Messages())
	m.Ack()
	if m.Topic != topic || string(m.Payload) != payload {
		t.Errorf("got %s %q, want %s %q", m.Topic, m.Payload, topic, payload)
	}
}
