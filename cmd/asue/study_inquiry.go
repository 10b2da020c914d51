package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"asue/balancing/study"
	"asue/cmd/internal/cli"
	"asue/collector/regmap"
	"asue/metering"
)

// inquiry is a study that is about to be made.
type inquiry struct {
	site      *metering.Site
	model     *study.Model
	at        time.Time
	loads     []float64 // MW, ascending
	ambients  []float64 // °C, in the order asked for
	scenarios []metering.SupplyScenario
	flags     studyFlags
	bar       *bar
}

// open reads the site and what is asked of it, and refuses what makes no sense.
func (f studyFlags) open(args []string) (*inquiry, error) {
	s := &inquiry{flags: f, bar: &bar{}}
	var err error
	if s.loads, err = figures("load", f.loads, 0, 10_000); err != nil {
		return nil, err
	}
	if s.ambients, err = figures("ambient", f.ambients, -60, 60); err != nil {
		return nil, err
	}
	if len(s.ambients) == 0 {
		return nil, cli.Usagef("--ambient: write at least one temperature")
	}
	if !(f.powerFactor > 0 && f.powerFactor <= 1) {
		return nil, cli.Usagef("--power-factor %g: write a cos φ above 0 and up to 1", f.powerFactor)
	}
	if !(f.present >= 0 && f.present <= 10_000) {
		return nil, cli.Usagef("--present %g: write MW from 0 to 10000", f.present)
	}
	for _, t := range f.tables {
		if t != tableNone && !slices.Contains(studyTables, t) {
			return nil, cli.Usagef("--tables %s: write some of %s", t, strings.Join(studyTables, ", "))
		}
	}
	library, err := regmap.Load()
	if err != nil {
		return nil, err
	}
	path := ""
	if len(args) > 0 {
		path = args[0]
	}
	if s.site, err = cli.ReadSite(path, library); err != nil {
		return nil, err
	}
	if s.at, err = studyDay(f.at, s.site.Location); err != nil {
		return nil, err
	}
	if s.site.Network.IsZero() {
		return nil, cli.Usagef("%s has no network to calculate: describe it in the section \"network\" of the site file", s.site.ID)
	}
	if len(s.site.Network.Plan.Shares) == 0 {
		return nil, cli.Usagef("%s does not say how its load is spread: add a \"plan\" to the section \"network\" of the site file", s.site.ID)
	}
	if s.model, err = study.New(s.site, s.at); err != nil {
		return nil, cli.Usagef("%v", err)
	}
	if s.scenarios, err = chosen(s.site, f.scenarios); err != nil {
		return nil, err
	}
	if f.hosting != "" {
		if _, known := s.model.BusOf(metering.NodeID(f.hosting)); !known {
			return nil, cli.Usagef("--hosting %s: no bus of the network is there or above; write the id of a node of the site file", f.hosting)
		}
	}
	if len(s.loads) == 0 {
		s.loads = usualLoads(s.site)
	}
	return s, nil
}

// figures are the numbers of a flag.
func figures(flag string, texts []string, least, most float64) ([]float64, error) {
	var list []float64
	for _, t := range texts {
		v, err := strconv.ParseFloat(strings.TrimSpace(t), 64)
		if err != nil || !(v >= least && v <= most) {
			return nil, cli.Usagef("--%s %q: write numbers from %g to %g, as in --%s 20,40", flag, t, least, most, flag)
		}
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list, nil
}

func studyDay(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Now().UTC(), nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return day, cli.Usagef("--at %q: write a day, as 2027-06-30", text)
	}
	return day.UTC(), nil
}

// chosen are scenarios by id, all of the site without any.
func chosen(site *metering.Site, ids []string) ([]metering.SupplyScenario, error) {
	all := site.Network.Scenarios
	if len(all) == 0 {
		all = []metering.SupplyScenario{{Name: "normal state"}}
	}
	if len(ids) == 0 {
		return all, nil
	}
	var list []metering.SupplyScenario
	for _, id := range ids {
		i := slices.IndexFunc(all, func(s metering.SupplyScenario) bool { return string(s.ID) == id })
		if i < 0 {
			var known []string
			for _, s := range all {
				known = append(known, string(s.ID))
			}
			return nil, cli.Usagef("--scenario %s: the site file has %s", id, strings.Join(known, ", "))
		}
		list = append(list, all[i])
	}
	return list, nil
}

// usualLoads are parts of what the transformers are rated for, in round figures, and
// the contracts of the sources.
func usualLoads(site *metering.Site) []float64 {
	rated := 0.0
	for _, t := range site.Network.Transformers {
		rated += t.MVA[0]
	}
	if rated == 0 {
		rated = 100
	}
	var loads []float64
	for _, part := range []float64{0.08, 0.16, 0.32, 0.48, 0.635, 0.8} {
		round, _ := strconv.ParseFloat(strconv.FormatFloat(rated*part, 'g', 2, 64), 64)
		loads = append(loads, round)
	}
	loads = append(loads, rated)
	for _, s := range site.Sources {
		if p, limited := s.Contract.Power(); limited && p > 0 {
			loads = append(loads, p.Megawatts())
		}
	}
	slices.Sort(loads)
	return slices.Compact(loads)
}

// usualAmbient is the temperature that states and outages are held to.
func (s *inquiry) usualAmbient() float64 {
	if slices.Contains(s.ambients, study.DefaultAmbientC) {
		return study.DefaultAmbientC
	}
	return s.ambients[0]
}

func (s *inquiry) setting(id metering.ElementID) study.Setting {
	c := s.usualAmbient()
	return study.Setting{Scenario: id, AmbientC: &c}
}

// run makes the study. It ends with the context.
func (s *inquiry) run(ctx context.Context) (studyReport, error) {
	r := studyReport{Site: s.site.ID, Name: s.site.Name, At: s.at, AmbientC: s.usualAmbient(), Ambients: s.ambients, Loads: s.loads, courses: s.flags.outages, tables: s.flags.tables}
	steps := []func(context.Context, *studyReport) error{s.states, s.capabilities, s.host, s.vary}
	for _, step := range steps {
		if err := step(ctx, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}
