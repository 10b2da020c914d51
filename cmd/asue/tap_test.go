package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/broker"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

var tapTime = time.Date(2026, 3, 2, 6, 15, 1, 250e6, time.UTC)

func tapBatch(seq uint64) wire.Batch {
	return wire.Batch{
		Site: "aktobe", ID: metering.BatchID{Collector: "c1", Epoch: 7, Seq: seq}, Line: "gw-1",
		Sealed: tapTime.Add(100 * time.Millisecond), Mono: time.Minute, Boot: 9, Class: wire.Telemetry,
		Snapshots: []metering.Snapshot{
			{Meter: "F-01", Model: "eastron-sdm630@1", At: tapTime, Took: 20 * time.Millisecond, Readings: []metering.Reading{
				{Quantity: metering.ActivePower, Value: 1_250_400},
				{Quantity: metering.ReactivePower, Value: -310},
				{Quantity: metering.Frequency, Quality: metering.NotAvailable, Reason: "NaN"},
				{Quantity: metering.ActiveImport, Value: 81_234_500, Count: metering.Count{Raw: 8_123_450, Step: 10_000}},
				{Quantity: metering.THDVoltageA, Value: 1.5},
			}},
			{Meter: "F-02", At: tapTime, Quality: metering.CommFail, Reason: "timeout \x1b[2J"},
		},
	}
}

// tapped feeds messages to a tap one second after tapTime.
func tapped(t *testing.T, asJSON bool, messages ...mqtt.Message) (out, notes string, seen *tap) {
	t.Helper()
	var o, n bytes.Buffer
	seen = &tap{out: &o, notes: &n, asJSON: asJSON, now: func() time.Time { return tapTime.Add(time.Second) }, unreadable: map[string]int{}}
	for _, m := range messages {
		if err := seen.take(m); err != nil {
			t.Fatal(err)
		}
	}
	seen.summary()
	return o.String(), n.String(), seen
}

func encoded(t *testing.T, payload []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestTapSaysABatchInWords(t *testing.T) {
	payload, err := wire.EncodeBatch(tapBatch(12))
	payload = encoded(t, payload, err)
	out, _, _ := tapped(t, false,
		mqtt.Message{Topic: wire.LiveTopic("aktobe", "c1"), Payload: payload},
		mqtt.Message{Topic: wire.HistoryTopic("aktobe", "c1"), Payload: payload})
	want := "06:15:01.250  +1.0s  aktobe/c1/gw-1  F-01  good  P=1.250MW Q=-310.00var f=-[not_available NaN] A+=81234.500kWh and 1 more  telemetry #12\n" +
		"06:15:01.250  +1.0s  aktobe/c1/gw-1  F-02  comm_fail (timeout �[2J)  telemetry #12\n"
	if want += strings.ReplaceAll(want, "#12\n", "#12 again\n"); out != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

func TestTapSaysLossesAcksStatesAndControl(t *testing.T) {
	lost := tapBatch(20)
	lost.Snapshots, lost.Lost = nil, []metering.Range{{From: 3, To: 9}}
	batch, err := wire.EncodeBatch(lost)
	batch = encoded(t, batch, err)
	ack, err := wire.EncodeAck(wire.Ack{Epoch: 7, Contiguous: 11, Highest: 14, Missing: []metering.Range{{From: 12, To: 13}}})
	ack = encoded(t, ack, err)
	state, err := wire.EncodeState(wire.State{Online: true, Version: "0.1.0", Epoch: 7, Since: tapTime})
	state = encoded(t, state, err)
	limit := 29_700 * metering.Kilowatt
	control, err := wire.EncodeControl(wire.Control{At: tapTime, State: "warn", Mode: "advisory", Limit: &limit, Fresh: 46, Silent: 1, BlockStart: tapTime, BlockEnd: tapTime})
	control = encoded(t, control, err)
	messages := []mqtt.Message{
		{Topic: wire.LiveTopic("aktobe", "c1"), Payload: batch},
		{Topic: wire.AckTopic("aktobe", "c1"), Payload: ack},
		{Topic: wire.StateTopic("aktobe", "c1"), Payload: state, Retained: true},
		{Topic: wire.ControlTopic("aktobe"), Payload: control},
	}
	out, _, _ := tapped(t, false, messages...)
	for _, want := range []string{
		"lost for good: #3..9  telemetry #20",
		"ack to c1  epoch 0000000000000007  committed up to #11, highest #14  missing #12..13",
		"state of c1  online  asue 0.1.0 since 2026-03-02T06:15:01Z  (kept by the broker)",
		"warn  advisory  limit=29.700MW  fresh 46, stale 0, silent 1",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	asJSON, _, _ := tapped(t, true, messages...)
	lines := strings.Split(strings.TrimSpace(asJSON), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines of JSON for 4 messages:\n%s", len(lines), asJSON)
	}
	if b, err := wire.DecodeBatch([]byte(lines[0])); err != nil || b.ID != lost.ID {
		t.Errorf("the batch does not come back from its JSON: %v, %v", b.ID, err)
	}
	if a, err := wire.DecodeAck([]byte(lines[1])); err != nil || a.Contiguous != 11 {
		t.Errorf("the ack does not come back from its JSON: %+v, %v", a, err)
	}
}

func TestTapCountsWhatItCannotRead(t *testing.T) {
	future, err := wire.EncodeBatch(tapBatch(1))
	future = bytes.Clone(encoded(t, future, err))
	future[2] = 2 // the version, see wire's envelope
	out, notes, seen := tapped(t, false,
		mqtt.Message{Topic: wire.LiveTopic("aktobe", "c1"), Payload: []byte("hello")},
		mqtt.Message{Topic: wire.LiveTopic("aktobe", "c1"), Payload: future},
		mqtt.Message{Topic: wire.AckTopic("aktobe", "c1"), Payload: nil})
	if out != "" || seen.messages != 0 {
		t.Errorf("unreadable payloads were printed: %q", out)
	}
	for _, want := range []string{
		"asue/v1/aktobe/d/c1: 5 bytes cannot be read: ",
		"not decoded: 2 payloads malformed\n", "not decoded: 1 payload of a version that this program does not know\n", "0 messages",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is missing in\n%s", want, notes)
		}
	}
}

func TestTapFilters(t *testing.T) {
	f := func(o tapOptions, want string) {
		t.Helper()
		got, err := o.filters()
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%+v: %v, %v, want %s", o, got, err, want)
		}
	}
	f(tapOptions{}, "asue/v1/+/d/+")
	f(tapOptions{site: "aktobe", history: true}, "asue/v1/aktobe/d/+ asue/v1/aktobe/h/+")
	f(tapOptions{collector: "c1", all: true}, "asue/v1/+/d/c1 asue/v1/+/h/c1 asue/v1/+/ack/c1 asue/v1/+/state/c1 asue/v1/+/control asue/v1/+/allot/+ asue/v1/+/outcome/+ asue/v1/+/beat/+ asue/v1/+/order/+")
	for _, o := range []tapOptions{{site: "a/b"}, {site: "#"}, {collector: "+"}, {count: -1}} {
		var u *cli.UsageError
		if _, err := o.filters(); !errors.As(err, &u) {
			t.Errorf("%+v: %v, want a usage error", o, err)
		}
	}
}

func TestTapListensAtABroker(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	b, err := broker.Start(ctx, broker.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	publisher, err := mqtt.NewPublisher(mqtt.PublisherOptions{Options: mqtt.Options{URL: b.URL(), ClientID: "sender"}})
	if err != nil {
		t.Fatal(err)
	}
	sending, stopSending := context.WithCancel(ctx)
	sent := make(chan struct{})
	go func() { defer close(sent); _ = publisher.Run(sending) }()
	defer func() { stopSending(); <-sent }()
	if err := publisher.WaitConnected(ctx); err != nil {
		t.Fatal(err)
	}
	state, err := wire.EncodeState(wire.State{Online: true, Version: "0.1.0", Since: tapTime})
	state = encoded(t, state, err)
	if err := publisher.Publish(ctx, wire.StateTopic("aktobe", "c1"), state, true); err != nil {
		t.Fatal(err)
	}

	// The retained state shows that the tap is there; then the batch is sent.
	out, printed := io.Pipe()
	notes := new(bytes.Buffer)
	ended := make(chan error, 1)
	tapping, stopTapping := context.WithCancel(ctx)
	defer stopTapping()
	go func() {
		o := tapOptions{url: b.URL(), site: "aktobe", all: true}
		ended <- o.run(tapping, printed, notes, func() time.Time { return tapTime })
		printed.Close()
	}()
	buffer := make([]byte, 4096)
	n, err := out.Read(buffer)
	if err != nil || !strings.HasPrefix(string(buffer[:n]), "state of c1  online") {
		t.Fatalf("%q, %v", buffer[:n], err)
	}
	payload, err := wire.EncodeBatch(tapBatch(1))
	payload = encoded(t, payload, err)
	published := make(chan struct{})
	go func() {
		defer close(published)
		for _, p := range [][]byte{[]byte("rubbish"), payload} {
			if err := publisher.Publish(ctx, wire.LiveTopic("aktobe", "c1"), p, false); err != nil {
				t.Errorf("publish: %v", err)
			}
		}
	}()
	// The broker may send a message twice (QoS 1), so the batch is waited for and
	// messages are not counted.
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "F-01  good  P=1.250MW") {
	}
	<-published
	stopTapping()
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the tap ended with %v", err)
	}
	if want := " messages, 2 reads of meters\nasue: not decoded: 1 payload malformed\n"; !strings.HasSuffix(notes.String(), want) {
		t.Errorf("notes %q, want at the end %q", notes, want)
	}
}

func TestTapSaysThatNoBrokerIsThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	err = tapOptions{url: "mqtt://" + address}.run(context.Background(), io.Discard, io.Discard, time.Now)
	if err == nil || !strings.Contains(err.Error(), address) || !strings.Contains(err.Error(), "asue demo") {
		t.Errorf("%v: want the address and the remedy", err)
	}
	if code := execute(context.Background(), []string{"tap", "http://127.0.0.1:1883"}); code != cli.ExitUsage {
		t.Errorf("a wrong scheme exits with %d", code)
	}
}

func TestTapEndsCleanlyWhenInterrupted(t *testing.T) {
	b, err := broker.Start(context.Background(), broker.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	notes := new(bytes.Buffer)
	if err := (tapOptions{url: b.URL()}).run(ctx, io.Discard, notes, time.Now); err != nil {
		t.Errorf("interrupted: %v", err)
	}
	if notes.String() != "asue: 0 messages, 0 reads of meters\n" {
		t.Errorf("notes %q", notes)
	}
}

// The conversation about one set-point, as a person reads it along.
func TestTapSaysCommandsInWords(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	command := metering.Allotment{
		ID: "c-17", Verb: metering.VerbOperate, Agent: "agent-1", Actuator: "SP-1", Kind: metering.ActuatorSetpoint,
		Want: metering.Desired{Limit: 800 * metering.Kilowatt}, Expect: metering.Desired{Limit: 1500 * metering.Kilowatt}, Mode: metering.ModeConfirm, Emergency: true,
		Term: 7, Seq: 12, IssuedAt: tapTime, TTL: 30 * time.Second, Lease: 15 * time.Minute, Reason: "block heads for 30.1 MW",
		Approvals: []metering.Approval{{User: "ivanova", Role: metering.RoleDispatcher, At: tapTime}},
	}
	allot, err := wire.SealAllotment(command, key)
	allot = encoded(t, allot, err)
	order, err := wire.SealOrder(metering.Order{
		ID: "o-3", Kind: metering.OrderPin, At: tapTime, Expires: tapTime.Add(time.Hour), Reason: "heat 14", Resident: "steel", Power: 4 * metering.Megawatt,
		By: []metering.Approval{{User: "ivanova", Role: metering.RoleDispatcher, At: tapTime}},
	}, key)
	order = encoded(t, order, err)
	outcome, err := wire.EncodeOutcome(metering.Outcome{ID: "c-17", Agent: "agent-1", Actuator: "SP-1", Stage: metering.StageRefused, Refusal: "rate", Text: "changed 3s ago", At: tapTime, Term: 7})
	outcome = encoded(t, outcome, err)
	beat, err := wire.EncodeBeat(metering.AgentBeat{Agent: "agent-1", Boot: 1, Nonce: 2, At: tapTime, Term: 7, Seq: 12, States: []metering.ActuatorState{
		{Actuator: "SP-1", At: tapTime, Readable: true, Now: command.Expect, Guarding: metering.GuardNormal, Command: "c-16", Left: 90 * time.Second},
		{Actuator: "Q-2", Guarding: metering.GuardFailSafe},
	}})
	beat = encoded(t, beat, err)
	messages := []mqtt.Message{
		{Topic: wire.AllotTopic("aktobe", "agent-1"), Payload: allot}, {Topic: wire.OutcomeTopic("aktobe", "agent-1"), Payload: outcome},
		{Topic: wire.BeatTopic("aktobe", "agent-1"), Payload: beat}, {Topic: wire.OrderTopic("aktobe"), Payload: order},
		{Topic: wire.AllotTopic("aktobe", "agent-1"), Payload: beat},
	}
	out, notes, _ := tapped(t, false, messages...)
	want := "06:15:01.250  allot to agent-1  operate  SP-1  at most 800 kW  from at most 1.5 MW  confirm  emergency  term 7 #12  id c-17  by ivanova  (block heads for 30.1 MW)  key 34750f98bd59fcfc\n" +
		"06:15:01.250  outcome of agent-1  SP-1  refused: rate  term 7  id c-17  (changed 3s ago)\n" +
		"06:15:01.250  beat of agent-1  boot 0000000000000001  term 7 #12  SP-1 at most 1.5 MW (c-16, 1m30s left)  Q-2 unreadable failsafe\n" +
		"06:15:01.250  order to balancer  pin  steel  4 MW  until 2026-03-02T07:15:01Z  id o-3  by ivanova  (heat 14)  key 34750f98bd59fcfc\n"
	if out != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
	if !strings.Contains(notes, "a beat where a sealed belongs") {
		t.Errorf("a beat among the commands: %s", notes)
	}
	asJSON, _, _ := tapped(t, true, messages[:4]...)
	for i, kind := range []string{"allotment", "outcome", "beat", "order"} {
		if line := strings.Split(asJSON, "\n")[i]; !strings.HasPrefix(line, `{"v":1,"kind":"`+kind+`"`) {
			t.Errorf("%s as JSON: %s", kind, line)
		}
	}
}
