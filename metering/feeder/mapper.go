package feeder

import (
	"math"
	"time"

	"asue/metering"
)

// Heartbeat is how often a meter's quality is written although it is the same.
const Heartbeat = time.Minute

// QualityField is the field of the quality series, asue_quality: the number of a
// metering.Quality.
const QualityField = "quality"

// Mapper makes samples of snapshots by what the site file says about meters. It
// is for one goroutine.
type Mapper struct {
	installs map[metering.MeterID][]place
	points   map[metering.PointID][]place
	quality  map[metering.MeterID]spoken
	fields   [256]string // of a quantity, by its number
}

// place is an install with the labels of its point.
type place struct {
	install metering.Install
	labels  metering.Sample
}

// spoken is the quality last written for a meter.
type spoken struct {
	quality metering.Quality
	at      time.Time
}

// NewMapper makes a mapper for a site.
func NewMapper(site *metering.Site) *Mapper {
	m := &Mapper{
		installs: map[metering.MeterID][]place{},
		points:   map[metering.PointID][]place{},
		quality:  map[metering.MeterID]spoken{},
	}
	for _, q := range metering.Quantities() {
		m.fields[q] = q.Field()
	}
	for _, p := range site.Points {
		m.points[p.ID] = nil
	}
	for _, i := range site.Installs {
		labels := metering.Sample{Point: i.Point, Meter: i.Meter}
		if p, ok := site.Point(i.Point); ok {
			labels.Node = p.Node
			// A check meter measures a resident's energy a second time: under the
			// resident's name every sum would count it twice.
			if p.Role == metering.RoleResident {
				labels.Resident = p.Resident
			}
		}
		m.installs[i.Meter] = append(m.installs[i.Meter], place{i, labels})
		m.points[i.Point] = append(m.points[i.Point], place{i, labels})
	}
	return m
}

// Append appends a snapshot's samples to dst: a value for every reading that has
// one, whatever its quality, because this is the raw record, and the quality
// beside it when it has changed and once a Heartbeat. A meter that stands
// nowhere by the site file keeps its values under its own label alone.
func (m *Mapper) Append(dst []metering.Sample, s metering.Snapshot) []metering.Sample {
	labels := m.labelsOf(s.Meter, s.At)
	labels.At = s.At
	for _, r := range s.Readings {
		field := m.fields[r.Quantity]
		if field == "" || !r.Quality.HasValue() || math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
			continue
		}
		labels.Field, labels.Value = field, r.Value
		dst = append(dst, labels)
	}
	if q := qualityOf(s); m.worthSaying(s.Meter, q, s.At) {
		labels.Field, labels.Value = QualityField, float64(q)
		dst = append(dst, labels)
	}
	return dst
}

// At are the labels of a point's samples at a time: node, resident, and the
// meter that stood there; false for a point that the site file does not have.
func (m *Mapper) At(point metering.PointID, at time.Time) (metering.Sample, bool) {
	places, ok := m.points[point]
	labels := metering.Sample{Point: point}
	for _, p := range places {
		labels.Node, labels.Resident = p.labels.Node, p.labels.Resident
		if p.install.At(at) {
			labels.Meter = p.labels.Meter
			break
		}
	}
	labels.At = at
	return labels, ok
}

func (m *Mapper) labelsOf(meter metering.MeterID, at time.Time) metering.Sample {
	for _, p := range m.installs[meter] {
		if p.install.At(at) {
			return p.labels
		}
	}
	return metering.Sample{Meter: meter}
}

// qualityOf is the quality of a snapshot as a whole: that of the read, or else
// the first of a reading that is not good. A quantity that a meter does not have
// says nothing about the rest.
func qualityOf(s metering.Snapshot) metering.Quality {
	if s.Quality != metering.Good {
		return s.Quality
	}
	for _, r := range s.Readings {
		if r.Quality != metering.Good && r.Quality != metering.NotAvailable {
			return r.Quality
		}
	}
	return metering.Good
}

func (m *Mapper) worthSaying(meter metering.MeterID, q metering.Quality, at time.Time) bool {
	was, known := m.quality[meter]
	if known && was.quality == q && at.Sub(was.at).Abs() < Heartbeat {
		return false
	}
	m.quality[meter] = spoken{q, at}
	return true
}

// Interval is the published sample of an interval's version; false for one
// without energy, which has nothing to draw.
func (m *Mapper) Interval(i metering.Interval) (metering.Sample, bool) {
	if i.Grade == metering.Null {
		return metering.Sample{}, false
	}
	s, _ := m.At(i.Point, i.Start)
	s.Field, s.Value = IntervalField, float64(i.Energy)
	if i.Channel.Unit() == "L" {
		s.Field = VolumeField
	}
	s.Channel, s.Revision = i.Channel, max(1, i.Version)
	return s, true
}
