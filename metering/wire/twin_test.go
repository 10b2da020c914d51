package wire

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"asue/metering"
)

// The drawn form, packed and written by the CBOR library: the dumb twin of
// appendBatch.
func packBatch(b *Batch) *cborBatch {
	c := &cborBatch{
		header:    header{Version: Version, Kind: kindBatch},
		Site:      string(b.Site),
		Collector: b.ID.Collector,
		Epoch:     b.ID.Epoch,
		Seq:       b.ID.Seq,
		Line:      string(b.Line),
		Sealed:    b.Sealed.UnixMilli(),
		Mono:      b.Mono.Microseconds(),
		Boot:      b.Boot,
		Class:     uint8(b.Class),
		Lost:      packRanges(b.Lost),
	}
	models := map[string]*uint16{}
	c.Snapshots = make([]cborSnapshot, len(b.Snapshots))
	for i := range b.Snapshots {
		s := &b.Snapshots[i]
		if _, ok := models[s.Model]; !ok && s.Model != "" {
			index := uint16(len(c.Models))
			models[s.Model] = &index
			c.Models = append(c.Models, s.Model)
		}
		packSnapshot(&c.Snapshots[i], s, c)
		c.Snapshots[i].Model = models[s.Model]
	}
	return c
}

func packSnapshot(c *cborSnapshot, s *metering.Snapshot, b *cborBatch) {
	c.Meter = string(s.Meter)
	c.Before = b.Sealed - s.At.UnixMilli()
	c.Took = s.Took.Microseconds()
	c.Mono = b.Mono - s.Mono.Microseconds()
	if !s.Clock.IsZero() {
		ms := s.Clock.UnixMilli()
		c.Clock = &ms
	}
	c.Quality = uint8(s.Quality)
	c.Reason = cutReason(s.Reason)
	if len(s.Readings) == 0 {
		return
	}
	c.Quantities = make([]byte, len(s.Readings))
	c.Values = make([]float64, 0, len(s.Readings))
	for i, r := range s.Readings {
		r = finite(r)
		c.Quantities[i] = byte(r.Quantity)
		explicit := r.Quality.HasValue()
		if r.Count.Step > 0 {
			count := cborCount{Index: uint16(i), Raw: r.Count.Raw, Step: r.Count.Step}
			if r.Count.Secondary {
				count.Flags |= countSecondary
			}
			if explicit && math.Float64bits(implied(r.Count)) == math.Float64bits(r.Value) {
				count.Flags |= countImplied
				explicit = false
			}
			c.Counts = append(c.Counts, count)
		}
		if explicit {
			c.Values = append(c.Values, r.Value)
		}
		if r.Quality != metering.Good || r.Reason != "" {
			note := cborNote{Index: uint16(i), Quality: uint8(r.Quality), Reason: cutReason(r.Reason)}
			if !r.Quality.HasValue() {
				note.Flags |= noteNoValue
			}
			c.Notes = append(c.Notes, note)
		}
	}
}

// dull fills a batch at random, with odd values more often than life has them.
func dull(dice *rand.Rand) Batch {
	odd := []float64{0, math.Copysign(0, -1), 1, -2.5, 65504, 65505, 65536, 6.103515625e-05, 5.960464477539063e-08, 2.98e-08, 1e-300, 1e300,
		math.MaxFloat32, math.MaxFloat64, math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1), 0.1, 1.0009765625, 1.00048828125}
	number := func() int64 { return int64(dice.Uint64()>>dice.IntN(64)) >> 1 }
	moment := func() time.Time { return time.UnixMilli(dice.Int64N(4e12)).UTC() }
	text := func() string {
		return []string{"", "late", "ток", "\xff bad", string(bytes.Repeat([]byte("длинно"), 60))}[dice.IntN(5)]
	}
	b := Batch{
		Site: "s", ID: metering.BatchID{Collector: "c", Epoch: dice.Uint64() >> dice.IntN(64), Seq: 1 + uint64(number())}, Line: metering.LineID("линия"),
		Sealed: moment(), Mono: time.Duration(number() / 8), Boot: dice.Uint64() >> dice.IntN(64), Class: Class(1 + dice.IntN(2)),
	}
	if dice.IntN(6) == 0 {
		for n := uint64(1); len(b.Lost) < 1+dice.IntN(30); n += 2 + dice.Uint64N(1000) {
			b.Lost = append(b.Lost, metering.Range{From: n, To: n + 1})
		}
		return b
	}
	for range dice.IntN(40) {
		s := metering.Snapshot{
			Meter: metering.MeterID("m" + string(rune('a'+dice.IntN(26)))), Model: []string{"", "a@1", "b@2", "c@3"}[dice.IntN(4)],
			At: moment(), Took: time.Duration(number() / 8), Mono: time.Duration(number() / 8), Reason: text(), Quality: metering.Quality(dice.IntN(12) * dice.IntN(2)),
		}
		if dice.IntN(3) == 0 {
			s.Clock = moment()
		}
		for range dice.IntN(30) * dice.IntN(10) {
			r := metering.Reading{Quantity: metering.Quantity(dice.IntN(256)), Value: odd[dice.IntN(len(odd))]}
			switch dice.IntN(4) {
			case 0:
				r.Value = float64(float32(dice.NormFloat64()))
			case 1:
				r.Value = math.Float64frombits(dice.Uint64())
			}
			if dice.IntN(4) == 0 {
				r.Count = metering.Count{Raw: number(), Step: 1 + number()/4, Secondary: dice.IntN(2) == 0}
				if dice.IntN(2) == 0 {
					r.Value = implied(r.Count)
				}
			}
			if dice.IntN(4) == 0 {
				r.Quality, r.Reason = metering.Quality(dice.IntN(14)), text()
			}
			if s.Readings = append(s.Readings, r); len(s.Readings) == MaxReadings {
				break
			}
		}
		b.Snapshots = append(b.Snapshots, s)
	}
	return b
}

// Batches written by hand are the same bytes as those of the library.
func TestEncodedByHandLikeTheTwin(t *testing.T) {
	seed := rand.Uint64()
	dice := rand.New(rand.NewPCG(seed, 1))
	for n := range 1000 {
		b := dull(dice)
		got := encodeBatch(&b)
		want, err := encMode.Marshal(packBatch(&b))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("seed %d, batch %d: %x\nwant %x\nof %+v", seed, n, got, want, b)
		}
	}
}

// All 65,536 halves, and what lies around them.
func TestShortestFloats(t *testing.T) {
	check := func(v float64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		want, err := encMode.Marshal(v)
		if got := appendFloat(nil, v); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v: %x, want %x, %v", v, got, want, err)
		}
	}
	for bits := range 1 << 16 {
		single := math.Float32frombits(uint32(bits) << 16)
		for _, v := range []float64{float64(single), float64(math.Nextafter32(single, 0)), float64(single) / 3, float64(math.Float32frombits(uint32(bits)<<13 | 0x38000000)), math.Ldexp(float64(bits), -24-16), math.Ldexp(float64(bits), -24)} {
			check(v)
			check(-v)
		}
	}
}
