package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/collector/outbox"
	"asue/metering"
	"asue/metering/sqlite"
)

// dataFolder has an outbox that is in use, and a ledger.
func dataFolder(t *testing.T) (dir string, b *outbox.Box) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data [of a zone]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b, err := outbox.Open(filepath.Join(dir, "outbox-gate.db"), outbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	for range 3 {
		if _, err := b.Append(context.Background(), metering.Billing, func(outbox.ID) ([]byte, error) { return []byte("a batch of registers"), nil }); err != nil {
			t.Fatal(err)
		}
	}
	l, err := sqlite.Open(context.Background(), filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return dir, b
}

func quiet(string, float64) {}

func TestVerifyBesideTheProgram(t *testing.T) {
	dir, _ := dataFolder(t)
	var out bytes.Buffer
	if err := verifyFolder(context.Background(), dir, &out, quiet, false); err != nil {
		t.Fatal(err, out.String())
	}
	for _, want := range []string{"outbox-gate.db: ok", "numbers up to 3, acknowledged up to 0", "billing: 3 batches", "ledger.db: ok"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, out.String())
		}
	}
}

func TestVerifyTellsDamage(t *testing.T) {
	dir, b := dataFolder(t)
	b.Close()
	path := filepath.Join(dir, "outbox-gate.db")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.LastIndex(data, []byte("a batch of registers"))] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "outbox-noise.db"), []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = verifyFolder(context.Background(), dir, &out, quiet, true)
	if !errors.Is(err, errNotSound) {
		t.Fatalf("%v", err)
	}
	var all []verified
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 || all[0].Verdict != verdictDamaged || all[1].Verdict != verdictDamaged || all[2].Verdict != verdictOK {
		t.Fatalf("%s", out.String())
	}
	if f := all[0].Outbox; f == nil || f.Bad != "1" || f.BillingRows != 2 {
		t.Fatalf("%s", out.String())
	}
	if got := execute(context.Background(), []string{"verify", "--data", dir}); got != cli.ExitFailed {
		t.Errorf("exit code %d, want %d", got, cli.ExitFailed)
	}
}

// Somebody changes a figure of a decision about capacity in the ledger's file: verify
// names the deed and fails.
func TestVerifyNamesAChangedDecision(t *testing.T) {
	dir, _ := dataFolder(t)
	path := filepath.Join(dir, "ledger.db")
	l, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)
	for n, firm := range []string{"8000000", "6500000", "5000000"} {
		_, err := l.RecordDeeds(t.Context(), uint64(n), []metering.Deed{{
			At: at, Kind: "case.step", Author: "a.omarova", Approver: "b.serik", Document: "Акт № 3", Body: `{"firm_w":` + firm + `}`,
		}}, metering.AuditRecord{At: at, Actor: "b.serik", Kind: "capacity.case.step"})
		if err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	var out bytes.Buffer
	if err := verifyFolder(t.Context(), dir, &out, quiet, false); err != nil || !strings.Contains(out.String(), "capacity: 3 deeds, sealed by 3 records of the audit") {
		t.Fatalf("%v\n%s", err, &out)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`DROP TRIGGER deed_stays; UPDATE deed SET body = '{"firm_w":7500000}' WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := verifyFolder(t.Context(), dir, &out, quiet, false); !errors.Is(err, errNotSound) || !strings.Contains(out.String(), "FAULT: deeds: deed 2 is damaged") {
		t.Errorf("%v\n%s", err, &out)
	}
	if got := execute(t.Context(), []string{"verify", "--data", dir}); got != cli.ExitFailed {
		t.Errorf("exit code %d, want %d", got, cli.ExitFailed)
	}
}

func TestVerifyWrongUse(t *testing.T) {
	empty := t.TempDir()
	for _, args := range [][]string{{"verify"}, {"verify", "--data", empty}, {"verify", "--data", empty + "/none"}, {"verify", "-c", "x", "--data", empty}, {"verify", "-c", empty + "/none.yaml"}} {
		if got := execute(context.Background(), args); got != cli.ExitUsage {
			t.Errorf("asue %v exits with %d, want %d", args, got, cli.ExitUsage)
		}
	}
}
