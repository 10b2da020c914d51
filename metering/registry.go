package metering

import (
	"fmt"
	"slices"
	"time"
)

// InputsOf lists the points by which a medium enters the site.
func (s *Site) InputsOf(m Medium) []Point {
	var inputs []Point
	for _, p := range s.Points {
		if p.Role == RoleInput && p.MediumOf() == m {
			inputs = append(inputs, p)
		}
	}
	return inputs
}

// InstallsOf lists the meters that stood at a point, ascending by time; the
// periods of a point are disjoint.
func (s *Site) InstallsOf(id PointID) []Install {
	var chain []Install
	for _, i := range s.Installs {
		if i.Point == id {
			chain = append(chain, i)
		}
	}
	slices.SortStableFunc(chain, func(a, b Install) int { return a.From.Compare(b.From) })
	return chain
}

// VirtualPoint finds a virtual point by id.
func (s *Site) VirtualPoint(id PointID) (VirtualPoint, bool) {
	return find(s.Virtual, func(v VirtualPoint) bool { return v.ID == id })
}

// ClassOf is the class of validation of a point, empty for that of all others and
// for an unknown point.
func (s *Site) ClassOf(id PointID) string {
	p, _ := s.Point(id)
	return p.Class
}

// RuleSetAt finds the rule set that holds for a class at t: its own, or where it
// has none then, that of all other points. The second result is false when there
// is neither: the rules' own defaults hold.
func (s *Site) RuleSetAt(class string, t time.Time) (RuleSet, bool) {
	own, ok := find(s.Rules, func(r RuleSet) bool { return r.Class == class && r.Holds(t) })
	if ok || class == "" {
		return own, ok
	}
	return s.RuleSetAt("", t)
}

// VerifiedAt reports whether the verification (поверка) of everything that
// measures at a point holds at t: meter, CT and VT. What states no end of its
// verification counts as verified. If not, what says why.
func (s *Site) VerifiedAt(id PointID, t time.Time) (ok bool, what string) {
	install, stands := s.MeterAt(id, t)
	if !stands {
		return false, "no meter stands at the point"
	}
	meter, _ := s.Meter(install.Meter)
	for _, part := range []struct {
		name string
		to   time.Time
	}{{"meter", meter.VerifiedTo}, {"current transformers", install.CTVerifiedTo}, {"voltage transformers", install.VTVerifiedTo}} {
		if !part.to.IsZero() && !t.Before(part.to) {
			return false, fmt.Sprintf("the verification of the %s ended on %s", part.name, s.date(part.to))
		}
	}
	return true, ""
}

// date is the day before whose end a verification held, in the site's zone.
func (s *Site) date(t time.Time) string {
	if s.Location != nil {
		t = t.In(s.Location)
	}
	return t.Format(time.DateOnly)
}
