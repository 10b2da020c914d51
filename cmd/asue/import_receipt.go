package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"asue/metering/exchange"
)

// receiptReport is what `asue import receipt --json` prints for each file.
type receiptReport struct {
	File    string        `json:"file"`
	Class   string        `json:"class"`
	Number  int64         `json:"number"`
	Sender  string        `json:"sender"`
	Taken   bool          `json:"taken"`
	Replies []replyReport `json:"replies"`
}

type replyReport struct {
	Status int               `json:"status"`
	Means  string            `json:"means"`
	Text   string            `json:"text"`
	Attrs  map[string]string `json:"attributes"`
}

func newImportReceipt() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "receipt FILE...",
		Short: "What the receiver of layout 80020 has answered (80021, 60091)",
		Long: `Reads the receipts that the receiver of messages of layout 80020 sends back and says
what they mean. Nothing is written.

Exit code 0: everything was accepted; 1: something was refused, or a file is no receipt.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			reports := []receiptReport{}
			taken := true
			for _, file := range args {
				r, err := readReceipt(file)
				if err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
				reports = append(reports, r)
				taken = taken && r.Taken
				if asJSON {
					continue
				}
				for _, reply := range r.Replies {
					fmt.Fprintf(out, "%s: receipt %d of %s: %s %s\n", file, r.Number, plain(r.Sender), plain(reply.Means), plain(reply.Text))
				}
			}
			if asJSON {
				if err := printJSON(out, reports); err != nil {
					return err
				}
			}
			if !taken {
				return errors.New("not every message was accepted")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func readReceipt(file string) (receiptReport, error) {
	f, err := os.Open(file)
	if err != nil {
		return receiptReport{}, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	r, err := exchange.ReadReceipt(f)
	if err != nil {
		return receiptReport{}, err
	}
	report := receiptReport{File: file, Class: r.Class, Number: r.Number, Sender: r.Sender, Taken: true}
	for _, reply := range r.Replies {
		report.Taken = report.Taken && reply.Status.Taken()
		report.Replies = append(report.Replies, replyReport{int(reply.Status), reply.Status.String(), reply.Text, reply.Attrs})
	}
	return report, nil
}
