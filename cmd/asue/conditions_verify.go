package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/balancing/reclaim"
	"asue/cmd/internal/cli"
	"asue/metering"
)

// verification is what came of making evidence anew.
type verification struct {
	File     string              `json:"file"`
	Resident metering.ResidentID `json:"resident"`
	Node     metering.NodeID     `json:"node"`
	To       time.Time           `json:"to"`
	Equal    bool                `json:"equal"`
	SHA256   reclaim.Hash        `json:"sha256"`
	Now      reclaim.Hash        `json:"sha256_now"` // zero where it cannot be made any more
	// Why says what is different, in words; Gone are the lines of the file that are said
	// in another way now, Come those that stand in their place.
	Why  string   `json:"why,omitempty"`
	Gone []string `json:"gone,omitempty"`
	Come []string `json:"come,omitempty"`
	// Changed are the intervals that have another version than when the evidence was
	// made, as far as the ledger's history proves which ones they are.
	Changed []changedInterval `json:"changed,omitempty"`
}

var errEvidence = errors.New("evidence could not be made again as it was: see above")

func (f *conditionsFlags) runVerify(cmd *cobra.Command, site *metering.Site, ledger metering.Ledger, files []string) error {
	b := newBar(os.Stderr)
	var list []verification
	var years []*uses // evidence of one export is of one year
	for i, file := range files {
		b.show("making anew", i, "findings", float64(i)/float64(len(files)))
		v, err := verifyFile(cmd.Context(), site, ledger, file, &years)
		if err != nil {
			b.clear()
			return fmt.Errorf("%s: %w", file, err)
		}
		list = append(list, v)
	}
	b.clear()
	print := printVerifications
	if f.asJSON {
		print = func(w io.Writer, list []verification, _ *time.Location) error { return printJSON(w, list) }
	}
	if err := print(cmd.OutOrStdout(), list, site.Location); err != nil {
		return err
	}
	if !all(list, func(v verification) bool { return v.Equal }) {
		return errEvidence
	}
	return nil
}

func verifyFile(ctx context.Context, site *metering.Site, ledger metering.Ledger, file string, years *[]*uses) (verification, error) {
	src, err := cli.ReadInput(file)
	if err != nil {
		return verification{}, errors.New(cli.Plainly(err))
	}
	claim, err := reclaim.ClaimOf(string(src))
	if err != nil {
		return verification{}, fmt.Errorf("%w; name files that --evidence has written", err)
	}
	v := verification{File: file, Resident: claim.Resident, Node: claim.Node, To: claim.To, SHA256: sha256.Sum256(src)}
	u, err := yearOf(ctx, site, ledger, claim, years)
	if err != nil {
		return v, err
	}
	i := slices.IndexFunc(usersOf(site, u.to), func(s subjectAt) bool { return s.Resident == claim.Resident && s.Node == claim.Node })
	if i < 0 {
		v.Why = fmt.Sprintf("the site file has no technical condition of %s at %s in force on %s", claim.Resident, claim.Node, day(u.to.Add(-1), site.Location))
		return v, nil
	}
	j, err := u.judgeOne(ctx, usersOf(site, u.to)[i])
	if err != nil {
		return v, err
	}
	v.Now = j.evidence.SHA256
	if v.Equal = j.evidence.Text == string(src); v.Equal {
		return v, nil
	}
	v.Gone, v.Come = differences(string(src), j.evidence.Text)
	v.Why, v.Changed, err = u.explain(ctx, j, claim)
	return v, err
}

// yearOf finds the year of a claim among those that are laid out, or lays it out.
func yearOf(ctx context.Context, site *metering.Site, ledger metering.Ledger, c reclaim.Claim, years *[]*uses) (*uses, error) {
	block := time.Duration(c.Minutes) * time.Minute
	for _, u := range *years {
		if u.to.Equal(c.To) && u.block == block {
			return u, nil
		}
	}
	u, err := newUses(ctx, site, ledger, c.To, block)
	if err != nil {
		return nil, err
	}
	*years = append(*years, u)
	return u, nil
}

// differences are the lines of one text that the other does not have, each way.
func differences(old, now string) (gone, come []string) {
	without := func(a, b string) (list []string) {
		there := map[string]bool{}
		for line := range strings.Lines(b) {
			there[line] = true
		}
		for line := range strings.Lines(a) {
			if !there[line] {
				list = append(list, strings.TrimSuffix(line, "\n"))
			}
		}
		return list
	}
	return without(old, now), without(now, old)
}

// mostLines is how many different lines are printed.
const mostLines = 8

func printVerifications(w io.Writer, list []verification, zone *time.Location) error {
	for _, v := range list {
		if v.Equal {
			fmt.Fprintf(w, "%s: equal, sha256 %v\n", v.File, v.SHA256)
			continue
		}
		fmt.Fprintf(w, "%s: CHANGED: %s at %s: %s\n", v.File, v.Resident, v.Node, v.Why)
		for _, c := range v.Changed[:min(len(v.Changed), mostLines)] {
			fmt.Fprintf(w, "  %s\n", c.text(zone))
		}
		if n := len(v.Changed) - mostLines; n > 0 {
			fmt.Fprintf(w, "  and %d more intervals\n", n)
		}
		printLines(w, "-", v.Gone)
		printLines(w, "+", v.Come)
	}
	return nil
}

func printLines(w io.Writer, sign string, lines []string) {
	for _, line := range lines[:min(len(lines), mostLines)] {
		fmt.Fprintf(w, "  %s %s\n", sign, line)
	}
	if n := len(lines) - mostLines; n > 0 {
		fmt.Fprintf(w, "  %s and %d more lines\n", sign, n)
	}
}
