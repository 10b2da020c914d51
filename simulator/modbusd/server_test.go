package modbusd_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/simulator"
	"asue/simulator/internal/plant"
	"asue/simulator/modbusd"
)

// exchange sends the body of a request to a unit and returns the body of the
// answer.
func exchange(conn net.Conn, unit uint8, body ...byte) ([]byte, error) {
	frame := append([]byte{0x12, 0x34, 0, 0, 0, byte(len(body) + 1), unit}, body...)
	if _, err := conn.Write(frame); err != nil {
		return nil, err
	}
	answer := make([]byte, 260)
	n, err := conn.Read(answer)
	if err != nil {
		return nil, err
	}
	head := []byte{0x12, 0x34, 0, 0, 0, byte(n - 6), unit}
	if n < 8 || !bytes.Equal(answer[:7], head) {
		return nil, fmt.Errorf("answer % x does not begin with % x", answer[:n], head)
	}
	return answer[7:n], nil
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestAnswersToWrongRequests(t *testing.T) {
	// Three models on line L1, units 1 to 3; the SDM630 refuses more than 60
	// registers, the EM340 has another register at 11 when it is read alone.
	site := plant.Small("eastron-sdm630", "schneider-iem3000", "siemens-pac3200", "carlo-gavazzi-em330-em340")
	lib := library(t)
	s := serve(t, modbusd.Config{World: world(t, site), Library: lib, Clock: still(winter), Tick: time.Hour})
	unit := func(model string) (net.Conn, uint8) {
		for _, m := range site.Meters {
			if m.Model == model {
				return dial(t, s.Addresses()[m.Line]), m.Unit
			}
		}
		t.Fatalf("no %s", model)
		return nil, 0
	}
	f := func(model string, request []byte, want ...byte) {
		t.Helper()
		conn, u := unit(model)
		got, err := exchange(conn, u, request...)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: request % x: answer % x, %v, want % x", model, request, got, err, want)
		}
	}
	f("schneider-iem3000", []byte{6, 0x0c, 0x83, 0, 1}, 0x86, 1)             // write a register
	f("schneider-iem3000", []byte{16, 0x0c, 0x83, 0, 1, 2, 0, 0}, 0x90, 1)   // write registers
	f("schneider-iem3000", []byte{5, 0, 0, 0xff, 0}, 0x85, 1)                // write a coil
	f("schneider-iem3000", []byte{43, 14, 1, 0}, 0xab, 1)                    // identification
	f("schneider-iem3000", []byte{4, 0x0b, 0xb7, 0, 2}, 0x84, 1)             // holding registers only
	f("schneider-iem3000", []byte{3, 0x0b, 0xb7, 0, 0}, 0x83, 3)             // no register
	f("schneider-iem3000", []byte{3, 0x0b, 0xb7, 0, 126}, 0x83, 3)           // too many for Modbus
	f("schneider-iem3000", []byte{3, 0x0b, 0xb7, 0}, 0x83, 3)                // cut request
	f("schneider-iem3000", []byte{3, 0x0b, 0xb6, 0, 2}, 0x83, 2)             // before the map
	f("schneider-iem3000", []byte{3, 0xff, 0xff, 0, 2}, 0x83, 2)             // over the end of all addresses
	f("schneider-iem3000", []byte{3, 0x0b, 0xbd, 0, 1}, 3, 2, 0, 0)          // a hole in the map
	f("eastron-sdm630", []byte{4, 0, 0, 0, 62}, 0x84, 3)                     // too many for the model
	f("carlo-gavazzi-em330-em340", []byte{4, 0, 11, 0, 1}, 4, 2, 0x01, 0x4c) // 332, read alone
	f("carlo-gavazzi-em330-em340", []byte{4, 0, 10, 0, 51}, 0x84, 3)         // too many for the model

	conn, _ := unit("schneider-iem3000")
	for _, stranger := range []uint8{0, 200, 255} {
		if got, err := exchange(conn, stranger, 3, 0, 0, 0, 1); err != nil || !bytes.Equal(got, []byte{0x83, 11}) {
			t.Errorf("unit %d: % x, %v, want exception 11", stranger, got, err)
		}
	}
	if s.Requests() == 0 {
		t.Error("no request was counted")
	}
}

func TestWhatIsNotModbusEndsTheConnection(t *testing.T) {
	site := plant.Small("schneider-iem3000")
	s := serve(t, modbusd.Config{World: world(t, site), Clock: still(winter), Tick: time.Hour})
	for _, frame := range []string{
		"GET / HTTP/1.1\r\n\r\n",
		"\x00\x01\x00\x00\x00\x01\x01",     // no function
		"\x00\x01\x00\x00\x01\x00\x01\x03", // 256 bytes
	} {
		conn := dial(t, s.Addresses()["L1"])
		if _, err := conn.Write([]byte(frame)); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(make([]byte, 10)); err == nil {
			t.Errorf("%q got an answer of %d bytes", frame, n)
		} else if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%q left the connection open", frame)
		}
	}
}

func TestSilentMeterLeavesItsGatewayUsable(t *testing.T) {
	site := plant.Small("schneider-iem3000")
	s := serve(t, modbusd.Config{World: world(t, site), Clock: still(winter), Tick: time.Hour})
	if err := s.Start(simulator.MeterSilent, "M-01"); err != nil {
		t.Fatal(err)
	}
	conn := dial(t, s.Addresses()["L1"])
	ask := []byte{3, 0x0b, 0xb7, 0, 2}
	// Unit 1 is asked and says nothing; the answer that comes is unit 2's.
	if _, err := conn.Write(append([]byte{0, 9, 0, 0, 0, 6, 1}, ask...)); err != nil {
		t.Fatal(err)
	}
	if got, err := exchange(conn, 2, ask...); err != nil || len(got) != 6 {
		t.Fatalf("unit 2: % x, %v", got, err)
	}
	if err := s.Stop(simulator.MeterSilent); err != nil {
		t.Fatal(err)
	}
	if got, err := exchange(conn, 1, ask...); err != nil || len(got) != 6 {
		t.Fatalf("unit 1 after the scenario: % x, %v", got, err)
	}
	if err := s.Start("flood", ""); err == nil {
		t.Error("an unknown scenario was started")
	}
}

// A simulator that was ended and started again on its journal shows the same
// registers as one that ran through.
func TestRestartOnTheJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	at := winter
	session := func(after time.Duration, scenario string) *simulator.Snapshot {
		t.Helper()
		at = at.Add(after)
		w := world(t, plant.Small("schneider-iem3000"))
		s, err := modbusd.Listen(modbusd.Config{World: w, Library: library(t), Clock: still(at), Journal: path, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if scenario != "" {
			if err := s.Start(scenario, ""); err != nil {
				t.Fatal(err)
			}
		}
		end(t, s)
		return s.Snapshot()
	}
	if _, err := modbusd.ReadJournalHead(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("head of no journal: %v", err)
	}
	session(5*time.Minute, simulator.MorningPeak)
	session(10*time.Minute, simulator.KaratagaiLost)
	text, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := text.WriteString(`{"at":"2026-`); err != nil { // a crash in the middle of a line
		t.Fatal(err)
	}
	text.Close()
	dead := session(3*time.Minute, simulator.Calm)
	if zone := dead.Zone(); zone < 8*metering.Megawatt {
		t.Errorf("after calm %v", zone)
	}
	last := session(time.Hour, "")

	through := world(t, plant.Small("schneider-iem3000"))
	for _, e := range []simulator.Event{
		{At: winter.Add(5 * time.Minute), Scenario: simulator.MorningPeak},
		{At: winter.Add(15 * time.Minute), Scenario: simulator.KaratagaiLost},
		{At: winter.Add(18 * time.Minute), Scenario: simulator.Calm},
	} {
		through.StepTo(e.At)
		if err := through.Start(e.Scenario, ""); err != nil {
			t.Fatal(err)
		}
	}
	through.StepTo(last.At)
	for _, p := range through.Points() {
		// The sessions' scenarios came microseconds after the full minute.
		m, _ := last.Point(p)
		if got, want := m.Active, through.Truth(p, metering.ChannelActiveImport); got < want-50 || got > want+50 {
			t.Errorf("%s: %d mWh after restarts, %d without", p, got, want)
		}
	}

	head, err := modbusd.ReadJournalHead(path)
	if err != nil || head.Site != "small" || head.Seed != 1 || !head.Origin.Equal(winter) {
		t.Errorf("head %+v, %v", head, err)
	}
	other, err := simulator.New(plant.Small("schneider-iem3000"), 2, winter)
	if err != nil {
		t.Fatal(err)
	}
	_, err = modbusd.Listen(modbusd.Config{World: other, Library: library(t), Clock: still(winter), Journal: path})
	if err == nil || !strings.Contains(err.Error(), "seed 1") {
		t.Errorf("another world's journal: %v", err)
	}
	if err := os.WriteFile(path, []byte("hello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := modbusd.ReadJournalHead(path); err == nil || !strings.Contains(err.Error(), "journal:1") {
		t.Errorf("not a journal: %v", err)
	}
}

// end serves no request and ends a server.
func end(t *testing.T, s *modbusd.Server) {
	t.Helper()
	ctx, cancel := contextEnded()
	defer cancel()
	if err := s.Serve(ctx); err != nil {
		t.Fatal(err)
	}
}

// The world is looked at exactly on the quarter of an hour, and registers go on.
func TestSnapshotsOnTheQuarter(t *testing.T) {
	quarter := winter.Add(15 * time.Minute)
	seen := make(chan time.Time, 1000)
	lib, w := library(t), world(t, plant.Small("schneider-iem3000"))
	serve(t, modbusd.Config{
		World: w, Library: lib, Tick: 333 * time.Millisecond,
		Clock:      clock.Warped(clock.Clock{}.Now(), quarter.Add(-10*time.Second), 20),
		OnSnapshot: func(s *simulator.Snapshot) { seen <- s.At },
	})
	var last time.Time
	for at := range seen {
		if !at.After(last) {
			t.Fatalf("snapshot at %v after one at %v", at, last)
		}
		if last = at; at.Equal(quarter) {
			return
		}
		if at.After(quarter) {
			t.Fatalf("first snapshot after the quarter at %v", at)
		}
	}
}

func TestWhatCannotBeServed(t *testing.T) {
	f := func(site *metering.Site, address func(metering.LineID) string, parts ...string) {
		t.Helper()
		w := world(t, site)
		_, err := modbusd.Listen(modbusd.Config{World: w, Library: library(t), Clock: still(winter), Address: address, Log: slog.New(slog.DiscardHandler)})
		for _, part := range parts {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("error %v does not say %q", err, part)
			}
		}
	}
	f(plant.Small("abacus"), nil, "meter M-01", "meter M-14", `unknown model "abacus"`, "eastron-sdm630")
	twice := plant.Small("eastron-sdm630")
	twice.Meters[3].Unit = 1
	f(twice, nil, "meter M-04", "unit 1 of line L1 is taken by meter M-01")

	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	f(plant.Small("eastron-sdm630"), func(metering.LineID) string { return busy.Addr().String() },
		"line L1", busy.Addr().String(), "in use", "--listen")
}

func TestPortsOfLines(t *testing.T) {
	site := plant.Small("eastron-sdm630")
	at, err := modbusd.Ports(site, "127.0.0.1:5020")
	if err != nil || at("L1") != "127.0.0.1:5020" || at("L3") != "127.0.0.1:5022" {
		t.Errorf("%v, %v, %v", err, at("L1"), at("L3"))
	}
	if at, err := modbusd.Ports(site, "[::1]:0"); err != nil || at("L2") != "[::1]:0" {
		t.Errorf("%v, %v", err, at("L2"))
	}
	for _, wrong := range []string{"5020", "host:port", "127.0.0.1:65534", "127.0.0.1:70000", "127.0.0.1:-1"} {
		if _, err := modbusd.Ports(site, wrong); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	lib := library(b)
	site := exampleSite(b, lib)
	s := serve(b, modbusd.Config{World: world(b, site), Library: lib, Clock: still(winter), Tick: time.Hour})
	m := site.Meters[0]
	model, _ := lib.Model(m.Model)
	block := model.Plan(regmap.Fast)[0]
	conn, err := net.Dial("tcp", s.Addresses()[m.Line])
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := exchange(conn, m.Unit, block.Function, byte(block.Address>>8), byte(block.Address), 0, byte(block.Count)); err != nil {
			b.Fatal(err)
		}
	}
}
