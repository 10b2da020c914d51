package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/balancing/reclaim/office"
	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/audit"
	"asue/metering/password"
)

// signature says where the password of who signs comes from. It is no argument, because
// other users of the machine see those.
type signature struct {
	file  string
	stdin bool
}

func (s *signature) bind(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.file, "password-file", "", "file that holds the approver's password and nothing else; it is asked for at the terminal if empty")
	f.BoolVar(&s.stdin, "password-stdin", false, "read the approver's password from standard input, one line")
}

func (s *signature) check() error {
	if s.file != "" && s.stdin {
		return cli.Usagef("a password comes from one place: --password-file or --password-stdin")
	}
	return nil
}

// ask asks a person for the password, and refuses a wrong one.
func (s *signature) ask(cmd *cobra.Command, ledger metering.Ledger, name string) error {
	said, err := s.get(cmd, name)
	if err != nil {
		return err
	}
	a, err := ledger.Account(cmd.Context(), name)
	if err != nil {
		return explainMissing(err, name)
	}
	right, err := password.NewHasher(password.Usual()).Check(cmd.Context(), a.Password, said)
	switch {
	case err != nil:
		return fmt.Errorf("the password of %s: %w", name, err)
	case !right:
		return fmt.Errorf("this is not the password of %s: nothing was recorded", name)
	case a.MustChange:
		return fmt.Errorf("%s has to choose another password first, by signing in on the page: nothing was recorded", name)
	}
	return nil
}

func (s *signature) get(cmd *cobra.Command, name string) (string, error) {
	switch {
	case s.file != "":
		text, err := os.ReadFile(s.file)
		if err != nil {
			return "", cli.Usagef("--password-file: %v", err)
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	case s.stdin:
		line, err := readLine(cmd.InOrStdin())
		if err != nil {
			return "", cli.Usagef("--password-stdin: %v", err)
		}
		return line, nil
	case !node.IsTerminal(os.Stdin):
		return "", cli.Usagef("there is no terminal to ask for the password of %s: use --password-stdin or --password-file", name)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Password of %s, who signs: ", name)
	line, err := readSilently(os.Stdin)
	fmt.Fprintln(cmd.ErrOrStderr())
	return line, err
}

// mayDecide refuses an account that may not take decisions about capacity.
func mayDecide(ctx context.Context, ledger metering.Ledger, name string) error {
	a, err := ledger.Account(ctx, name)
	switch {
	case err != nil:
		return explainMissing(err, name)
	case a.Role != metering.RoleEngineer && a.Role != metering.RoleAdmin:
		return fmt.Errorf("%s is %s: engineers and admins decide about capacity", name, a.Role)
	case !a.Enabled:
		return fmt.Errorf("the account %s is shut", name)
	}
	return nil
}

// signedAtOnce is the deed that a second person's signature makes of a draft which is
// not recorded yet.
func signedAtOnce(ctx context.Context, ledger metering.Deeds, in *office.Office, drafts []metering.Deed, approver string, at time.Time) ([]metering.Deed, error) {
	var last metering.Deed
	if seq := in.Seq(); seq > 0 {
		list, err := ledger.Deeds(ctx, seq-1, 1)
		if err != nil || len(list) != 1 {
			return nil, fmt.Errorf("ledger: deed %d: %w", seq, errors.Join(err, metering.ErrNotFound))
		}
		last = list[0]
	}
	kept, err := audit.NextDeeds(last, drafts)
	if err != nil {
		return nil, err
	}
	if err := in.Replay(kept); err != nil {
		return nil, err
	}
	return in.Sign(office.Person{Name: approver}, at, kept[0].Subject)
}
