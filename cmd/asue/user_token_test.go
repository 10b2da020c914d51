package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/metering/password"
	"asue/metering/sqlite"
)

// The story of a resident's token at the command line: it is said once, listed without its
// secret, revoked once; the audit has all of it, and the secret nowhere.
func TestUserTokenLife(t *testing.T) {
	dir := t.TempDir()
	f := func(want int, args ...string) string {
		t.Helper()
		out, code := runAsue(t, "", append(append([]string{"user", "token"}, args...), "--data", dir)...)
		if code != want {
			t.Fatalf("asue user token %v exits with %d: %s", args, code, out)
		}
		return out
	}
	out := f(0, "--resident", "ceramics-1", "--name", "ТОО «Керамика»", "--expires", "90d")
	var text, id string
	for word := range strings.FieldsSeq(out) {
		if found, ok := password.TokenID(word); ok {
			text, id = word, found
		}
	}
	if text == "" || strings.Count(out, text) != 1 {
		t.Fatalf("%s", out)
	}
	f(0, "--resident", "dc-1", "--expires", "never")

	listed := f(0, "list", "--json")
	var list []tokenFacts
	if err := json.Unmarshal([]byte(listed), &list); err != nil || len(list) != 2 || strings.Contains(listed, text[len(text)-20:]) {
		t.Fatalf("%s, %v", listed, err)
	}
	if k := list[0]; k.ID != id || k.Resident != "ceramics-1" || k.Name != "ТОО «Керамика»" || k.State != "valid" || k.LastUsed != nil || k.ExpiresAt == nil || list[1].ExpiresAt != nil {
		t.Errorf("%s", listed)
	}
	if life := list[0].ExpiresAt.Sub(list[0].CreatedAt).Round(48 * time.Hour); life != 90*24*time.Hour {
		t.Errorf("it lives for %v", life)
	}
	if text := f(0, "list", "--resident", "dc-1"); strings.Contains(text, id) || !strings.Contains(text, "never used") {
		t.Errorf("%s", text)
	}
	f(0, "revoke", id)
	f(1, "revoke", id)
	f(1, "revoke", "000000000000")
	if text := f(0, "list"); !strings.Contains(text, "revoked") {
		t.Errorf("%s", text)
	}

	l, err := sqlite.Open(t.Context(), filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	kept, err := l.Token(t.Context(), id)
	if err != nil || !password.TokenMatches(text, kept.Hash) {
		t.Errorf("%+v, %v: it does not match what was said", kept, err)
	}
	records, err := l.AuditFrom(t.Context(), 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, r := range records {
		kinds = append(kinds, r.Kind+" "+r.Subject)
		if !strings.HasPrefix(r.Actor, "os:") || strings.Contains(r.Text+r.Detail, text[30:]) {
			t.Errorf("%+v", r)
		}
	}
	if got := strings.Join(kinds, ", "); got != "token.added ceramics-1, token.added dc-1, token.revoked ceramics-1" {
		t.Errorf("audit %q", got)
	}
}

func TestUserTokenWrongUse(t *testing.T) {
	process := zoneInUse(t)
	for _, args := range [][]string{
		{"-c", process}, {"-c", process, "--resident", "nobody"}, {"--resident", "idle"}, {"-c", process, "--resident", "idle", "--expires", "soon"},
		{"-c", process, "--resident", "idle", "--expires", "0d"}, {"-c", process, "--resident", "idle", "--expires", "-1h"}, {"revoke", "-c", process}, {"list"},
	} {
		out, code := runAsue(t, "", append([]string{"user", "token"}, args...)...)
		if code != cli.ExitUsage {
			t.Errorf("asue user token %v exits with %d, want %d: %s", args, code, cli.ExitUsage, out)
		}
	}
	if out, code := runAsue(t, "", "user", "token", "-c", process, "--resident", "idle"); code != 0 {
		t.Errorf("exits with %d: %s", code, out)
	}
}
