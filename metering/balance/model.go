package balance

import (
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// Config are the parameters of balances. DefaultConfig has the usual ones.
type Config struct {
	Formula Formula
	// Strict compares with the permitted imbalance of the formula alone. Otherwise
	// the steps of the registers and the uncertainty of the calculated losses are
	// added to its squares: in one interval a coarse register's step can be more
	// than all the classes together.
	Strict bool
	// Classes that stand in where the site does not state one, with a remark.
	MeterClass, CTClass, VTClass string
	// CTLimits are limits of the current error by class; classes without an entry
	// keep their percentage at any current.
	CTLimits map[string][]CurrentLimit
	// Passports has what the site file does not say about a transformer.
	Passports map[metering.NodeID]Passport
	// PassportTolerance is how far a loss may be from its passport, as a fraction:
	// IEC 60076-1 allows the total losses 10 %.
	PassportTolerance float64
	// Compensated lists the nodes whose losses a point's meter adds itself. A
	// point whose intervals carry FlagLossApplied and that is not listed is taken
	// to do it for the nearest line or transformer above its meter.
	Compensated map[metering.PointID][]metering.NodeID
	// TanPhi stands in for reactive energy that nobody measures, with a remark.
	TanPhi float64
	// SquareFactor is the square of the form factor within an interval, ≥ 1.
	// SquareFactorAt and VoltageAt (U/Un) know better for a node and an interval;
	// they may be nil, and false means that they do not know.
	SquareFactor   float64
	SquareFactorAt func(node metering.NodeID, start time.Time) (float64, bool)
	VoltageAt      func(node metering.NodeID, start time.Time) (float64, bool)
	// Persist is for how many intervals in a row a balance may be beyond what is
	// permitted before it is an alarm.
	Persist int
	// MaxEstimated is the share of energy that is not measured, 0..1, above which
	// a balance raises no alarm.
	MaxEstimated float64
	// Habits are what feeders usually look like, for finding culprits; may be nil.
	Habits map[metering.PointID]Habit
}

// Passport is what the site file does not say about a transformer.
type Passport struct {
	Units                       int        // equal units in parallel, 0 stands for 1
	WindingW                    [3]float64 // load losses of the three windings, W
	NoLoadPercent, ShortPercent float64    // I0 and uk, %
}

// DefaultConfig are the parameters in use where nobody has said otherwise.
func DefaultConfig() Config {
	return Config{
		MeterClass: "1", CTClass: "0.5", VTClass: "0.5",
		CTLimits: CTLimits(), PassportTolerance: 0.1, TanPhi: 0.484, SquareFactor: 1,
		Persist: 4, MaxEstimated: 0.05,
	}
}

// Model is a site made ready for balances and virtual points. It is read-only
// once made: share it freely between goroutines.
type Model struct {
	cfg      Config
	site     *metering.Site
	net      *network
	systems  map[metering.PointID][]system
	subjects []Subject
	plans    []plan // of virtual points, each after those it needs
}

// New makes a site ready. It fails on parameters that make no sense, on a circle
// among nodes or among virtual points, and on a virtual point that names what is
// not there.
func New(site *metering.Site, cfg Config) (*Model, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("parameters of balances: %w", err)
	}
	net, err := newNetwork(site)
	if err != nil {
		return nil, err
	}
	m := &Model{cfg: cfg, site: site, net: net, systems: map[metering.PointID][]system{}}
	for _, p := range site.Points {
		m.systems[p.ID] = m.systemsOf(p)
	}
	m.subjects = net.subjects()
	if m.plans, err = m.planVirtual(); err != nil {
		return nil, err
	}
	return m, nil
}

func (c Config) check() error {
	for _, class := range []string{c.MeterClass, c.CTClass, c.VTClass} {
		if _, err := ParseAccuracy(class); err != nil {
			return fmt.Errorf("class that stands in: %w", err)
		}
	}
	if err := checkLimits(c.CTLimits); err != nil {
		return err
	}
	for _, f := range []struct {
		name      string
		v, lo, hi float64
	}{
		{"formula's factor", c.Formula.factor(), 1, 2},
		{"tan φ", c.TanPhi, 0, 10},
		{"square of the form factor", c.SquareFactor, 1, 100},
		{"tolerance of passports", c.PassportTolerance, 0, 1},
		{"share of estimates", c.MaxEstimated, 0, 1},
		{"intervals in a row", float64(c.Persist), 1, math.MaxInt32},
	} {
		if !(f.v >= f.lo && f.v <= f.hi) {
			return fmt.Errorf("%s of %v is not between %v and %v", f.name, f.v, f.lo, f.hi)
		}
	}
	for id, p := range c.Passports {
		if p.Units < 0 || !(p.NoLoadPercent >= 0 && p.ShortPercent >= 0 && min(p.WindingW[0], p.WindingW[1], p.WindingW[2]) >= 0) {
			return fmt.Errorf("passport of %s: no figure may be below 0", id)
		}
	}
	return nil
}
