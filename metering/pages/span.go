package pages

import (
	"encoding/binary"
	"slices"
	"time"

	"asue/metering"
)

// Span is an entry of a page of register spans, a day of one register:
//
//	byte      slot, plus 0x80 if the span has seen many contents
//	unsigned  number of readings, and the readings
//
// and a reading:
//
//	unsigned  milliseconds since the start of the period, times two, plus one if
//	          a scale follows; without, it is that of the reading before
//	[unsigned thousandths per count, times two, plus one if they are counted at
//	          the secondary side]
//	unsigned  nanoseconds that the read took
//	signed    counts, less those of the reading before (of 0 for the first)
type Span struct {
	Slot     int
	Readings []metering.RegisterReading
	Many     bool
}

const manyContents = 0x80

// maxSpanReadings is far above what a span keeps.
const maxSpanReadings = 4 * metering.SpanContents

type readingPacker struct {
	page  []byte
	raw   int64
	scale uint64
}

// PackSpans packs entries, which are ascending by slot.
func PackSpans(day int64, entries []Span) []byte {
	p := readingPacker{page: append(make([]byte, 0, 16+48*len(entries)), pageFormat)}
	for _, e := range entries {
		start := SlotStart(day, e.Slot).UnixMilli()
		head := byte(e.Slot)
		if e.Many {
			head |= manyContents
		}
		p.page = binary.AppendUvarint(append(p.page, head), uint64(len(e.Readings)))
		for _, r := range e.Readings {
			p.add(start, r)
		}
	}
	return seal(p.page)
}

func (p *readingPacker) add(start int64, r metering.RegisterReading) {
	scale := uint64(r.Count.Step) << 1
	if r.Count.Secondary {
		scale |= 1
	}
	offset := uint64(r.At.UnixMilli()-start) << 1
	if scale != p.scale {
		p.page = binary.AppendUvarint(p.page, offset|1)
		p.page = binary.AppendUvarint(p.page, scale)
		p.scale = scale
	} else {
		p.page = binary.AppendUvarint(p.page, offset)
	}
	p.page = binary.AppendUvarint(p.page, uint64(r.Took))
	p.page = binary.AppendVarint(p.page, r.Count.Raw-p.raw)
	p.raw = r.Count.Raw
}

type readingUnpacker struct {
	*unpacker
	raw   int64
	scale uint64
}

// UnpackSpans is the inverse of PackSpans. ErrDamaged for a page that was changed.
func UnpackSpans(day int64, page []byte) ([]Span, error) {
	u, err := unseal(page)
	if err != nil {
		return nil, err
	}
	r := readingUnpacker{unpacker: u}
	entries := make([]Span, 0, Slots)
	last := -1
	for r.more() {
		b := r.byte()
		e := Span{Slot: int(b & slotMask), Many: b&manyContents != 0}
		start := SlotStart(day, e.Slot).UnixMilli()
		n := r.unsigned()
		if n == 0 || n > maxSpanReadings {
			return nil, ErrDamaged
		}
		e.Readings = make([]metering.RegisterReading, n)
		for i := range e.Readings {
			e.Readings[i] = r.next(start)
		}
		if e.Slot <= last || e.Slot >= Slots {
			r.bad = true
		}
		last = e.Slot
		entries = append(entries, e)
	}
	if r.bad {
		return nil, ErrDamaged
	}
	return entries, nil
}

func (r *readingUnpacker) next(start int64) metering.RegisterReading {
	offset := r.unsigned()
	if offset&1 != 0 {
		r.scale = r.unsigned()
	}
	took := r.unsigned()
	r.raw += r.signed()
	return metering.RegisterReading{
		At: Instant(start + int64(offset>>1)), Took: time.Duration(took),
		Count: metering.Count{Raw: r.raw, Step: int64(r.scale >> 1), Secondary: r.scale&1 != 0},
	}
}

// Span is the entry as the ledger gives it back.
func (e Span) Span(meter metering.MeterID, q metering.Quantity, day int64) metering.RegisterSpan {
	return metering.RegisterSpan{Meter: meter, Quantity: q, Start: SlotStart(day, e.Slot), Readings: e.Readings, Many: e.Many}
}

// MergeSpan joins a span with what a day holds and reports whether the day has
// changed. Readings are kept to the millisecond.
func MergeSpan(day *[]Span, s metering.RegisterSpan) bool {
	number, slot := DayOf(s.Start)
	readings := make([]metering.RegisterReading, len(s.Readings))
	for i, r := range s.Readings {
		r.At = Instant(r.At.UnixMilli())
		readings[i] = r
	}
	s.Readings = readings
	at, found := slices.BinarySearchFunc(*day, slot, func(e Span, slot int) int { return e.Slot - slot })
	if !found {
		*day = slices.Insert(*day, at, Span{slot, s.Readings, s.Many})
		return true
	}
	have := (*day)[at].Span(s.Meter, s.Quantity, number)
	merged := have.Merge(s)
	(*day)[at] = Span{slot, merged.Readings, merged.Many}
	return !merged.SameAs(have)
}
