package sqlite

import (
	"encoding/binary"
	"time"

	"asue/metering"
)

// An entry of a page of register spans:
//
//	byte      slot, plus 0x80 if there is a last reading besides the first
//	reading   first
//	[reading  last]
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
	slot        int
	first, last metering.RegisterReading
}

const lastFollows = 0x80

type readingPacker struct {
	page  []byte
	raw   int64
	scale uint64
}

func packSpans(day int64, entries []spanEntry) []byte {
	p := readingPacker{page: append(make([]byte, 0, 16+24*len(entries)), pageFormat)}
	for _, e := range entries {
		start := slotStart(day, e.slot).UnixMilli()
		if e.first == e.last {
			p.page = append(p.page, byte(e.slot))
			p.add(start, e.first)
			continue
		}
		p.page = append(p.page, byte(e.slot)|lastFollows)
		p.add(start, e.first)
		p.add(start, e.last)
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
		e := spanEntry{slot: int(b & slotMask)}
		start := slotStart(day, e.slot).UnixMilli()
		e.first = r.next(start)
		e.last = e.first
		if b&lastFollows != 0 {
			e.last = r.next(start)
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
	return metering.RegisterSpan{Meter: meter, Quantity: q, Start: slotStart(day, e.slot), First: e.first, Last: e.last}
}
