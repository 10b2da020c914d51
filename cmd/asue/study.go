package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/balancing/study"
	"asue/cmd/internal/cli"
	"asue/collector/regmap"
	"asue/metering"
)

// studyFlags are what a study is asked.
type studyFlags struct {
	loads       []string
	ambients    []string
	scenarios   []string
	at          string
	hosting     string
	powerFactor float64
	present     float64
	outages     bool
	sensitivity bool
	tables      []string
	asJSON      bool
}

// Tables of a study.
const (
	tableStates      = "states"
	tableOutages     = "outages"
	tableLoad        = "load"
	tableAssumptions = "assumptions"
	tableNone        = "none" // what flags of their own ask for is printed alone
)

var studyTables = []string{tableStates, tableOutages, tableLoad, tableAssumptions}

func newStudy() *cobra.Command {
	var f studyFlags
	cmd := &cobra.Command{
		Use:   "study [SITE]",
		Short: "What a site's network does in every supply scenario, and how many MW are firm",
		Long: `Calculates the network of a site file (its section "network") and prints

  states      flows, voltages and losses of every supply scenario at every load
  outages     how each ends: within the limits, with one broken, without a power flow, or dark
  load        the greatest load of every scenario by temperature of the air, what binds
              then and what would bind next
  assumptions every figure on which all that rests and which nobody has measured or read
              from a passport

Without SITE it is the built-in example, whose residents are invented. Loads are spread
by the plan of the site file. docs/akzhar.md tells the model, and what it says of the zone.

  --hosting NODE   how many MW more can be connected there, firm and non-firm
  --sensitivity    what each assumption is worth in MW: each one varied over its range

Exit code 0: calculated, whatever the answer; 2: wrong use or a faulty file, every fault
of which is told; 1: anything else.`,
		Example: `  asue study
  asue study zone/site.yaml --load 29.7,60 --ambient 40 --scenario C --outages
  asue study --hosting s10-2 --present 21.5 --power-factor 0.95
  asue study --sensitivity --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.open(args)
			if err != nil {
				return err
			}
			s.bar = newBar(os.Stderr)
			report, err := s.run(cmd.Context())
			s.bar.clear()
			if err != nil {
				return fmt.Errorf("study: %w", err)
			}
			if f.asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			return printStudy(cmd.OutOrStdout(), s.site, report)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.loads, "load", nil, "loads of the site, MW; without it the contracts and parts of what the transformers are rated for")
	flags.StringSliceVar(&f.ambients, "ambient", []string{"-20", "25", "40"}, "temperatures of the air, °C; states and outages are held to +25 if it is among them, else to the first")
	flags.StringSliceVar(&f.scenarios, "scenario", nil, "supply scenarios of the site file; all if empty")
	flags.StringVar(&f.at, "at", "", "day as of which the network is taken, 2027-06-30; today if empty")
	flags.BoolVar(&f.outages, "outages", false, "print the course of every outage too: its three moments and what switches")
	flags.StringSliceVar(&f.tables, "tables", nil, "tables to print, of "+strings.Join(studyTables, ", ")+", or none of them; all if empty")
	flags.StringVar(&f.hosting, "hosting", "", "node at which somebody wants to be connected")
	flags.Float64Var(&f.powerFactor, "power-factor", 0.9, "with --hosting: inductive cos φ of the newcomer")
	flags.Float64Var(&f.present, "present", 0, "with --hosting: MW that the site draws already, spread by the plan")
	flags.BoolVar(&f.sensitivity, "sensitivity", false, "vary every assumption")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

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
