package actuator_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"asue/collector/actuator"
	"asue/collector/actuator/actmap"
	"asue/collector/actuator/actuatortest"
	"asue/collector/agent"
	"asue/metering"
	"asue/simulator/faultproxy"

	"github.com/google/go-cmp/cmp"
)

func model(t *testing.T, id string) *actmap.Model {
	t.Helper()
	library, err := actmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	m, ok := library.Model(id)
	if !ok {
		t.Fatalf("no model %s among %v", id, library.IDs())
	}
	return m
}

func device(t *testing.T, url, id string, o actuator.Options) *actuator.Device {
	t.Helper()
	b, err := actuator.OpenBus(url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return actuator.NewDevice(b, 1, model(t, id))
}

func soon() time.Time { return time.Now().Add(time.Minute) }

var (
	closed = metering.Desired{Position: metering.PositionClosed}
	opened = metering.Desired{Position: metering.PositionOpen}
)

func reads(t *testing.T, d *actuator.Device, channel int, want agent.Reading) {
	t.Helper()
	got, err := d.Read(context.Background(), channel)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}

func TestSetpoint(t *testing.T) {
	s := actuatortest.New(t)
	s.Do(func() {
		s.Holding = [64]uint16{0x0016, 0xE360, 0, 0, 0} // 1.5 MW
		s.Input = [64]uint16{0x0016, 0xE360, 0xFFFF, 0xFFFF}
		s.Discrete[0] = true
	})
	d := device(t, s.URL, "asue-setpoint", actuator.Options{})
	high := metering.Desired{Limit: 1500 * metering.Kilowatt}
	reads(t, d, 1, agent.Reading{Echo: high, HasEcho: true, Now: high, Power: -1, Metered: true, Local: true})
	low := metering.Desired{Limit: 612_345}
	if err := d.Write(context.Background(), 1, low, soon()); err != nil {
		t.Fatal(err)
	}
	s.Do(func() { s.Discrete = [64]bool{1: true, 2: true} })
	reads(t, d, 1, agent.Reading{Echo: low, HasEcho: true, Now: high, Power: -1, Metered: true, Fault: "the device reports a fault", FellBack: true})
	if err := d.Arm(context.Background(), 1, 800*metering.Kilowatt); err != nil {
		t.Fatal(err)
	}
	if err := d.Arm(context.Background(), 1, 800*metering.Kilowatt); err != nil {
		t.Fatal(err)
	}
	s.Do(func() {
		if diff := cmp.Diff([]uint16{0x0009, 0x57F9, 180, 0x000C, 0x3500}, s.Holding[:5]); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]byte{16, 16, 6}, s.Writes); diff != "" { // what is right already is not written again
			t.Error(diff)
		}
	})
	for _, bad := range []metering.Power{-1, 1 << 32} {
		var unsent *actuator.UnsentError
		if err := d.Write(context.Background(), 1, metering.Desired{Limit: bad}, soon()); !errors.As(err, &unsent) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestRelay(t *testing.T) {
	s := actuatortest.New(t)
	s.Do(func() {
		for k := range 8 {
			s.Coils[k], s.Discrete[k] = true, true
			s.Input[2*k+1] = uint16(1000 * (k + 1))
		}
		s.Discrete[8+2] = true
		s.After = func([]byte) { copy(s.Discrete[:8], s.Coils[:8]) }
	})
	d := device(t, s.URL, "asue-relay8", actuator.Options{})
	reads(t, d, 3, agent.Reading{Echo: closed, HasEcho: true, Now: closed, Power: 3 * metering.Kilowatt, Metered: true, Local: true})
	if err := d.Write(context.Background(), 8, opened, soon()); err != nil {
		t.Fatal(err)
	}
	reads(t, d, 8, agent.Reading{Echo: opened, HasEcho: true, Now: opened, Power: 8 * metering.Kilowatt, Metered: true})
	reads(t, d, 7, agent.Reading{Echo: closed, HasEcho: true, Now: closed, Power: 7 * metering.Kilowatt, Metered: true})
}

// A real module, as it is wired by its file: outputs from coil 16 on, contacts at
// its inputs.
func TestAdam6060(t *testing.T) {
	s := actuatortest.New(t)
	s.Do(func() { s.After = func([]byte) { copy(s.Coils[:6], s.Coils[16:22]) } })
	d := device(t, s.URL, "advantech-adam-6060", actuator.Options{})
	reads(t, d, 6, agent.Reading{Echo: opened, HasEcho: true, Now: opened})
	if err := d.Write(context.Background(), 6, closed, soon()); err != nil {
		t.Fatal(err)
	}
	reads(t, d, 6, agent.Reading{Echo: closed, HasEcho: true, Now: closed})
	reads(t, d, 5, agent.Reading{Echo: opened, HasEcho: true, Now: opened})
	s.Do(func() {
		if !s.Coils[21] || s.Coils[20] {
			t.Error("another output was closed")
		}
	})
}

func TestBreaker(t *testing.T) {
	s := actuatortest.New(t)
	var coils []uint16
	s.Do(func() {
		s.Discrete[0] = true
		s.After = func(pdu []byte) {
			coils = append(coils, uint16(pdu[2]))
			switch pdu[2] {
			case 1:
				s.Discrete[0], s.Discrete[1] = false, true
			case 3:
				s.Discrete[0], s.Discrete[1] = true, false
			}
		}
	})
	d := device(t, s.URL, "asue-breaker", actuator.Options{})
	reads(t, d, 1, agent.Reading{Now: closed, Metered: true})
	for _, want := range []metering.Desired{opened, closed} {
		if err := d.Write(context.Background(), 1, want, soon()); err != nil {
			t.Fatal(err)
		}
		reads(t, d, 1, agent.Reading{Now: want, Metered: true})
	}
	if diff := cmp.Diff([]uint16{0, 1, 2, 3}, coils); diff != "" {
		t.Error(diff)
	}
	s.Do(func() { s.Discrete[0], s.Discrete[1] = false, false })
	reads(t, d, 1, agent.Reading{Metered: true}) // it moves
	s.Do(func() { s.Discrete[0], s.Discrete[1] = true, true })
	reads(t, d, 1, agent.Reading{Metered: true, Fault: "its auxiliary contacts say closed and open at once"})
	s.Do(func() {
		s.Discrete[0], s.Discrete[1] = true, false
		s.Before = func(pdu []byte) []byte {
			if pdu[0] == 5 && pdu[2] == 0 {
				return []byte{0x85, 4}
			}
			return nil
		}
	})
	var refused *actuator.RefusedError
	if err := d.Write(context.Background(), 1, opened, soon()); !errors.As(err, &refused) || !refused.Refused() {
		t.Errorf("a select that is refused: %v", err)
	}
	s.Do(func() {
		if s.Writes[len(s.Writes)-1] != 5 || len(coils) != 4 {
			t.Error("operated without a select")
		}
	})
}

// What is known of a write that did not go well.
func TestWhatBecameOfAWrite(t *testing.T) {
	s := actuatortest.New(t)
	d := device(t, s.URL, "asue-setpoint", actuator.Options{Timeout: 2 * time.Second})
	write := func(until time.Time) error {
		return d.Write(context.Background(), 1, metering.Desired{Limit: 7}, until)
	}
	spoil := func(function byte, answer func() []byte) {
		s.Do(func() {
			s.Writes = nil
			s.Before = func(pdu []byte) []byte {
				if pdu[0] != function {
					return nil
				}
				return answer()
			}
		})
	}
	written := func() (n int) { s.Do(func() { n = len(s.Writes) }); return n }
	var unsent *actuator.UnsentError
	var unknown *actuator.UnknownError
	var refused *actuator.RefusedError

	spoil(16, func() []byte { s.Writes = append(s.Writes, 16); return []byte{} }) // done, and the connection ends
	if err := write(soon()); !errors.As(err, &unknown) || written() != 1 {
		t.Errorf("a lost answer: %v, written %d times", err, written())
	}
	spoil(16, func() []byte { s.Writes = append(s.Writes, 16); return []byte{16, 0, 0, 0, 3} }) // another count
	if err := write(soon()); !errors.As(err, &unknown) || written() != 1 {
		t.Errorf("a strange answer: %v, written %d times", err, written())
	}
	spoil(16, func() []byte { return []byte{0x90, 4} })
	if err := write(soon()); !errors.As(err, &refused) || errors.As(err, &unknown) || !strings.Contains(err.Error(), "exception 4") {
		t.Errorf("refused: %v", err)
	}
	spoil(3, func() []byte { return []byte{} })
	if err := write(soon()); !errors.As(err, &unsent) || written() != 0 {
		t.Errorf("the look before it failed: %v", err)
	}
	spoil(0, nil)
	if err := write(time.Now().Add(-time.Millisecond)); !errors.As(err, &unsent) || written() != 0 {
		t.Errorf("too late: %v, written %d times", err, written())
	}
	if err := write(soon()); err != nil {
		t.Errorf("and then: %v", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "tcp://" + ln.Addr().String()
	ln.Close()
	away := device(t, nobody, "asue-setpoint", actuator.Options{})
	if err := away.Write(context.Background(), 1, metering.Desired{}, soon()); !errors.As(err, &unsent) || !strings.Contains(err.Error(), nobody) {
		t.Errorf("nobody is there: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", "tcp://host", "rtu:///dev/ttyS0?baud=9600&parity=N", "rtu+tcp://h:1", "tcp://h:502?pool=2", "tls://h:802?cert=/a&key=/b&ca=/c"} {
		if _, err := actuator.OpenBus(bad, actuator.Options{}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// Behind a proxy that spoils answers in every way that Modbus/TCP shows, what is read
// is right or an error, and no write is done twice.
func TestSpoiltAnswers(t *testing.T) {
	s := actuatortest.New(t)
	s.Do(func() {
		for i := range s.Holding {
			s.Holding[i] = uint16(0x1000 + i)
			s.Input[i] = uint16(0x2000 + i)
		}
	})
	p, err := faultproxy.Listen("127.0.0.1:0", faultproxy.MBAP, faultproxy.TCP(strings.TrimPrefix(s.URL, "tcp://")), 11)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	chance := map[faultproxy.Kind]float64{}
	for _, k := range []faultproxy.Kind{
		faultproxy.Drop, faultproxy.Late, faultproxy.Stall, faultproxy.Drip, faultproxy.Split, faultproxy.Duplicate, faultproxy.Cut, faultproxy.Truncate,
		faultproxy.WrongTransaction, faultproxy.WrongUnit, faultproxy.WrongFunction, faultproxy.Short, faultproxy.Long, faultproxy.Miscounted,
		faultproxy.NoiseBefore, faultproxy.NoiseInstead, faultproxy.Echo, faultproxy.Exception, faultproxy.Reset, faultproxy.Close,
	} {
		chance[k] = 0.015
	}
	if err := p.Set(faultproxy.Faults{Chance: chance, LateBy: 30 * time.Millisecond, StallFor: 30 * time.Millisecond, Pause: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	d := device(t, "tcp://"+p.Addr(), "asue-setpoint", actuator.Options{Timeout: 20 * time.Millisecond})
	good, bad, held := 0, 0, metering.Desired{Limit: 0x10001001}
	for n := range 600 {
		r, err := d.Read(ctx, 1)
		switch {
		case err != nil:
			bad++
		case r.Echo != held || r.Now.Limit != 0x20002001 || r.Power != 0x20022003:
			t.Fatalf("read %d is wrong: %+v, want %v", n, r, held)
		default:
			good++
		}
		if n%5 != 0 {
			continue
		}
		before := 0
		s.Do(func() { before = len(s.Writes) })
		want := metering.Desired{Limit: metering.Power(n)}
		err = d.Write(ctx, 1, want, soon())
		var unsent *actuator.UnsentError
		done := 0
		// What is on its way to the slave arrives when the next question has been
		// answered on the same way, or never.
		for {
			if _, err := d.Read(ctx, 1); err == nil {
				break
			}
		}
		s.Do(func() { done = len(s.Writes) - before })
		if done > 1 || err == nil && done != 1 || errors.As(err, &unsent) && done != 0 {
			t.Fatalf("write %d: done %d times, and it says %v", n, done, err)
		}
		if done == 1 {
			held = want
		}
	}
	if good < 200 || bad < 40 {
		t.Errorf("%d reads went well, %d did not", good, bad)
	}
}

// A device that takes functions 15 and 16 only.
func TestDeviceOfManyAtOnce(t *testing.T) {
	s := actuatortest.New(t)
	b, err := actuator.OpenBus(s.URL, actuator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	place := func(table actmap.Table, kind actmap.Type) *actmap.Place {
		return &actmap.Place{Table: table, Address: 3, Type: kind, Count: metering.Kilowatt, Many: true}
	}
	relay := actuator.NewDevice(b, 1, &actmap.Model{Kind: metering.ActuatorRelay, Channels: 1, Command: place(actmap.Coil, actmap.Bit), Aux: place(actmap.Coil, actmap.Bit)})
	limit := actuator.NewDevice(b, 2, &actmap.Model{Kind: metering.ActuatorSetpoint, Channels: 1, Command: place(actmap.Holding, actmap.U16)})
	if err := errors.Join(relay.Write(context.Background(), 1, closed, soon()), limit.Write(context.Background(), 1, metering.Desired{Limit: 600 * metering.Kilowatt}, soon())); err != nil {
		t.Fatal(err)
	}
	reads(t, relay, 1, agent.Reading{Echo: closed, HasEcho: true, Now: closed})
	half := metering.Desired{Limit: 600*metering.Kilowatt + 500}
	var unsent *actuator.UnsentError
	if err := limit.Write(context.Background(), 1, half, soon()); !errors.As(err, &unsent) || !strings.Contains(err.Error(), "whole number of 1 kW") {
		t.Errorf("half a kilowatt: %v", err)
	}
	s.Do(func() {
		if diff := cmp.Diff([]byte{15, 16}, s.Writes); diff != "" || s.Holding[3] != 600 {
			t.Errorf("%s, %d kW", diff, s.Holding[3])
		}
	})
}
