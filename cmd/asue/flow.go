package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"asue/balancing/powerflow"
	"asue/cmd/internal/cli"
)

func newFlow() *cobra.Command {
	var asJSON, qLimits, fileStart bool
	cmd := &cobra.Command{
		Use:   "flow CASE",
		Short: "Voltages, flows and losses of a network",
		Long: `Reads a network and prints the voltage of every bus, what flows in every branch, what
the source gives and what is lost. CASE is JSON, or a case file of MATPOWER (.m, version
2), whose tables are read and whose code is not run. "-" reads standard input.

  {"base_mva": 100, "input": {
    "bus":    [{"id": 1, "type": "SLACK"}, {"id": 2, "type": "PQ", "pd_mw": 50, "qd_mvar": 20}],
    "gen":    [{"bus": 1, "vg_pu": 1.02}],
    "branch": [{"from_bus": 1, "to_bus": 2, "r_pu": 0.01, "x_pu": 0.05, "b_pu": 0.02}]}}

  bus:    id, type (PQ, PV, SLACK, OUT), pd_mw, qd_mvar, gs_mw, bs_mvar, base_kv, vm_start, va_start_deg
  gen:    bus, pg_mw, qg_mvar, qmin_mvar, qmax_mvar, vg_pu, status
  branch: from_bus, to_bus, r_pu, x_pu, b_pu, rate_a_mva, tap (at the from end; 0 means 1), shift_deg, status

A bus without a way to a SLACK is dead: it has no voltage, and its load is unserved.
docs/flow.md tells the model.

Exit code 0: solved; 1: not converged, with the worst bus named, or no source, or
anything else; 2: wrong use or a faulty file, every fault of which is told.`,
		Example: "  asue flow case14.json\n  asue flow case14.m --q-limits --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := readCase(cmd.InOrStdin(), args[0])
			if err != nil {
				return cli.Usagef("case file: %s: %s", args[0], cli.Plainly(err))
			}
			c := parseFlow(args[0], src)
			if err := cli.Refuse(args[0], c.faults); err != nil {
				return err
			}
			// Tighter than 1 W: published solutions are compared to the eighth digit.
			r, err := c.solve(powerflow.Options{Tolerance: 1e-11, QLimits: qLimits, FileStart: fileStart})
			switch {
			case asJSON:
				if failed := printJSON(cmd.OutOrStdout(), c.report(r, err)); failed != nil {
					return failed
				}
			case err == nil:
				return printFlow(cmd.OutOrStdout(), c, r)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&qLimits, "q-limits", false, "keep generators within qmin_mvar and qmax_mvar, the worst first")
	cmd.Flags().BoolVar(&fileStart, "file-start", false, "begin at vm_start and va_start_deg, not flat")
	return cmd
}

// flowReport is what `asue flow --json` prints. What is not known is null.
type flowReport struct {
	Converged  bool         `json:"converged"`
	Iterations int          `json:"iterations"`
	Error      string       `json:"error,omitempty"`
	WorstBus   any          `json:"worst_bus,omitempty"`
	Mismatch   float64      `json:"mismatch_mva,omitempty"`
	Bus        []flowBus    `json:"bus"`
	Slack      *flowPower   `json:"slack"`
	Losses     *flowPower   `json:"losses"`
	Branch     []flowBranch `json:"branch"`
	Generator  []flowGen    `json:"gen,omitempty"`
	UnservedMW float64      `json:"unserved_mw,omitempty"`
	Assumed    []string     `json:"assumed,omitempty"`
}

type flowPower struct {
	MW   float64 `json:"p_mw"`
	Mvar float64 `json:"q_mvar"`
}

type flowBus struct {
	ID  any      `json:"id"`
	PU  *float64 `json:"vm_pu"`
	Deg *float64 `json:"va_deg"`
}

type flowBranch struct {
	From    any      `json:"from"`
	To      any      `json:"to"`
	FromMW  float64  `json:"pf_mw"`
	FromQ   float64  `json:"qf_mvar"`
	ToMW    float64  `json:"pt_mw"`
	ToQ     float64  `json:"qt_mvar"`
	LossMW  float64  `json:"loss_mw"`
	LossQ   float64  `json:"loss_mvar"`
	Loading *float64 `json:"loading_percent,omitempty"`
	Dead    bool     `json:"dead,omitempty"`
}

type flowGen struct {
	Bus     any     `json:"bus"`
	MW      float64 `json:"p_mw"`
	Mvar    float64 `json:"q_mvar"`
	AtLimit bool    `json:"at_limit,omitempty"`
}

// solve calculates the network of a case without faults.
func (c *flowCase) solve(o powerflow.Options) (powerflow.Result, error) {
	s, err := powerflow.New(c.network)
	if err != nil {
		return powerflow.Result{}, err
	}
	if err := s.Solve(o); err != nil {
		return powerflow.Result{}, err
	}
	return s.Result(), nil
}

func (c *flowCase) report(r powerflow.Result, err error) flowReport {
	report := flowReport{Bus: []flowBus{}, Branch: []flowBranch{}}
	if err != nil {
		report.Error = err.Error()
		c.reportFailure(&report, err)
		return report
	}
	report.Converged, report.Iterations, report.UnservedMW = true, r.Iterations, r.UnservedMW
	report.Slack, report.Losses = &flowPower{r.SourceMW, r.SourceMvar}, &flowPower{r.LossMW, r.LossMvar}
	for _, b := range r.Buses {
		one := flowBus{ID: c.id(b.ID)}
		if b.Live {
			one.PU, one.Deg = &b.PU, &b.Deg
		}
		report.Bus = append(report.Bus, one)
	}
	for i, f := range r.Branches {
		b := c.network.Branches[i]
		one := flowBranch{From: c.id(b.From), To: c.id(b.To), FromMW: f.FromMW, FromQ: f.FromMvar, ToMW: f.ToMW, ToQ: f.ToMvar, LossMW: f.LossMW, LossQ: f.LossMvar, Dead: !f.Live}
		if f.HasRating {
			one.Loading = &f.LoadingPercent
		}
		report.Branch = append(report.Branch, one)
	}
	for i, g := range r.Generators {
		report.Generator = append(report.Generator, flowGen{c.id(c.network.Generators[i].Bus), g.MW, g.Mvar, g.AtLimit})
	}
	report.Assumed = assumed(r)
	return report
}

func (c *flowCase) reportFailure(report *flowReport, err error) {
	var n *powerflow.NotConvergedError
	var low *powerflow.LowVoltageError
	var singular *powerflow.SingularError
	switch {
	case errors.As(err, &n):
		report.Iterations, report.WorstBus, report.Mismatch = n.Iterations, c.id(n.WorstBus), n.MismatchMVA
	case errors.As(err, &low):
		report.WorstBus = c.id(low.Bus)
	case errors.As(err, &singular):
		report.Iterations, report.WorstBus = singular.Iteration, c.id(singular.Bus)
	}
}

// assumed is what the answer rests on beside the file.
func assumed(r powerflow.Result) (all []string) {
	for _, island := range r.Islands {
		if island.AnglesAssumed {
			all = append(all, fmt.Sprintf("sources %s feed one network: the angles between them were taken from the file, and what they share depends on them", strings.Join(island.Slacks, ", ")))
		}
	}
	return all
}

// id is an id as the file has it: a number or a text.
func (c *flowCase) id(id string) any {
	if c.numbers[id] {
		return json.Number(id)
	}
	return id
}

// tidy keeps what is nothing but rounding from being printed as −0.
func tidy(v float64) float64 {
	if math.Abs(v) < 1e-9 {
		return 0
	}
	return v
}

func printFlow(w io.Writer, c *flowCase, r powerflow.Result) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "bus\tU, pu\tangle, °\tU, kV\tload, MW\tMvar\t")
	for i, b := range r.Buses {
		load := c.network.Buses[i]
		if !b.Live {
			fmt.Fprintf(tw, "%s\tdead\t\t\t%.3f\t%.3f\t\n", b.ID, load.LoadMW, load.LoadMvar)
			continue
		}
		kv := ""
		if b.KV > 0 {
			kv = fmt.Sprintf("%.3f", b.KV)
		}
		fmt.Fprintf(tw, "%s\t%.5f\t%.4f\t%s\t%.3f\t%.3f\t\n", b.ID, b.PU, b.Deg, kv, load.LoadMW, load.LoadMvar)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprintln(tw, "from\tto\tMW in\tMvar in\tMW out\tMvar out\tloss, MW\tloading, %\t")
	for i, f := range r.Branches {
		b := c.network.Branches[i]
		loading := ""
		if f.HasRating {
			loading = fmt.Sprintf("%.1f", f.LoadingPercent)
		}
		// In and out are both told as they flow from FROM to TO.
		fmt.Fprintf(tw, "%s\t%s\t%.3f\t%.3f\t%.3f\t%.3f\t%.4f\t%s\t\n", b.From, b.To, tidy(f.FromMW), tidy(f.FromMvar), tidy(-f.ToMW), tidy(-f.ToMvar), tidy(f.LossMW), loading)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nsource %.4f MW, %.4f Mvar; load %.4f MW; losses %.4f MW, %.4f Mvar; %d iterations\n",
		r.SourceMW, r.SourceMvar, r.LoadMW, r.LossMW, r.LossMvar, r.Iterations)
	if r.UnservedMW != 0 {
		fmt.Fprintf(w, "unserved: %.4f MW at dead buses\n", r.UnservedMW)
	}
	for i, g := range r.Generators {
		if g.AtLimit {
			fmt.Fprintf(w, "generator at bus %s is at its reactive limit, %.4f Mvar\n", c.network.Generators[i].Bus, g.Mvar)
		}
	}
	for _, a := range assumed(r) {
		fmt.Fprintln(w, a)
	}
	_, err := fmt.Fprintf(w, "what is fed in and what is drawn and lost differ by %.1e MVA\n", r.ImbalanceMVA)
	return err
}
