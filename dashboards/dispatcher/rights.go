package dispatcher

import (
	"slices"
	"time"

	"asue/metering"
)

// SetRights lets the technical conditions and armours of a site hold from now on: those of
// the site file with what the register has recorded since. Nothing else of it is taken. It
// may be called at any time; open pages hear of what it changes with the next Publish.
func (s *Server) SetRights(site *metering.Site) {
	with := *s.cfg.Site
	with.Conditions, with.Armours = slices.Clone(site.Conditions), slices.Clone(site.Armours)
	s.rights.Store(&with)
}

// site is the site with the rights that hold.
func (s *Server) site() *metering.Site { return s.rights.Load() }

// right is what a resident may draw and must keep at a moment, in watts.
type right struct{ allowed, technological, emergency int64 }

func (s *Server) rightOf(id metering.ResidentID, now time.Time) right {
	site := s.site()
	r := right{allowed: int64(site.Allowed(id, now))}
	for _, a := range site.Armours {
		if a.Resident == id && a.At(now) {
			r.technological, r.emergency = int64(a.Technological), int64(a.Emergency)
		}
	}
	return r
}

// rightsAt are those of all residents, in their order.
func (s *Server) rightsAt(now time.Time) []right {
	list := make([]right, len(s.residents))
	for i, r := range s.residents {
		list[i] = s.rightOf(r.ID, now)
	}
	return list
}
