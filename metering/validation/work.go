package validation

import (
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// pointWork is what is to be validated of one point: whole local days.
type pointWork struct {
	point    metering.PointID
	channels []metering.Channel // ascending: active before reactive
	from, to time.Time
}

// byPoint joins stretches to work on points, check points first, because billing
// points look at them, and then in the order of the site file.
func (v *Validator) byPoint(todo []stretch) []pointWork {
	hull := map[metering.PointID]stretch{}
	for _, s := range todo {
		have, ok := hull[s.point]
		if !ok || s.from.Before(have.from) {
			have.from = s.from
		}
		if !ok || s.to.After(have.to) {
			have.to = s.to
		}
		hull[s.point] = have
	}
	var first, then []pointWork
	for _, p := range v.cfg.Site.Points {
		s, ok := hull[p.ID]
		if !ok {
			continue
		}
		work := pointWork{point: p.ID, channels: v.cfg.Chains.Channels(p.ID)}
		work.from, _ = vee.Day.Bounds(s.from, v.zone())
		_, work.to = vee.Day.Bounds(s.to.Add(-time.Millisecond), v.zone())
		if p.Role == metering.RoleCheck {
			first = append(first, work)
		} else {
			then = append(then, work)
		}
	}
	return append(first, then...)
}

// byMonth cuts work at the ends of local months: what is usual is told by the month
// before, and a rebuild goes by months too.
func (v *Validator) byMonth(list []pointWork) []pointWork {
	var out []pointWork
	for _, work := range list {
		for _, m := range v.months(work.from, work.to) {
			part := work
			part.from, part.to = later(work.from, m.From), earlier(work.to, m.To)
			out = append(out, part)
		}
	}
	return out
}
