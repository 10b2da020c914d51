package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/metering"
)

func newUser() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Accounts of persons who may sign in",
		Long: `Makes and changes accounts in the ledger. Every act is written into the audit, with the
name that the operating system knows for whoever runs the command. A running asue takes
changes over within seconds: sessions of an account that was shut, or whose role or
password was changed, end.

Roles:
  viewer      looks
  dispatcher  runs the shift: confirms, overrides, arms
  engineer    the same, and commissions hard bands
  admin       modes and arming; reads the audit
  auditor     looks, and reads the audit

Passwords are never arguments, because other users of the machine see those: they are
asked for at the terminal, or come by --password-file or --password-stdin.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newUserAdd(), newUserWall(), newUserPasswd(), newUserRole(), newUserSwitch("disable", false), newUserSwitch("enable", true), newUserRemove(), newUserList(), newUserToken())
	return cmd
}

// books are the flags that name a ledger.
type books struct{ config, data string }

func (b *books) bind(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&b.config, "config", "c", "", "process file, which names the ledger")
	cmd.Flags().StringVar(&b.data, "data", "", "data folder with a ledger.db, instead of a process file")
}

func (b books) open(ctx context.Context) (metering.Ledger, error) {
	if (b.config == "") == (b.data == "") {
		return nil, cli.Usagef("name the ledger by a process file (-c asue.yaml) or a data folder (--data DIR)")
	}
	cfg := settings.Config{Data: b.data}
	if b.config != "" {
		var err error
		if cfg, err = readConfig(b.config); err != nil {
			return nil, err
		}
	}
	return openLedger(ctx, cfg)
}

// with opens the ledger for one act.
func (b books) with(ctx context.Context, act func(metering.Ledger) error) error {
	ledger, err := b.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(act(ledger), ledger.Close())
}

// change changes an account that is there.
func (b books) change(ctx context.Context, name, kind string, f func(a *metering.Account) (text string, err error)) error {
	return b.with(ctx, func(ledger metering.Ledger) error {
		a, err := ledger.Account(ctx, name)
		if err != nil {
			return explainMissing(err, name)
		}
		text, err := f(&a)
		if err != nil {
			return err
		}
		_, err = ledger.PutAccount(ctx, a, atCommandLine(kind, name, text))
		return err
	})
}

func explainMissing(err error, name string) error {
	if errors.Is(err, metering.ErrNotFound) {
		return fmt.Errorf("there is no account %q: asue user list shows them", name)
	}
	return err
}

func newUserAdd() *cobra.Command {
	var b books
	var p passwordFlags
	var role string
	cmd := &cobra.Command{
		Use:     "add NAME --role ROLE -c asue.yaml",
		Short:   "Make an account",
		Example: "  asue user add a.omarova --role dispatcher -c /etc/asue/asue.yaml\n  asue user add admin --role admin -c asue.yaml --random",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a := metering.Account{Name: args[0], Role: metering.Role(role), Enabled: true, MustChange: p.mustChange}
			if err := a.CheckName(); err != nil {
				return cli.Usagef("%v", err)
			}
			if err := checkRole(role); err != nil {
				return err
			}
			if err := p.check(); err != nil {
				return err
			}
			return b.with(cmd.Context(), func(ledger metering.Ledger) error {
				if _, err := ledger.Account(cmd.Context(), a.Name); err == nil {
					return fmt.Errorf("the account %q is there already: asue user passwd and asue user role change it", a.Name)
				}
				chosen, err := p.hash(cmd, a.Name, &a)
				if err != nil {
					return err
				}
				if _, err := ledger.PutAccount(cmd.Context(), a, atCommandLine("account.added", a.Name, "as "+role)); err != nil {
					return err
				}
				return p.tell(cmd.OutOrStdout(), chosen, "%s is added as %s", a.Name, role)
			})
		},
	}
	b.bind(cmd)
	p.bind(cmd)
	cmd.Flags().StringVar(&role, "role", "", "viewer, dispatcher, engineer, admin or auditor")
	return cmd
}

func newUserPasswd() *cobra.Command {
	var b books
	var p passwordFlags
	cmd := &cobra.Command{
		Use:   "passwd NAME -c asue.yaml",
		Short: "Set another password",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := p.check(); err != nil {
				return err
			}
			chosen := ""
			err := b.change(cmd.Context(), args[0], "account.password", func(a *metering.Account) (_ string, err error) {
				a.MustChange = p.mustChange
				chosen, err = p.hash(cmd, a.Name, a)
				return "set at the command line", err
			})
			if err != nil {
				return err
			}
			return p.tell(cmd.OutOrStdout(), chosen, "the password of %s is changed", args[0])
		},
	}
	b.bind(cmd)
	p.bind(cmd)
	return cmd
}

func newUserRole() *cobra.Command {
	var b books
	cmd := &cobra.Command{
		Use:   "role NAME ROLE -c asue.yaml",
		Short: "Give an account another role",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkRole(args[1]); err != nil {
				return err
			}
			return b.change(cmd.Context(), args[0], "account.role", func(a *metering.Account) (string, error) {
				text := fmt.Sprintf("from %s to %s", a.Role, args[1])
				a.Role = metering.Role(args[1])
				return text, nil
			})
		},
	}
	b.bind(cmd)
	return cmd
}

func newUserSwitch(verb string, enabled bool) *cobra.Command {
	var b books
	short := map[bool]string{true: "Let an account sign in again", false: "Shut an account; its sessions end"}[enabled]
	cmd := &cobra.Command{
		Use: verb + " NAME -c asue.yaml", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return b.change(cmd.Context(), args[0], "account."+verb+"d", func(a *metering.Account) (string, error) {
				if a.Enabled == enabled {
					return "", fmt.Errorf("the account %q is %sd already", a.Name, verb)
				}
				a.Enabled = enabled
				return "", nil
			})
		},
	}
	b.bind(cmd)
	return cmd
}

func newUserRemove() *cobra.Command {
	var b books
	cmd := &cobra.Command{
		Use:   "remove NAME -c asue.yaml",
		Short: "Remove an account; what the person has done stays in the audit",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return b.with(cmd.Context(), func(ledger metering.Ledger) error {
				return explainMissing(ledger.RemoveAccount(cmd.Context(), args[0], atCommandLine("account.removed", args[0], "")), args[0])
			})
		},
	}
	b.bind(cmd)
	return cmd
}

// accountFacts is an account as `asue user list --json` prints it: without the hash.
type accountFacts struct {
	Name       string     `json:"name"`
	Role       string     `json:"role"`
	Enabled    bool       `json:"enabled"`
	MustChange bool       `json:"must_change"`
	CreatedAt  time.Time  `json:"created_at"`
	ChangedAt  time.Time  `json:"changed_at"`
	LastLogin  *time.Time `json:"last_login"`
}

func newUserList() *cobra.Command {
	var b books
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list -c asue.yaml",
		Short: "List accounts",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return b.with(cmd.Context(), func(ledger metering.Ledger) error {
				list, err := ledger.Accounts(cmd.Context())
				if err != nil {
					return err
				}
				facts := []accountFacts{}
				for _, a := range list {
					f := accountFacts{Name: a.Name, Role: string(a.Role), Enabled: a.Enabled, MustChange: a.MustChange, CreatedAt: a.CreatedAt, ChangedAt: a.ChangedAt}
					if !a.LastLogin.IsZero() {
						f.LastLogin = &a.LastLogin
					}
					facts = append(facts, f)
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), facts)
				}
				return printAccounts(cmd.OutOrStdout(), facts)
			})
		},
	}
	b.bind(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printAccounts(w io.Writer, list []accountFacts) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, a := range list {
		var state []string
		if !a.Enabled {
			state = append(state, "disabled")
		}
		if a.MustChange {
			state = append(state, "must choose another password")
		}
		login := "never signed in"
		if a.LastLogin != nil {
			login = "signed in " + a.LastLogin.Local().Format(time.DateTime)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", a.Name, a.Role, login, strings.Join(state, ", "))
	}
	return tw.Flush()
}

func checkRole(role string) error {
	if !slices.Contains(metering.Roles(), metering.Role(role)) {
		return cli.Usagef("role %q: want one of %v", role, metering.Roles())
	}
	return nil
}
