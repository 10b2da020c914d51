package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/balancing/reclaim/register"
	"asue/metering"
)

// registerAct is an act with what its deed says of it.
type registerAct struct {
	register.Act
	Recorded *time.Time `json:"recorded,omitempty"` // absent: it stands in the site file
	Author   string     `json:"author,omitempty"`
	Approver string     `json:"approver,omitempty"`
}

func newRegisterHistory() *cobra.Command {
	var config string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "history CONDITION -c asue.yaml",
		Short: "Every act about a condition: from when, what, on which paper, who wrote and who signed it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return inRegister(cmd.Context(), config, func(site *metering.Site, r *register.Register) error {
				acts := []registerAct{}
				for _, a := range r.Acts() {
					if a.Condition != args[0] {
						continue
					}
					act := registerAct{Act: a, Author: a.Author, Approver: a.Approver}
					if !a.Recorded.IsZero() {
						act.Recorded = &a.Recorded
					}
					acts = append(acts, act)
				}
				if len(acts) == 0 {
					return fmt.Errorf("there is no condition %q: asue register list --json shows all, those that have ended too", args[0])
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), acts)
				}
				return printHistory(cmd.OutOrStdout(), acts, site.Location)
			})
		},
	}
	cmd.Flags().StringVarP(&config, "config", "c", "", "process file, which names ledger and site")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printHistory(w io.Writer, acts []registerAct, zone *time.Location) error {
	for _, a := range acts {
		text := fmt.Sprintf("%s  %s", localDay(a.From, zone), a.Kind)
		if a.Terms != nil {
			text += " " + termsText(*a.Terms, zone)
		}
		text += "  by " + a.Document
		if a.Basis != "" {
			text += ", " + a.Basis
		}
		if a.Recorded == nil {
			text += "  (site file)"
		} else {
			text += fmt.Sprintf("  (recorded %s by %s, signed by %s)", a.Recorded.In(zone).Format(time.DateTime), a.Author, a.Approver)
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}

func termsText(t register.Terms, zone *time.Location) string {
	var parts []string
	if t.Node != "" {
		parts = append(parts, "at "+string(t.Node))
	}
	if t.Flow != nil {
		per := "h"
		if t.Flow.Per == 24*time.Hour {
			per = "day"
		}
		parts = append(parts, fmt.Sprintf("%g m3/%s %s", float64(t.Flow.Litres)/1000, per, t.Medium))
	} else {
		parts = append(parts, t.Firm.String())
	}
	if t.NonFirm > 0 {
		parts = append(parts, fmt.Sprintf("and %v non-firm", t.NonFirm))
	}
	for _, s := range t.Stages {
		parts = append(parts, fmt.Sprintf("growth of %v by %s", s.Power, localDay(s.Due, zone)))
	}
	if !t.Until.IsZero() {
		parts = append(parts, "until "+localDay(t.Until, zone))
	}
	return strings.Join(parts, ", ")
}
