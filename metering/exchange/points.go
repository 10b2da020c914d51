package exchange

import (
	"strings"

	"asue/metering"
)

// Points finds metering points by what files call them.
type Points struct {
	byName map[string]metering.PointID
	twice  map[string]bool // names that more than one point has
	medium map[metering.PointID]metering.Medium
	// virtual are the identifiers and names of virtual points.
	virtual map[string]bool
}

// PointsOf knows the points of a site, physical ones only, by identifier and by
// name, and by the codes of layout 80020 or of another system that are given.
func PointsOf(site *metering.Site, codes map[string]metering.PointID) *Points {
	p := &Points{byName: map[string]metering.PointID{}, twice: map[string]bool{}, medium: map[metering.PointID]metering.Medium{}, virtual: map[string]bool{}}
	for _, point := range site.Points {
		p.medium[point.ID] = point.MediumOf()
		p.learn(string(point.ID), point.ID)
	}
	for _, v := range site.Virtual {
		p.virtual[pointKey(string(v.ID))], p.virtual[pointKey(v.Name)] = true, true
	}
	for code, id := range codes {
		p.learn(code, id)
	}
	for _, point := range site.Points {
		p.learn(point.Name, point.ID)
	}
	return p
}

// learn adds a name as it is written, and as it looks: Cyrillic Ф-12 and В-1 are
// typed for Latin letters and the other way round.
func (p *Points) learn(name string, id metering.PointID) {
	for _, key := range []string{pointKey(name), lookalike(pointKey(name))} {
		if have, ok := p.byName[key]; ok && have != id {
			if string(have) != name {
				p.twice[key] = true
			}
			continue
		}
		if key != "" {
			p.byName[key] = id
		}
	}
}

// Find looks a name up; false if no point, or more than one, is called so.
func (p *Points) Find(name string) (metering.PointID, bool) {
	for _, key := range []string{pointKey(name), lookalike(pointKey(name))} {
		if id, ok := p.byName[key]; ok && !p.twice[key] {
			return id, true
		}
	}
	return "", false
}

// computed reports whether no physical point is called so, and a virtual one is.
func (p *Points) computed(name string) bool {
	key := pointKey(name)
	_, physical := p.byName[key]
	return key != "" && p.virtual[key] && !physical
}

// findIn looks for a point in a heading that may name more: the longest run of
// words that is a point's name.
func (p *Points) findIn(text string) (metering.PointID, bool) {
	if id, ok := p.Find(text); ok {
		return id, true
	}
	words := strings.Fields(pointKey(strings.NewReplacer(",", " ", "(", " ", ")", " ", "[", " ", "]", " ", ";", " ", ":", " ").Replace(text)))
	for n := min(len(words), 12); n > 0; n-- {
		for i := 0; i+n <= len(words); i++ {
			if id, ok := p.Find(strings.Join(words[i:i+n], " ")); ok {
				return id, true
			}
		}
	}
	return "", false
}

// mediumOf is what is metered at a point.
func (p *Points) mediumOf(id metering.PointID) metering.Medium { return p.medium[id] }

func pointKey(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer(",", " ", "(", " ", ")", " ", "«", "", "»", "", "\"", "").Replace(normalise(s))), " ")
}

var lookalikes = strings.NewReplacer("а", "a", "в", "b", "е", "e", "к", "k", "м", "m", "н", "h", "о", "o", "р", "p", "с", "c", "т", "t", "х", "x", "у", "y", "і", "i", "ф", "f", "г", "g")

func lookalike(s string) string { return lookalikes.Replace(s) }
