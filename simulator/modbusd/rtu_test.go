package modbusd_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	goburrow "github.com/goburrow/modbus"
	"github.com/goburrow/serial"

	"asue/collector/regmap"
	"asue/metering"
	"asue/simulator"
	"asue/simulator/internal/plant"
	"asue/simulator/modbusd"
)

// A foreign RTU master on the serial port reads the same words as one on TCP,
// from every meter of the line and for every block of its model.
func TestSerialPortReadsWhatTCPReads(t *testing.T) {
	lib := library(t)
	site := plant.Small("eastron-sdm630", "schneider-iem3000", "siemens-pac3200", "carlo-gavazzi-em330-em340")
	s := serve(t, modbusd.Config{World: world(t, site), Library: lib, Clock: still(winter.Add(time.Hour)), Tick: time.Hour, Serial: []metering.LineID{"L1"}})
	handler := goburrow.NewRTUClientHandler(s.SerialPorts()["L1"])
	handler.BaudRate, handler.Parity, handler.StopBits, handler.Timeout = 115200, "N", 1, 5*time.Second
	defer handler.Close()
	client := goburrow.NewClient(handler)
	seen := 0
	for _, m := range site.Meters {
		if m.Line != "L1" {
			continue
		}
		model, _ := lib.Model(m.Model)
		for _, b := range model.Plan(regmap.Groups()...) {
			handler.SlaveId = m.Unit
			ask := client.ReadHoldingRegisters
			if b.Function == 4 {
				ask = client.ReadInputRegisters
			}
			answer, err := ask(b.Address, b.Count)
			if err != nil {
				t.Fatalf("unit %d %v: %v", m.Unit, b, err)
			}
			if want := read(t, s.Addresses()[m.Line], m.Unit, b); !slices.Equal(words(answer), want) {
				t.Errorf("unit %d %v: %v, want %v", m.Unit, b, words(answer), want)
			}
			seen++
		}
	}
	if seen < 10 {
		t.Errorf("only %d blocks", seen)
	}
}

// master is a raw end of a line in RTU frames.
type master struct {
	t *testing.T
	net.Conn
}

func (m master) say(bytes ...byte) {
	m.t.Helper()
	if _, err := m.Write(bytes); err != nil {
		m.t.Fatal(err)
	}
}

// hears reads so many bytes as are wanted, or makes sure that nothing comes
// before the answer to a question that is right.
func (m master) hears(want []byte) {
	m.t.Helper()
	if want == nil {
		m.say(control...)
		want = controlled
	}
	got := make([]byte, len(want))
	if err := m.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		m.t.Fatal(err)
	}
	for n := 0; n < len(got); {
		k, err := m.Read(got[n:])
		if n += k; err != nil {
			m.t.Fatalf("% x, %v, want % x", got[:n], err, want)
		}
	}
	if !bytes.Equal(got, want) {
		m.t.Fatalf("% x, want % x", got, want)
	}
}

// seal appends the check sum: of 01 03 0b bd 00 01 it is 17 ca by the
// specification's procedure, written down here a second time.
func seal(b ...byte) []byte {
	sum := uint16(0xFFFF)
	for _, c := range b {
		sum ^= uint16(c)
		for range 8 {
			odd := sum & 1
			if sum >>= 1; odd == 1 {
				sum ^= 0xA001
			}
		}
	}
	return binary.LittleEndian.AppendUint16(b, sum)
}

// Unit 2 is an iEM3000, whose register 0x0BBD lies in a hole.
var (
	control    = seal(2, 3, 0x0b, 0xbd, 0, 1)
	controlled = seal(2, 3, 2, 0, 0)
)

// twoModels has an SDM630 as unit 1 of L1 and an iEM3000 as unit 2.
func twoModels() *metering.Site { return plant.Small("eastron-sdm630", "schneider-iem3000") }

func converter(t *testing.T) (*modbusd.Server, master) {
	t.Helper()
	s := serve(t, modbusd.Config{World: world(t, twoModels()), Clock: still(winter), Tick: time.Hour, RTU: []metering.LineID{"L1"}})
	return s, master{t, dial(t, s.Addresses()["L1"])}
}

// What a slave says, and above all what it does not say.
func TestSlaveRules(t *testing.T) {
	s, m := converter(t)
	f := func(want []byte, question ...byte) {
		t.Helper()
		m.say(question...)
		m.hears(want)
	}
	f(controlled, control...)
	f(seal(2, 0x83, 2), seal(2, 3, 0x0b, 0xb6, 0, 2)...)                   // before the map
	f(seal(2, 0x83, 3), seal(2, 3, 0x0b, 0xb7, 0, 126)...)                 // too many
	f(seal(2, 0x86, 1), seal(2, 6, 0x0c, 0x83, 0, 1)...)                   // write a register
	f(seal(2, 0x90, 1), seal(2, 16, 0x0c, 0x83, 0, 1, 2, 0, 0)...)         // write registers
	f(seal(2, 0xab, 1), seal(2, 43, 14, 1, 0)...)                          // whose end only silence tells
	f(nil, seal(200, 3, 0x0b, 0xbd, 0, 1)...)                              // another's
	f(nil, seal(0, 3, 0x0b, 0xbd, 0, 1)...)                                // to all
	f(nil, 2, 3, 0x0b, 0xbd, 0, 1, 0x17, 0x17)                             // a wrong sum
	f(controlled, append([]byte{0xFF, 0, 2, 3, 0x0b}, control...)...)      // junk before it
	f(controlled, append(seal(200, 3, 0x0b, 0xbd, 0, 1), control...)...)   // behind another's
	f(controlled, append(bytes.Repeat([]byte{2}, 1000), control...)...)    // much junk
	f(controlled, append([]byte("GET / HTTP/1.1\r\n\r\n"), control...)...) // a browser
	if s.Requests() < 10 {
		t.Errorf("%d requests counted", s.Requests())
	}
	if err := s.Start(simulator.MeterSilent, "M-01"); err != nil {
		t.Fatal(err)
	}
	f(nil, seal(1, 4, 0, 0, 0, 2)...) // silent
}

// A question that comes in pieces is one, whatever the pieces.
func TestQuestionInPieces(t *testing.T) {
	_, m := converter(t)
	for at := 1; at < len(control); at++ {
		m.say(control[:at]...)
		m.say(control[at:]...)
		m.hears(controlled)
	}
}

// ServeRTU takes any stream, such as a port of the machine's own.
func TestServeRTUOnAStream(t *testing.T) {
	s, _ := converter(t)
	ours, theirs := net.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.ServeRTU(ctx, theirs, "L1") }()
	m := master{t, ours}
	m.say(control...)
	m.hears(controlled)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := ours.Write(control); err == nil {
		t.Error("the stream is still open")
	}
	_, theirs = net.Pipe()
	if err := s.ServeRTU(t.Context(), theirs, "L9"); err == nil || !strings.Contains(err.Error(), `"L9"`) || !strings.Contains(err.Error(), "L1 L2 L3") {
		t.Errorf("an unknown line: %v", err)
	}
}

// At 9600 baud question and answer of 15 characters take 17 ms.
func TestAnswersTakeTheirTimeOnTheWire(t *testing.T) {
	site := plant.Small("schneider-iem3000")
	s := serve(t, modbusd.Config{World: world(t, site), Clock: still(winter), Tick: time.Hour, RTU: []metering.LineID{"L1"}, Baud: 9600})
	m := master{t, dial(t, s.Addresses()["L1"])}
	asked := time.Now()
	m.say(control...)
	m.hears(controlled)
	if took := time.Since(asked); took < 17*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

func TestUnknownRTULines(t *testing.T) {
	for _, cfg := range []modbusd.Config{{RTU: []metering.LineID{"L9"}}, {Serial: []metering.LineID{"L9"}}} {
		cfg.World, cfg.Library, cfg.Clock = world(t, plant.Small("schneider-iem3000")), library(t), still(winter)
		if _, err := modbusd.Listen(cfg); err == nil || !strings.Contains(err.Error(), `no line "L9"`) {
			t.Errorf("%v", err)
		}
	}
}

// The serial port stays when a program has used it and gone.
func TestSerialPortIsThereForTheNextProgram(t *testing.T) {
	s := serve(t, modbusd.Config{World: world(t, twoModels()), Clock: still(winter), Tick: time.Hour, Serial: []metering.LineID{"L1"}})
	for range 3 {
		port, err := serial.Open(&serial.Config{Address: s.SerialPorts()["L1"], BaudRate: 19200, DataBits: 8, StopBits: 1, Parity: "E", Timeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := port.Write(control); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(controlled))
		for n := 0; n < len(got); {
			k, err := port.Read(got[n:])
			if n += k; err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, controlled) {
			t.Fatalf("% x", got)
		}
		port.Close()
	}
}
