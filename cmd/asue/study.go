package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
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
	flags.BoolVar(&f.outages, "outages", false, "tell the course of every outage too: its three moments and what switches; in JSON their whole states")
	flags.StringSliceVar(&f.tables, "tables", nil, "tables to print, of "+strings.Join(studyTables, ", ")+", or none of them; all if empty")
	flags.StringVar(&f.hosting, "hosting", "", "node at which somebody wants to be connected")
	flags.Float64Var(&f.powerFactor, "power-factor", 0.9, "with --hosting: inductive cos φ of the newcomer")
	flags.Float64Var(&f.present, "present", 0, "with --hosting: MW that the site draws already, spread by the plan")
	flags.BoolVar(&f.sensitivity, "sensitivity", false, "vary every assumption")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}
