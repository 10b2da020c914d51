// Command asue meters and balances the electricity of an industrial zone: it
// polls meters, keeps a ledger of 15-minute intervals, watches the limit of the
// supply line and shows all of it to the dispatcher.
//
// It is the only place that knows who is plugged into what; the rules of the
// domain live elsewhere.
package main

import (
	"context"
	_ "time/tzdata" // zones of sites on machines without a zone database

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
)

// version is set by the linker.
var version = "dev"

func main() { cli.Main(execute) }

// execute runs a command line and returns its exit code.
func execute(ctx context.Context, args []string) int { return cli.Execute(ctx, newRoot(), args) }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "asue",
		Short: "Energy metering and load management for industrial zones",
		Long: `asue (АСУЭ) meters and balances the electricity of an industrial zone.

  asue demo                      the whole system on simulated meters
  asue run -c asue.yaml          a real site
  asue check zone                every fault of a site's files at once
  asue probe modbus://HOST:502/1 read one real meter
  asue allot case.json           fair shares under nested limits
  asue flow case.json            voltages, flows and losses of a network`,
		Args: cobra.ArbitraryArgs, // RunE says which command is not known
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return cli.Usagef("unknown command %q; asue --help lists the commands", args[0])
			}
			return cmd.Help()
		},
	}
	root.AddCommand(newVersion(), newCheck(), newDemo(), newRun(), newSimulator(), newProbe(), newScan(), newTap(), newExplain(), newVerify(), newUser(), newReplay(), newLines(), newImport(), newRebuild(), newSettle(), newSettlements(), newFindings(), newAmend(), newBalance(), newDemand(), newAllot(), newFlow(), newRules(), newExport(), newIntervals(), newStore(), newStudy(), newConditions(), newHosting(), newRegister(), newReport(), newBackup(), newRestore(), newDoctor(), newNotify())
	return root
}
