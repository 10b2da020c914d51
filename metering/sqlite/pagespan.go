package sqlite

import (
	"encoding/binary"
	"time"

	"asue/metering"
)

// An entry of a page of register spans:
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
type spanEntry struct {
	slot     int
	readings []metering.RegisterReading
	many     bool
}

const manyContents = 0x80

// maxSpanReadings is far above what a span keeps.
const maxSpanReadings = 4 * metering.SpanContents

type readingPacker struct {
	page  []byte
	raw   int64
	scale uint64
}

func packSpans(day int64, entries []spanEntry) []byte {
	p := readingPacker{page: append(make([]byte, 0, 16+48*len(entries)), pageFormat)}
	for _, e := range entries {
		start := slotStart(day, e.slot).UnixMilli()
		head := byte(e.slot)
		if e.many {
			head |= manyContents
		}
		p.page = binary.AppendUvarint(append(p.page, head), uint64(len(e.readings)))
		for _, r := range e.readings {
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

func unpackSpans(day int64, page []byte) ([]spanEntry, error) {
	u, err := unseal(page)
	if err != nil {
		return nil, err
	}
	r := readingUnpacker{unpacker: u}
	entries := make([]spanEntry, 0, slots)
	last := -1
	for r.more() {
		b := r.byte()
		e := spanEntry{slot: int(b & slotMask), many: b&manyContents != 0}
		start := slotStart(day, e.slot).UnixMilli()
		n := r.unsigned()
		if n == 0 || n > maxSpanReadings {
			return nil, errDamaged
		}
		e.readings = make([]metering.RegisterReading, n)
		for i := range e.readings {
			e.readings[i] = r.next(start)
		}
		if e.slot <= last || e.slot >= slots {
			r.bad = true
		}
		last = e.slot
		entries = append(entries, e)
	}
	if r.bad {
		return nil, errDamaged
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
		At: instant(start + int64(offset>>1)), Took: time.Duration(took),
		Count: metering.Count{Raw: r.raw, Step: int64(r.scale >> 1), Secondary: r.scale&1 != 0},
	}
}

func (e spanEntry) span(meter metering.MeterID, q metering.Quantity, day int64) metering.RegisterSpan {
	return metering.RegisterSpan{Meter: meter, Quantity: q, Start: slotStart(day, e.slot), Readings: e.readings, Many: e.many}
}
