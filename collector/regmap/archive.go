package regmap

import (
	"fmt"
	"slices"
	"time"

	"asue/collector/device"
	"asue/metering"
)

// Archive is a meter's own memory of its counters at the ends of past intervals,
// as far as plain reads give it: records of the same shape side by side, written
// in turn, the oldest one being overwritten when all are used.
type Archive struct {
	// Period is the length of the intervals, whose ends are at whole multiples of
	// it from midnight UTC.
	Period  time.Duration
	Records int    // how many there is room for
	Address uint16 // of record 0
	Words   int    // registers of a record
	// Function is the function code to read with.
	Function uint8
	// Newest names the register of the model that holds the index, from 0, of the
	// record that was written last.
	Newest string
	// Time is when the interval of a record ended, by the meter's clock; its Address
	// is an offset in the record. Seconds 0 and words of all ones mark a record
	// that was never written.
	Time Register
	// Registers are the counters of a record; their addresses are offsets in it.
	// They count as the model's registers of the same quantities do.
	Registers []Register
}

// NewestBlock is the read that tells the index of the newest record; see Newest.
// The second result is false for a model without an archive.
func (m *Model) NewestBlock() (Block, bool) {
	if m.Archive == nil {
		return Block{}, false
	}
	r, ok := m.Register(m.Archive.Newest)
	if !ok {
		panic("BUG: model " + m.ID + ": its archive names no register")
	}
	return m.block(r.Group, []*Register{r}), true
}

// NewestRecord is the index of the newest record out of the words of NewestBlock;
// false if the archive is empty.
func (m *Model) NewestRecord(words []uint16) (int, bool, error) {
	b, ok := m.NewestBlock()
	if !ok {
		return 0, false, fmt.Errorf("model %s has no archive", m.ID)
	}
	values, err := Raw(b, words)
	if err != nil {
		return 0, false, err
	}
	v := values[m.Archive.Newest]
	if v.Missing {
		return 0, false, nil
	}
	if v.Int < 0 || v.Int >= int64(m.Archive.Records) {
		return 0, false, fmt.Errorf("the newest record is said to be %d, there are %d", v.Int, m.Archive.Records)
	}
	return int(v.Int), true, nil
}

// Block is the read of record k, 0 ≤ k < Records.
func (a *Archive) Block(k int) Block {
	if k < 0 || k >= a.Records {
		panic(fmt.Sprintf("BUG: record %d of an archive of %d", k, a.Records))
	}
	b := Block{Function: a.Function, Address: a.Address + uint16(k*a.Words), Count: uint16(a.Words), Group: Profile}
	for i := range a.Registers {
		b.Registers = append(b.Registers, &a.Registers[i])
	}
	b.base = b.Address
	return b
}

// Decode reads a record. False says that it was never written. Its only error is
// a number of words that is not the record's. The ratios are those of AppendDecode.
func (a *Archive) Decode(words []uint16, ct, vt metering.Ratio) (device.Record, bool, error) {
	if len(words) != a.Words {
		return device.Record{}, false, fmt.Errorf("archive record: %d words for %d registers", len(words), a.Words)
	}
	at, ok := a.timeOf(words)
	if !ok {
		return device.Record{}, false, nil
	}
	readings, err := Decode(a.Block(0), words, ct, vt)
	return device.Record{At: at, Readings: readings}, err == nil, err
}

// timeOf is the end of a record's interval; false if it was never written.
func (a *Archive) timeOf(words []uint16) (time.Time, bool) {
	from := int(a.Time.Address)
	w := words[from : from+a.Time.Words()]
	if !slices.ContainsFunc(w, func(word uint16) bool { return word != 0xFFFF }) {
		return time.Time{}, false
	}
	t, ok := a.Time.clock(w)
	return t, ok && t.Unix() > 0
}
