package veetest

import (
	"slices"
	"time"

	"asue/metering"
)

// drawFaults places the faults: an hour and a half for each, at random.
func (m *maker) drawFaults() []Fault {
	const room = 90 * time.Minute
	slots := int(m.Load.End().Sub(m.Load.Start)/room) - 2
	order := m.rng.Perm(max(slots, 0))
	var faults []Fault
	add := func(kind string, n int, least, most time.Duration) {
		for range n {
			if len(order) == 0 {
				return
			}
			from := m.Load.Start.Add(time.Duration(order[0]+1) * room)
			order = order[1:]
			from = from.Add(m.within(20*time.Minute, 30*time.Minute)).Truncate(time.Millisecond)
			faults = append(faults, Fault{kind, from, from.Add(m.within(least, most)).Truncate(time.Millisecond)})
		}
	}
	add("gap", m.Gaps, time.Minute, 40*time.Minute)
	add("frozen", m.Frozen, 5*time.Minute, 40*time.Minute)
	add("reset", m.Resets, 0, 0)
	add("swap", m.Swaps, 0, 0)
	add("clock", m.ClockSteps, 2*time.Minute, 10*time.Minute)
	slices.SortFunc(faults, func(a, b Fault) int { return a.From.Compare(b.From) })
	return faults
}

func (m *maker) within(least, most time.Duration) time.Duration {
	return least + time.Duration(m.rng.Int64N(int64(most-least)+1))
}

// run reads the meters from the load's start to its end.
func (m *maker) run() {
	next := 0
	var under *Fault // way
	meters := 1
	for at := m.Load.Start.Add(m.within(0, m.Poll)); at.Before(m.Load.End()); at = at.Add(m.Poll) {
		when := at.Add(m.within(0, m.Jitter)).Truncate(time.Millisecond)
		if under != nil && !when.Before(under.To) {
			m.frozen, m.offset = false, 0
			if under.Kind == "clock" {
				m.sign(under.To, clockBy)
			}
			under = nil
		}
		if next < len(m.Faults) && !when.Before(m.Faults[next].From) {
			under = &m.Faults[next]
			next++
			switch under.Kind {
			case "frozen":
				m.frozen, m.held = true, m.content(m.Load.Until(under.From))
			case "reset":
				m.start, m.since = 0, m.Load.Until(under.From)
			case "clock":
				m.offset = clockBy
				m.sign(under.From.Add(clockBy), clockBy)
			case "swap":
				meters++
				m.swap(meters, under.From)
			}
		}
		if under != nil && under.Kind == "gap" || m.rng.Float64() < m.Lost {
			continue
		}
		m.read(when)
	}
}

// clockBy is by how much a clock is wrong while it is.
const clockBy = 20 * time.Second

// swap takes a meter out and puts another one in at the same moment.
func (m *maker) swap(n int, at time.Time) {
	sum := m.Load.Until(at)
	old := &m.Installs[len(m.Installs)-1]
	old.To = at
	if m.Acts {
		old.EndReadings = map[metering.Channel]metering.Energy{metering.ChannelActiveImport: m.shown(sum)}
	}
	m.put(n, at)
	if m.Acts {
		m.Installs[len(m.Installs)-1].StartReadings = map[metering.Channel]metering.Energy{metering.ChannelActiveImport: m.shown(sum)}
	}
}

func (m *maker) read(when time.Time) {
	raw := m.content(m.Load.Until(when))
	if m.frozen {
		raw = m.held
	}
	stamp := when.Add(m.offset)
	took := time.Duration(0)
	if m.Took > 0 {
		took = m.within(0, m.Took).Truncate(time.Millisecond)
		stamp = stamp.Add(m.within(-took/2, took/2)).Truncate(time.Millisecond)
	}
	if m.rng.Float64() < m.Glitches {
		raw = m.garbage(raw)
	}
	r := metering.RegisterReading{At: stamp, Took: took, Count: metering.Count{Raw: raw, Step: m.Step, Secondary: true}}
	if from := m.Installs[len(m.Installs)-1].From; stamp.Before(from) {
		return // in the stamp's time another meter stood there
	}
	m.Readings[m.meter] = append(m.Readings[m.meter], r)
	if m.rng.Float64() < m.Twice {
		m.Readings[m.meter] = append(m.Readings[m.meter], r)
	}
	if m.Dense || stamp.Sub(stamp.Truncate(time.Minute)) < metering.WitnessSlot {
		m.Witnesses[m.meter] = append(m.Witnesses[m.meter], metering.Witness{
			Meter: m.meter, Start: metering.PeriodStart(stamp), Powers: []metering.PowerSample{{At: stamp, Power: m.Load.Power(when)}},
		})
	}
}

// garbage is what a bad read shows: nothing, or a torn word.
func (m *maker) garbage(raw int64) int64 {
	if m.rng.IntN(2) == 0 {
		return 0
	}
	return raw ^ 1<<(16+m.rng.IntN(15))
}

func (m *maker) sign(at time.Time, by time.Duration) {
	w := metering.Witness{Meter: m.meter, Start: metering.PeriodStart(at)}
	w.Signs[metering.SignClockStep] = int32(by.Milliseconds())
	m.Witnesses[m.meter] = append(m.Witnesses[m.meter], w)
}
