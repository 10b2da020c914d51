package sqlite

import (
	"encoding/binary"
	"time"

	"asue/metering"
)

// The page of a witness is not a day but one base period, between the format and
// the checksum that all pages have:
//
//	unsigned  number of signs, and each: byte its number, signed its value; those
//	          that are 0 are left out
//	unsigned  number of powers, and each:
//	signed      milliseconds since the power before, less those of a slot (for the
//	            first since a slot before the period's start)
//	signed      watts, less those of the power before (of 0 for the first)

// maxPowers is what a period has room for.
const maxPowers = int(metering.BasePeriod / metering.WitnessSlot)

const slotMillis = int64(metering.WitnessSlot / time.Millisecond)

func packWitness(w metering.Witness) []byte {
	page := append(make([]byte, 0, 16+5*len(w.Powers)), pageFormat)
	n := 0
	for _, v := range w.Signs {
		if v != 0 {
			n++
		}
	}
	page = binary.AppendUvarint(page, uint64(n))
	for s, v := range w.Signs {
		if v != 0 {
			page = binary.AppendVarint(append(page, byte(s)), int64(v))
		}
	}
	page = binary.AppendUvarint(page, uint64(len(w.Powers)))
	at, power := w.Start.UnixMilli()-slotMillis, int64(0)
	for _, p := range w.Powers {
		ms := p.At.UnixMilli()
		page = binary.AppendVarint(page, ms-at-slotMillis)
		page = binary.AppendVarint(page, int64(p.Power)-power)
		at, power = ms, int64(p.Power)
	}
	return seal(page)
}

func unpackWitness(meter metering.MeterID, start int64, page []byte) (metering.Witness, error) {
	w := metering.Witness{Meter: meter, Start: instant(start)}
	u, err := unseal(page)
	if err != nil {
		return w, err
	}
	for n := u.unsigned(); n > 0 && !u.bad; n-- {
		s, v := int(u.byte()), u.signed()
		if s >= len(w.Signs) || int64(int32(v)) != v {
			return w, errDamaged
		}
		w.Signs[s] = int32(v)
	}
	n := u.unsigned()
	if n > uint64(maxPowers) {
		return w, errDamaged
	}
	w.Powers = make([]metering.PowerSample, 0, n)
	at, power := start-slotMillis, int64(0)
	for ; n > 0 && !u.bad; n-- {
		at += slotMillis + u.signed()
		power += u.signed()
		w.Powers = append(w.Powers, metering.PowerSample{At: instant(at), Power: metering.Power(power)})
	}
	if u.bad || u.more() {
		return w, errDamaged
	}
	return w, nil
}
