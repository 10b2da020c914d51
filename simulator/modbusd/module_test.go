package modbusd_test

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goburrow "github.com/goburrow/modbus"

	"asue/metering"
	"asue/metering/clock"
	"asue/simulator"
	"asue/simulator/faultproxy"
	"asue/simulator/internal/plant"
	"asue/simulator/modbusd"
)

// client is goburrow's client to one unit, which shares no code with the server.
func client(t *testing.T, address string, unit uint8) goburrow.Client {
	t.Helper()
	handler := goburrow.NewTCPClientHandler(address)
	handler.SlaveId = unit
	handler.Timeout = 5 * time.Second
	t.Cleanup(func() { handler.Close() })
	return goburrow.NewClient(handler)
}

func actuated(t *testing.T, c clock.Clock) *modbusd.Server {
	t.Helper()
	return serve(t, modbusd.Config{World: world(t, plant.Controlled("schneider-iem3000")), Clock: c})
}

// refusal fails the test unless err is a Modbus exception of this code.
func refusal(t *testing.T, what string, err error, code byte) {
	t.Helper()
	var e *goburrow.ModbusError
	if !errors.As(err, &e) || e.ExceptionCode != code {
		t.Errorf("%s: %v, want exception %d", what, err, code)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var quiet = slog.New(slog.DiscardHandler)

func bytes32(w uint32) []byte { return binary.BigEndian.AppendUint32(nil, w) }

// A foreign client writes a limit, sees it in force within a second of the zone's
// time, and the load below it within a minute.
func TestForeignClientSetsALimit(t *testing.T) {
	const speed = 120
	s := actuated(t, clock.Warped(clock.Clock{}.Now(), winter.Add(10*time.Hour), speed))
	m := client(t, s.Addresses()["A1"], 1)
	ok := must[[]byte](t)
	if got := ok(m.ReadHoldingRegisters(0, 5)); string(got) != string(append(append(bytes32(6_000_000), 0, 0), bytes32(3_000_000)...)) {
		t.Errorf("holding registers % x", got)
	}
	power := func() uint32 { return binary.BigEndian.Uint32(ok(m.ReadInputRegisters(2, 2))) }
	before := power()
	if before < 3_000_000 || before > 4_200_000 {
		t.Errorf("%d W before", before)
	}
	if got := ok(m.WriteMultipleRegisters(0, 2, bytes32(2_000_000))); string(got) != "\x00\x02" {
		t.Errorf("answer to the write % x", got)
	}
	ok(m.WriteSingleRegister(2, 900))
	ok(m.WriteMultipleRegisters(3, 2, bytes32(2_500_000)))
	if got := ok(m.ReadHoldingRegisters(0, 5)); string(got) != string(append(append(bytes32(2_000_000), 3, 132), bytes32(2_500_000)...)) {
		t.Errorf("holding registers % x", got)
	}
	inForce := func() uint32 { return binary.BigEndian.Uint32(ok(m.ReadInputRegisters(0, 2))) }
	began := s.Snapshot().At
	for inForce() != 2_000_000 || power() > 2_000_000 {
		if s.Snapshot().At.Sub(began) > time.Hour { // half a minute of the wall clock
			t.Fatalf("%d W, limit in force %d W", power(), inForce())
		}
	}
	if got := ok(m.ReadDiscreteInputs(0, 3)); string(got) != "\x00" {
		t.Errorf("discrete inputs % x", got)
	}
	log := s.Writes()
	if len(log) != 3 || log[0].What != simulator.WriteLimit || log[0].Value != 2_000_000 || !strings.HasPrefix(log[0].Source, "127.0.0.1:") {
		t.Errorf("log %+v", log)
	}
}

func TestForeignClientSwitchesRelays(t *testing.T) {
	s := actuated(t, clock.Warped(clock.Clock{}.Now(), winter.Add(10*time.Hour), 30))
	m := client(t, s.Addresses()["A1"], 3)
	ok := must[[]byte](t)
	bits := func(read func(uint16, uint16) ([]byte, error), count uint16) string {
		return string(ok(read(0, count)))
	}
	if coils, aux := bits(m.ReadCoils, 8), bits(m.ReadDiscreteInputs, 16); coils != "\x07" || aux != "\x07\x00" {
		t.Errorf("coils % x, contacts % x", coils, aux)
	}
	ok(m.WriteSingleCoil(1, 0))
	ok(m.WriteMultipleCoils(0, 3, []byte{0b001}))
	if coils := bits(m.ReadCoils, 8); coils != "\x01" {
		t.Errorf("coils % x", coils)
	}
	power := func(channel uint16) uint32 {
		return binary.BigEndian.Uint32(ok(m.ReadInputRegisters(2*channel, 2)))
	}
	waitFor(t, s, func() bool { return bits(m.ReadDiscreteInputs, 16) == "\x01\x00" })
	if power(0) < 200_000 || power(1) != 0 || power(7) != 0 {
		t.Errorf("powers %d, %d, %d", power(0), power(1), power(7))
	}
	if err := s.Start(simulator.DeviceLocal, "r-chemistry-2"); err != nil {
		t.Fatal(err)
	}
	if aux := bits(m.ReadDiscreteInputs, 16); aux != "\x01\x02" {
		t.Errorf("contacts % x", aux)
	}
	_, err := m.WriteSingleCoil(1, 0xFF00)
	refusal(t, "a channel switched to local", err, 4)
	ok(m.WriteSingleCoil(0, 0))
}

func TestForeignClientOperatesABreaker(t *testing.T) {
	s := actuated(t, clock.Warped(clock.Clock{}.Now(), winter.Add(10*time.Hour), 1)) // its travel and its select are short
	m := client(t, s.Addresses()["A1"], 4)
	ok := must[[]byte](t)
	state := func() byte { return ok(m.ReadDiscreteInputs(0, 4))[0] }
	if state() != 0b1001 {
		t.Errorf("closed and charged: %04b", state())
	}
	_, err := m.WriteSingleCoil(1, 0xFF00)
	refusal(t, "operate without select", err, 4)
	_, err = m.WriteMultipleCoils(0, 2, []byte{0b11})
	refusal(t, "select and operate at once", err, 3)
	ok(m.WriteSingleCoil(0, 0xFF00))
	if got := ok(m.ReadCoils(0, 4)); string(got) != "\x01" {
		t.Errorf("selected: % x", got)
	}
	ok(m.WriteSingleCoil(0, 0))
	_, err = m.WriteSingleCoil(1, 0xFF00)
	refusal(t, "operate after the select was taken back", err, 4)
	ok(m.WriteSingleCoil(0, 0xFF00))
	ok(m.WriteSingleCoil(1, 0xFF00))
	if got := state(); got != 0b1000 && got != 0b1010 { // a busy machine may have looked away while it moved
		t.Errorf("on its way: %04b", got)
	}
	waitFor(t, s, func() bool { return state() == 0b1010 })
	if got := ok(m.ReadInputRegisters(0, 2)); string(got) != "\x00\x00\x00\x00" {
		t.Errorf("power % x of an open breaker", got)
	}
}

// waitFor waits until the zone's time has brought something about.
func waitFor(t *testing.T, s *modbusd.Server, done func() bool) {
	t.Helper()
	for began := s.Snapshot().At; !done(); {
		if s.Snapshot().At.Sub(began) > 10*time.Minute {
			t.Fatal("nothing has come of it")
		}
	}
}

func TestWrongRequestsToModules(t *testing.T) {
	s := actuated(t, still(winter))
	at := s.Addresses()["A1"]
	f := func(unit uint8, request []byte, want ...byte) {
		t.Helper()
		got, err := exchange(dial(t, at), unit, request...)
		if err != nil || string(got) != string(want) {
			t.Errorf("unit %d: request % x: answer % x, %v, want % x", unit, request, got, err, want)
		}
	}
	f(1, []byte{1, 0, 0, 0, 1}, 0x81, 1)                                     // a set-point has no coils
	f(1, []byte{5, 0, 0, 0xFF, 0}, 0x85, 1)                                  //
	f(1, []byte{3, 0, 0, 0, 6}, 0x83, 2)                                     // over the end
	f(1, []byte{3, 0, 0, 0, 0}, 0x83, 3)                                     // no register
	f(1, []byte{3, 0, 0, 0, 126}, 0x83, 3)                                   // too many for Modbus
	f(1, []byte{3, 0, 0, 0}, 0x83, 3)                                        // cut
	f(1, []byte{2, 0, 3, 0, 1}, 0x82, 2)                                     //
	f(1, []byte{6, 0, 0, 0, 1}, 0x86, 2)                                     // half a limit
	f(1, []byte{16, 0, 1, 0, 2, 4, 0, 0, 0, 0}, 0x90, 2)                     // half a limit and the time-out
	f(1, []byte{16, 0, 4, 0, 2, 4, 0, 0, 0, 0}, 0x90, 2)                     // over the end
	f(1, []byte{16, 0, 0, 0, 2, 4, 0, 0x5B, 0x8D, 0x81}, 0x90, 3)            // 6,000,001 W of 6 MW
	f(1, []byte{16, 0, 0, 0, 2, 2, 0, 0}, 0x90, 3)                           // count and bytes differ
	f(1, []byte{16, 0, 0, 0, 5, 10, 0, 0x1E, 0x84, 0x80, 0, 60, 1}, 0x90, 3) // cut
	f(1, []byte{23, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0}, 0x97, 1)
	f(1, []byte{16, 0, 0, 0, 5, 10, 0, 0x1E, 0x84, 0x80, 0, 60, 0, 0x26, 0x25, 0xA0}, 16, 0, 0, 0, 5) // all at once
	f(1, []byte{3, 0, 0, 0, 5}, 3, 10, 0, 0x1E, 0x84, 0x80, 0, 60, 0, 0x26, 0x25, 0xA0)
	f(3, []byte{3, 0, 0, 0, 1}, 0x83, 1)               // a relay module has no holding registers
	f(3, []byte{6, 0, 0, 0, 1}, 0x86, 1)               //
	f(3, []byte{5, 0, 0, 0, 1}, 0x85, 3)               // neither on nor off
	f(3, []byte{5, 0, 3, 0xFF, 0}, 0x85, 2)            // nothing behind the channel
	f(3, []byte{5, 0, 8, 0xFF, 0}, 0x85, 2)            // no channel
	f(3, []byte{15, 0, 0, 0, 9, 2, 0, 0}, 0x8F, 2)     //
	f(3, []byte{15, 0, 0, 0, 0, 0}, 0x8F, 3)           //
	f(3, []byte{1, 0, 0, 0x7, 0xD1}, 0x81, 3)          // 2001 coils
	f(3, []byte{4, 0, 15, 0, 2}, 0x84, 2)              //
	f(9, []byte{3, 0, 0, 0, 1}, 0x83, 11)              // nobody
	f(4, []byte{15, 0, 0, 0, 1, 1, 1}, 15, 0, 0, 0, 1) // one coil by the function for many
	f(4, []byte{1, 0, 0, 0, 4}, 1, 1, 1)               //
	f(4, []byte{5, 0, 4, 0xFF, 0}, 0x85, 2)            //
	f(4, []byte{43, 14, 1, 0}, 0xAB, 1)                // identification

	// Meters cannot be written, wherever they are.
	meter := s.Addresses()["L1"]
	if got, err := exchange(dial(t, meter), 1, 5, 0, 0, 0xFF, 0); err != nil || string(got) != "\x85\x01" {
		t.Errorf("write to a meter: % x, %v", got, err)
	}
}

// Modules speak RTU frames like meters, where their line does.
func TestModulesOverRTU(t *testing.T) {
	s := serve(t, modbusd.Config{World: world(t, plant.Controlled("schneider-iem3000")), Clock: still(winter), Tick: time.Hour, RTU: []metering.LineID{"A1"}})
	m := master{t, dial(t, s.Addresses()["A1"])}
	f := func(want []byte, question ...byte) {
		t.Helper()
		m.say(question...)
		m.hears(want)
	}
	f(seal(1, 16, 0, 0, 0, 2), seal(1, 16, 0, 0, 0, 2, 4, 0, 0x1E, 0x84, 0x80)...)
	f(seal(1, 3, 4, 0, 0x1E, 0x84, 0x80), seal(1, 3, 0, 0, 0, 2)...)
	f(seal(3, 5, 0, 1, 0, 0), seal(3, 5, 0, 1, 0, 0)...)
	f(seal(3, 1, 1, 0b101), seal(3, 1, 0, 0, 0, 8)...)
	// To all: no module takes it, and nobody answers.
	f(seal(3, 1, 1, 0b101), append(seal(0, 5, 0, 1, 0xFF, 0), seal(3, 1, 0, 0, 0, 8)...)...)
	if err := s.Start(simulator.DeviceOffline, "r-chemistry-2"); err != nil {
		t.Fatal(err)
	}
	f(seal(1, 3, 4, 0, 0x1E, 0x84, 0x80), append(seal(3, 1, 0, 0, 0, 8), seal(1, 3, 0, 0, 0, 2)...)...)
	if log := s.Writes(); len(log) != 2 || log[0].Source != "serial line A1" {
		t.Errorf("log %+v", log)
	}
}

// A device that does not answer leaves the others of its listener usable.
func TestSilentModule(t *testing.T) {
	s := actuated(t, still(winter))
	if err := s.Start(simulator.DeviceOffline, "sp-ceramics"); err != nil {
		t.Fatal(err)
	}
	conn := dial(t, s.Addresses()["A1"])
	if _, err := conn.Write([]byte{0, 9, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2}); err != nil {
		t.Fatal(err)
	}
	if got, err := exchange(conn, 2, 3, 0, 0, 0, 2); err != nil || len(got) != 6 {
		t.Fatalf("unit 2: % x, %v", got, err)
	}
	if err := s.Write(simulator.Write{Actuator: "sp-ceramics", What: simulator.WriteLimit, Value: 1}); !errors.Is(err, simulator.ErrNoAnswer) {
		t.Errorf("a write to it: %v", err)
	}
	if err := s.StopAt(simulator.DeviceOffline, "sp-ceramics"); err != nil {
		t.Fatal(err)
	}
	if got, err := exchange(conn, 1, 3, 0, 0, 0, 2); err != nil || len(got) != 6 {
		t.Fatalf("unit 1: % x, %v", got, err)
	}
}

// A server that is started again on its journal knows what was written.
func TestJournalKeepsWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	serveOnce := func(at time.Time, do func(*modbusd.Server)) simulator.ActuatorView {
		w := world(t, plant.Controlled("schneider-iem3000"))
		s, err := modbusd.Listen(modbusd.Config{World: w, Library: library(t), Clock: still(at), Tick: time.Hour, Journal: path, Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		do(s)
		v, _ := s.Snapshot().Actuator("sp-data")
		ctx, cancel := contextEnded()
		defer cancel()
		if err := s.Serve(ctx); err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := serveOnce(winter.Add(10*time.Hour), func(s *modbusd.Server) {
		for _, wr := range []simulator.Write{
			{Actuator: "sp-data", What: simulator.WriteLimit, Value: 1_600_000, Source: "test"},
			{Actuator: "r-chemistry-1", What: simulator.WriteCoil},
		} {
			if err := s.Write(wr); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Write(simulator.Write{Actuator: "sp-data", What: simulator.WriteLimit, Value: -1}); err == nil {
			t.Error("a limit below zero was taken")
		}
	})
	if first.Limit != 1600*metering.Kilowatt {
		t.Errorf("first %+v", first)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), `"write":`) != 2 || strings.Contains(string(text), `"value":-1`) {
		t.Errorf("journal %s, %v", text, err)
	}
	again := serveOnce(winter.Add(10*time.Hour+5*time.Minute), func(s *modbusd.Server) {
		if r, _ := s.Snapshot().Actuator("r-chemistry-1"); r.Coil || r.AuxClosed {
			t.Errorf("relay %+v", r)
		}
	})
	if again.InForce != 1600*metering.Kilowatt || again.Served > again.InForce {
		t.Errorf("again %+v", again)
	}
}

// What spoils answers to meters spoils those of modules too: a write whose answer is
// lost was done all the same, and a read tells it.
func TestModulesBehindTheFaultProxy(t *testing.T) {
	s := actuated(t, still(winter))
	p, err := faultproxy.Listen("127.0.0.1:0", faultproxy.MBAP, faultproxy.TCP(s.Addresses()["A1"]), 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if err := p.Set(faultproxy.Faults{Chance: map[faultproxy.Kind]float64{faultproxy.Cut: 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, p.Addr(), 2).WriteMultipleRegisters(0, 2, bytes32(1_700_000)); err == nil {
		t.Fatal("the answer came through")
	}
	if err := p.Set(faultproxy.Faults{}); err != nil {
		t.Fatal(err)
	}
	if got := must[[]byte](t)(client(t, p.Addr(), 2).ReadHoldingRegisters(0, 2)); string(got) != string(bytes32(1_700_000)) {
		t.Errorf("the limit reads % x", got)
	}
}

func TestSitesWhoseModulesCannotBeServed(t *testing.T) {
	f := func(want string, spoil func(*metering.Site)) {
		t.Helper()
		site := plant.Controlled("schneider-iem3000")
		spoil(site)
		_, err := modbusd.Listen(modbusd.Config{World: world(t, site), Library: library(t), Clock: still(winter), Log: quiet})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one with %q", err, want)
		}
	}
	f(`actuator sp-data: no simulated setpoint is a "plc-7"`, func(s *metering.Site) { s.Actuators[1].Model = "plc-7" })
	f("is taken by meter M-04", func(s *metering.Site) { s.Actuators[1].Address = "L1" })
	f("has no channel 9", func(s *metering.Site) { s.Actuators[2].Channel = 9 })
	f("has no channel 2", func(s *metering.Site) { s.Actuators[0].Channel = 2 })
	f("channel 1 of unit 3 of line A1 is taken by actuator r-chemistry-1", func(s *metering.Site) { s.Actuators[3].Channel = 1 })
	f("unit 1 of line A1 is a asue-setpoint", func(s *metering.Site) { s.Actuators[2].Unit = 1 })
}
