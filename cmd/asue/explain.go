package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/edge"
	"asue/cmd/internal/settings"
	"asue/collector"
	"asue/collector/modbus"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
)

// lineSpeed is what decides how long a transaction takes on a line.
type lineSpeed struct {
	modbus.Speed
	response time.Duration // without a baud rate: from the request to the answer
}

// What a transaction costs besides its characters.
const (
	// turnaround is how long meters on RS-485 take to begin their answer: so much
	// less or more than regmap.SerialCost takes.
	turnaroundSpread = 15 * time.Millisecond
	// ownCost is the collector's and the network stack's own time for one
	// transaction over TCP.
	ownCost = 200 * time.Microsecond
	// assumedResponse of a meter or gateway over TCP.
	assumedResponse = 20 * time.Millisecond
)

// cost is what the planner reckons with.
func (s lineSpeed) cost() regmap.Cost { return edge.CostAt(s.Speed) }

// transaction estimates the least and the greatest time that reading count
// registers occupies a line.
func (s lineSpeed) transaction(count int) (least, most time.Duration) {
	if s.Baud == 0 {
		t := ownCost + s.response
		return t, t
	}
	t := s.cost().Of(count)
	return t - turnaroundSpread, t + turnaroundSpread
}

func (s lineSpeed) String() string {
	if s.Baud == 0 {
		return fmt.Sprintf("TCP, answers in %v", s.response)
	}
	return fmt.Sprintf("RS-485, %d baud", s.Baud)
}

// Loads of a line, in parts of one, from which on it is spoken of and refused.
const (
	tightLoad = collector.RoomyLoad
	fullLoad  = collector.FullLoad
)

// explainReport is also `asue explain --json`.
type explainReport struct {
	Site  string        `json:"site"`
	Lines []explainLine `json:"lines"`
}

type explainLine struct {
	ID       string         `json:"id"`
	URL      string         `json:"url,omitempty"`
	Speed    string         `json:"speed"`
	Verdict  string         `json:"verdict"` // "ok", "tight" or "overloaded"
	Requests float64        `json:"requests_per_second"`
	Least    float64        `json:"load_percent_least"`
	Most     float64        `json:"load_percent_most"`
	Groups   []explainGroup `json:"groups"`
	Meters   []explainMeter `json:"meters"`
}

type explainGroup struct {
	Group    string  `json:"group"`
	Requests float64 `json:"requests_per_second"`
	Least    float64 `json:"load_percent_least"`
	Most     float64 `json:"load_percent_most"`
}

type explainMeter struct {
	ID     string         `json:"id"`
	Unit   uint8          `json:"unit"`
	Model  string         `json:"model"`
	Blocks []explainBlock `json:"blocks"`
}

type explainBlock struct {
	Group    string  `json:"group"`
	Function uint8   `json:"function"`
	Address  uint16  `json:"address"`
	Count    uint16  `json:"count"`
	Values   int     `json:"values"`
	Period   float64 `json:"period_seconds"`
	Boundary float64 `json:"boundary_seconds,omitempty"` // read at these boundaries as well
	LeastMS  float64 `json:"least_ms"`
	MostMS   float64 `json:"most_ms"`
}

type explainOptions struct {
	config, site string
	baud         []string
	response     time.Duration
	asJSON       bool
}

func newExplain() *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain {-c asue.yaml | --site site.yaml}",
		Short: "Show what will be read from each line, and how busy that makes it",
		Long: `Prints the reads that the collector plans for each line: the blocks of each meter, how
often they come, how many requests a second that makes and which share of the line's
time. It asks no meter anything.

A line that leads to a gateway is as slow as the RS-485 behind it: say so in its address,
tcp://HOST:502?baud=9600, or here with --baud.
The estimate takes 11 bits a character and meters that begin to answer within 20 to
50 ms. Above 60 % of a line's time it warns. Exit code 2: a line above 80 %.`,
		Example: "  asue explain -c asue.yaml\n  asue explain -c asue.yaml --baud gw-1=9600 --baud gw-2=19200",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.OutOrStdout(), clock.Clock{}.Now())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "process file: its lines and periods")
	f.StringVar(&o.site, "site", "", "site file: all its lines, with the usual periods")
	f.StringSliceVar(&o.baud, "baud", nil, "RS-485 behind the lines: 9600 for all, or LINE=9600 for one")
	f.DurationVar(&o.response, "response", assumedResponse, "how long a meter takes to answer over TCP")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	return cmd
}

// run plans the lines as they are at now.
func (o explainOptions) run(out io.Writer, now time.Time) error {
	if (o.config == "") == (o.site == "") {
		return cli.Usagef("explain needs a process file or a site file: asue explain -c asue.yaml, or --site site.yaml")
	}
	if o.response <= 0 {
		return cli.Usagef("--response %v: write a time above 0, like 20ms", o.response)
	}
	library, err := regmap.Load()
	if err != nil {
		return err
	}
	cfg, site, err := o.read(library)
	if err != nil {
		return err
	}
	speeds, err := o.speeds(cfg.Collector.Lines)
	if err != nil {
		return err
	}
	report := explainReport{Site: string(site.ID), Lines: []explainLine{}}
	for _, l := range cfg.Collector.Lines {
		report.Lines = append(report.Lines, explainOne(l, cfg.Collector, site, library, speeds[l.ID], now))
	}
	if o.asJSON {
		err = printJSON(out, report)
	} else {
		err = report.print(out)
	}
	if err != nil {
		return err
	}
	return report.refuse()
}

// read gives the lines and periods, and the site.
func (o explainOptions) read(library *regmap.Library) (settings.Config, *metering.Site, error) {
	if o.site != "" {
		cfg := settings.Default()
		site, err := cli.ReadSite(o.site, library)
		if err != nil {
			return cfg, nil, err
		}
		meters := settings.MetersByLine(site)
		for _, l := range site.Lines {
			if meters[l.ID] > 0 {
				cfg.Collector.Lines = append(cfg.Collector.Lines, settings.Line{ID: l.ID})
			}
		}
		return cfg, site, nil
	}
	src, err := os.ReadFile(o.config)
	if err != nil {
		return settings.Config{}, nil, cli.Usagef("process file: %v", err)
	}
	cfg, faults := settings.Parse(o.config, src)
	if err := cli.Refuse(o.config, faults); err != nil {
		return cfg, nil, err
	}
	if !cfg.Has(settings.RoleCollector) {
		return cfg, nil, cli.Usagef("%s: without the role collector this process reads no meters; name the file of the one that does", o.config)
	}
	cfg.RelativeTo(filepath.Dir(o.config))
	site, err := cli.ReadSite(cfg.SiteFile, library)
	if err != nil {
		return cfg, nil, err
	}
	return cfg, site, cli.Refuse(o.config, cfg.CheckAgainst(site))
}

// speeds are the lines' speeds as --baud says.
func (o explainOptions) speeds(lines []settings.Line) (map[metering.LineID]lineSpeed, error) {
	speeds := map[metering.LineID]lineSpeed{}
	for _, l := range lines {
		speeds[l.ID] = lineSpeed{Speed: modbus.SpeedOf(l.URL), response: o.response}
	}
	for _, text := range o.baud {
		name, number, one := strings.Cut(text, "=")
		if !one {
			number = text
		}
		baud, err := strconv.Atoi(number)
		if err != nil || baud < 300 || baud > 4_000_000 {
			return nil, cli.Usagef("--baud %q: write a rate of 300 to 4000000, like 9600, or one line's: gw-1=9600", text)
		}
		if !one {
			for id := range speeds {
				speeds[id] = speeds[id].at(baud)
			}
			continue
		}
		if _, known := speeds[metering.LineID(name)]; !known {
			return nil, cli.Usagef("--baud %q: there is no line %q to read here", text, name)
		}
		speeds[metering.LineID(name)] = speeds[metering.LineID(name)].at(baud)
	}
	return speeds, nil
}

// at is the speed with another baud rate.
func (s lineSpeed) at(baud int) lineSpeed {
	s.Baud = baud
	return s
}

// explainOne plans one line like the collector does.
func explainOne(l settings.Line, c settings.Collector, site *metering.Site, library *regmap.Library, speed lineSpeed, now time.Time) explainLine {
	line := explainLine{ID: string(l.ID), URL: l.URL, Speed: speed.String(), Groups: []explainGroup{}, Meters: []explainMeter{}}
	sums := map[regmap.Group]*explainGroup{}
	for _, g := range regmap.Groups() {
		sums[g] = &explainGroup{Group: g.String()}
	}
	for _, m := range site.Meters {
		install, installed := site.InstallOf(m.ID, now)
		model, known := edge.ModelAt(library, site, install)
		if m.Line != l.ID || !installed || !known {
			continue
		}
		meter := explainMeter{ID: string(m.ID), Unit: m.Unit, Model: model.Name()}
		for _, b := range model.PlanFor(speed.cost(), regmap.Groups()...) {
			least, most := speed.transaction(int(b.Count))
			planned := explainBlock{
				Group: b.Group.String(), Function: b.Function, Address: b.Address, Count: b.Count,
				Values: len(b.Registers), Period: edge.Period(c, b.Group).Seconds(),
				LeastMS: least.Seconds() * 1000, MostMS: most.Seconds() * 1000,
			}
			rate := 1 / planned.Period
			if b.Group == regmap.EnergyGroup { // counters are read at the boundaries too
				planned.Boundary = metering.BasePeriod.Seconds()
				rate += 1 / planned.Boundary
			}
			sum := sums[b.Group]
			sum.Requests += rate
			sum.Least += 100 * rate * least.Seconds()
			sum.Most += 100 * rate * most.Seconds()
			meter.Blocks = append(meter.Blocks, planned)
		}
		line.Meters = append(line.Meters, meter)
	}
	for _, g := range regmap.Groups() {
		if s := sums[g]; s.Requests > 0 {
			line.Requests, line.Least, line.Most = line.Requests+s.Requests, line.Least+s.Least, line.Most+s.Most
			line.Groups = append(line.Groups, *s)
		}
	}
	line.Verdict = verdict(line.Most / 100)
	return line
}

// verdict judges a load by its greater estimate.
func verdict(load float64) string {
	switch {
	case load > fullLoad:
		return "overloaded"
	case load > tightLoad:
		return "tight"
	}
	return "ok"
}

// refuse fails with the sums of the lines that are too full.
func (r explainReport) refuse() error {
	var faults []string
	for _, l := range r.Lines {
		if l.Verdict == "overloaded" {
			faults = append(faults, fmt.Sprintf("line %s is planned for %s of its time, more than %.0f %%: %s; lengthen the periods under \"collector\", put some meters on another line, or raise the baud rate",
				l.ID, percents(l.Least, l.Most), fullLoad*100, l.sum()))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return cli.Usagef("%s", strings.Join(faults, "\n      "))
}

// sum is "fast 6.40/s 36-55 % + energy ... = 51-72 %".
func (l explainLine) sum() string {
	var parts []string
	for _, g := range l.Groups {
		parts = append(parts, fmt.Sprintf("%s %.4g/s %s", g.Group, g.Requests, percents(g.Least, g.Most)))
	}
	return strings.Join(parts, " + ") + " = " + percents(l.Least, l.Most)
}

func percents(least, most float64) string {
	a, b := fmt.Sprintf("%.1f", least), fmt.Sprintf("%.1f", most)
	if a == b {
		return a + " %"
	}
	return a + "–" + b + " %"
}

func (r explainReport) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i, l := range r.Lines {
		if i > 0 {
			fmt.Fprintln(tw)
		}
		fmt.Fprintf(tw, "line %s  %s (%s): %s, %.4g requests/s, load %s\n",
			l.ID, cmp.Or(l.URL, "no address here"), l.Speed, settings.Counted(len(l.Meters), "meter"), l.Requests, percents(l.Least, l.Most))
		for _, alike := range byModel(l.Meters) {
			var names []string
			for _, m := range alike {
				names = append(names, fmt.Sprintf("%d=%s", m.Unit, m.ID))
			}
			fmt.Fprintf(tw, "  %s: %s\n", alike[0].Model, strings.Join(names, " "))
			for _, b := range alike[0].Blocks {
				often := seconds(b.Period)
				if b.Boundary > 0 {
					often += " and at each " + seconds(b.Boundary)
				}
				fmt.Fprintf(tw, "    %s\tfc %d\t%d..%d\t%s\t%s\tevery %s\t%s ms\n", b.Group, b.Function, b.Address,
					int(b.Address)+int(b.Count)-1, settings.Counted(int(b.Count), "register"), settings.Counted(b.Values, "value"), often, milliseconds(b.LeastMS, b.MostMS))
			}
		}
		switch l.Verdict {
		case "tight":
			fmt.Fprintf(tw, "  remark: above %.0f %% little is left for repetitions: %s\n", tightLoad*100, l.sum())
		case "overloaded":
			fmt.Fprintf(tw, "  error: above %.0f %%: %s\n", fullLoad*100, l.sum())
		}
	}
	return tw.Flush()
}

// byModel puts meters of one model together: they are read alike.
func byModel(meters []explainMeter) [][]explainMeter {
	var groups [][]explainMeter
	for _, m := range meters {
		i := slices.IndexFunc(groups, func(g []explainMeter) bool { return g[0].Model == m.Model })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], m)
	}
	return groups
}

func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	text := d.String()
	if d >= time.Minute {
		text = strings.TrimSuffix(text, "0s")
	}
	if d >= time.Hour {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func milliseconds(least, most float64) string {
	if least == most {
		return fmt.Sprintf("%.0f", most)
	}
	return fmt.Sprintf("%.0f–%.0f", least, most)
}
