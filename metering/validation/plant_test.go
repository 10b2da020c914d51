package validation_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/chains"
	"asue/metering/ingest"
	"asue/metering/sqlite"
	"asue/metering/validation"
	"asue/metering/wire"
)

var monday = time.Date(2026, 1, 12, 0, 0, 0, 0, time.UTC)

// handClock stands still until it is moved; nobody sleeps on it.
type handClock struct{ now time.Time }

func (c *handClock) Now() time.Time                             { return c.now }
func (c *handClock) set(t time.Time)                            { c.now = t }
func (c *handClock) Sleep(context.Context, time.Duration) error { panic("nobody sleeps here") }
func (c *handClock) Virtual(d time.Duration) time.Duration      { return d }

// plant is two points whose meters count Wh, an ingest and a validator on a real
// ledger.
type plant struct {
	testing.TB
	site   *metering.Site
	clock  *handClock
	ledger *sqlite.Ledger
	in     *ingest.Ingest
	seq    uint64
	chains *chains.Registry
}

const modulus = 100_000_000

func newPlant(t testing.TB) *plant {
	p := &plant{TB: t, site: theSite(), clock: &handClock{monday}}
	p.chains = chains.New(p.site, registers)
	p.ledger = openLedger(t)
	p.in = p.newIngest()
	return p
}

func theSite() *metering.Site {
	return &metering.Site{
		ID: "zone", Location: time.FixedZone("UTC+5", 5*3600),
		Topology: metering.Topology{Nodes: []metering.Node{{ID: "n", Kind: metering.NodeFeeder, VoltageKV: 10}}},
		Points: []metering.Point{
			{ID: "p-0", Node: "n", Role: metering.RoleResident, Resident: "r"},
			{ID: "p-1", Node: "n", Role: metering.RoleFeeder},
		},
		Residents: []metering.Resident{{ID: "r"}},
		Meters:    []metering.Meter{{ID: "m-0", AccuracyClass: "0.5S"}, {ID: "m-1", AccuracyClass: "0.5S"}},
		Installs: []metering.Install{
			{Meter: "m-0", Point: "p-0", CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100}},
			{Meter: "m-1", Point: "p-1", CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100}},
		},
	}
}

func registers(metering.Install) []chains.Register {
	return []chains.Register{{Quantity: metering.ActiveImport, Modulus: modulus}}
}

func openLedger(t testing.TB) *sqlite.Ledger {
	l, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (p *plant) newIngest() *ingest.Ingest {
	return ingest.New(ingest.Config{
		Site: p.site, Ledger: p.ledger, Decode: wire.DecodeBatch, Clock: p.clock, Log: slog.New(slog.DiscardHandler),
		Registers: func(metering.MeterID) []ingest.RegisterFacts {
			return []ingest.RegisterFacts{{Quantity: metering.ActiveImport, Modulus: modulus}}
		},
	})
}

// validator makes one on the plant's ledger; hear, if not nil, is told of commits.
func (p *plant) validator() *validation.Validator { return p.validatorOn(p.ledger) }

func (p *plant) validatorOn(l validation.Ledger) *validation.Validator {
	p.Helper()
	v, err := validation.New(validation.Config{
		Site: p.site, Ledger: l, Chains: p.chains, Clock: p.clock, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		p.Fatal(err)
	}
	return v
}

// load is the power of a works over a day in W: two shifts and a ripple that
// differs from point to point.
func load(point int, at time.Time) float64 {
	hour := at.Sub(monday).Hours()
	day := hour - 24*float64(int(hour/24))
	shift := 300_000.0
	if day >= 6 && day < 20 {
		shift = 1_200_000
	}
	return shift + 10_000*float64(point) + 5_000*float64(int(hour)%7)
}

// history are the readings of a meter, every minute, with the clock's truth.
type reading struct {
	meter metering.MeterID
	at    time.Time
	wh    int64
}

// readings reads both meters every minute over [from, to), integrating the load.
func readings(from, to time.Time) []reading {
	var list []reading
	for n := range 2 {
		energy := 1_000_000.0
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			list = append(list, reading{metering.MeterID(fmt.Sprint("m-", n)), at, int64(energy)})
			energy += load(n, at) / 60
		}
	}
	slices.SortStableFunc(list, func(a, b reading) int { return a.at.Compare(b.at) })
	return list
}

// take hands readings to ingest, as batches of some hundred, at the clock's time.
func (p *plant) take(list []reading) {
	p.Helper()
	for chunk := range slices.Chunk(list, 500) {
		p.seq++
		b := wire.Batch{
			Site: "zone", ID: metering.BatchID{Collector: "c", Epoch: 1, Seq: p.seq}, Line: "l",
			Sealed: chunk[len(chunk)-1].at, Class: wire.Billing, Boot: 1,
		}
		for _, r := range chunk {
			b.Snapshots = append(b.Snapshots, metering.Snapshot{
				Meter: r.meter, Model: "test@1", At: r.at, Took: 20 * time.Millisecond,
				Readings: []metering.Reading{{
					Quantity: metering.ActiveImport, Value: float64(r.wh), Count: metering.Count{Raw: r.wh, Step: 1000},
				}},
			})
		}
		payload, err := wire.EncodeBatch(b)
		if err != nil {
			p.Fatal(err)
		}
		if _, err := p.in.Take(p.Context(), []ingest.Message{{Collector: "c", Payload: payload, ReceivedAt: p.clock.Now()}}); err != nil {
			p.Fatal(err)
		}
	}
}

// without leaves out the readings of a meter in [from, to).
func without(list []reading, m metering.MeterID, from, to time.Time) []reading {
	return slices.DeleteFunc(slices.Clone(list), func(r reading) bool {
		return r.meter == m && !r.at.Before(from) && r.at.Before(to)
	})
}

func shuffled(list []reading, seed uint64) []reading {
	list = slices.Clone(list)
	rng := rand.New(rand.NewPCG(seed, 1))
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func (p *plant) intervals(point metering.PointID, from, to time.Time) []metering.Interval {
	p.Helper()
	list, err := p.ledger.Intervals(p.Context(), metering.IntervalQuery{Points: []metering.PointID{point}, From: from, To: to})
	if err != nil {
		p.Fatal(err)
	}
	return list
}

// grades writes the grades of a stretch in a row: "AAASSA".
func grades(list []metering.Interval) string {
	var b strings.Builder
	for _, iv := range list {
		b.WriteByte(byte(iv.Grade))
	}
	return b.String()
}

func sum(list []metering.Interval) metering.Energy {
	var e metering.Energy
	for _, iv := range list {
		e += iv.Energy
	}
	return e
}

func (p *plant) digest(from, to time.Time) string {
	p.Helper()
	digest, n, err := validation.Digest(p.Context(), p.ledger, from, to)
	if err != nil || n == 0 {
		p.Fatalf("digest of %d intervals: %v", n, err)
	}
	return digest
}
