package collector_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"asue/collector"
	"asue/collector/device"
	"asue/collector/registers"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/wire"
)

// meterModel is a small meter: power and voltage with a hole between them that
// some meters refuse, a counter of one kilowatt-hour per second since noon, a
// power factor and a serial number.
func meterModel() *regmap.Model {
	return &regmap.Model{
		ID: "test-meter", Revision: 3, MaxRegisters: 60, MaxHole: 30,
		Registers: []regmap.Register{
			{Name: "p", Quantity: metering.ActivePower, Function: 3, Address: 0, Type: regmap.I32, Order: regmap.BigWords, Scale: 1, Group: regmap.Fast},
			{Name: "u", Quantity: metering.VoltageLL, Function: 3, Address: 20, Type: regmap.U16, Order: regmap.BigWords, Scale: 1, Group: regmap.Fast},
			{Name: "pf", Quantity: metering.PowerFactor, Function: 3, Address: 60, Type: regmap.I16, Order: regmap.BigWords, Scale: 0.001, Group: regmap.Slow},
			{Name: "ea", Quantity: metering.ActiveImport, Function: 3, Address: 100, Type: regmap.U32, Order: regmap.BigWords, Scale: 1000, Step: 1_000_000, Modulus: 1 << 32, Group: regmap.EnergyGroup},
			{Name: "serial", Function: 3, Address: 200, Type: regmap.U32, Order: regmap.BigWords, Scale: 1, Group: device.Ident},
		},
	}
}

// Errors of the fake bus, as the contract of collector.Bus has them.
type modbusError byte

func (e modbusError) Error() string         { return fmt.Sprintf("modbus exception %d", byte(e)) }
func (e modbusError) ModbusException() byte { return byte(e) }

type noConnection struct{}

func (noConnection) Error() string     { return "connection refused" }
func (noConnection) Unreachable() bool { return true }

var errTimeout = errors.New("no answer within 1s")

// plant is a bus with meters on it, inside a synctest bubble.
type plant struct {
	latency time.Duration // of every answer
	// answer may change what a read gives; nil error goes on to the image.
	answer func(unit uint8, address, count uint16) (time.Duration, error)
	noon   time.Time

	mu     sync.Mutex
	reads  []readCall
	closed bool
}

type readCall struct {
	at      time.Time
	unit    uint8
	address uint16
	count   uint16
	err     error
}

func (p *plant) ReadInto(ctx context.Context, unit, function uint8, address uint16, words []uint16) error {
	start, count := time.Now(), uint16(len(words))
	latency, err := p.latency, error(nil)
	if p.answer != nil {
		var extra time.Duration
		extra, err = p.answer(unit, address, count)
		latency += extra
	}
	if ctxErr := (clock.Clock{}).Sleep(ctx, latency); ctxErr != nil {
		err = ctxErr
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reads = append(p.reads, readCall{start, unit, address, count, err})
	if err != nil {
		return err
	}
	for i := range words {
		words[i] = p.word(unit, address+uint16(i))
	}
	return nil
}

func (p *plant) Suspect(uint8) bool { return false }

func (p *plant) Trust(uint8) {}

func (p *plant) Owed(uint8, uint8, uint16) bool { return false }

// word is a register's content: power is 1000 times the unit, voltage 400.
func (p *plant) word(unit uint8, address uint16) uint16 {
	switch address {
	case 1:
		return uint16(unit) * 1000
	case 20:
		return 400
	case 60:
		return 950
	case 101:
		return uint16(time.Since(p.noon) / time.Second)
	case 201:
		return 4700 + uint16(unit)
	}
	return 0
}

func (p *plant) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

func (p *plant) calls() []readCall {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]readCall(nil), p.reads...)
}

// basket collects batches.
type basket struct {
	mu      sync.Mutex
	batches []wire.Batch
}

func (b *basket) put(batch wire.Batch) {
	batch.Snapshots = slices.Clone(batch.Snapshots)
	for i := range batch.Snapshots {
		batch.Snapshots[i].Readings = slices.Clone(batch.Snapshots[i].Readings)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.batches = append(b.batches, batch)
}

func (b *basket) all() []wire.Batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]wire.Batch(nil), b.batches...)
}

// of lists the snapshots of one meter in the order in which they were taken.
func (b *basket) of(id metering.MeterID) []metering.Snapshot {
	var list []metering.Snapshot
	for _, batch := range b.all() {
		for _, s := range batch.Snapshots {
			if s.Meter == id {
				list = append(list, s)
			}
		}
	}
	return list
}

// bus is what a line's meters share.
type bus interface {
	registers.Bus
	Close() error
}

func modbusMeter(b registers.Bus, unit uint8, m *regmap.Model) *registers.Meter {
	return registers.New(b, unit, registers.NewPlan(m, regmap.TCPCost()), metering.Direct, metering.Direct)
}

func meterID(n int) metering.MeterID { return metering.MeterID(fmt.Sprintf("m%02d", n)) }

func config(p *plant, b *basket, meters int) collector.Config {
	line := collector.LineConfig{ID: "line-1", Line: p}
	for n := 1; n <= meters; n++ {
		line.Meters = append(line.Meters, collector.MeterConfig{ID: meterID(n), Device: modbusMeter(p, uint8(n), meterModel())})
	}
	return collector.Config{Site: "site", Name: "col-1", Lines: []collector.LineConfig{line}, Sink: b.put}
}

// poll runs a collector in a bubble for a while and returns its figures and what
// it gave. The bubble's clock starts at midnight of 2000-01-01 UTC.
func poll(t *testing.T, p *plant, meters int, d time.Duration, change func(*collector.Config)) (collector.Stats, *basket) {
	t.Helper()
	var stats collector.Stats
	b := &basket{}
	synctest.Test(t, func(t *testing.T) {
		p.noon = time.Now()
		cfg := config(p, b, meters)
		if change != nil {
			change(&cfg)
		}
		c, err := collector.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		if err := (clock.Clock{}).Sleep(ctx, d); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stats = c.Stats()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
	if !p.closed {
		t.Fatal("the bus was not closed")
	}
	return stats, b
}

// count is how many of the reads have the property.
func count(calls []readCall, is func(readCall) bool) int {
	n := 0
	for _, c := range calls {
		if is(c) {
			n++
		}
	}
	return n
}

// scripted is a bus whose words a test makes.
type scripted struct {
	words func(address, count uint16) []uint16
}

func (s *scripted) ReadInto(_ context.Context, _, _ uint8, address uint16, dst []uint16) error {
	copy(dst, s.words(address, uint16(len(dst))))
	return nil
}

func (s *scripted) Suspect(uint8) bool { return false }

func (s *scripted) Trust(uint8) {}

func (s *scripted) Owed(uint8, uint8, uint16) bool { return false }

func (s *scripted) Close() error { return nil }

// runBus polls one meter, m01, on a bus for a while.
func runBus(t *testing.T, bus bus, b *basket, m *regmap.Model, d time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := collector.New(collector.Config{Site: "site", Name: "col-1", Sink: b.put, Lines: []collector.LineConfig{
			{ID: "line-1", Line: bus, Meters: []collector.MeterConfig{{ID: "m01", Device: modbusMeter(bus, 1, m)}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		if err := c.Run(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
