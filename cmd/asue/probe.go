package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/collector/modbus"
	"asue/collector/regmap"
	"asue/metering"
)

// reader is a line as far as a probe needs it.
type reader interface {
	Read(ctx context.Context, unit, function uint8, address, count uint16) ([]uint16, error)
}

// probeReport is what one probe of one unit found; also `asue probe --json`.
type probeReport struct {
	URL      string          `json:"url"`
	Unit     int             `json:"unit"`
	Model    string          `json:"model"`
	Verified bool            `json:"verified"`
	Guessed  bool            `json:"guessed"`
	MeterCT  string          `json:"meter_ct,omitempty"` // as set in the meter; absent when it does not tell
	MeterVT  string          `json:"meter_vt,omitempty"`
	Readings []probeReading  `json:"readings"`
	Settings []probeSetting  `json:"settings"`
	Warnings []string        `json:"warnings"`
	Faults   []string        `json:"faults"`
	Others   []probeLikeness `json:"other_candidates,omitempty"`

	raw map[string]regmap.RawValue // the settings as the model reads them
}

type probeReading struct {
	Quantity string   `json:"quantity"`
	Value    *float64 `json:"value,omitempty"`
	Unit     string   `json:"unit"`
	Raw      *int64   `json:"raw,omitempty"`
	Quality  string   `json:"quality"`
	Reason   string   `json:"reason,omitempty"`
}

type probeSetting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type probeLikeness struct {
	Model string  `json:"model"`
	Score float64 `json:"score"` // share of the model's checks that what was read passes
}

func newProbe() *cobra.Command {
	var (
		unit      int
		model     string
		ct, vt    string
		timeout   time.Duration
		asJSON    bool
		listKnown bool
	)
	cmd := &cobra.Command{
		Use:   "probe modbus://HOST:PORT/UNIT",
		Short: "Read a real meter once, by its model or by guess",
		Long: `Reads every register of one meter once and prints what it means. It only reads.

Without --model it tries the known models: what a meter says of itself decides, and
after that how well voltages, currents, powers and frequency agree with each other.
Compare with the display all the same.

modbus://HOST:PORT/UNIT is short for tcp://HOST:PORT --unit UNIT; any other line is named by
its address and --unit.`,
		Example: "  asue probe modbus://10.0.0.5:502/1\n  asue probe tcp://10.0.0.5:502 --unit 1 --model eastron-sdm630 --ct 600/5 --vt 10000/100",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			library, err := regmap.Load()
			if err != nil {
				return err
			}
			if listKnown {
				return listModels(cmd.OutOrStdout(), library, asJSON)
			}
			if len(args) == 0 {
				return cli.Usagef("probe needs the address of the meter, like tcp://10.0.0.5:502; --models lists the known models")
			}
			address, named, err := probeAddress(args[0])
			if err != nil {
				return err
			}
			if named != 0 {
				if cmd.Flags().Changed("unit") && named != unit {
					return cli.Usagef("%s names unit %d, and --unit names %d: say one of them", args[0], named, unit)
				}
				unit = named
			}
			p := probe{library: library, unit: unit}
			if p.ct, err = parseRatio("--ct", ct); err != nil {
				return err
			}
			if p.vt, err = parseRatio("--vt", vt); err != nil {
				return err
			}
			line, err := modbus.Open(address, modbus.Options{Timeout: timeout})
			if err != nil {
				return cli.Usagef("%v", err)
			}
			defer func() { _ = line.Close() }() // nothing is owed to the meter
			p.line = line
			if node.IsTerminal(os.Stderr) {
				p.progress = func(text string) { fmt.Fprintf(os.Stderr, "\r\x1b[K%s", text) }
			}
			report, err := p.run(cmd.Context(), model)
			if err != nil {
				return fmt.Errorf("probe: %w", err)
			}
			report.URL = address
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			return report.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().IntVarP(&unit, "unit", "u", 1, "Modbus unit id, 1 to 247")
	cmd.Flags().StringVarP(&model, "model", "m", "", "model of the meter; guessed if empty")
	cmd.Flags().StringVar(&model, "profile", "", "another word for --model")
	cmd.Flags().StringVar(&ct, "ct", "", "current transformer ratio as installed, like 600/5")
	cmd.Flags().StringVar(&vt, "vt", "", "voltage transformer ratio as installed, like 10000/100")
	cmd.Flags().DurationVar(&timeout, "timeout", time.Second, "how long one answer may take")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&listKnown, "models", false, "list the known models and stop")
	return cmd
}

// probeAddress takes modbus://HOST:PORT/UNIT apart; any other address is of a line alone,
// and its unit is 0: not said.
func probeAddress(s string) (line string, unit int, err error) {
	rest, ok := strings.CutPrefix(s, "modbus://")
	if !ok {
		return s, 0, nil
	}
	host, number, found := strings.Cut(rest, "/")
	if !found || number == "" {
		return "tcp://" + host, 0, nil
	}
	number, options, _ := strings.Cut(number, "?")
	if unit, err = strconv.Atoi(number); err != nil || unit < 1 || unit > 247 {
		return "", 0, cli.Usagef("%s: the unit behind the host is %q; write a number from 1 to 247, like modbus://10.0.0.5:502/1", s, number)
	}
	if options != "" {
		host += "?" + options
	}
	return "tcp://" + host, unit, nil
}

// parseRatio reads 600/5; empty is the zero Ratio: nobody said.
func parseRatio(flag, s string) (metering.Ratio, error) {
	if s == "" {
		return metering.Ratio{}, nil
	}
	if s == "direct" {
		return metering.Direct, nil
	}
	first, second, ok := strings.Cut(s, "/")
	primary, err1 := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	secondary, err2 := strconv.ParseInt(strings.TrimSpace(second), 10, 64)
	if !ok || err1 != nil || err2 != nil || primary <= 0 || secondary <= 0 {
		return metering.Ratio{}, cli.Usagef("%s %q: write a ratio of two whole numbers, like 600/5", flag, s)
	}
	return metering.Ratio{Primary: primary, Secondary: secondary}, nil
}

// probe reads one unit of a line.
type probe struct {
	line     reader
	library  *regmap.Library
	unit     int
	ct, vt   metering.Ratio    // as the user gave them; zero: not given
	progress func(text string) // shows what a guess is at; nil: nobody watches
}

// run reads the unit as the model, or as the one that fits best if id is empty.
func (p probe) run(ctx context.Context, id string) (probeReport, error) {
	switch {
	case p.unit == 0:
		return probeReport{}, cli.Usagef("unit 0 is Modbus's broadcast address, which no meter answers; use --unit 1 to 247, as set in the meter")
	case p.unit < 1 || p.unit > 247:
		return probeReport{}, cli.Usagef("unit %d: Modbus unit ids are 1 to 247; use the one that is set in the meter", p.unit)
	}
	if id == "" {
		return p.guess(ctx)
	}
	m, ok := p.library.Model(id)
	if !ok {
		return probeReport{}, cli.Usagef("unknown model %q%s; asue probe --models lists the known ones", id, didYouMean(id, p.library))
	}
	report, err := p.read(ctx, m)
	switch {
	case len(report.Readings) > 0:
		return report, nil
	case err != nil:
		return report, p.explain(err)
	}
	return report, fmt.Errorf("unit %d answers, but no register of %s can be read: %s; without --model asue guesses which model it is",
		p.unit, m.ID, strings.Join(report.Faults, "; "))
}

// read takes every block of a model once. The error is what ended the reading
// before its end; what was read until then is in the report.
func (p probe) read(ctx context.Context, m *regmap.Model) (probeReport, error) {
	report := probeReport{
		Unit: p.unit, Model: m.Name(), Verified: m.Verified,
		Readings: []probeReading{}, Settings: []probeSetting{}, Warnings: []string{}, Faults: []string{},
		raw: map[string]regmap.RawValue{},
	}
	todo, err := p.blocks(ctx, m)
	if err != nil {
		report.Faults = append(report.Faults, err.Error())
		if errors.As(err, new(notPlaced)) {
			err = nil // the unit answers, and is another device
		}
		return report, err
	}
	for len(todo) > 0 {
		b := todo[0]
		todo = todo[1:]
		words, err := p.line.Read(ctx, uint8(p.unit), b.Function, b.Address, b.Count)
		if err == nil {
			report.take(b, words, p.ct, p.vt)
			continue
		}
		code, refused := exceptionCode(err)
		if parts := b.Split(); refused && (code == 2 || code == 3) && len(parts) > 1 {
			todo = append(parts, todo...) // the meter does not read over a hole
			continue
		}
		report.Faults = append(report.Faults, fmt.Sprintf("%s: %v", b, err))
		if !refused || nobodyBehind(code) {
			return report, err // further blocks would only wait
		}
	}
	report.compareRatios(m, p.ct, p.vt)
	return report, nil
}

// exceptionCode is the Modbus exception behind an error.
func exceptionCode(err error) (code byte, ok bool) {
	var e interface{ ModbusException() byte }
	if errors.As(err, &e) {
		return e.ModbusException(), true
	}
	return 0, false
}

// nobodyBehind reports whether a gateway speaks for a unit that does not answer
// it: exceptions 10 and 11.
func nobodyBehind(code byte) bool { return code == 10 || code == 11 }

// explain says what silence means and what to do about it.
func (p probe) explain(err error) error {
	var u interface{ Unreachable() bool }
	code, refused := exceptionCode(err)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &u) && u.Unreachable():
		return fmt.Errorf("%w; nobody listens there: check the address, the port (502 is usual), and that Modbus/TCP is switched on in the meter or gateway", err)
	case refused && nobodyBehind(code):
		return fmt.Errorf("%w; the gateway answers, but no meter does under unit %d: check --unit against the meter's display, the wiring behind the gateway, its baud rate and parity", err, p.unit)
	}
	return fmt.Errorf("%w; something listens there, but unit %d does not answer as a meter: check --unit against the meter's display, or give it longer with --timeout", err, p.unit)
}

func (r *probeReport) take(b regmap.Block, words []uint16, ct, vt metering.Ratio) {
	readings, err := regmap.Decode(b, words, ct, vt)
	if err != nil {
		r.Faults = append(r.Faults, fmt.Sprintf("%s: %v", b, err))
		return
	}
	for _, reading := range readings {
		r.Readings = append(r.Readings, describe(reading))
	}
	raw, err := regmap.Raw(b, words)
	if err != nil {
		r.Faults = append(r.Faults, fmt.Sprintf("%s: %v", b, err))
		return
	}
	for _, reg := range b.Registers {
		if v, ok := raw[reg.Name]; ok {
			r.raw[reg.Name] = v
			r.Settings = append(r.Settings, probeSetting{Name: reg.Name, Value: v.String()})
		}
	}
}

func describe(reading metering.Reading) probeReading {
	d := probeReading{
		Quantity: reading.Quantity.String(), Unit: reading.Quantity.Unit(),
		Quality: reading.Quality.String(), Reason: reading.Reason,
	}
	if reading.Quality.HasValue() {
		d.Value = &reading.Value
		if reading.Count.Step > 0 {
			d.Raw = &reading.Count.Raw
		}
	}
	return d
}

// compareRatios holds the transformers that are set in the meter against those
// that the user gave. A meter that counts at the primary side by itself is right
// without --ct and --vt; one that does not needs them.
func (r *probeReport) compareRatios(m *regmap.Model, ct, vt metering.Ratio) {
	needed := slices.ContainsFunc(m.Registers, func(reg regmap.Register) bool { return reg.Secondary })
	meterCT, meterVT := regmap.Ratios(r.raw)
	for _, t := range []struct {
		flag         string
		meter, given metering.Ratio
		show         *string
	}{{"--ct", meterCT, ct, &r.MeterCT}, {"--vt", meterVT, vt, &r.MeterVT}} {
		if t.meter == (metering.Ratio{}) {
			continue // the meter does not tell
		}
		*t.show = t.meter.String()
		switch given := t.given != (metering.Ratio{}); {
		case given && !sameRatio(t.meter, t.given):
			r.Warnings = append(r.Warnings, fmt.Sprintf("the meter is set to %s, %s says %s: one of them is wrong, and so are the values; compare with the transformers' nameplates",
				t.meter, t.flag, t.given))
		case !given && needed && !sameRatio(t.meter, metering.Direct):
			r.Warnings = append(r.Warnings, fmt.Sprintf("the meter is set to %s, and this model shows some values at the secondary side: give the ratio as installed with %s",
				t.meter, t.flag))
		}
	}
}

// sameRatio reports whether both transform alike: 600/5 and 120/1 do.
func sameRatio(a, b metering.Ratio) bool {
	an, ad := a.Factor()
	bn, bd := b.Factor()
	return float64(an)*float64(bd) == float64(bn)*float64(ad)
}

func (r probeReport) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	how := ""
	if r.Guessed {
		how = " (a guess: compare with the display)"
	}
	if !r.Verified {
		how += " [register map not verified on a device]"
	}
	fmt.Fprintf(tw, "model\t%s%s\n", r.Model, how)
	for _, t := range []struct{ what, ratio string }{{"CT set in the meter", r.MeterCT}, {"VT set in the meter", r.MeterVT}} {
		if t.ratio != "" {
			fmt.Fprintf(tw, "%s\t%s\n", t.what, t.ratio)
		}
	}
	for _, s := range r.Settings {
		fmt.Fprintf(tw, "%s\t%s\n", s.Name, s.Value)
	}
	for _, v := range r.Readings {
		if v.Value == nil {
			fmt.Fprintf(tw, "%s\t-\t\t%s\t%s\n", v.Quantity, v.Quality, v.Reason)
			continue
		}
		raw := ""
		if v.Raw != nil {
			raw = "count " + strconv.FormatInt(*v.Raw, 10)
		}
		unit := v.Unit
		if unit == "1" {
			unit = ""
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s %s\n", v.Quantity, strconv.FormatFloat(*v.Value, 'f', -1, 64), unit, v.Quality, v.Reason, raw)
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(tw, "warning\t%s\n", warning)
	}
	for _, f := range r.Faults {
		fmt.Fprintf(tw, "fault\t%s\n", f)
	}
	for _, o := range r.Others {
		fmt.Fprintf(tw, "also possible\t%s\t(%.0f %%)\n", o.Model, o.Score*100)
	}
	return tw.Flush()
}

type modelInfo struct {
	ID       string   `json:"id"`
	Vendor   string   `json:"vendor"`
	Devices  []string `json:"devices"`
	Verified bool     `json:"verified"`
}

func listModels(w io.Writer, library *regmap.Library, asJSON bool) error {
	var all []modelInfo
	for _, id := range library.IDs() {
		m, _ := library.Model(id)
		all = append(all, modelInfo{m.ID, m.Vendor, m.Devices, m.Verified})
	}
	if asJSON {
		return json.NewEncoder(w).Encode(all)
	}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, m := range all {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", m.ID, m.Vendor, strings.Join(m.Devices, ", "))
	}
	return tw.Flush()
}
