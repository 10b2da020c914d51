package demand

import "asue/metering"

// Group is how the maxima of several loads come together.
type Group struct {
	// Coincident is the maximum of the sum: over blocks in which every load is
	// known. Blocks with a missing one are counted, and left out.
	Coincident Maximum `json:"coincident"`
	// SumOfMaxima is what the loads' own billed maxima would be together, W.
	SumOfMaxima metering.Power `json:"sum_of_maxima_w"`
	// Factor is the coincidence factor, coincident by sum of maxima, and Diversity
	// its inverse; both 0 when there is no billed maximum.
	Factor    float64  `json:"coincidence_factor"`
	Diversity float64  `json:"diversity"`
	Members   []Member `json:"members"` // in the order of the loads
}

// Member is one load's part in a group.
type Member struct {
	Name string `json:"name"`
	// Own is its own maximum, at its own time.
	Own Maximum `json:"own"`
	// AtPeak is what it drew at the group's billed maximum, and Share its part of
	// it, 0..1: its responsibility for the maximum.
	AtPeak metering.Power `json:"at_peak_w"`
	Share  float64        `json:"share"`
}

// Coincidence finds the maxima of loads over the same blocks, together and each
// for itself.
func Coincidence(blocks []Block, loads ...Load) Group {
	g := Group{Coincident: Sum("", loads...).BlockMaximum(blocks)}
	peak := g.Coincident.Billed
	for _, l := range loads {
		m := Member{Name: l.Name, Own: l.BlockMaximum(blocks)}
		if m.Own.Billed != nil {
			g.SumOfMaxima += m.Own.Billed.Power
		}
		if peak != nil {
			at := l.over(l.blockOf(*peak))
			m.AtPeak = powerOf(at.Energy, peak.End.Sub(peak.Start))
			if peak.Energy != 0 {
				m.Share = float64(at.Energy) / float64(peak.Energy)
			}
		}
		g.Members = append(g.Members, m)
	}
	if peak != nil && g.SumOfMaxima > 0 && peak.Power > 0 {
		g.Factor = float64(peak.Power) / float64(g.SumOfMaxima)
		g.Diversity = 1 / g.Factor
	}
	return g
}

// blockOf is the block of a peak that was found over the same stretch.
func (l Load) blockOf(p Peak) Block {
	return Block{int(p.Start.Sub(l.From) / metering.BasePeriod), int(p.End.Sub(p.Start) / metering.BasePeriod)}
}
