package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/alarm/catalogue"
	"asue/metering/clock"
	"asue/metering/form"
	"asue/metering/site"
)

// checkReport is what `asue check --json` prints for one file.
type checkReport struct {
	File     string `json:"file"`
	Kind     string `json:"kind"` // "site", "process" or "alarms"; "unreadable" if the file cannot be read
	Errors   int    `json:"errors"`
	Warnings int    `json:"warnings"`
	// Network is what was understood of a site's network, if its file describes one.
	Network *checkNetwork `json:"network,omitempty"`
	Faults  []checkFault  `json:"faults"`
}

// checkNetwork counts the parts of a site's network, and its figures by their basis;
// Unsaid are those of which the file does not say where they come from.
type checkNetwork struct {
	Buses        int `json:"buses"`
	Lines        int `json:"lines"`
	Transformers int `json:"transformers"`
	Switches     int `json:"switches"`
	Measured     int `json:"measured"`
	Passport     int `json:"passport"`
	Assumed      int `json:"assumed"`
	Unsaid       int `json:"unsaid"`
}

func networkOf(plant *metering.Site) *checkNetwork {
	if plant == nil || plant.Network.IsZero() {
		return nil
	}
	n := &plant.Network
	bases := n.Bases()
	return &checkNetwork{Buses: len(n.Buses()), Lines: len(n.Lines), Transformers: len(n.Transformers), Switches: len(n.Switches),
		Measured: bases[metering.BasisMeasured], Passport: bases[metering.BasisPassport], Assumed: bases[metering.BasisAssumed], Unsaid: bases[""]}
}

func (n checkNetwork) String() string {
	return fmt.Sprintf("%s, %s, %s, %s; figures: %d measured, %d from passports and documents, %d assumed, %d of unknown origin",
		counted(n.Buses, "bus", "buses"), counted(n.Lines, "line", "lines"), counted(n.Transformers, "transformer", "transformers"),
		counted(n.Switches, "switch", "switches"), n.Measured, n.Passport, n.Assumed, n.Unsaid)
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
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
	var asJSON, quiet bool
	var schema string
	var alarms bool
	cmd := &cobra.Command{
		Use:     "check FILE...",
		Aliases: []string{"check-config"},
		Short:   "Report every fault of site and process files at once",
		Long: `Reads site files (site.yaml), process files (asue.yaml) and catalogues of alarms and
reports every fault at once, with its place, what is wrong, why, and what to write instead.
A process file is held against the site file that it names, and so is its own catalogue of
alarms, if it names one; --alarms prints the built-in catalogue to begin with. A folder stands
for the asue.yaml and the site.yaml in it.

Exit code 0: no errors; 2: at least one error.`,
		Example: "  asue check zone\n  asue check zone/site.yaml zone/asue.yaml\n  asue check --schema=process > asue.schema.json\n  asue check --alarms > zone/alarms.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("schema") {
				return printSchema(cmd.OutOrStdout(), schema)
			}
			if alarms {
				_, err := cmd.OutOrStdout().Write(catalogue.Text())
				return err
			}
			if len(args) == 0 {
				return cli.Usagef("check needs at least one file; usage: %s", cmd.UseLine())
			}
			library, err := regmap.Load()
			if err != nil {
				return err
			}
			files, err := namedFiles(args)
			if err != nil {
				return err
			}
			return checkFiles(cmd.OutOrStdout(), files, library, asJSON, quiet)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print faults only")
	cmd.Flags().StringVar(&schema, "schema", "", "print the JSON Schema of site files or, with =process or =alarms, of process files or catalogues of alarms, for editors")
	cmd.Flags().BoolVar(&alarms, "alarms", false, "print the built-in catalogue of alarms, to begin one's own with")
	cmd.Flags().Lookup("schema").NoOptDefVal = kindSite
	return cmd
}

// namedFiles are the files that arguments name, those of a folder in its place.
func namedFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		switch inside := cli.FolderFiles(arg); {
		case inside == nil:
			files = append(files, arg)
		case len(inside) == 0:
			return nil, cli.Usagef("%s has neither %s nor %s; name the files themselves, or write a pair to begin with: asue demo --write-config DIR", arg, cli.ProcessFile, cli.SiteFile)
		default:
			files = append(files, inside...)
		}
	}
	return files, nil
}

// Kinds of files.
const (
	kindSite       = "site"
	kindProcess    = "process"
	kindAlarms     = "alarms"
	kindUnreadable = "unreadable"
)

func printSchema(w io.Writer, kind string) error {
	schemas := map[string]func() []byte{kindSite: site.Schema, kindProcess: settings.Schema, kindAlarms: catalogue.Schema}
	schema, ok := schemas[kind]
	if !ok {
		return cli.Usagef("--schema=%s: use --schema=%s, --schema=%s or --schema=%s", kind, kindSite, kindProcess, kindAlarms)
	}
	_, err := w.Write(schema())
	return err
}

// checkFiles reports on all files; one that cannot be read does not stop the
// others.
func checkFiles(out io.Writer, files []string, library *regmap.Library, asJSON, quiet bool) error {
	var reports []checkReport
	bad := false
	for _, file := range files {
		kind, plant, faults := checkFile(file, library, files)
		bad = bad || faults.Err() != nil
		r := report(file, kind, faults)
		r.Network = networkOf(plant)
		reports = append(reports, r)
		if asJSON {
			continue
		}
		fmt.Fprint(out, faults.String())
		if !quiet {
			fmt.Fprintf(out, "%s: %s file: %s, %s\n", file, kind, settings.Counted(faults.Count(form.Error), "error"), settings.Counted(faults.Count(form.Warning), "warning"))
			if r.Network != nil {
				fmt.Fprintf(out, "%s: network: %v\n", file, r.Network)
			}
		}
	}
	if asJSON {
		if err := printJSON(out, reports); err != nil {
			return err
		}
	}
	if bad {
		return cli.Usagef("")
	}
	return nil
}

// checkFile tells a site file from a process file by its keys. others are the
// files that are checked too. The plant is that of a site file without errors.
func checkFile(file string, library *regmap.Library, others []string) (kind string, plant *metering.Site, faults form.Faults) {
	src, err := cli.ReadInput(file)
	if err != nil {
		return kindUnreadable, nil, form.Faults{{File: file, Severity: form.Error, Code: "unreadable",
			What: "the file cannot be read: " + cli.Plainly(err), Why: "nothing of it can be checked", Remedy: "correct the path or the file's rights"}}
	}
	switch kindOf(src) {
	case kindSite:
		plant, faults = cli.SiteOptions(library).Parse(file, src)
		return kindSite, plant, faults
	case kindAlarms:
		_, faults = cli.ParseAlarms(file, src)
		return kindAlarms, nil, faults
	}
	cfg, faults := settings.Parse(file, src)
	if faults.Err() == nil {
		faults = append(faults, checkSite(cfg, filepath.Dir(file), library, others)...)
	}
	return kindProcess, nil, faults
}

// checkSite holds a process file against the files that it names, as `asue run` does:
// the site file, whose own faults are told where that is checked, and a catalogue of
// alarms, whose faults are told here unless it is checked too.
func checkSite(c settings.Config, dir string, library *regmap.Library, others []string) form.Faults {
	c.RelativeTo(dir)
	var alarms form.Faults
	if !slices.ContainsFunc(others, func(o string) bool { return sameFile(o, c.Alarms.Catalogue) }) {
		_, alarms = cli.ReadAlarms(c.Alarms.Catalogue)
	}
	return slices.Concat(heldAgainst(c, library, others), cli.Outside(c), alarms)
}

func heldAgainst(c settings.Config, library *regmap.Library, others []string) form.Faults {
	src, err := cli.ReadInput(c.SiteFile)
	if err != nil {
		return c.RefuseSite(form.Found("no-site", "the site file cannot be read: "+cli.Plainly(err),
			"it says which meters hang on which line", "write \"site: PATH\"; the path is relative to this file"))
	}
	plant, faults := cli.SiteOptions(library).Parse(c.SiteFile, src)
	if faults.Err() == nil {
		return cli.AgainstSite(c, plant, library, clock.Clock{}.Now())
	}
	if !slices.ContainsFunc(others, func(o string) bool { return sameFile(o, c.SiteFile) }) {
		return c.RefuseSite(form.Found("faulty-site", fmt.Sprintf("the site file %s has %s", c.SiteFile, settings.Counted(faults.Count(form.Error), "error")),
			"nothing starts on it, and this file cannot be held against it", "asue check "+c.SiteFile+" tells them"))
	}
	return nil
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// alarmsRegexp is how a catalogue of alarms begins: comments, and a list under its only key.
var alarmsRegexp = regexp.MustCompile(`^\s*((#.*)?\n)*alarms:[ \t]*(#.*)?\n(\s*#.*\n|[ \t]*\n)*[ \t]*-`)

// kindOf looks at the keys at the left margin: what most of them belong to. A
// site key with a value on its line is a path, and so a process file's.
func kindOf(src []byte) string {
	if alarmsRegexp.Match(src) {
		return kindAlarms
	}
	const ofSites, ofProcesses = "version sources nodes residents points meters lines virtual validation calendar tariffs media", "data http hosts roles log_level broker collector series balancer alarms reports notify homeassistant"
	balance := 0 // more of a process file above 0
	for line := range bytes.Lines(src) {
		key, value, found := strings.Cut(string(line), ":")
		value, _, _ = strings.Cut(value, "#")
		value = strings.TrimSpace(value)
		switch {
		case !found || key == "":
		case slices.Contains(strings.Fields(ofProcesses), key):
			balance++
		case slices.Contains(strings.Fields(ofSites), key):
			balance--
		case key == "site" && value != "" && value[0] != '{' && value[0] != '&':
			balance++
		}
	}
	if balance > 0 {
		return kindProcess
	}
	return kindSite
}

func report(file, kind string, faults form.Faults) checkReport {
	r := checkReport{File: file, Kind: kind, Errors: faults.Count(form.Error), Warnings: faults.Count(form.Warning), Faults: []checkFault{}}
	for _, f := range faults {
		r.Faults = append(r.Faults, checkFault{
			Line: f.Line, Column: f.Column, Field: f.Path, Severity: f.Severity.String(),
			Code: f.Code, What: f.What, Why: f.Why, Remedy: f.Remedy,
		})
	}
	return r
}
