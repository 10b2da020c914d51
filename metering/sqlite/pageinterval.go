package sqlite

import (
	"encoding/binary"

	"asue/metering"
)

// An entry of a page of intervals:
//
//	byte      slot, plus 0x80 if attributes follow; without, they are those of
//	          the entry before
//	[byte     grade
//	 byte     method
//	 unsigned flags
//	 unsigned version
//	 unsigned length of the reason in bytes, and the reason]
//	signed    milliseconds at which the version was recorded, less those of the
//	          entry before (of the day's start for the first)
//	signed    energy
//	signed    uncertainty
type intervalEntry struct {
	slot        int
	energy      int64
	uncertainty int64
	recorded    int64
	intervalMeta
}

type intervalMeta struct {
	grade   metering.Grade
	method  metering.Method
	flags   metering.Flags
	version int
	reason  string
}

const metaFollows = 0x80

func packIntervals(day int64, entries []intervalEntry) []byte {
	page := append(make([]byte, 0, 16+12*len(entries)), pageFormat)
	recorded := day * 86_400_000
	var meta intervalMeta
	for i, e := range entries {
		if i == 0 || e.intervalMeta != meta {
			meta = e.intervalMeta
			page = append(page, byte(e.slot)|metaFollows, byte(meta.grade), byte(meta.method))
			page = binary.AppendUvarint(page, uint64(meta.flags))
			page = binary.AppendUvarint(page, uint64(meta.version))
			page = binary.AppendUvarint(page, uint64(len(meta.reason)))
			page = append(page, meta.reason...)
		} else {
			page = append(page, byte(e.slot))
		}
		page = binary.AppendVarint(page, e.recorded-recorded)
		recorded = e.recorded
		page = binary.AppendVarint(page, e.energy)
		page = binary.AppendVarint(page, e.uncertainty)
	}
	return seal(page)
}

func unpackIntervals(day int64, page []byte) ([]intervalEntry, error) {
	u, err := unseal(page)
	if err != nil {
		return nil, err
	}
	entries := make([]intervalEntry, 0, slots)
	recorded := day * 86_400_000
	var meta intervalMeta
	last := -1
	for u.more() {
		b := u.byte()
		if b&metaFollows != 0 {
			meta.grade = metering.Grade(u.byte())
			meta.method = metering.Method(u.byte())
			meta.flags = metering.Flags(u.unsigned())
			meta.version = int(u.unsigned())
			meta.reason = u.text()
		}
		recorded += u.signed()
		e := intervalEntry{slot: int(b & slotMask), recorded: recorded, intervalMeta: meta}
		e.energy = u.signed()
		e.uncertainty = u.signed()
		if e.slot <= last || e.slot >= slots {
			u.bad = true
		}
		last = e.slot
		entries = append(entries, e)
	}
	if u.bad {
		return nil, errDamaged
	}
	return entries, nil
}

func (e intervalEntry) interval(day int64, point metering.PointID, ch metering.Channel) metering.Interval {
	return metering.Interval{
		Point: point, Channel: ch, Start: slotStart(day, e.slot), Version: e.version,
		Energy: metering.Energy(e.energy), Uncertainty: metering.Energy(e.uncertainty),
		Grade: e.grade, Method: e.method, Flags: e.flags, Reason: e.reason, RecordedAt: instant(e.recorded),
	}
}

func entryOf(iv metering.Interval, slot, version int, recorded int64) intervalEntry {
	return intervalEntry{
		slot: slot, energy: int64(iv.Energy), uncertainty: int64(iv.Uncertainty), recorded: recorded,
		intervalMeta: intervalMeta{grade: iv.Grade, method: iv.Method, flags: iv.Flags, version: version, reason: iv.Reason},
	}
}

// same is Interval.SameAs on packed entries.
func (e intervalEntry) same(o intervalEntry) bool {
	return e.energy == o.energy && e.uncertainty == o.uncertainty && e.grade == o.grade &&
		e.method == o.method && e.flags == o.flags && e.reason == o.reason
}

// yields is Interval.Yields on packed entries.
func (e intervalEntry) yields(to intervalEntry, a metering.Authority) bool {
	return metering.Interval{Method: e.method, Flags: e.flags}.Yields(metering.Interval{Grade: to.grade}, a)
}
