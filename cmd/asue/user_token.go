package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/password"
)

func newUserToken() *cobra.Command {
	var b books
	var resident, name, expires string
	cmd := &cobra.Command{
		Use:   "token --resident R -c asue.yaml [--expires 90d] [--name TEXT]",
		Short: "Make, list and revoke tokens by which residents read their own numbers",
		Long: `Makes a token by which a resident reads his own load, energy and rights, and nothing
of anybody else: on the page /own, or with "Authorization: Bearer" at /api/v1/own/….

The token is printed once. The ledger keeps its SHA-256 alone, so that nobody can read it
again: who has lost it gets another. A revoked one opens nothing within five seconds.
Making and revoking are records of the audit.`,
		Example: "  asue user token --resident ceramics-1 --name \"ТОО «Керамика», энергетик\" -c /etc/asue/asue.yaml\n" +
			"  asue user token list -c /etc/asue/asue.yaml\n  asue user token revoke 2f6c01d9a3b4 -c /etc/asue/asue.yaml",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := clock.Clock{}.Now()
			until, err := tokenExpiry(expires, now)
			if err != nil {
				return err
			}
			known, err := b.residentNamed(resident)
			if err != nil {
				return err
			}
			text, id, hash := password.NewToken()
			t := metering.Token{ID: id, Resident: metering.ResidentID(resident), Name: name, Hash: hash, ExpiresAt: until}
			err = b.with(cmd.Context(), func(ledger metering.Ledger) error {
				_, err := ledger.AddToken(cmd.Context(), t, atCommandLine("token.added", resident, "token "+id+", valid "+tokenValidity(until)+tokenNamed(name)))
				return err
			})
			if err != nil {
				return err
			}
			return tellToken(cmd.OutOrStdout(), t, known, text)
		},
	}
	b.bind(cmd)
	cmd.Flags().StringVar(&resident, "resident", "", "id of the resident in the site file")
	cmd.Flags().StringVar(&name, "name", "", "whom it is made for, for the list and the audit")
	cmd.Flags().StringVar(&expires, "expires", "90d", "how long it is valid: days like 90d, hours like 12h, or never")
	cmd.AddCommand(newUserTokenList(), newUserTokenRevoke())
	return cmd
}

// residentNamed is the name of a resident of the site file; empty where a data folder
// alone is given, which has none.
func (b books) residentNamed(id string) (string, error) {
	switch {
	case id == "":
		return "", cli.Usagef("name the resident: --resident ID")
	case b.config == "":
		return "", nil
	}
	_, site, _, err := readZone(b.config)
	if err != nil {
		return "", err
	}
	r, ok := site.Resident(metering.ResidentID(id))
	if !ok {
		var ids []string
		for _, r := range site.Residents {
			ids = append(ids, string(r.ID))
		}
		return "", cli.Usagef("there is no resident %q in the site file; it has %s", id, strings.Join(ids, ", "))
	}
	return r.Name, nil
}

var tokenDays = regexp.MustCompile(`^([1-9][0-9]{0,4})d$`)

// expiry reads --expires; zero for never.
func tokenExpiry(text string, now time.Time) (time.Time, error) {
	if text == "never" {
		return time.Time{}, nil
	}
	if n := tokenDays.FindStringSubmatch(text); n != nil {
		count, _ := strconv.Atoi(n[1]) // five digits at most
		return now.AddDate(0, 0, count), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Minute {
		return time.Time{}, cli.Usagef("--expires %q: write days like 90d, hours like 12h (a minute at least), or never", text)
	}
	return now.Add(d), nil
}

func tokenValidity(until time.Time) string {
	if until.IsZero() {
		return "without an end"
	}
	return "until " + until.Local().Format(time.DateTime)
}

func tokenNamed(name string) string {
	if name == "" {
		return ""
	}
	return ", for " + name
}

func tellToken(w io.Writer, t metering.Token, name, text string) error {
	if name != "" {
		name = " (" + name + ")"
	}
	_, err := fmt.Fprintf(w, "token %s of %s%s, valid %s; it is not said again:\n\n  %s\n\n"+
		"The page: /own, where it is asked for, or /own#TOKEN: what stands behind # a browser sends to nobody.\n"+
		"Programs: Authorization: Bearer TOKEN\n", t.ID, t.Resident, name, tokenValidity(t.ExpiresAt), text)
	return err
}

// tokenFacts is a token as `asue user token list --json` prints it: without the hash.
type tokenFacts struct {
	ID        string     `json:"id"`
	Resident  string     `json:"resident"`
	Name      string     `json:"name"`
	State     string     `json:"state"` // valid, expired or revoked
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at"`
	LastUsed  *time.Time `json:"last_used"`
}

func tokenFactsOf(t metering.Token, now time.Time) tokenFacts {
	f := tokenFacts{ID: t.ID, Resident: string(t.Resident), Name: t.Name, State: "valid", CreatedAt: t.CreatedAt}
	switch err := t.Opens(now); {
	case errors.Is(err, metering.ErrRevoked):
		f.State = "revoked"
	case errors.Is(err, metering.ErrExpired):
		f.State = "expired"
	}
	for at, field := range map[*time.Time]**time.Time{&t.ExpiresAt: &f.ExpiresAt, &t.RevokedAt: &f.RevokedAt, &t.LastUsed: &f.LastUsed} {
		if !at.IsZero() {
			*field = at
		}
	}
	return f
}

func newUserTokenList() *cobra.Command {
	var b books
	var resident string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list -c asue.yaml",
		Short: "List tokens, with those that open nothing any more",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return b.with(cmd.Context(), func(ledger metering.Ledger) error {
				list, err := ledger.Tokens(cmd.Context())
				if err != nil {
					return err
				}
				facts := []tokenFacts{}
				for _, t := range list {
					if resident == "" || resident == string(t.Resident) {
						facts = append(facts, tokenFactsOf(t, clock.Clock{}.Now()))
					}
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), facts)
				}
				return printTokens(cmd.OutOrStdout(), facts)
			})
		},
	}
	b.bind(cmd)
	cmd.Flags().StringVar(&resident, "resident", "", "only those of this resident")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printTokens(w io.Writer, list []tokenFacts) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, t := range list {
		state, used := t.State, "never used"
		if t.ExpiresAt != nil && t.State == "valid" {
			state += " until " + t.ExpiresAt.Local().Format(time.DateOnly)
		}
		if t.LastUsed != nil {
			used = "used " + t.LastUsed.Local().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", t.ID, t.Resident, state, used, t.Name)
	}
	return tw.Flush()
}

func newUserTokenRevoke() *cobra.Command {
	var b books
	cmd := &cobra.Command{
		Use:   "revoke ID -c asue.yaml",
		Short: "Shut a token for good",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return b.with(cmd.Context(), func(ledger metering.Ledger) error { return revokeToken(cmd.Context(), ledger, args[0]) })
		},
	}
	b.bind(cmd)
	return cmd
}

func revokeToken(ctx context.Context, ledger metering.Ledger, id string) error {
	t, err := ledger.Token(ctx, id)
	if errors.Is(err, metering.ErrNotFound) {
		return fmt.Errorf("there is no token %q: asue user token list shows them", id)
	}
	if err != nil {
		return err
	}
	err = ledger.RevokeToken(ctx, id, atCommandLine("token.revoked", string(t.Resident), "token "+id+tokenNamed(t.Name)))
	if errors.Is(err, metering.ErrConflict) {
		return fmt.Errorf("the token %s is revoked already", id)
	}
	return err
}
