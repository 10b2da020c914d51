package study

import (
	"math"
	"strings"

	"asue/metering"
)

// Readiness is what would happen if the source in service tripped now, with all its
// circuits: that which gives the most, where several do. Sources that are not available
// by the site file do not count as a reserve, unless they feed already.
func (m *Model) Readiness(s Setting, loads []Load, armour Armour) metering.Readiness {
	r := metering.Readiness{Light: metering.LightRed, Backup: []string{}, Dark: []metering.Dark{}, Timeline: []metering.Move{}}
	q, err := m.ask(s, loads)
	if err != nil {
		r.Before, r.After, r.Later, r.Binds = metering.Diverged, metering.Diverged, metering.Diverged, err.Error()
		return r
	}
	base := m.answer(q)
	lost := -1
	most := math.Inf(-1)
	for i := range m.feeds {
		state := &base.state
		if !base.at.feeds[i] || len(state.Sources) == 0 || !state.Sources[i].Feeding {
			continue
		}
		r.LoadMW += state.Sources[i].MeteredMW
		if given := m.giveTogether(&base, i); given > most {
			lost, most = i, given
		}
	}
	for i, f := range m.feeds {
		feeding := len(base.state.Sources) > 0 && base.state.Sources[i].Feeding
		base.at.feeds[i] = base.at.feeds[i] && (f.source.Available || feeding)
	}
	r.TechnologicalMW, _ = m.held(loads, armour, technological)
	r.EmergencyMW, _ = m.held(loads, armour, emergency)
	if lost < 0 {
		return m.nothingFeeds(r, &base, loads)
	}
	o := m.sourceOutage(base.at, lost)
	r.Lost = strings.Join(o.Out, "+")
	c := m.after(&base, loads, o)
	r.Before, r.After, r.Later = c.Before.Ending, c.After.Ending, c.Later.Ending
	r.Timeline, r.Dark = c.Timeline, c.Dark
	for _, source := range c.Later.State.Sources {
		if source.Feeding {
			r.Backup = append(r.Backup, source.Source)
		}
	}
	m.judge(&r, &base, c, loads, armour)
	return r
}

// nothingFeeds is the readiness of a site that is dark already, or whose flows nobody
// can tell.
func (m *Model) nothingFeeds(r metering.Readiness, base *answer, loads []Load) metering.Readiness {
	now := stage(base).Ending
	r.Before, r.After, r.Later = now, now, now
	r.Binds, r.ShedMW, r.Dark = "no source", sum(base.loads), m.dark(loads, base.live)
	if now == metering.Diverged {
		r.Binds = bound{element: "network"}.String()
	}
	return r
}

// giveTogether is what a source gives with those that are lost with it.
func (m *Model) giveTogether(a *answer, f int) (mw float64) {
	for i, other := range m.feeds {
		if a.at.feeds[i] && (i == f || m.together(other, m.feeds[f])) {
			mw += a.state.Sources[i].MW
		}
	}
	return mw
}

// judge says what the reserve can carry, and which light that is.
func (m *Model) judge(r *metering.Readiness, base *answer, c Contingency, loads []Load, armour Armour) {
	drawn := sum(base.loads)
	if len(r.Backup) == 0 {
		r.Binds, r.ShedMW = "no source", drawn
		return
	}
	q := m.onReserve(base, c)
	if drawn == 0 {
		q.loads, _ = m.gather(m.Loads(1))
	}
	limit := m.reach(q, 0, none)
	r.LimitMW, r.Binds = metered(&limit.at), limit.binds.String()
	r.Next = m.next(q, limit).String()
	if drawn > 0 && limit.factor < 1 {
		r.ShedMW = drawn * (1 - limit.factor)
	}
	r.Minutes = m.minutes(base, c)
	switch {
	case m.carries(q, loads, armour, technological):
		r.Light = metering.LightGreen
	case m.carries(q, loads, armour, emergency):
		r.Light = metering.LightAmber
	}
}

// onReserve is the network after transfers, for as long as it takes: changers move,
// ratings are those of the setting.
func (m *Model) onReserve(base *answer, c Contingency) question {
	q := base.question
	q.at = c.switched
	q.taps, q.held = base.flow.taps, make([]bool, len(m.transformers))
	for i := range m.transformers {
		q.held[i] = !m.transformers[i].holds()
	}
	return q
}

// metered is what the meters of contracts see of all that feed.
func metered(a *answer) (mw float64) {
	for _, s := range a.state.Sources {
		if s.Feeding {
			mw += s.MeteredMW
		}
	}
	return mw
}

func technological(a ArmourMW) float64 { return a.Technological }
func emergency(a ArmourMW) float64     { return a.Emergency }

// held is a level of the armour of all as far as it is drawn, in MW and as the loads
// that remain: each resident's cut in proportion. What nobody has an armour for goes.
func (m *Model) held(loads []Load, armour Armour, level func(ArmourMW) float64) (mw float64, rest []Load) {
	draws := map[metering.ResidentID]float64{}
	for _, l := range loads {
		draws[l.Resident] += l.MW
	}
	for _, l := range loads {
		least := level(armour[l.Resident])
		if l.Resident == "" || draws[l.Resident] <= 0 || least <= 0 {
			continue
		}
		part := math.Min(1, least/draws[l.Resident])
		l.MW, l.Mvar = l.MW*part, l.Mvar*part
		mw += l.MW
		rest = append(rest, l)
	}
	return mw, rest
}

// carries says that a level of the armour of all stays served and no limit is broken.
func (m *Model) carries(q question, loads []Load, armour Armour, level func(ArmourMW) float64) bool {
	_, rest := m.held(loads, armour, level)
	drawn, err := m.gather(rest)
	if err != nil {
		return false
	}
	q.loads, q.digest = drawn, "-"
	a := m.answer(q)
	return stage(&a).Ending == metering.Secure
}

// wireMinutes is how long an overloaded wire is let: nobody states a permitted time,
// and a wire is hot within minutes. It is what it takes to act.
const wireMinutes = 1

// minutes that the overload of the outage can be stood: until a transformer passes the
// limits of long-time emergency loading, from what it carried before. 0 if nothing is
// overloaded.
func (m *Model) minutes(base *answer, c Contingency) float64 {
	least := 0.0
	shorter := func(minutes float64) {
		if least == 0 || minutes < least {
			least = minutes
		}
	}
	for _, v := range c.Later.State.Violations {
		switch v.Kind {
		case LimitLine:
			shorter(wireMinutes)
		case LimitTransformer:
			for i := range m.transformers {
				if t := &m.transformers[i]; string(t.Node) == v.Element {
					before := 0.0
					if len(base.state.Transformers) > 0 {
						before = base.state.Transformers[i].LoadingPct / 100
					}
					stands, _ := t.cooling.Stands(Step{base.setting.ambient(), before, v.Value / 100}, LongEmergency)
					shorter(math.Max(stands.Minutes(), 0.01))
				}
			}
		}
	}
	return least
}
