package pages

import (
	"encoding/binary"
	"slices"

	"asue/metering"
)

// Interval is an entry of a page of intervals, the current versions of a day of
// one channel of a point:
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
type Interval struct {
	Slot        int
	Energy      metering.Energy
	Uncertainty metering.Energy
	Recorded    int64 // Unix milliseconds
	Meta
}

// Meta are attributes that neighbours mostly share.
type Meta struct {
	Grade   metering.Grade
	Method  metering.Method
	Flags   metering.Flags
	Version int
	Reason  string
}

const metaFollows = 0x80

// PackIntervals packs entries, which are ascending by slot.
func PackIntervals(day int64, entries []Interval) []byte {
	page := append(make([]byte, 0, 16+12*len(entries)), pageFormat)
	recorded := day * 86_400_000
	var meta Meta
	for i, e := range entries {
		if i == 0 || e.Meta != meta {
			meta = e.Meta
			page = append(page, byte(e.Slot)|metaFollows, byte(meta.Grade), byte(meta.Method))
			page = binary.AppendUvarint(page, uint64(meta.Flags))
			page = binary.AppendUvarint(page, uint64(meta.Version))
			page = binary.AppendUvarint(page, uint64(len(meta.Reason)))
			page = append(page, meta.Reason...)
		} else {
			page = append(page, byte(e.Slot))
		}
		page = binary.AppendVarint(page, e.Recorded-recorded)
		recorded = e.Recorded
		page = binary.AppendVarint(page, int64(e.Energy))
		page = binary.AppendVarint(page, int64(e.Uncertainty))
	}
	return seal(page)
}

// UnpackIntervals is the inverse of PackIntervals. ErrDamaged for a page that
// was changed.
func UnpackIntervals(day int64, page []byte) ([]Interval, error) {
	u, err := unseal(page)
	if err != nil {
		return nil, err
	}
	entries := make([]Interval, 0, Slots)
	recorded := day * 86_400_000
	var meta Meta
	last := -1
	for u.more() {
		b := u.byte()
		if b&metaFollows != 0 {
			meta.Grade = metering.Grade(u.byte())
			meta.Method = metering.Method(u.byte())
			meta.Flags = metering.Flags(u.unsigned())
			meta.Version = int(u.unsigned())
			meta.Reason = u.text()
		}
		recorded += u.signed()
		e := Interval{Slot: int(b & slotMask), Recorded: recorded, Meta: meta}
		e.Energy = metering.Energy(u.signed())
		e.Uncertainty = metering.Energy(u.signed())
		if e.Slot <= last || e.Slot >= Slots {
			u.bad = true
		}
		last = e.Slot
		entries = append(entries, e)
	}
	if u.bad {
		return nil, ErrDamaged
	}
	return entries, nil
}

// Interval is the entry as the ledger gives it back.
func (e Interval) Interval(day int64, point metering.PointID, ch metering.Channel) metering.Interval {
	return metering.Interval{
		Point: point, Channel: ch, Start: SlotStart(day, e.Slot), Version: e.Version,
		Energy: e.Energy, Uncertainty: e.Uncertainty,
		Grade: e.Grade, Method: e.Method, Flags: e.Flags, Reason: e.Reason, RecordedAt: Instant(e.Recorded),
	}
}

// Set says of one interval of a day what it is, on the word of an authority, and
// changes the day if a new version is due: the first, or one above the current
// one if it differs and yields. before is what stood there, if found; now is what
// stands there after, and is new if changed.
func Set(day *[]Interval, iv metering.Interval, a metering.Authority, recorded int64) (before, now Interval, found, changed bool) {
	_, slot := DayOf(iv.Start)
	now = Interval{
		Slot: slot, Energy: iv.Energy, Uncertainty: iv.Uncertainty, Recorded: recorded,
		Meta: Meta{Grade: iv.Grade, Method: iv.Method, Flags: iv.Flags, Version: 1, Reason: iv.Reason},
	}
	at, found := slices.BinarySearchFunc(*day, slot, func(e Interval, slot int) int { return e.Slot - slot })
	if !found {
		*day = slices.Insert(*day, at, now)
		return Interval{}, now, false, true
	}
	before = (*day)[at]
	if before.same(now) || !before.yields(now, a) {
		return before, before, true, false
	}
	now.Version = before.Version + 1
	(*day)[at] = now
	return before, now, true, true
}

// same is Interval.SameAs on entries.
func (e Interval) same(o Interval) bool {
	return e.Energy == o.Energy && e.Uncertainty == o.Uncertainty && e.Grade == o.Grade &&
		e.Method == o.Method && e.Flags == o.Flags && e.Reason == o.Reason
}

// yields is Interval.Yields on entries.
func (e Interval) yields(to Interval, a metering.Authority) bool {
	return metering.Interval{Method: e.Method, Flags: e.Flags}.Yields(metering.Interval{Grade: to.Grade}, a)
}
