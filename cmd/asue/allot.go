package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"asue/balancing/waterfill"
	"asue/cmd/internal/cli"
)

// allotReport is what `asue allot --json` prints.
type allotReport struct {
	Feasible   bool             `json:"feasible"`
	CapKW      int64            `json:"cap_kw"`
	Allot      []allotShare     `json:"allot"`
	Violations []allotViolation `json:"violations"`
}

type allotShare struct {
	Leaf string `json:"leaf"`
	KW   int64  `json:"kw"`
	Why  string `json:"why"`
}

type allotViolation struct {
	Node    string `json:"node"`
	Need    int64  `json:"need_kw"`
	Limit   int64  `json:"limit_kw"`
	Deficit int64  `json:"deficit_kw"`
}

func newAllot() *cobra.Command {
	var asJSON bool
	var name string
	cmd := &cobra.Command{
		Use:   "allot CASE.json",
		Short: "Share power fairly under nested limits, and say why",
		Long: `Reads a network of limits and who hangs on it, and prints what each is allotted and
why: equal shares of the weight for all who want more under the same full node, and
nothing left over. A case with tu_kw is shared in tiers: what must not be cut, firm
parts up to ТУ by class, then what is above ТУ. "-" reads standard input.

  {"nodes": [{"id": "SUP", "limit_kw": 29700},
             {"id": "F1", "parent": "SUP", "limit_kw": 6000}],
   "leaves": [{"id": "A", "node": "F1", "weight": 6000, "lo_kw": 0, "up_kw": 5000}]}

  with tiers, a leaf is {"id": "A", "node": "F1", "tu_kw": 6000, "demand_kw": 5000,
  "tech_kw": 800, "emerg_kw": 100, "class": 1}; the last three may be left out.

A limit of 0 means zero; no limit is "limit_kw": "unlimited". Every answer is checked
before it is printed. docs/allotment.md tells the rule. Of more than 10,000 leaves the
reasons leave out what would give more.

Exit code 0: there is an answer, even if what must not be cut does not fit; then
"feasible" is false, the violations say where, and the shares there are a proposal.
2: wrong use or a faulty file, every fault of which is told; 1: anything else.`,
		Example: "  asue allot case.json\n  asue allot vectors.json --case A5 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := readCase(cmd.InOrStdin(), args[0])
			if err != nil {
				return cli.Usagef("case file: %s: %s", args[0], cli.Plainly(err))
			}
			c, err := parseCase(args[0], src, name)
			if err != nil {
				return err
			}
			if err := cli.Refuse(args[0], c.faults); err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), reportAllotment(c.answer))
			}
			return printAllotment(cmd.OutOrStdout(), c.answer)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&name, "case", "", "of a file with several cases: the one of this name, or whose name begins with this word")
	return cmd
}

// maxCaseBytes is the greatest size of a case file: some 100,000 leaves.
const maxCaseBytes = 16 << 20

func readCase(stdin io.Reader, file string) ([]byte, error) {
	from := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // nothing was written
		from = f
	}
	src, err := io.ReadAll(io.LimitReader(from, maxCaseBytes+1))
	if err == nil && len(src) > maxCaseBytes {
		err = fmt.Errorf("it has more than %d MiB; is it the right file?", maxCaseBytes>>20)
	}
	return src, err
}

func reportAllotment(a waterfill.Answer) allotReport {
	r := allotReport{Feasible: a.Feasible, CapKW: a.Cap, Allot: []allotShare{}, Violations: []allotViolation{}}
	for _, s := range a.Shares {
		r.Allot = append(r.Allot, allotShare{s.ID, s.KW, reason(a, s)})
	}
	for _, v := range a.Violations {
		r.Violations = append(r.Violations, allotViolation{v.Node, v.Need, v.Limit, v.Deficit})
	}
	return r
}

// reason is why a share is what it is. What would give more is solved again for
// each full node, which a very large case would make people wait for.
func reason(a waterfill.Answer, s waterfill.Share) string {
	const large = 10_000
	if len(a.Shares) > large {
		return s.Because()
	}
	return s.Why()
}

func printAllotment(w io.Writer, a waterfill.Answer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "leaf\tkW\twhy")
	for _, s := range a.Shares {
		fmt.Fprintf(tw, "%s\t%d\t%s\n", s.ID, s.KW, reason(a, s))
	}
	fmt.Fprintf(tw, "together\t%d\t\n", a.Cap)
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, v := range a.Violations {
		what := "what must not be cut"
		if v.Technological {
			what = "technological armour"
		}
		fmt.Fprintf(w, "%s: %s needs %d kW, %d kW are allowed: %d kW too much\n", v.Node, what, v.Need, v.Limit, v.Deficit)
	}
	_, err := fmt.Fprintf(w, "feasible: %v\n", a.Feasible)
	return err
}
