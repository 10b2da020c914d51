package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/metering"
	"asue/metering/postgres/pgtest"
)

func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	_ = os.RemoveAll(usedZoneDir) // empty if no test needed it
	os.Exit(code)
}

// database is a new database as a process file names it: without its password,
// which is in a file.
func database(t *testing.T) settings.Ledger {
	t.Helper()
	u, err := url.Parse(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	file := filepath.Join(t.TempDir(), "ledger.password")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return settings.Ledger{DSN: u.String(), PasswordFile: file, Schema: "zone"}
}

func processWith(t *testing.T, l settings.Ledger, said *bytes.Buffer) *process {
	cfg := settings.Default()
	cfg.Data, cfg.Ledger = t.TempDir(), l
	return &process{Node: &node.Node{Config: cfg, Log: slog.New(slog.NewTextHandler(said, nil))}}
}

// A start says which ledger it has and what weakens it, and never the password.
func TestOpenLedgerSaysWhichOne(t *testing.T) {
	l := database(t)
	var said bytes.Buffer
	ledger, err := processWith(t, l, &said).openLedger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	secret, err := os.ReadFile(l.PasswordFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ledger is open", "kind=postgresql", "schema=zone", "database=zone_", "user=asue", "version=4", "the ledger's database is not safe", "fsync"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not said: %s", want, &said)
		}
	}
	if strings.Contains(said.String(), strings.TrimSpace(string(secret))) {
		t.Error("the password is in the log")
	}

	said.Reset()
	file, err := processWith(t, settings.Ledger{}, &said).openLedger(t.Context())
	if err != nil || !strings.Contains(said.String(), "kind=sqlite") || !strings.Contains(said.String(), "ledger.db") {
		t.Fatalf("%v, said %s", err, &said)
	}
	file.Close()
}

func TestOpenLedgerNeedsThePassword(t *testing.T) {
	l := database(t)
	var said bytes.Buffer
	if err := os.WriteFile(l.PasswordFile, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := processWith(t, l, &said).openLedger(t.Context()); err == nil || !strings.Contains(err.Error(), l.PasswordFile+" is empty") {
		t.Errorf("an empty file: %v", err)
	}
	l.PasswordFile += "x"
	if _, err := processWith(t, l, &said).openLedger(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// asue verify looks at the database beside the files of the data folder.
func TestVerifyDatabase(t *testing.T) {
	l := database(t)
	var said bytes.Buffer
	ledger, err := processWith(t, l, &said).openLedger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	if err := ledger.Commit(t.Context(), metering.Commit{ReceivedAt: start, Intervals: []metering.Interval{{Point: "p", Channel: 1, Start: start, Energy: 5, Grade: metering.Actual}}}); err != nil {
		t.Fatal(err)
	}
	ledger.Close()
	dir, _ := dataFolder(t)
	file := filepath.Join(dir, "asue.yaml")
	text := "data: .\ncollector: {lines: {gw-1: tcp://127.0.0.1:5020}}\nledger: {dsn: \"" + l.DSN + "\", password_file: " + l.PasswordFile + ", schema: zone}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() (list []verified, err error) {
		var out bytes.Buffer
		cmd := newVerify()
		cmd.SilenceUsage, cmd.SilenceErrors = true, true // as the program's root does
		cmd.SetOut(&out)
		cmd.SetArgs([]string{"-c", file, "--json"})
		err = cmd.ExecuteContext(context.Background())
		if bad := json.Unmarshal(out.Bytes(), &list); bad != nil {
			t.Fatalf("%v: %s", bad, &out)
		}
		return list, err
	}
	list, err := run()
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if v := list[2]; v.Kind != "ledger" || v.Verdict != verdictOK || v.Ledger.IntervalPages != 1 || !strings.Contains(v.File, l.DSN) {
		t.Errorf("%+v", v)
	}

	secret, err := os.ReadFile(l.PasswordFile)
	if err != nil {
		t.Fatal(err)
	}
	options, err := pgx.ParseConfig(l.DSN)
	if err != nil {
		t.Fatal(err)
	}
	options.Password = strings.TrimSpace(string(secret))
	conn, err := pgx.ConnectConfig(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `UPDATE zone.interval_day SET energy = array_fill(6::bigint, '{96}')`); err != nil {
		t.Fatal(err)
	}
	if list, err = run(); !errors.Is(err, errNotSound) || list[2].Verdict != verdictDamaged || !strings.Contains(list[2].Faults[0], "damaged page") {
		t.Errorf("%+v, %v", list, err)
	}
}
