package modbusd_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"math"
	"slices"
	"testing"
	"time"

	goburrow "github.com/goburrow/modbus"
	simonvetter "github.com/simonvetter/modbus"

	"asue/collector/device"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/simulator"
	"asue/simulator/internal/plant"
	"asue/simulator/modbusd"
)

// A Thursday in winter, 00:00 in the zone.
var winter = time.Date(2026, 1, 14, 19, 0, 0, 0, time.UTC)

func library(t testing.TB) *regmap.Library {
	t.Helper()
	l, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// still is a clock that stands at t, but for a microsecond in a second.
func still(t time.Time) clock.Clock {
	return clock.Warped(clock.Clock{}.Now(), t, 1e-6)
}

// serve runs a server until the end of the test.
func serve(t testing.TB, cfg modbusd.Config) *modbusd.Server {
	t.Helper()
	if cfg.Library == nil {
		cfg.Library = library(t)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s, err := modbusd.Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return s
}

func world(t testing.TB, site *metering.Site) *simulator.World {
	t.Helper()
	w, err := simulator.New(site, 1, winter)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// read is one Modbus read by goburrow's client, which shares no code with the
// server.
func read(t *testing.T, address string, unit uint8, b regmap.Block) []uint16 {
	t.Helper()
	handler := goburrow.NewTCPClientHandler(address)
	handler.SlaveId = unit
	handler.Timeout = 5 * time.Second
	defer handler.Close()
	client := goburrow.NewClient(handler)
	ask := client.ReadHoldingRegisters
	if b.Function == 4 {
		ask = client.ReadInputRegisters
	}
	answer, err := ask(b.Address, b.Count)
	if err != nil {
		t.Fatalf("unit %d %v: %v", unit, b, err)
	}
	return words(answer)
}

func words(text []byte) []uint16 {
	w := make([]uint16, len(text)/2)
	for i := range w {
		w[i] = uint16(text[2*i])<<8 | uint16(text[2*i+1])
	}
	return w
}

// Every model that there is, read block by block by a foreign client, gives what
// the world says, however the line's costs cut its blocks.
func TestForeignClientReadsTheWorld(t *testing.T) {
	lib := library(t)
	for models := range slices.Chunk(lib.IDs(), 14) {
		site := plant.Small(models...)
		w := world(t, site)
		now := winter.Add(3*24*time.Hour + 9*time.Hour + 7*time.Minute)
		s := serve(t, modbusd.Config{World: w, Library: lib, Clock: still(now), Tick: time.Hour})
		for _, meter := range site.Meters {
			model, _ := lib.Model(meter.Model)
			measure, install, ok := s.Snapshot().Meter(meter.ID)
			if !ok {
				t.Fatalf("meter %s stands nowhere", meter.ID)
			}
			address := s.Addresses()[meter.Line]
			base, gathered := place(t, address, meter.Unit, model)
			plans := [][]regmap.Block{
				model.Plan(regmap.Groups()...),
				model.PlanFor(regmap.SerialCost(9600, true), regmap.Groups()...),
				model.PlanFor(regmap.TCPCost(), regmap.Groups()...),
			}
			for _, block := range slices.Concat(plans...) {
				block, err := block.At(base)
				if err != nil {
					t.Fatal(err)
				}
				answer := read(t, address, meter.Unit, block)
				readings, err := regmap.Decode(block, answer, install.CT, install.VT)
				if err != nil {
					t.Fatalf("%s: %v", meter.Model, err)
				}
				raw, err := regmap.Raw(block, answer)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range readings {
					register, _ := model.Of(r.Quantity)
					compare(t, meter.Model, register, r, raw, measure, install)
				}
				if block.Group == regmap.Ident {
					if err := gathered.Add(block, answer); err != nil {
						t.Fatal(err)
					}
				}
			}
			identity(t, meter, gathered.Identity(), install, now)
		}
	}
}

// place finds where a meter's map begins, as a driver would, and what its common
// model says.
func place(t *testing.T, address string, unit uint8, model *regmap.Model) (uint16, *regmap.Identification) {
	t.Helper()
	gathered := model.Identification()
	if model.SunSpec == 0 {
		return 0, gathered
	}
	pair := func(at uint16) [2]uint16 {
		return [2]uint16(read(t, address, unit, regmap.Block{Function: 3, Address: at, Count: 2}))
	}
	base := regmap.SunSpecBases()[0]
	if got := pair(base); got != regmap.SunSpecMarker() {
		t.Fatalf("no SunS at %d: %04X", base, got)
	}
	walk := model.SunSpecWalk(base)
	for found := false; !found; {
		header := pair(walk.Header())
		var err error
		if found, err = walk.Take(header[0], header[1]); err != nil {
			t.Fatal(err)
		}
	}
	common, ok := walk.Common()
	if !ok {
		t.Fatal("no common model")
	}
	block, err := regmap.SunSpecCommon().At(common)
	if err != nil {
		t.Fatal(err)
	}
	if err := gathered.Add(block, read(t, address, unit, block)); err != nil {
		t.Fatal(err)
	}
	// Behind the map's model the chain ends.
	length := pair(walk.Header())[1]
	if end := pair(walk.Header() + 2 + length); end != [2]uint16{0xFFFF, 0} {
		t.Errorf("%s: the chain ends with %04X", model.ID, end)
	}
	return walk.Header(), gathered
}

func compare(t *testing.T, model string, r *regmap.Register, got metering.Reading, raw map[string]regmap.RawValue, m simulator.Measure, install metering.Install) {
	t.Helper()
	value, milli, has := m.Value(got.Quantity)
	if !has {
		if r.CanBeMissing() && got.Quality != metering.NotAvailable {
			t.Errorf("%s %v: %+v, want no value", model, got.Quantity, got)
		}
		return
	}
	if got.Quality != metering.Good {
		t.Errorf("%s %v: %+v", model, got.Quantity, got)
		return
	}
	factor := 1.0
	if r.Secondary {
		num, den := install.Multiplier()
		factor = float64(num) / float64(den)
	}
	if r.Exponent != nil {
		factor *= math.Pow10(int(raw[r.Exponent.Name].Int))
	}
	if got.Quantity.Counter() {
		shown := float64(got.Count.Raw) * float64(r.Step) * factor
		quantum := float64(r.Resolution(got.Count.Raw)) * factor
		if behind := float64(milli) - shown; behind < -quantum/2 || behind > quantum || r.Step == r.Resolution(got.Count.Raw) && behind < 0 {
			t.Errorf("%s %v: shows %.0f thousandths, the world has %d, the quantum is %.0f", model, got.Quantity, shown, milli, quantum)
		}
		return
	}
	within := 1e-6 * math.Abs(value)
	if !r.Type.Float() {
		within += 0.5001 * r.Scale * factor
	}
	if math.Abs(got.Value-value) > within {
		t.Errorf("%s %v: shows %g, the world has %g ± %g", model, got.Quantity, got.Value, value, within)
	}
}

// identity checks that a meter says of itself what the site file says of it.
func identity(t *testing.T, meter metering.Meter, id device.Identity, install metering.Install, now time.Time) {
	t.Helper()
	same := func(got, want metering.Ratio) bool {
		gn, gd := got.Factor()
		wn, wd := want.Factor()
		return got == (metering.Ratio{}) || gn*wd == wn*gd
	}
	if !same(id.CT, install.CT) || !same(id.VT, install.VT) {
		t.Errorf("%s says CT %v and VT %v, the site says %v and %v", meter.Model, id.CT, id.VT, install.CT, install.VT)
	}
	if len(id.Strange)+len(id.Unset) > 0 {
		t.Errorf("%s: strange %v, unset %v", meter.Model, id.Strange, id.Unset)
	}
	if id.Serial != "" && id.Serial != meter.Serial {
		t.Errorf("%s has serial %v, the site says %s", meter.Model, id.Serial, meter.Serial)
	}
	if !id.Clock.IsZero() && !id.Clock.Equal(now.Truncate(time.Second)) {
		t.Errorf("%s says it is %v at %v", meter.Model, id.Clock, now)
	}
}

// The collector's own client library reads the same words.
func TestSimonvettersClientReadsTheSame(t *testing.T) {
	lib := library(t)
	site := plant.Small("schneider-pm5100-pm5300-pm5500")
	s := serve(t, modbusd.Config{World: world(t, site), Library: lib, Clock: still(winter.Add(time.Hour)), Tick: time.Hour})
	meter := site.Meters[4]
	client, err := simonvetter.NewClient(&simonvetter.ClientConfiguration{
		URL: "tcp://" + s.Addresses()[meter.Line], Timeout: 5 * time.Second, Logger: log.New(io.Discard, "", 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Open(); err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.SetUnitId(meter.Unit); err != nil {
		t.Fatal(err)
	}
	model, _ := lib.Model(meter.Model)
	for _, b := range model.Plan(regmap.Groups()...) {
		text, err := client.ReadRawBytes(b.Address, b.Count*2, simonvetter.HOLDING_REGISTER)
		if err != nil {
			t.Fatalf("%v: %v", b, err)
		}
		if want := read(t, s.Addresses()[meter.Line], meter.Unit, b); !slices.Equal(words(text), want) {
			t.Errorf("%v: %v, want %v", b, words(text), want)
		}
	}
}

// While time runs a thousand times as fast, a block is still of one instant: the
// power is the sum of its phases.
func TestBlockIsOfOneInstant(t *testing.T) {
	lib := library(t)
	site := plant.Small("schneider-pm5100-pm5300-pm5500")
	fast := clock.Warped(clock.Clock{}.Now(), winter, 1000)
	s := serve(t, modbusd.Config{World: world(t, site), Library: lib, Clock: fast, Tick: time.Second})
	model, _ := lib.Model(site.Meters[4].Model)
	blocks := model.Plan(regmap.Fast)
	seen := make(map[float64]bool)
	for range 400 {
		b := blocks[0]
		readings, err := regmap.Decode(b, read(t, s.Addresses()[site.Meters[4].Line], site.Meters[4].Unit, b), metering.Direct, metering.Direct)
		if err != nil {
			t.Fatal(err)
		}
		all := metering.Snapshot{Readings: readings}
		v := func(q metering.Quantity) float64 { r, _ := all.Find(q); return r.Value }
		p, sum := v(metering.ActivePower), v(metering.ActivePowerA)+v(metering.ActivePowerB)+v(metering.ActivePowerC)
		if p == 0 || math.Abs(p-sum) > 1e-6*p {
			t.Fatalf("power %g W, its phases %g W", p, sum)
		}
		seen[p] = true
	}
	if len(seen) < 20 {
		t.Errorf("only %d different powers: time stands still", len(seen))
	}
}
