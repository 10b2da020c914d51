package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
)

// checkReport is what `asue check --json` prints for one file.
type checkReport struct {
	File     string       `json:"file"`
	Kind     string       `json:"kind"` // "site" or "process"
	Errors   int          `json:"errors"`
	Warnings int          `json:"warnings"`
	Faults   []checkFault `json:"faults"`
}

type checkFault struct {
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Field    string `json:"field,omitempty"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	What     string `json:"what"`
	Why      string `json:"why"`
	Remedy   string `json:"remedy"`
}

func newCheck() *cobra.Command {
	var asJSON, quiet, schema bool
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Report every fault of site and process files at once",
		Long: `Reads site files (site.yaml) and process files (asue.yaml) and reports every fault at
once, with its place, what is wrong, why, and what to write instead.

Exit code 0: no errors; 2: at least one error.`,
		Example: "  asue check zone/site.yaml zone/asue.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if schema {
				_, err := out.Write(site.Schema())
				return err
			}
			if len(args) == 0 {
				return usagef("check needs at least one file; usage: %s", cmd.UseLine())
			}
			library, err := regmap.Load()
			if err != nil {
				return err
			}
			var reports []checkReport
			bad := false
			for _, file := range args {
				src, err := os.ReadFile(file)
				if err != nil {
					return usagef("%v", err)
				}
				kind, faults := checkFile(file, src, library)
				bad = bad || faults.Err() != nil
				reports = append(reports, report(file, kind, faults))
				if !asJSON {
					fmt.Fprint(out, faults.String())
					if !quiet {
						fmt.Fprintf(out, "%s: %s file: %d errors, %d warnings\n", file, kind, faults.Count(site.Error), faults.Count(site.Warning))
					}
				}
			}
			if asJSON {
				if err := printJSON(out, reports); err != nil {
					return err
				}
			}
			if bad {
				return &usageError{}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print faults only")
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of site files, for editors")
	return cmd
}

// checkFile tells a site file from a process file by its keys.
func checkFile(file string, src []byte, library *regmap.Library) (kind string, faults site.Faults) {
	if looksLikeProcessFile(src) {
		_, faults = parseConfig(file, src)
		return "process", faults
	}
	_, faults = site.Parse(file, src, library.IDs())
	return "site", faults
}

// looksLikeProcessFile: only process files name roles, a broker, or the path of
// a site file.
func looksLikeProcessFile(src []byte) bool {
	process := false
	for line := range bytes.Lines(src) {
		for _, key := range []string{"roles:", "broker:", "collector:", "data:", "http:", "series:", "balancer:"} {
			process = process || bytes.HasPrefix(line, []byte(key))
		}
		for _, key := range []string{"nodes:", "points:", "meters:", "residents:", "sources:"} {
			if bytes.HasPrefix(line, []byte(key)) {
				return false
			}
		}
	}
	return process
}

func report(file, kind string, faults site.Faults) checkReport {
	r := checkReport{File: file, Kind: kind, Errors: faults.Count(site.Error), Warnings: faults.Count(site.Warning), Faults: []checkFault{}}
	for _, f := range faults {
		r.Faults = append(r.Faults, checkFault{
			Line: f.Line, Column: f.Column, Field: f.Path, Severity: f.Severity.String(),
			Code: f.Code, What: f.What, Why: f.Why, Remedy: f.Remedy,
		})
	}
	return r
}

// readSite reads a site file, or the built-in example if the path is empty. All
// errors of the file are printed before it fails.
func readSite(path string, library *regmap.Library) (*metering.Site, error) {
	name, src := "examples/aktobe/site.yaml", aktobe.Site()
	if path != "" {
		read, err := os.ReadFile(path)
		if err != nil {
			return nil, usagef("site file: %v", err)
		}
		name, src = path, read
	}
	plant, faults := site.Parse(name, src, library.IDs())
	if err := faults.Err(); err != nil {
		fmt.Fprint(os.Stderr, faults.String())
		return nil, usagef("%s has %d errors", name, faults.Count(site.Error))
	}
	if plant == nil {
		return nil, errors.New("BUG: site.Parse gave neither a site nor an error")
	}
	return plant, nil
}
