package dispatcher

import (
	"cmp"
	"slices"
	"strings"

	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/shift"
)

// handover is what the page itself knows of what one shift hands over: alarms, silent
// meters, switches, orders that hold or wait. Every list has an order of its own, so that
// two readings of the same state are the same document.
func (s *Server) handover() (d shift.Document) {
	if s.cfg.Alarms != nil {
		for _, a := range s.cfg.Alarms.Board().Alarms {
			d = withAlarm(d, a)
		}
	}
	pending, _ := s.desk.list()
	for _, p := range pending {
		o := p.order
		d.Pending = append(d.Pending, shift.Item{ID: o.ID, State: string(o.Kind), At: o.At, By: o.By[0].User, Text: o.Reason})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now().UTC()
	for _, p := range s.points {
		if p.meter != nil && p.live(metering.ActivePower, now, s.cfg.Limits).freshness == Silent {
			d.Silent = append(d.Silent, shift.Item{ID: string(p.meter.id), Text: string(p.ID)})
		}
	}
	d.Switches = s.switchesMoved()
	if s.control.Acts != nil {
		for _, o := range s.control.Acts.Overrides {
			d.Overrides = append(d.Overrides, shift.Item{ID: o.Subject, State: string(o.Kind), At: o.At, Until: o.Until, By: strings.Join(o.By, ", "), Text: o.Reason})
		}
	}
	for _, list := range [][]shift.Item{d.Alarms, d.Shelved, d.Out, d.Silent, d.Overrides, d.Pending} {
		slices.SortStableFunc(list, func(a, b shift.Item) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	}
	return d
}

func withAlarm(d shift.Document, a AlarmView) shift.Document {
	it := shift.Item{ID: string(a.ID), State: string(a.State), At: a.Since}
	switch put := cmp.Or(a.Out, a.Shelf); {
	case put != nil:
		it.At, it.Until, it.By, it.Text = put.At, put.Until, put.By, put.Why
		if a.Out != nil {
			d.Out = append(d.Out, it)
		} else {
			d.Shelved = append(d.Shelved, it)
		}
	case a.State != alarm.Suppressed: // what its cause explains is told by the cause
		if a.Acked != nil {
			it.By = a.Acked.By
		}
		d.Alarms = append(d.Alarms, it)
	}
	return d
}

// switchesMoved are the switches that do not stand as the site file calls normal. The
// caller holds the lock.
func (s *Server) switchesMoved() (list []shift.Item) {
	if s.network == nil {
		return nil
	}
	for _, w := range s.network.Switches {
		i := slices.IndexFunc(s.cfg.Site.Network.Switches, func(x metering.Switch) bool { return x.ID == w.ID })
		if i < 0 || s.cfg.Site.Network.Switches[i].Closed == w.Closed {
			continue
		}
		state := "open"
		if w.Closed {
			state = "closed"
		}
		list = append(list, shift.Item{ID: string(w.ID), State: state, Text: s.cfg.Site.Network.Switches[i].Name})
	}
	return list
}
