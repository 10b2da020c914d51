package wire

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"asue/metering"
)

// A collector encodes every batch that it takes, and nearly all that it does beside
// polling is that. So batches are written by hand, straight into bytes; the drawn
// form in cbor.go is their twin in the tests, and what reads them.

// buffers are for encoding: a batch is as long as it is only when it is done.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// encodeBatch writes a batch that was checked.
func encodeBatch(b *Batch) []byte {
	buffer := buffers.Get().(*[]byte)
	*buffer = appendBatch((*buffer)[:0], b)
	payload := slices.Clone(*buffer)
	if cap(*buffer) <= MaxPayload { // one that was far too large is not kept
		buffers.Put(buffer)
	}
	return payload
}

// Major types, RFC 8949 section 3.1, in the upper three bits.
const (
	majorUint   = 0 << 5
	majorNegInt = 1 << 5
	majorBytes  = 2 << 5
	majorText   = 3 << 5
	majorArray  = 4 << 5
	majorMap    = 5 << 5
	simpleF16   = 7<<5 | 25
	simpleF32   = 7<<5 | 26
	simpleF64   = 7<<5 | 27
)

func appendBatch(p []byte, b *Batch) []byte {
	var few [8]string
	models := few[:0]
	for i := range b.Snapshots {
		if m := b.Snapshots[i].Model; m != "" && !slices.Contains(models, m) {
			models = append(models, m)
		}
	}
	p = appendHead(p, majorMap, uint64(11+present(len(b.Lost))+present(len(models))+present(len(b.Snapshots))))
	p = append(p, 0, Version, 1, byte(kindBatch))
	p = appendText(append(p, 2), string(b.Site))
	p = appendText(append(p, 3), b.ID.Collector)
	p = appendHead(append(p, 4), majorUint, b.ID.Epoch)
	p = appendHead(append(p, 5), majorUint, b.ID.Seq)
	p = appendText(append(p, 6), string(b.Line))
	p = appendInt(append(p, 7), b.Sealed.UnixMilli())
	p = appendInt(append(p, 8), b.Mono.Microseconds())
	p = appendHead(append(p, 9), majorUint, b.Boot)
	p = append(p, 10, byte(b.Class))
	if len(b.Lost) > 0 {
		p = appendHead(append(p, 11), majorArray, uint64(len(b.Lost)))
		for _, r := range b.Lost {
			p = appendHead(append(p, majorArray|2), majorUint, r.From)
			p = appendHead(p, majorUint, r.To)
		}
	}
	if len(models) > 0 {
		p = appendHead(append(p, 12), majorArray, uint64(len(models)))
		for _, m := range models {
			p = appendText(p, m)
		}
	}
	if len(b.Snapshots) > 0 {
		p = appendHead(append(p, 13), majorArray, uint64(len(b.Snapshots)))
		for i := range b.Snapshots {
			p = appendSnapshot(p, &b.Snapshots[i], b, models)
		}
	}
	return p
}

// What of a reading goes where.
const (
	formValue   = 1 << iota // an explicit value
	formCount               // a count
	formImplied             // whose value follows from the count
	formNote                // not simply good
)

func appendSnapshot(p []byte, s *metering.Snapshot, b *Batch, models []string) []byte {
	var forms [MaxReadings]uint8
	values, counts, notes := survey(s.Readings, &forms)
	reason := cutReason(s.Reason)
	fields := 4 + present(len(s.Model)) + present(int(s.Quality)) + present(len(reason)) +
		present(len(s.Readings)) + present(values) + present(counts) + present(notes)
	if !s.Clock.IsZero() {
		fields++
	}
	p = append(p, majorMap|byte(fields))
	p = appendText(append(p, 0), string(s.Meter))
	if s.Model != "" {
		p = appendHead(append(p, 1), majorUint, uint64(slices.Index(models, s.Model)))
	}
	p = appendInt(append(p, 2), b.Sealed.UnixMilli()-s.At.UnixMilli())
	p = appendInt(append(p, 3), s.Took.Microseconds())
	p = appendInt(append(p, 4), b.Mono.Microseconds()-s.Mono.Microseconds())
	if !s.Clock.IsZero() {
		p = appendInt(append(p, 5), s.Clock.UnixMilli())
	}
	if s.Quality != 0 {
		p = appendHead(append(p, 6), majorUint, uint64(s.Quality))
	}
	if reason != "" {
		p = appendText(append(p, 7), reason)
	}
	if len(s.Readings) == 0 {
		return p
	}
	p = appendHead(append(p, 8), majorBytes, uint64(len(s.Readings)))
	for i := range s.Readings {
		p = append(p, byte(s.Readings[i].Quantity))
	}
	if values > 0 {
		p = appendHead(append(p, 9), majorArray, uint64(values))
		for i := range s.Readings {
			if forms[i]&formValue != 0 {
				p = appendFloat(p, s.Readings[i].Value)
			}
		}
	}
	if counts > 0 {
		p = appendHead(append(p, 10), majorArray, uint64(counts))
		for i := range s.Readings {
			if forms[i]&formCount != 0 {
				p = appendCount(p, i, s.Readings[i].Count, forms[i])
			}
		}
	}
	if notes > 0 {
		p = appendHead(append(p, 11), majorArray, uint64(notes))
		for i := range s.Readings {
			if forms[i]&formNote != 0 {
				p = appendNote(p, i, finite(s.Readings[i]))
			}
		}
	}
	return p
}

// survey finds out what of each reading goes where, and how much of each there is.
func survey(readings []metering.Reading, forms *[MaxReadings]uint8) (values, counts, notes int) {
	for i := range readings {
		r := &readings[i]
		quality, reason := r.Quality, r.Reason
		if quality != metering.Good || math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
			f := finite(*r)
			quality, reason = f.Quality, f.Reason
		}
		form := uint8(0)
		if quality.HasValue() {
			form = formValue
		}
		if r.Count.Step > 0 {
			if form == formValue && math.Float64bits(implied(r.Count)) == math.Float64bits(r.Value) {
				form = formImplied
			}
			form |= formCount
			counts++
		}
		if form&formValue != 0 {
			values++
		}
		if quality != metering.Good || reason != "" {
			form |= formNote
			notes++
		}
		forms[i] = form
	}
	return values, counts, notes
}

func appendCount(p []byte, index int, c metering.Count, form uint8) []byte {
	flags := byte(0)
	if c.Secondary {
		flags |= countSecondary
	}
	if form&formImplied != 0 {
		flags |= countImplied
	}
	p = appendHead(append(p, majorArray|4), majorUint, uint64(index))
	p = appendInt(p, c.Raw)
	p = appendInt(p, c.Step)
	return append(p, flags)
}

func appendNote(p []byte, index int, r metering.Reading) []byte {
	flags := byte(0)
	if !r.Quality.HasValue() {
		flags = noteNoValue
	}
	p = appendHead(append(p, majorArray|4), majorUint, uint64(index))
	p = appendHead(p, majorUint, uint64(r.Quality))
	return appendText(append(p, flags), cutReason(r.Reason))
}

// present is 1 for what is not empty.
func present(n int) int {
	if n > 0 {
		return 1
	}
	return 0
}

// appendHead writes a major type and its argument in the shortest form.
func appendHead(p []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(p, major|byte(n))
	case n <= math.MaxUint8:
		return append(p, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(p, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(p, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(p, major|27), n)
}

func appendInt(p []byte, v int64) []byte {
	if v < 0 {
		return appendHead(p, majorNegInt, uint64(-1-v))
	}
	return appendHead(p, majorUint, uint64(v))
}

func appendText(p []byte, s string) []byte {
	return append(appendHead(p, majorText, uint64(len(s))), s...)
}

// appendFloat writes a finite number in the shortest of three forms that keeps it,
// RFC 8949 section 4.2.1.
func appendFloat(p []byte, v float64) []byte {
	single := float32(v)
	if float64(single) != v {
		return binary.BigEndian.AppendUint64(append(p, simpleF64), math.Float64bits(v))
	}
	if half, ok := halfOf(single); ok {
		return binary.BigEndian.AppendUint16(append(p, simpleF16), half)
	}
	return binary.BigEndian.AppendUint32(append(p, simpleF32), math.Float32bits(single))
}

// halfOf is a finite number in IEEE 754 binary16: one bit of sign, five of exponent,
// ten of fraction. It returns false if some of it would be lost.
func halfOf(f float32) (uint16, bool) {
	bits := math.Float32bits(f)
	sign := uint16(bits >> 16 & 0x8000)
	if bits<<1 == 0 {
		return sign, true
	}
	exponent := int(bits>>23&0xFF) - 127
	fraction := bits & (1<<23 - 1)
	switch {
	case exponent >= -14 && exponent <= 15:
		return sign | uint16(exponent+15)<<10 | uint16(fraction>>13), fraction&(1<<13-1) == 0
	case exponent >= -24 && exponent < -14: // subnormal: a multiple of 2^-24
		drop := 13 + uint(-14-exponent)
		whole := fraction | 1<<23
		return sign | uint16(whole>>drop), whole&(1<<drop-1) == 0
	}
	return 0, false
}
