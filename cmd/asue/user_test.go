package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/keyfile"
	"asue/metering"
	"asue/metering/audit"
	"asue/metering/clock"
	"asue/metering/password"
	"asue/metering/sqlite"
)

// run runs a command line with something at its standard input, and returns what it
// printed.
func runAsue(t *testing.T, in string, args ...string) (out string, code int) {
	t.Helper()
	root := newRoot()
	var b bytes.Buffer
	root.SetOut(&b)
	root.SetErr(&b)
	root.SetIn(strings.NewReader(in))
	code = cli.Execute(t.Context(), root, args)
	return b.String(), code
}

func accountOf(t *testing.T, dir, name string) metering.Account {
	t.Helper()
	l, err := sqlite.Open(t.Context(), filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := l.Account(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The story of an account at the command line; every act is in the audit.
func TestUserLife(t *testing.T) {
	dir := t.TempDir()
	f := func(want int, in string, args ...string) string {
		t.Helper()
		out, code := runAsue(t, in, append(append([]string{"user"}, args...), "--data", dir)...)
		if code != want {
			t.Fatalf("asue user %v exits with %d: %s", args, code, out)
		}
		if strings.Contains(out, "argon2") {
			t.Errorf("asue user %v prints a hash", args)
		}
		return out
	}
	f(0, "трое в лодке не считая собаки\n", "add", "a.omarova", "--role", "dispatcher", "--password-stdin")
	made := accountOf(t, dir, "a.omarova")
	if made.Role != metering.RoleDispatcher || !made.Enabled || !made.MustChange {
		t.Errorf("%+v", made)
	}
	if ok, err := password.NewHasher(password.Usual()).Check(t.Context(), made.Password, "трое в лодке не считая собаки"); !ok || err != nil {
		t.Errorf("the password is another one: %v", err)
	}
	f(1, "another password\n", "add", "a.omarova", "--role", "viewer", "--password-stdin")
	f(1, "password123\n", "passwd", "a.omarova", "--password-stdin")
	f(1, "x", "passwd", "nobody", "--random")
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("пять вечеров\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := f(0, "", "passwd", "a.omarova", "--password-file", file, "--must-change=false"); !strings.Contains(out, "15 letters or more") {
		t.Errorf("%s", out)
	}
	if a := accountOf(t, dir, "a.omarova"); a.MustChange || a.Password == made.Password {
		t.Errorf("%+v", a)
	}
	f(0, "", "role", "a.omarova", "engineer")
	f(0, "", "disable", "a.omarova")
	f(1, "", "disable", "a.omarova")
	f(0, "", "enable", "a.omarova")
	out := f(0, "", "add", "admin", "--role", "admin", "--random")
	if words := strings.Fields(out); len(words[len(words)-1]) != 23 {
		t.Errorf("%s", out)
	}
	var list []accountFacts
	if err := json.Unmarshal([]byte(f(0, "", "list", "--json")), &list); err != nil || len(list) != 2 || list[0].Name != "a.omarova" || list[0].Role != "engineer" || list[0].LastLogin != nil {
		t.Errorf("%+v, %v", list, err)
	}
	if text := f(0, "", "list"); !strings.Contains(text, "never signed in") || !strings.Contains(text, "must choose another password") {
		t.Errorf("%s", text)
	}
	f(0, "", "remove", "a.omarova")
	f(1, "", "remove", "a.omarova")

	l, err := sqlite.Open(t.Context(), filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	records, err := l.AuditFrom(t.Context(), 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, r := range records {
		kinds = append(kinds, r.Kind)
		if !strings.HasPrefix(r.Actor, "os:") || strings.Contains(r.Text+r.Detail, "лодке") {
			t.Errorf("%+v", r)
		}
	}
	if got := strings.Join(kinds, " "); got != "account.added account.password account.role account.disabled account.enabled account.added account.removed" {
		t.Errorf("audit %q", got)
	}
	if v := audit.Verify(records, audit.Witness{Whole: true}); v.Break != nil {
		t.Error(v.Break)
	}
}

func TestUserWrongUse(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"add", "a.omarova", "--data", dir, "--random"}, {"add", "a.omarova", "--role", "root", "--data", dir, "--random"}, {"add", "А.Омарова", "--role", "viewer", "--data", dir, "--random"},
		{"add", "--role", "viewer", "--data", dir}, {"add", "a.omarova", "--role", "viewer", "--random"}, {"add", "a.omarova", "--role", "viewer", "--data", dir, "--random", "--password-stdin"},
		{"add", "a.omarova", "--role", "viewer", "--data", dir, "--password-file", "/no/such/file"}, {"add", "a.omarova", "--role", "viewer", "--data", dir, "--password-stdin"},
		{"role", "a.omarova", "root", "--data", dir}, {"list"}, {"list", "--data", dir, "-c", "x"}, {"frobnicate"},
	} {
		if out, code := runAsue(t, "", append([]string{"user"}, args...)...); code != cli.ExitUsage {
			t.Errorf("asue user %v exits with %d, want %d: %s", args, code, cli.ExitUsage, out)
		}
	}
}

// The demo says its passwords once, and they open its accounts.
func TestDemoAccounts(t *testing.T) {
	l, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	hasher := password.NewHasher(password.Params{Memory: 64, Passes: 1, Lanes: 1})
	made, err := demoAccounts(t.Context(), l, clock.Clock{}, hasher)
	if err != nil || len(made) != 5 {
		t.Fatalf("%v, %v", made, err)
	}
	text := welcome(made)
	for _, n := range made {
		a, err := l.Account(t.Context(), n.name)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := hasher.Check(t.Context(), a.Password, n.password); !ok || err != nil || !strings.Contains(text, n.password) {
			t.Errorf("%s: %v, %v", n.name, ok, err)
		}
	}
	again, err := demoAccounts(t.Context(), l, clock.Clock{}, hasher)
	if err != nil || len(again) != 0 || welcome(again) != "" {
		t.Errorf("%v, %v", again, err)
	}
}

// notarised is a data folder whose audit was kept by a notary.
func notarised(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	l, err := sqlite.Open(t.Context(), filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	key, err := keyfile.LoadOrMake(filepath.Join(dir, auditKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	n := &notary{ledger: l, key: key, file: filepath.Join(dir, checkpointFile), version: "1", log: discard()}
	if err := n.say(t.Context(), "start"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- n.run(ctx) }()
	deadline := time.Now().Add(20 * time.Second)
	for { // the first checkpoint is made at once
		if list, err := l.Checkpoints(t.Context(), 0, 1); err != nil || time.Now().After(deadline) {
			t.Fatalf("no checkpoint came: %v", err)
		} else if len(list) > 0 {
			break
		}
	}
	stop()
	<-ended
	return dir
}

func TestVerifyTheAuditOfAFolder(t *testing.T) {
	dir := notarised(t)
	out, code := runAsue(t, "", "verify", "--data", dir)
	if code != 0 || !strings.Contains(out, "audit: 2 records") || !strings.Contains(out, "0 records behind the last one") {
		t.Errorf("%d: %s", code, out)
	}
	copied := filepath.Join(t.TempDir(), "copy.txt")
	text, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if err != nil || strings.Count(string(text), "\n") != 2 {
		t.Fatalf("%q, %v", text, err)
	}
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	// Somebody cuts the end off, and all checkpoints that he finds.
	cutAudit(t, dir)
	if err := os.Remove(filepath.Join(dir, checkpointFile)); err != nil {
		t.Fatal(err)
	}
	if out, code := runAsue(t, "", "verify", "--data", dir); code != 0 {
		t.Errorf("%d: %s", code, out)
	}
	out, code = runAsue(t, "", "verify", "--data", dir, "--checkpoints", copied)
	if code != cli.ExitFailed || !strings.Contains(out, "the end was cut off") {
		t.Errorf("%d: %s", code, out)
	}
	for _, args := range [][]string{{"--checkpoints", "/no/such/file"}, {"--audit-key", "/no/such/file"}, {"--audit-key", copied}} {
		if out, code := runAsue(t, "", append([]string{"verify", "--data", dir}, args...)...); code != cli.ExitUsage {
			t.Errorf("%v: %d: %s", args, code, out)
		}
	}
}
