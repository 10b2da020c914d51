package dispatcher

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// siteKey and clockKey find the site and the clock of the run in a request's
// context, for parameters that can only be judged with them.
type (
	siteKey  struct{}
	clockKey struct{}
)

// judge reads the parameters of one question and collects all their faults, each
// with its place and what would be right. An empty text is left to huma, which
// says that it is required, or to the caller's default.
type judge struct {
	site   *metering.Site
	now    time.Time
	faults []error
}

// judgeOf makes the judge of a request, for the Resolve methods that huma calls.
func judgeOf(ctx huma.Context) *judge {
	site, ok := ctx.Context().Value(siteKey{}).(*metering.Site)
	now, timed := ctx.Context().Value(clockKey{}).(time.Time)
	if !ok || !timed {
		panic("BUG: the site or the time is not in the request's context")
	}
	return &judge{site: site, now: now}
}

// judge is the same for a handler, which runs when Resolve has found no fault.
func (s *Server) judge() *judge { return &judge{site: s.cfg.Site, now: s.cfg.Now().UTC()} }

func (j *judge) fault(name, value, format string, args ...any) {
	j.faults = append(j.faults, &huma.ErrorDetail{Message: fmt.Sprintf(format, args...), Location: name, Value: value})
}

// point finds a metering point, a virtual one too.
func (j *judge) point(place, id string) metering.Point {
	p, ok := pointOf(j.site, metering.PointID(id))
	if !ok && id != "" {
		j.fault(place, id, "there is no such metering point: /api/v1/points lists them")
	}
	return p
}

func (j *judge) resident(place, id string) metering.ResidentID {
	if _, ok := j.site.Resident(metering.ResidentID(id)); !ok && id != "" {
		j.fault(place, id, "there is no such resident: /api/v1/residents lists them")
	}
	return metering.ResidentID(id)
}

func (j *judge) node(place, id string) metering.NodeID {
	if _, ok := j.site.Topology.Node(metering.NodeID(id)); !ok && id != "" {
		j.fault(place, id, "there is no such node: the site file names them")
	}
	return metering.NodeID(id)
}

// channel finds a channel by its name. A plus that arrived as a space is
// understood.
func (j *judge) channel(place, name string) metering.Channel {
	ch, ok := metering.ChannelNamed(strings.Replace(name, " ", "+", 1))
	if !ok && name != "" {
		var names []string
		for _, c := range metering.AllChannels() {
			names = append(names, c.String())
		}
		j.fault(place, name, "want one of %s (write + as %%2B in an address)", strings.Join(names, ", "))
	}
	return ch
}

func (j *judge) severity(place, name string) metering.Severity {
	sev, ok := metering.SeverityNamed(name)
	if !ok && name != "" {
		j.fault(place, name, "want info, event, warning, alarm, failure or termination")
	}
	return sev
}

// moment reads one time; zero for an empty text.
func (j *judge) moment(place, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := readTime(text, j.site.Location)
	if err != nil {
		j.fault(place, text, "%v", err)
	}
	return t
}

// stretch reads [from, to), at most so long.
func (j *judge) stretch(from, to string, longest time.Duration) (time.Time, time.Time) {
	before := len(j.faults)
	a, b := j.moment("query.from", from), j.moment("query.to", to)
	if len(j.faults) > before || a.IsZero() || b.IsZero() {
		return a, b
	}
	if !a.Before(b) {
		j.fault("query.to", to, "must be after from")
	} else if d := b.Sub(a); d > longest {
		j.fault("query.to", to, "the range is %d days long, at most %d are answered at once", int(d.Hours()/24), int(longest.Hours()/24))
	}
	return a, b
}

// recent is stretch with defaults: up to the end of the present local day, and so
// many days back from there.
func (j *judge) recent(from, to string, days int, longest time.Duration) (time.Time, time.Time) {
	if to == "" {
		y, m, d := j.now.In(j.site.Location).Date()
		to = time.Date(y, m, d+1, 0, 0, 0, 0, j.site.Location).UTC().Format(time.RFC3339)
	}
	if from == "" {
		if end, err := readTime(to, j.site.Location); err == nil {
			from = end.In(j.site.Location).AddDate(0, 0, -days).UTC().Format(time.RFC3339)
		}
	}
	return j.stretch(from, to, longest)
}

func readTime(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil && t.Year() >= 1970 {
		return t.UTC(), nil
	}
	// A plus sign of an offset arrives as a space when the client did not escape it.
	t, err := time.Parse(time.RFC3339, strings.Replace(s, " ", "+", 1))
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("want an RFC 3339 time (2026-11-21T00:00:00Z) or a date (2026-11-21)")
	}
	return t.UTC(), nil
}

// pointOf finds a point of the site, a virtual one too.
func pointOf(site *metering.Site, id metering.PointID) (metering.Point, bool) {
	if p, ok := site.Point(id); ok {
		return p, true
	}
	v, ok := site.VirtualPoint(id)
	return v.Point, ok
}

// allPoints lists the points of the site and its virtual ones.
func allPoints(site *metering.Site) []metering.Point {
	list := slices.Clone(site.Points)
	for _, v := range site.Virtual {
		list = append(list, v.Point)
	}
	return list
}

// metered is the stretch in which meters stood at a point, from the first install
// to the last: where intervals are to be expected. A virtual point has no meter
// and is expected always; a point where no meter ever stood, never.
func metered(site *metering.Site, id metering.PointID) (metering.Period, bool) {
	if _, computed := site.VirtualPoint(id); computed {
		return metering.Period{}, true
	}
	chain := site.InstallsOf(id)
	if len(chain) == 0 {
		return metering.Period{}, false
	}
	return metering.Period{From: chain[0].From, To: chain[len(chain)-1].To}, true
}

// mainChannel is what a point accounts for first: A+ or its medium's volume.
func mainChannel(p metering.Point) metering.Channel { return p.Channels()[0] }
