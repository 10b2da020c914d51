package collector

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"asue/collector/device"
	"asue/metering"
)

// standing is what is known of who a meter is, and what follows for its values.
type standing struct {
	known   bool             // it was asked since it was last away
	doubted bool             // its clock cannot be trusted
	whole   metering.Quality // of everything that it says

	said device.Identity // what it last told
	at   time.Time       // when
	who  string          // the serial number that it had when it was settled

	settled moment // when conclusions were last drawn

	why    string // it is of this quality
	ratio  string // why its transformer settings are not right; empty if they are
	unset  []device.Mismatch
	offset time.Duration // of its clock
}

// ClockTolerance is how far a meter's own clock may be off before what it stamps
// is called into doubt. The clock is never set: that is an act of its own.
const ClockTolerance = 2 * time.Second

// doubt makes the meter tell anew who it is, before anything else of it counts.
func (m *meter) doubt() { m.who.known = false }

// settle draws the conclusions of what the meter has told.
func (m *meter) settle() {
	w := &m.who
	before, said := *w, w.said
	w.known, w.settled = true, momentOf(m.line.now())
	w.whole, w.why = judge(m.cfg, said)
	w.ratio = compareRatios(m.cfg, said)
	w.unset = said.Unset
	w.doubted = false
	if !said.Clock.IsZero() {
		w.offset = said.Clock.Sub(w.at)
		// A clock shows whole seconds.
		w.doubted = w.offset > ClockTolerance || w.offset < -ClockTolerance-time.Second
	}
	if w.who != "" && said.Serial != "" && said.Serial != w.who {
		m.exchanged(w.who, said.Serial)
	}
	if said.Serial != "" {
		w.who = said.Serial
	}
	m.stats.settled(w)
	m.tell(&before, w)
}

// judge finds out whether the meter is the one of the site file at all.
func judge(cfg MeterConfig, said device.Identity) (metering.Quality, string) {
	switch {
	case len(said.Strange) > 0:
		return metering.WrongMeter, fmt.Sprintf("the device is no %s: %s; correct the model in the site file", cfg.Device.Model(), listed(said.Strange))
	case cfg.Serial != "" && said.Serial != "" && !SameSerial(cfg.Serial, said.Serial):
		return metering.WrongMeter, fmt.Sprintf("the meter has the serial number %s, the site file says %s: enter the exchange, or correct the site file", said.Serial, cfg.Serial)
	}
	return metering.Good, ""
}

// SameSerial reports whether two spellings of a serial number mean the same: capitals,
// leading zeros and separators make no difference, letters beyond ASCII do not fit
// into a register, and a meter that keeps its number as a number is held against
// the digits alone.
func SameSerial(a, b string) bool {
	a, b = bare(a), bare(b)
	if a == b {
		return true
	}
	if numeric(a) || numeric(b) {
		return digits(a) == digits(b)
	}
	return false
}

func bare(s string) string {
	s = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || strings.ContainsRune(" -_/.", r) {
			return -1
		}
		return r
	}, strings.ToUpper(s))
	return strings.TrimLeft(s, "0")
}

func digits(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	return strings.TrimLeft(s, "0")
}

func numeric(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// compareRatios holds the transformer settings of the meter against the site file.
func compareRatios(cfg MeterConfig, said device.Identity) string {
	var parts []string
	for _, r := range []struct {
		name      string
		told, set metering.Ratio
	}{{"CT", said.CT, cfg.CT}, {"VT", said.VT, cfg.VT}} {
		if r.told == (metering.Ratio{}) {
			continue
		}
		tn, td := r.told.Factor()
		sn, sd := r.set.Factor()
		if tn*sd != sn*td {
			parts = append(parts, fmt.Sprintf("the meter is set to %s %v, the site file says %v", r.name, r.told, r.set))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + ": correct the one that is wrong"
}

func listed(list []device.Mismatch) string {
	var parts []string
	for _, m := range list {
		parts = append(parts, m.String())
	}
	return strings.Join(parts, "; ")
}

// mark marks readings that the meter's settings make unusable, and returns the
// quality of all of them together.
func (w *standing) mark(readings []metering.Reading) (metering.Quality, string) {
	if w.ratio == "" && len(w.unset) == 0 {
		return w.whole, w.why
	}
	for i := range readings {
		r := &readings[i]
		if r.Quality != metering.Good {
			continue
		}
		if why := w.misread(r.Quantity); why != "" {
			r.Quality, r.Reason = metering.Misconfigured, why
		} else if w.ratio != "" && transformed(r.Quantity) {
			r.Quality, r.Reason = metering.RatioMismatch, w.ratio
		}
	}
	return w.whole, w.why
}

// misread says which setting makes a quantity another one; empty if none does.
func (w *standing) misread(q metering.Quantity) string {
	for _, m := range w.unset {
		if len(m.Quantities) == 0 {
			return m.String()
		}
		for _, affected := range m.Quantities {
			if affected == q {
				return m.String()
			}
		}
	}
	return ""
}

// transformed reports whether transformers change a quantity: all but power
// factor, frequency and distortion.
func transformed(q metering.Quantity) bool {
	switch q.Unit() {
	case "V", "A", "W", "var", "VA", "Wh", "varh", "VAh":
		return true
	}
	return false
}

// exchanged notes that another meter answers where one was before. Its counters
// have nothing to do with those of the old one.
func (m *meter) exchanged(before, now string) {
	m.line.log().Error("collector: another meter answers", "meter", m.cfg.ID, "at", m.cfg.Device.Address(), "serial_before", before, "serial_now", now)
	m.stats.exchanges.Add(1)
	for i := range m.counters {
		m.counters[i].exchanged = true
	}
	m.books.interrupt()
}

// tell says what has changed, in the log and in the stream.
func (m *meter) tell(before, now *standing) {
	log := m.line.log().With("meter", m.cfg.ID, "at", m.cfg.Device.Address())
	if now.whole != before.whole || now.why != before.why {
		if now.whole == metering.Good {
			log.Info("collector: the meter is the one of the site file again")
		} else {
			log.Error("collector: the meter is not the one of the site file; nothing that it says is used", "reason", now.why)
		}
	}
	if now.ratio != before.ratio {
		if now.ratio == "" {
			log.Info("collector: the meter's transformer settings are right again")
		} else {
			log.Error("collector: the meter's transformer settings differ; what they change is not used", "reason", now.ratio)
		}
	}
	if a, b := listed(before.unset), listed(now.unset); a != b {
		if b == "" {
			log.Info("collector: the meter's settings are right again")
		} else {
			log.Error("collector: the meter's settings change what its registers mean", "reason", b)
		}
	}
	if now.doubted != before.doubted {
		if now.doubted {
			log.Warn("collector: the meter's clock is off; it is not set from here", "by", now.offset.Round(100*time.Millisecond))
		} else {
			log.Info("collector: the meter's clock is right again")
		}
	}
	if !now.said.Clock.IsZero() {
		m.line.put(metering.Snapshot{
			Meter: m.cfg.ID, Model: m.model, At: now.at.Truncate(time.Millisecond), Mono: now.at.Sub(m.line.c.started),
			Clock: now.said.Clock, Quality: now.whole, Reason: now.why,
		}, true)
	}
}
