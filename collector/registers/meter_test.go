package registers_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"asue/collector/device"
	"asue/collector/devicetest"
	"asue/collector/registers"
	"asue/collector/regmap"
	"asue/metering"
)

func library(t testing.TB) *regmap.Library {
	t.Helper()
	lib, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// bank is a bus with one unit, 7, that holds a model's registers.
type bank struct {
	words map[[2]uint16]uint16 // by function and address

	mu    sync.Mutex
	how   devicetest.Behaviour
	reads []string
}

func newBank(m *regmap.Model) *bank {
	b := &bank{words: map[[2]uint16]uint16{}}
	base := uint16(0)
	if m.SunSpec > 0 { // its chain: the common model, the one of the map, the end
		base = 40070
		marker := regmap.SunSpecMarker()
		b.put(3, 40000, marker[0], marker[1], 1, 66)
		text := make([]uint16, 16)
		regmap.EncodeText(&regmap.Register{Type: regmap.ASCII, Length: 16}, "SN-4711", text)
		b.put(3, 40002+50, text...)
	}
	for i := range m.Registers {
		r := &m.Registers[i]
		dst := make([]uint16, r.Words())
		if r.Type == regmap.ASCII {
			regmap.EncodeText(r, "SN-4711", dst)
		} else {
			for j := range dst { // no two words alike
				dst[j] = uint16(uint32(int(r.Address)+j)*40503>>2) & 0x3FFF
			}
		}
		b.put(uint16(r.Function), base+r.Address, dst...)
	}
	if m.SunSpec > 0 {
		b.put(3, base, uint16(m.SunSpec), 124)
		b.put(3, base+126, 0xFFFF, 0)
	}
	return b
}

func (b *bank) put(function, address uint16, words ...uint16) {
	for i, w := range words {
		b.words[[2]uint16{function, address + uint16(i)}] = w
	}
}

type exception byte

func (e exception) Error() string         { return fmt.Sprintf("exception %d", byte(e)) }
func (e exception) ModbusException() byte { return byte(e) }

type unplugged struct{}

func (unplugged) Error() string     { return "connection refused" }
func (unplugged) Unreachable() bool { return true }

var errSilence = errors.New("no answer within 1s")

func (b *bank) ReadInto(ctx context.Context, unit, function uint8, address uint16, dst []uint16) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	b.reads = append(b.reads, fmt.Sprintf("%d..%d", address, int(address)+len(dst)-1))
	switch b.how {
	case devicetest.Silent:
		return errSilence
	case devicetest.Refuses:
		return exception(2)
	case devicetest.Busy:
		return exception(6)
	case devicetest.Faulty:
		return exception(4)
	case devicetest.Absent:
		return exception(11)
	case devicetest.Unplugged:
		return unplugged{}
	}
	if unit != 7 {
		return exception(11)
	}
	for i := range dst {
		dst[i] = b.words[[2]uint16{uint16(function), address + uint16(i)}]
	}
	return nil
}

func (b *bank) Suspect(uint8) bool { return false }

func (b *bank) Trust(uint8) {}

func (b *bank) Owed(uint8, uint8, uint16) bool { return false }

func (b *bank) Close() error { return nil }

// The driver of every model that we have passes the suite.
func TestDriver(t *testing.T) {
	lib := library(t)
	for _, id := range []string{"schneider-iem3000", "eastron-sdm630", "siemens-pac3200", "carlo-gavazzi-em330-em340", "sunspec-203", "sunspec-213"} {
		t.Run(id, func(t *testing.T) {
			m, ok := lib.Model(id)
			if !ok {
				t.Fatal("no such model")
			}
			devicetest.Run(t, func(t *testing.T) devicetest.Subject {
				b := newBank(m)
				meter := registers.New(b, 7, registers.NewPlan(m, regmap.TCPCost()), metering.Direct, metering.Direct)
				return devicetest.Subject{Line: b, Meter: meter, Serial: serialOf(t, meter), Behave: func(how devicetest.Behaviour) bool {
					b.mu.Lock()
					defer b.mu.Unlock()
					b.how = how
					return true
				}}
			})
		})
	}
}

// serialOf asks once what the meter says.
func serialOf(t *testing.T, m *registers.Meter) string {
	t.Helper()
	serial := ""
	for _, r := range m.Requests() {
		var a device.Answer
		if r.Group() == device.Ident && r.Ask(t.Context(), &a) == nil && a.Identity.Serial != "" {
			serial = a.Identity.Serial
		}
	}
	return serial
}

// haunted is a bus on which answers can be very late: a question is not answered,
// and its answer is given to a later question of the same length. That is what RTU
// can come to, whatever a line does.
type haunted struct {
	bank
	lose    func() bool
	owed    [][]uint16
	suspect bool
}

func (h *haunted) ReadInto(ctx context.Context, unit, function uint8, address uint16, dst []uint16) error {
	right := make([]uint16, len(dst))
	if err := h.bank.ReadInto(ctx, unit, function, address, right); err != nil {
		return err
	}
	if i := slices.IndexFunc(h.owed, func(o []uint16) bool { return len(o) == len(dst) }); i >= 0 {
		// The old answer comes now; the right one is late in its turn, or lost.
		copy(dst, h.owed[i])
		h.owed = slices.Delete(h.owed, i, i+1)
		return nil
	}
	if len(h.owed) > 0 { // an answer of another length is no answer
		h.owed, h.suspect = nil, true
		return errSilence
	}
	if h.lose() {
		h.owed, h.suspect = append(h.owed, right), true
		return errSilence
	}
	copy(dst, right)
	return nil
}

func (h *haunted) Suspect(uint8) bool { return h.suspect }

func (h *haunted) Trust(uint8) { h.suspect = false }

func (h *haunted) Owed(_, _ uint8, count uint16) bool {
	return slices.ContainsFunc(h.owed, func(o []uint16) bool { return len(o) == int(count) })
}

// However late answers are, no value of another block is ever taken, and the meter
// comes back by itself.
func TestLateAnswersAreNeverTaken(t *testing.T) {
	lib := library(t)
	for _, id := range lib.IDs() {
		m, _ := lib.Model(id)
		rapid.Check(t, func(t *rapid.T) {
			losing := true
			h := &haunted{bank: *newBank(m), lose: func() bool { return losing && rapid.IntRange(0, 3).Draw(t, "fate") == 0 }}
			meter := registers.New(h, 7, registers.NewPlan(m, regmap.SerialCost(9600, false)), metering.Direct, metering.Direct)
			want := map[device.Request][]metering.Reading{}
			truth := registers.New(newBank(m), 7, registers.NewPlan(m, regmap.SerialCost(9600, false)), metering.Direct, metering.Direct)
			requests := meter.Requests()
			for i, r := range truth.Requests() {
				var a device.Answer
				if err := r.Ask(context.Background(), &a); err != nil {
					t.Fatal(err)
				}
				want[requests[i]] = a.Readings
			}
			ask := func(r device.Request) error {
				var a device.Answer
				if err := askApart(r, &a); err != nil {
					return err
				}
				if !slices.Equal(a.Readings, want[r]) {
					t.Fatalf("%s: %v: %v, not %v", id, r, a.Readings, want[r])
				}
				return nil
			}
			for range rapid.IntRange(1, 40).Draw(t, "questions") {
				_ = ask(requests[rapid.IntRange(0, len(requests)-1).Draw(t, "block")]) // errors are honest
			}
			losing = false
			var err error
			for range 5 {
				if err = ask(requests[0]); err == nil {
					return
				}
			}
			t.Fatalf("%s: does not come back: %v", id, err)
		})
	}
}

// askApart asks a request, or those that stand for it just now.
func askApart(r device.Request, a *device.Answer) error {
	parts := r.Apart()
	if len(parts) == 0 {
		return r.Ask(context.Background(), a)
	}
	for _, p := range parts {
		if err := askApart(p, a); err != nil {
			return err
		}
	}
	return nil
}
