package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/doctor"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering/clock"
	"asue/metering/form"
)

// errSomethingWrong has been said in detail already.
var errSomethingWrong = errors.New("something is wrong: see above")

// longestExamination bounds everything that is looked at over networks.
const longestExamination = 2 * time.Minute

func newDoctor() *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor -c asue.yaml",
		Short: "Is everything there that this installation needs? What is not, and what to do",
		Long: `Looks at all that a site needs, at once, and says what to do about what is wrong: the files and who
may read and change them, the data folder and its disk, ports, broker, ledger and series store, signing
keys, accounts, the lines of the meters, the clock, zones of time, and how old the last backup is.

Run it as the user of the service, before the first start and whenever something is odd. Beside
asue that runs, lines are not tried but asked for: many gateways have room for one connection.
It changes nothing.

Exit code 0: nothing is wrong, though there may be warnings; 1: something is.`,
		Example: "  sudo -u asue asue doctor -c /etc/asue/asue.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return cli.Usagef("doctor needs a process file: asue doctor -c asue.yaml")
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), longestExamination)
			defer cancel()
			found, err := examine(ctx, file, clock.Clock{}.Now())
			if err != nil {
				return err
			}
			return tellFindings(cmd.OutOrStdout(), found, asJSON)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "process file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// examine checks the files as asue check does, and looks at the rest if they can be read.
func examine(ctx context.Context, file string, now time.Time) ([]doctor.Finding, error) {
	library, err := regmap.Load()
	if err != nil {
		return nil, err
	}
	src, err := cli.ReadInput(file)
	if err != nil {
		return []doctor.Finding{{Area: "configuration", State: doctor.Wrong, What: fmt.Sprintf("the process file %s cannot be read: %s", file, cli.Plainly(err)),
			Remedy: "correct the path, or give the file to the user of the service"}}, nil
	}
	cfg, faults := settings.Parse(file, src)
	found := findingsOf(faults)
	if faults.Err() != nil {
		return found, nil
	}
	cfg.RelativeTo(filepath.Dir(file))
	p := doctor.Patient{File: file, Config: cfg, Now: now}
	if src, err = cli.ReadInput(cfg.SiteFile); err == nil { // told under files otherwise
		site, faults := cli.SiteOptions(library).Parse(cfg.SiteFile, src)
		found = append(found, findingsOf(faults)...)
		if faults.Err() == nil {
			p.Site = site
			found = append(found, findingsOf(cli.AgainstSite(cfg, site, library, now))...)
		}
	}
	if doctor.Verdict(found) == doctor.OK {
		found = append(found, doctor.Finding{Area: "configuration", State: doctor.OK, What: "process file and site file have no faults"})
	}
	return append(found, doctor.Examine(ctx, p)...), nil
}

func findingsOf(faults form.Faults) []doctor.Finding {
	var list []doctor.Finding
	for _, f := range faults {
		state := doctor.Warning
		if f.Severity == form.Error {
			state = doctor.Wrong
		}
		list = append(list, doctor.Finding{Area: "configuration", State: state, What: fmt.Sprintf("%s:%d:%d: %s: %s", f.File, f.Line, f.Column, f.What, f.Why), Remedy: f.Remedy})
	}
	return list
}

// doctorReport is what `asue doctor --json` prints.
type doctorReport struct {
	Verdict  doctor.State     `json:"verdict"` // the worst of all
	User     int              `json:"uid"`     // as whom it was seen
	Findings []doctor.Finding `json:"findings"`
}

func tellFindings(out io.Writer, found []doctor.Finding, asJSON bool) error {
	verdict := doctor.Verdict(found)
	if asJSON {
		if err := printJSON(out, doctorReport{Verdict: verdict, User: os.Getuid(), Findings: found}); err != nil {
			return err
		}
	} else {
		counts := map[doctor.State]int{}
		for _, f := range found {
			counts[f.State]++
			mark := string(f.State)
			if f.State == doctor.Wrong {
				mark = "WRONG"
			}
			fmt.Fprintf(out, "%-8s%-14s%s\n", mark, f.Area, plain(f.What))
			if f.Remedy != "" {
				fmt.Fprintf(out, "%22s→ %s\n", "", plain(f.Remedy))
			}
		}
		fmt.Fprintf(out, "%d wrong, %d warnings, %d notes, %d ok\n", counts[doctor.Wrong], counts[doctor.Warning], counts[doctor.Note], counts[doctor.OK])
	}
	if verdict == doctor.Wrong {
		return errSomethingWrong
	}
	return nil
}
