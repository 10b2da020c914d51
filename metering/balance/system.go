package balance

import (
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// system is a metering system: a meter and its transformers at a point for as
// long as they stood there.
type system struct {
	metering.Period
	errors  Errors
	limits  []CurrentLimit // of the current transformer; nil: its class at any current
	light   float64        // share of the rated current, %, below which its load is light
	amperes float64        // rated primary current, 0 without a transformer
	volts   float64        // between the phases, 0 if unknown
	remarks []string       // about classes that nobody states
}

func (m *Model) systemsOf(p metering.Point) []system {
	var list []system
	for _, in := range m.site.Installs {
		if in.Point != p.ID {
			continue
		}
		s := system{Period: metering.Period{From: in.From, To: in.To}, volts: m.volts(p, in)}
		meter, _ := m.site.Meter(in.Meter)
		class := s.class("meter "+string(in.Meter), meter.AccuracyClass, m.cfg.MeterClass)
		s.errors.Meter = class.Percent
		if in.CT.String() != metering.Direct.String() {
			class = s.class(fmt.Sprintf("current transformers of %s", p.ID), in.CTClass, m.cfg.CTClass)
			s.errors.CT = class.Percent
			s.limits, s.light = m.cfg.CTLimits[class.String()], class.LightLoad()
			s.amperes = float64(in.CT.Primary)
		}
		if in.VT.String() != metering.Direct.String() {
			s.errors.VT = s.class(fmt.Sprintf("voltage transformers of %s", p.ID), in.VTClass, m.cfg.VTClass).Percent
		}
		list = append(list, s)
	}
	return list
}

// class reads a stated class; where there is none, or none that makes sense, the
// other one, with a remark.
func (s *system) class(what, stated, standIn string) Accuracy {
	a, err := ParseAccuracy(stated)
	if err == nil {
		return a
	}
	remark := fmt.Sprintf("the accuracy class of the %s is not stated: %s is taken", what, standIn)
	if stated != "" {
		remark = fmt.Sprintf("the accuracy class %q of the %s is not understood: %s is taken", stated, what, standIn)
	}
	s.remarks = append(s.remarks, remark)
	a, _ = ParseAccuracy(standIn) // checked in New
	return a
}

// volts is the nominal voltage between the phases at a point.
func (m *Model) volts(p metering.Point, in metering.Install) float64 {
	if in.VT.String() != metering.Direct.String() {
		return float64(in.VT.Primary)
	}
	return m.net.nodes[p.Node].VoltageKV * 1000
}

// at is the metering system of a point at a time; one of default classes with a
// remark where the site knows of none.
func (m *Model) at(p metering.PointID, t time.Time) *system {
	list := m.systems[p]
	for i := range list {
		if list[i].Holds(t) {
			return &list[i]
		}
	}
	standIn := func(class string) float64 {
		a, _ := ParseAccuracy(class) // checked in New
		return a.Percent
	}
	return &system{
		errors:  Errors{standIn(m.cfg.MeterClass), standIn(m.cfg.CTClass), standIn(m.cfg.VTClass)},
		remarks: []string{fmt.Sprintf("no meter is known at %s: classes %s, %s and %s are taken", p, m.cfg.MeterClass, m.cfg.CTClass, m.cfg.VTClass)},
	}
}

// loaded are the error limits at a mean apparent power over an interval, and the
// share of the rated current, %; 0 if it is unknown.
func (s *system) loaded(va float64) (e Errors, percent float64) {
	e = s.errors
	if s.limits == nil || s.amperes == 0 || s.volts == 0 {
		return e, 0
	}
	percent = va / (math.Sqrt(3) * s.volts) / s.amperes * 100
	e.CT, _ = limitAt(s.limits, percent)
	return e, percent
}
