package main

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/password"
)

func newUserWall() *cobra.Command {
	var b books
	var page string
	cmd := &cobra.Command{
		Use:   "wall NAME -c asue.yaml",
		Short: "Make the key of a wall screen, or another one in its place",
		Long: `Makes an account for a wall screen and prints the address that the screen has to open once.
The account looks and does nothing, has no password, and asks nobody for one. Whoever has
the address can look: open it at the screen, and keep it nowhere.

Asked again for the same name it makes another key; the one before is worth nothing from
then on. asue user disable and remove shut the screen within seconds.`,
		Example: "  asue user wall wall-1 --url https://asue.example.kz -c /etc/asue/asue.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := url.Parse(page)
			if err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") {
				return cli.Usagef("--url %q: want the address of the page, like https://asue.example.kz", page)
			}
			a := metering.Account{Name: args[0]}
			if err := a.CheckName(); err != nil {
				return cli.Usagef("%v", err)
			}
			return b.with(cmd.Context(), func(ledger metering.Ledger) error {
				known, err := ledger.Account(cmd.Context(), a.Name)
				kind := "account.added"
				switch {
				case errors.Is(err, metering.ErrNotFound):
				case err != nil:
					return err
				case !password.IsKey(known.Password):
					return fmt.Errorf("the account %q is a person's: choose another name for the screen", a.Name)
				default:
					a, kind = known, "account.key"
				}
				var text string
				a.Role, a.Enabled, a.MustChange = metering.RoleViewer, true, false
				text, a.Password = password.NewKey()
				if _, err := ledger.PutAccount(cmd.Context(), a, atCommandLine(kind, a.Name, "key of a wall screen")); err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "open this at the screen, once; it is not said again:\n  %s\n",
					at.JoinPath("/").String()+"?kiosk=1#"+a.Name+"."+text)
				return err
			})
		},
	}
	b.bind(cmd)
	cmd.Flags().StringVar(&page, "url", "http://127.0.0.1:8080", "address of the page as the screen reaches it")
	return cmd
}
