package regmap

import (
	"fmt"
	"time"

	"asue/metering/form"
)

// takeArchive gives the model its archive and holds it against the limits and the
// registers. whole says that all registers of the model could be read.
func (m *Model) takeArchive(r *form.Report, g *given[archiveDraft], defaults registerDefaults, whole bool) {
	d := &g.V
	a := &Archive{
		Period: d.period.V, Records: d.records.V, Address: d.address.V, Words: d.words.V, Newest: d.newest.V,
		Function: d.function.Or(defaults.function),
	}
	a.Time = Register{
		Name: "time", Function: a.Function, Address: d.time.V.offset.V, Type: d.time.V.kindOf.V,
		Order: d.time.V.order.Or(defaults.order), Scale: 1, Clock: d.time.V.clock.V, Group: Profile,
	}
	defaults.function = a.Function
	entries := entriesOf(r, d.registers, defaults, "offset")
	if !g.OK || !d.time.OK || !d.period.OK || !d.records.OK || !d.address.OK || !d.words.OK || unread(d.function) || !d.newest.OK {
		return
	}
	at := entry{report: r, at: g.At, place: "addr"}
	m.checkArchive(&at, a)
	if whole {
		m.checkNewest(&at, a)
	}
	a.checkTime(r, d.time)
	for i := range entries {
		e := &entries[i]
		e.Group = Profile
		m.checkRecorded(e, a, entries[:i], whole)
		a.Registers = append(a.Registers, e.Register)
	}
	if d.registers.OK && len(d.registers.V) == 0 {
		r.Refuse(d.registers.At, form.Found("empty-list", "an empty list", "an archive without counters tells nothing", "write at least one entry"))
	}
	m.Archive = a
}

// checkArchive: the records must be ones that a request can read.
func (m *Model) checkArchive(at *entry, a *Archive) {
	refuse := func(key, code, what, why, remedy string) { at.refuse(key, form.Found(code, what, why, remedy)) }
	first, end := int(a.Address), int(a.Address)+a.Records*a.Words
	if 24*time.Hour%a.Period != 0 {
		refuse("period", "bad-period", fmt.Sprintf("intervals of %v", a.Period), "a day is cut into equal ones", "write one like 15m, 30m or 1h")
	}
	if end > 65536 {
		refuse("addr", "beyond-end", fmt.Sprintf("%d records of %d registers from %d on", a.Records, a.Words, first), "they end beyond address 65535", "correct addr, records or words")
		return
	}
	if a.Words > m.MaxRegisters {
		refuse("words", "too-long", fmt.Sprintf("reading a record takes %d registers", a.Words), fmt.Sprintf("one request may ask for %d registers", m.MaxRegisters), "a record is not split: correct max_registers or words")
	}
	if m.Even && (first%2 != 0 || a.Words%2 != 0) {
		refuse("addr", "odd-records", fmt.Sprintf("records of %d registers from %d on", a.Words, first), "reads start at even addresses with even counts here", "correct addr, words or limits.even")
	}
	if m.forbids(first, end) {
		refuse("addr", "no-read", fmt.Sprintf("the records lie at %d..%d", first, end-1), "limits.no_read forbids to read some of that", "correct the address or limits.no_read")
	}
	if m.SunSpec != 0 {
		refuse("addr", "misplaced-key", "an archive in a SunSpec map", "its addresses are offsets in a model, and no SunSpec model has records", "delete it")
	}
	for i := range m.Registers {
		if r := &m.Registers[i]; r.Function == a.Function && r.Unsure == "" && int(r.Address) < end && r.end() > first {
			refuse("addr", "overlap", fmt.Sprintf("the records lie at %d..%d", first, end-1), fmt.Sprintf("%q lies at %d..%d", r.Name, r.Address, r.end()-1), "correct one of the two")
			return
		}
	}
}

// checkNewest: the index of the newest record is an integer that is read with the
// archive.
func (m *Model) checkNewest(at *entry, a *Archive) {
	r, ok := m.Register(a.Newest)
	switch {
	case !ok:
		at.refuse("newest", form.Found("unknown-register", fmt.Sprintf("no register %q", a.Newest), "the index of the newest record is a register of this file", "correct the name, or add the register"))
	case r.Group != Profile || r.Quantity != 0 || r.Unsure != "" || r.Type.Float() || r.Type == ASCII || r.Type == U32U16 || r.ScalesOthers || r.Exponent != nil || r.Parts > 1:
		at.refuse("newest", form.Found("bad-newest", fmt.Sprintf("%q as the index of the newest record", a.Newest), "it is a plain integer of group profile, about which there is no doubt", "write group: profile there, or correct the name"))
	}
}

// checkTime: the time lies within the record and is a clock.
func (a *Archive) checkTime(r *form.Report, d given[timeDraft]) {
	e := entry{report: r, at: d.At}
	e.checkClockType("type", a.Time.Type, a.Time.Clock)
	if a.Time.end() > a.Words {
		e.refuse("offset", form.Found("beyond-end", fmt.Sprintf("the time lies at %d..%d", a.Time.Address, a.Time.end()-1), fmt.Sprintf("a record has %d registers", a.Words), "correct offset or words"))
	}
}

// checkRecorded: what a record holds is a counter that counts as its register
// does, so that the one can be taken from the other.
func (m *Model) checkRecorded(e *entry, a *Archive, before []entry, whole bool) {
	e.checkUnit()
	e.checkType()
	if e.end() > a.Words {
		e.refuse("offset", form.Found("beyond-end", fmt.Sprintf("%q lies at %d..%d", e.Name, e.Address, e.end()-1), fmt.Sprintf("a record has %d registers", a.Words), "correct offset, type or words"))
	}
	if int(a.Time.Address) < e.end() && int(e.Address) < a.Time.end() {
		e.refuse("offset", form.Found("overlap", fmt.Sprintf("%q lies at %d..%d", e.Name, e.Address, e.end()-1), fmt.Sprintf("the record's time lies at %d..%d", a.Time.Address, a.Time.end()-1), "correct one of the two"))
	}
	for i := range before {
		if !e.checkBeside(&before[i]) {
			return
		}
	}
	live, ok := m.Of(e.Quantity)
	switch {
	case !e.Quantity.Counter():
		e.refuse("name", form.Found("not-a-counter", fmt.Sprintf("%q in a record", e.Name), "an archive is read for its cumulative registers", "delete it"))
	case whole && !ok:
		e.refuse("name", form.Found("unknown-register", fmt.Sprintf("%v in a record", e.Quantity), "the model has no register of that quantity", "delete it, or add the register"))
	case ok && (live.Step != e.Step || live.Secondary != e.Secondary || live.Modulus != e.Modulus || live.Exponent != nil):
		e.refuse("name", form.Found("other-counts", fmt.Sprintf("%q counts otherwise than its register", e.Name),
			fmt.Sprintf("the register counts %d thousandths and starts anew at %d counts, the record %d and %d", live.Step, live.Modulus, e.Step, e.Modulus),
			"a record is taken for the register as it stood: correct type, scale or ratio"))
	}
}
