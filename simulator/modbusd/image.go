package modbusd

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"asue/collector/regmap"
	"asue/metering"
	"asue/simulator"
)

// maxRead is the most registers that a Modbus request may ask for.
const maxRead = 125

// device is one meter: its model and what its registers hold now.
type device struct {
	meter metering.Meter
	model *regmap.Model
	base  int // what is added to the map's addresses

	mu        sync.RWMutex
	at        time.Time // of the snapshot that the registers show
	silent    bool
	absent    bool // stands at no point: nobody answers for it
	segments  []segment
	alone     []segment // registers that are other ones when they are read alone
	fields    []field
	exponents exponents
	archive   *archive // nil if the model has none
}

// refresh writes the image from a snapshot.
func (d *device) refresh(s *simulator.Snapshot) {
	measure, install, ok := s.Meter(d.meter.ID)
	silent := s.Comm(d.meter.ID) == simulator.Silent
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at, d.silent, d.absent = s.At, silent, !ok
	if !ok {
		return
	}
	d.exponents.suit(d.model, install)
	for _, f := range d.fields {
		if f.register.Quantity != 0 {
			f.show(&measure, install, d.exponents)
			continue
		}
		d.setting(f, install, s.At)
	}
}

// show writes what the meter measures.
func (f field) show(measure *simulator.Measure, install metering.Install, x exponents) {
	value, milli, has := measure.Value(f.register.Quantity)
	shown := regmap.Value{Float: value, MilliUnits: milli, Missing: !has, Exponent: x.of(f.register)}
	r := f.register
	if r.Pulse { // the meter beside it gives a pulse for so much, and knows nothing else
		counting := r.Counting(install.Pulse)
		r = &counting
	}
	regmap.Encode(r, shown, install.CT, install.VT, f.words)
}

// read appends count registers from first on to dst, each with its high byte
// first. The exception is 0 if there is none.
func (d *device) read(dst []byte, function uint8, first, count int) ([]byte, exception) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.absent {
		return dst, noAnswerFromTarget
	}
	for _, s := range d.alone {
		if s.function == function && s.first == first && len(s.words) == count {
			return appendWords(dst, s.words), 0
		}
	}
	knows := func(s segment) bool { return s.function == function }
	if !slices.ContainsFunc(d.segments, knows) && !slices.ContainsFunc(d.alone, knows) {
		return dst, illegalFunction
	}
	if count < 1 || count > maxRead || d.model.MaxRegisters > 0 && count > d.model.MaxRegisters {
		return dst, illegalValue
	}
	for _, span := range d.model.NoRead {
		if first-d.base <= int(span.Last) && first-d.base+count > int(span.First) {
			return dst, illegalAddress
		}
	}
	for _, s := range d.segments {
		if s.function == function && first >= s.first && first+count <= s.end() {
			return appendWords(dst, s.words[first-s.first:first-s.first+count]), 0
		}
	}
	return dst, illegalAddress
}

// written is the time of what the registers show.
func (d *device) written() time.Time {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.at
}

func (d *device) isSilent() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.silent
}

func appendWords(dst []byte, words []uint16) []byte {
	for _, w := range words {
		dst = append(dst, byte(w>>8), byte(w))
	}
	return dst
}

// line is the meters and modules behind one listener.
type line struct {
	id      metering.LineID
	units   [256]*device
	modules [256]*module
}

// lay out the lines of a site as they are from since on; all faults at once. A meter
// that was taken away before has left its unit id to another one.
func linesOf(site *metering.Site, library *regmap.Library, since time.Time) ([]*line, []error) {
	var faults []error
	byID := make(map[metering.LineID]*line)
	var lines []*line
	for _, id := range simulator.Lines(site) {
		byID[id] = &line{id: id}
		lines = append(lines, byID[id])
	}
	for _, m := range site.Meters {
		if goneBefore(site, m.ID, since) {
			continue
		}
		model, ok := library.Model(m.Model)
		if !ok {
			faults = append(faults, fmt.Errorf("meter %s: unknown model %q: use one of %v", m.ID, m.Model, library.IDs()))
			continue
		}
		l := byID[m.Line]
		if other := l.units[m.Unit]; other != nil {
			faults = append(faults, fmt.Errorf("meter %s: unit %d of line %s is taken by meter %s", m.ID, m.Unit, m.Line, other.meter.ID))
			continue
		}
		l.units[m.Unit] = newDevice(m, model)
	}
	return lines, append(faults, fit(site, byID)...)
}

// goneBefore reports whether a meter that stood somewhere does not any more.
func goneBefore(site *metering.Site, id metering.MeterID, since time.Time) bool {
	gone := false
	for _, i := range site.Installs {
		if i.Meter != id {
			continue
		}
		if i.To.IsZero() || i.To.After(since) {
			return false
		}
		gone = true
	}
	return gone
}

// withArchive are the meters of all lines that have a memory.
func withArchive(lines []*line) []*device {
	var list []*device
	for _, l := range lines {
		for _, d := range l.units {
			if d != nil && d.archive != nil {
				list = append(list, d)
			}
		}
	}
	return list
}
