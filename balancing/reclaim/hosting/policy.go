package hosting

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// Policy is how much risk is taken and how it is reckoned. It is part of every answer.
type Policy struct {
	// Guard is the part of a limit that firm demand should not come above; YearRisk the
	// probability with which it may in a year.
	Guard    float64 `json:"guard"`
	YearRisk float64 `json:"year_risk"`
	// CurtailedShare and CurtailedHours are the most that may be expected to be curtailed
	// of a non-firm newcomer: of its energy, and hours of a year.
	CurtailedShare float64 `json:"curtailed_share"`
	CurtailedHours float64 `json:"curtailed_hours"`
	// Ratio is the greatest sum of firm rights by the limit, without a decision of the
	// board; RatioBlind the same where too little is known of the demand.
	Ratio      float64 `json:"ratio"`
	RatioBlind float64 `json:"ratio_blind"`
	// Years are played, with random numbers from Seed; Near is from how many weeks around
	// a week of the calendar others are drawn for it.
	Years int    `json:"years"`
	Seed  uint64 `json:"seed"`
	Near  int    `json:"near_weeks"`
	// Levels say how much of what it asks for a newcomer will use: one is drawn for each
	// year, each as likely as the others.
	Levels []float64 `json:"levels"`
	// Step is what capacities are a multiple of.
	Step metering.Power `json:"step_w"`
	// Quarters is how far ahead is looked, Validity how long an answer holds.
	Quarters int           `json:"quarters"`
	Validity time.Duration `json:"validity_ns"`
	// Scheme is the power from which a scheme of external supply is needed, agreed with
	// the network and the system operator (KEGOC's procedure of access: 5 MW).
	Scheme metering.Power `json:"scheme_w"`
	// Correlation is forced between loads in the crude check.
	Correlation float64 `json:"correlation"`
}

// DefaultPolicy is the policy with its usual values.
func DefaultPolicy() Policy {
	return Policy{
		Guard: 0.97, YearRisk: 0.05, CurtailedShare: 0.02, CurtailedHours: 100, Ratio: 1.5, RatioBlind: 1,
		Years: 2000, Seed: 1, Near: 6, Levels: []float64{0.6, 0.8, 0.8, 1}, Step: 50 * metering.Kilowatt,
		Quarters: 20, Validity: 30 * 24 * time.Hour, Scheme: 5 * metering.Megawatt, Correlation: 0.2,
	}
}

// Check returns all faults of a policy at once.
func (p Policy) Check() error {
	var faults []error
	within := func(name string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) {
			faults = append(faults, fmt.Errorf("hosting policy: %s %v: want %v to %v", name, v, lo, hi))
		}
	}
	within("guard", p.Guard, 0.1, 1)
	within("year_risk", p.YearRisk, 0, 1)
	within("curtailed_share", p.CurtailedShare, 0, 1)
	within("curtailed_hours", p.CurtailedHours, 0, 8784)
	within("ratio", p.Ratio, 0, 10)
	within("ratio_blind", p.RatioBlind, 0, p.Ratio)
	within("years", float64(p.Years), 100, 100_000)
	within("near_weeks", float64(p.Near), 0, 26)
	within("quarters", float64(p.Quarters), 1, 80)
	within("step_w", float64(p.Step), 1, 1e9)
	within("correlation", p.Correlation, 0, 1)
	if len(p.Levels) == 0 || len(p.Levels) > 20 {
		faults = append(faults, fmt.Errorf("hosting policy: %d levels: want 1 to 20", len(p.Levels)))
	}
	for _, l := range p.Levels {
		within("level", l, 0, 1)
	}
	return errors.Join(faults...)
}
