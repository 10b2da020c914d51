package reclaim

import (
	"slices"
	"time"

	"asue/metering"
)

// Use is what a subject drew of its technical conditions over a year, of valid blocks
// only. Everything in it is a whole number, so that it is the same on every machine.
type Use struct {
	Resident metering.ResidentID `json:"resident"`
	Node     metering.NodeID     `json:"node"`
	From     time.Time           `json:"from"` // UTC; not before commissioning
	To       time.Time           `json:"to"`   // exclusive
	Minutes  int                 `json:"block_minutes"`
	// Allowed is the ТУ at the end.
	Allowed metering.Power `json:"allowed_w"`
	// Intervals says how well the time is known; Months the same by month, and more.
	Intervals Counts  `json:"intervals"`
	Months    []Month `json:"months"`

	Energy metering.Energy `json:"energy_wh"` // of valid blocks
	Blocks int             `json:"blocks"`    // that are valid
	// Max is the greatest block; P999, P995 and P95 are reached during a thousandth, a
	// two-hundredth and a twentieth of the time.
	Max  metering.Power `json:"max_w"`
	P999 metering.Power `json:"p99_9_w"`
	P995 metering.Power `json:"p99_5_w"`
	P95  metering.Power `json:"p95_w"`
	// DailyMaximum is the Settings.Days-th highest daily maximum (M10); nil if there are
	// not as many days with a valid block.
	DailyMaximum *metering.Power `json:"daily_maximum_w"`
	// Upper is the upper bound of the same by bootstrap.
	Upper metering.Power `json:"upper_w"`
	// Above counts the blocks above 50, 80 and 100 % of the ТУ in force then.
	Above50  int `json:"blocks_above_50_pct"`
	Above80  int `json:"blocks_above_80_pct"`
	Above100 int `json:"blocks_above_100_pct"`
	// First and Last are the starts of the first and the last block with consumption;
	// nil if there is none. Only for the first, "none before" is no claim: what is not
	// valid is not known.
	First *time.Time `json:"first_activity"`
	Last  *time.Time `json:"last_activity"`
	// Quiet says whether nothing was drawn in the last Settings.QuietDays, and that is
	// known.
	Quiet bool `json:"quiet"`
	// Trend is how much the mean power grows in a month: the median of the slopes
	// between all pairs of months (Theil, Sen).
	Trend metering.Power `json:"trend_w_per_month"`
	// Curve is the load-duration curve: Curve[i] is reached during i % of the time.
	Curve []metering.Power `json:"duration_curve_w"`
	// Fills are the needs with that filled in which is not known.
	Fills []Fill `json:"fills"`
}

// Use finds how a subject used its technical conditions. It fails on a subject or
// settings with faults, and on a record of another time than the year.
func (y *Year) Use(s Subject, r Record, set Settings) (Use, error) {
	if err := set.Check(); err != nil {
		return Use{}, err
	}
	if err := s.check(y.to); err != nil {
		return Use{}, err
	}
	t, err := y.trace(s, r)
	if err != nil {
		return Use{}, err
	}
	u := Use{
		Resident: s.Resident, Node: s.Node, From: y.start(t.begin), To: y.to,
		Minutes: int(y.block / time.Minute), Allowed: s.AllowedAt(y.to.Add(-1)),
	}
	y.countIntervals(t, &u)
	allowed := y.allowed(s)
	y.walk(t, allowed, set, &u)
	powers := t.valid()
	u.take(powers)
	maxima := y.maxima(t)
	if m, ok := nthHighest(known(maxima), set.Days); ok {
		u.DailyMaximum = &m
	}
	u.Upper = upperBound(maxima[y.dayFrom(t):], set)
	u.Quiet = y.quiet(t, set)
	u.Trend = trend(u.Months, y.perHour())
	u.Fills = y.fills(t, allowed, set)
	return u, nil
}

// Need is what the use shows to be needed: max(M10, p99.5). False if that is not
// known.
func (u Use) Need() (metering.Power, bool) {
	if u.DailyMaximum == nil {
		return 0, false
	}
	return max(*u.DailyMaximum, u.P995), true
}

// LoadFactor is the mean of the valid blocks by their maximum, 0..1; 0 without any.
func (u Use) LoadFactor() float64 {
	if u.Max <= 0 || u.Blocks == 0 {
		return 0
	}
	hours := float64(u.Blocks) * float64(u.Minutes) / 60
	return float64(u.Energy) / hours / float64(u.Max)
}

// take reads the figures of the duration curve off the valid powers.
func (u *Use) take(powers []metering.Power) {
	slices.Sort(powers)
	u.Blocks = len(powers)
	u.Max, _ = reached(powers, 0)
	u.P999, _ = reached(powers, 1)
	u.P995, _ = reached(powers, 5)
	u.P95, _ = reached(powers, 50)
	for pct := 0; pct <= 100 && len(powers) > 0; pct++ {
		p, _ := reached(powers, 10*pct)
		u.Curve = append(u.Curve, p)
	}
}

// reached is the greatest of some ascending powers that is reached by at least so many
// thousandths of them, and by one at least; false if there is none.
func reached(ascending []metering.Power, permille int) (metering.Power, bool) {
	n := len(ascending)
	if n == 0 {
		return 0, false
	}
	rank := max((permille*n+999)/1000, 1)
	return ascending[n-rank], true
}

// walk goes through the valid blocks day by day.
func (y *Year) walk(t *trace, allowed []metering.Power, set Settings, u *Use) {
	for _, d := range y.days {
		m := &u.Months[d.month]
		over := 0
		for _, b := range d.blocks {
			if int(b) < t.first || t.state[b] != valid {
				continue
			}
			p, a := t.power[b], allowed[b]
			m.Energy += metering.Energy(p) / metering.Energy(y.perHour())
			m.Blocks++
			m.Max = max(m.Max, p)
			if 2*p > a {
				u.Above50++
			}
			if 5*p > 4*a {
				u.Above80++
			}
			if p > a {
				u.Above100++
				over++
			}
			if p > set.Nothing {
				at := y.start(y.blocks[b].First)
				if u.First == nil {
					u.First = &at
				}
				u.Last = &at
			}
		}
		m.OverBlocks += over
		if over > 0 {
			m.OverDays++
		}
	}
	for _, m := range u.Months {
		u.Energy += m.Energy
	}
}

// allowed is the ТУ in force in each block.
func (y *Year) allowed(s Subject) []metering.Power {
	list := make([]metering.Power, len(y.blocks))
	for i, b := range y.blocks {
		list[i] = s.AllowedAt(y.start(b.First))
	}
	return list
}

// quiet reports whether nothing was drawn in the last days, known well enough and not
// for our own curtailment.
func (y *Year) quiet(t *trace, set Settings) bool {
	if set.QuietDays > len(y.days) {
		return false
	}
	since := y.days[len(y.days)-set.QuietDays]
	if int(since.blocks[0]) < t.first {
		return false
	}
	for b := int(since.blocks[0]); b < len(y.blocks); b++ {
		if t.state[b] == held || (t.known[b] && t.power[b] > set.Nothing) {
			return false
		}
	}
	var c Counts
	for i := y.blocks[since.blocks[0]].First; i < len(t.base); i++ {
		c.count(t.base[i])
	}
	return c.Covers(set.Coverage)
}

// dayFrom is the first day that counts as a whole.
func (y *Year) dayFrom(t *trace) int {
	if t.first >= len(y.blocks) {
		return len(y.days)
	}
	d := int(y.place[t.first].day)
	if int(y.days[d].blocks[0]) < t.first {
		d++
	}
	return d
}

// valid are the powers of the valid blocks.
func (t *trace) valid() []metering.Power {
	list := make([]metering.Power, 0, len(t.power))
	for i := t.first; i < len(t.power); i++ {
		if t.state[i] == valid {
			list = append(list, t.power[i])
		}
	}
	return list
}
