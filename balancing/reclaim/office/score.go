package office

import (
	"fmt"
	"time"

	"asue/metering"
)

// scoreOf is an application's place in the queue: 25 points at most for each of jobs,
// investment, readiness and flexibility; of equal ones the earlier goes first. What
// counts per megawatt counts so that who asks for much has to bring much. The rule is
// this project's own; every part says how it was reckoned, so that it can be disputed.
func scoreOf(n Application, loc *time.Location) Score {
	var s Score
	add := func(name string, points int, why string, args ...any) {
		s.Points += points
		s.Parts = append(s.Parts, ScorePart{name, points, fmt.Sprintf(why, args...)})
	}
	jobs := perMegawatt(n.Jobs, n.Power)
	add("jobs", min(25, jobs/2), "%d jobs for %v: %d for a megawatt; a point for every 2, 25 at most", n.Jobs, n.Power, jobs)
	invested := perMegawatt(n.Investment, n.Power)
	add("investment", min(25, invested/100), "%d million tenge for %v: %d for a megawatt; a point for every 100, 25 at most", n.Investment, n.Power, invested)
	add("readiness", 5*min(5, n.Ready), "%d milestones met; 5 points for each, 25 at most", n.Ready)
	add("flexibility", int(25*n.Flexible), "%.0f %% of its power may be held back; a point for every 4 %%", 100*n.Flexible)
	add("date", 0, "entered on %s; of equal ones the earlier goes first", n.At.In(loc).Format("2006-01-02 15:04"))
	return s
}

// perMegawatt is how many of something come to a megawatt, rounded down; power is above 0.
func perMegawatt(n int, p metering.Power) int {
	const most = 1 << 40 // beyond any points; keeps the product in range
	return int(int64(min(n, most)) * 1000 / int64(p/metering.Kilowatt))
}
