package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"asue/balancing/reclaim/hosting"
	"asue/metering"
)

// hostingReport is what `asue hosting --json` prints: the answer, and what it rests on.
type hostingReport struct {
	hosting.Answer
	Profile    string    `json:"profile"`
	LoadFactor float64   `json:"load_factor"` // of the newcomer, if it uses all of its power
	Flexible   float64   `json:"flexible"`
	Seed       uint64    `json:"seed"`
	WeeksFrom  time.Time `json:"weeks_from"`
	WeeksTo    time.Time `json:"weeks_to"` // exclusive
	// Pool is how much of all that is free in the pool can be committed at the node now.
	Pool metering.Power `json:"pool_usable_w"`
	// Promised are the supply lines that are not available, and the limits that are
	// promised, by scenario.
	Promised []string `json:"promised"`
	Assumed  []string `json:"assumed"`
}

var verdicts = map[hosting.Verdict]string{
	hosting.Firm:     "YES, firmly, now",
	hosting.Flexible: "YES: the inflexible part firmly, the flexible one may be curtailed",
	hosting.NonFirm:  "YES, but it may be curtailed",
	hosting.Later:    "NOT NOW; firmly from a date",
	hosting.No:       "NO",
}

func printHosting(w io.Writer, r hostingReport, zone *time.Location) error {
	fmt.Fprintf(w, "%v at %s, profile %s (load factor %.2f): %s\n\n", r.Asked, r.Node, r.Profile, r.LoadFactor, verdicts[r.Verdict])
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(tw, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	if r.Unlimited {
		line("firm now", "without a limit: nothing on the path states one")
	} else {
		line("firm now", "%.3f MW", r.FirmNow.Megawatts())
	}
	tellCurtailment(line, r)
	tellDates(line, r, zone)
	if b := r.Binding; b != nil {
		line("binds", "%s, by %s: %s", b.Node, b.Rule, b.Why)
	}
	for _, u := range r.Unlock {
		line("would unlock", "%s", unlocking(u))
	}
	line("pool", "%v of what is free can be committed here", r.Pool)
	if r.Scheme {
		line("scheme", "a scheme of external supply is needed from %v on", r.Policy.Scheme)
	}
	tellGround(line, r, zone)
	if err := tw.Flush(); err != nil {
		return err
	}
	return printPath(w, r)
}

func tellCurtailment(line func(name, format string, args ...any), r hostingReport) {
	c := r.Curtailment
	if c == nil {
		line("non-firm", "not known: too few usable weeks to say what would be curtailed")
		return
	}
	line("non-firm up to", "%.3f MW", c.UpTo.Megawatts())
	line("curtailed as asked", "%.1f MWh a year expected (%.2f %% of its energy, %.1f h), %.1f MWh in one year of twenty",
		c.Energy.KilowattHours()/1000, 100*c.Share, c.Hours, c.EnergyP95.KilowattHours()/1000)
	if c.WorstMonth > 0 {
		line("worst month", "%v, %.1f MWh", c.WorstMonth, c.WorstEnergy.KilowattHours()/1000)
	}
}

func tellDates(line func(name, format string, args ...any), r hostingReport, zone *time.Location) {
	for _, f := range r.From {
		name := "firm from"
		if f.Scenario != "" {
			name += ", " + f.Scenario
		}
		if f.From == nil {
			line(name, "no date within %d quarters", len(f.Quarters))
			continue
		}
		line(name, "%s", day(*f.From, zone))
	}
	if len(r.Promised) == 0 {
		line("promised limits", "not stated")
	}
	for _, p := range r.Promised {
		line("promised limits", "%s", p)
	}
}

// tellGround says on what the answer stands and how it is found again.
func tellGround(line func(name, format string, args ...any), r hostingReport, zone *time.Location) {
	enough := ""
	if !r.Sufficient {
		enough = fmt.Sprintf("; too few to say anything about risk, so firm rights may come up to %v times a limit", r.Policy.RatioBlind)
	}
	line("weeks", "%d usable, of %s to %s%s", r.Weeks, day(r.WeeksFrom, zone), day(r.WeeksTo.Add(-1), zone), enough)
	for _, a := range r.Assumed {
		line("assumed", "%s", a)
	}
	line("valid until", "%s", day(r.ValidUntil, zone))
	line("found again by", "%d years, seed %d, digest %s", r.Policy.Years, r.Seed, r.Digest)
}

func unlocking(u hosting.Unlock) string {
	var ways []string
	if u.Limit > 0 {
		ways = append(ways, fmt.Sprintf("a limit of %v", u.Limit))
	}
	var list []string
	var sum metering.Power
	for _, c := range u.Candidates {
		list = append(list, fmt.Sprintf("%s %v", c.Resident, c.Power))
		sum += c.Power
	}
	if u.Enough {
		ways = append(ways, "the return of "+strings.Join(list, ", "))
	}
	if len(ways) == 0 {
		ways = []string{"no limit, and no return that is in sight"}
	}
	text := fmt.Sprintf("%s (%s): %s", u.Node, u.Rule, strings.Join(ways, ", or "))
	if !u.Enough && sum > 0 {
		text += fmt.Sprintf("; all that could be returned below it, %v, is not enough", sum)
	}
	return text
}

func printPath(w io.Writer, r hostingReport) error {
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "path\tlimit MW\tfirm rights\tby the limit\tdrawn in 99 %\tyears above, now\twith it")
	for i, room := range r.Path {
		risk := "-\t-"
		if i < len(r.Before) && i < len(r.With) {
			risk = fmt.Sprintf("%.1f %%\t%.1f %%", 100*r.Before[i].Worst(), 100*r.With[i].Worst())
		}
		fmt.Fprintf(tw, "%s\t%.3f\t%.3f\t%.2f\t%.3f\t%s\n", room.Node, room.Limit.Megawatts(), room.Firm.Megawatts(), room.Ratio, room.Q99.Megawatts(), risk)
	}
	return tw.Flush()
}
