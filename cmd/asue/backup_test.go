package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/backup"
	"asue/cmd/internal/cli"
	"asue/cmd/internal/doctor"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/sqlite"
)

// installed is a folder with the files of a zone and a ledger that has been used.
func installed(t *testing.T) (file string, ledger *sqlite.Ledger) {
	t.Helper()
	dir := inFolder(t, "asue.yaml", "site: site.yaml\nhttp: none\nbroker: {listen: 127.0.0.1:0}\nroles: [broker, metering]\n", "site.yaml", string(aktobe.Site()))
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o750); err != nil {
		t.Fatal(err)
	}
	l, err := sqlite.Open(t.Context(), filepath.Join(dir, "data/ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // the test may have closed it
	return filepath.Join(dir, "asue.yaml"), l
}

var backupDay = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

func commitQuarters(t *testing.T, l metering.Ledger, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		start := backupDay.Add(time.Duration(n) * metering.BasePeriod)
		err := l.Commit(context.WithoutCancel(t.Context()), metering.Commit{ReceivedAt: start, Intervals: []metering.Interval{
			{Point: "F-101", Channel: metering.ChannelActiveImport, Start: start, Energy: metering.Energy(100 + n), Grade: metering.Actual, Method: metering.MethodRegister}}})
		if err != nil {
			t.Error(err)
			return
		}
	}
}

func quartersOf(t *testing.T, l metering.Ledger) []metering.Interval {
	t.Helper()
	list, err := l.Intervals(t.Context(), metering.IntervalQuery{From: backupDay, To: backupDay.AddDate(1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// said runs a command and returns what it prints.
func said(t *testing.T, cmd *cobra.Command, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// The commands as an operator gives them: backed up while it is written, restored elsewhere,
// verified, with the intervals that it had.
func TestBackupRestoreVerify(t *testing.T) {
	file, l := installed(t)
	commitQuarters(t, l, 0, 50)
	done := make(chan struct{})
	go func() { commitQuarters(t, l, 50, 150); close(done) }()
	folder := filepath.Join(t.TempDir(), "backups")
	out, err := said(t, newBackup(), "-c", file, folder, "--keep", "2", "--json")
	<-done
	if err != nil {
		t.Fatal(err)
	}
	var made backupMade
	if err := json.Unmarshal([]byte(out), &made); err != nil {
		t.Fatal(err)
	}
	if made.Manifest.Ledger.Kind != backup.SQLite || made.Manifest.Site != "aktobe" || len(made.Removed) != 0 || !strings.Contains(made.Manifest.Series, "--series") {
		t.Errorf("%+v", made)
	}

	into := filepath.Join(t.TempDir(), "data")
	out, err = said(t, newRestore(), made.Dir, "--into", into)
	if err != nil {
		t.Fatal(err, out)
	}
	for _, want := range []string{"ledger.db: ok", "intervals of 400 days are written again", "asue replay -c asue.yaml --from 20"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
	if got := execute(t.Context(), []string{"verify", "--data", into}); got != 0 {
		t.Errorf("asue verify exits with %d", got)
	}
	again, err := sqlite.Open(t.Context(), filepath.Join(into, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	truth, got := quartersOf(t, l), quartersOf(t, again)
	if len(got) < 50 || !slices.Equal(got, truth[:len(got)]) {
		t.Errorf("%d intervals; want 50 or more, and the first of the %d that were written", len(got), len(truth))
	}
	records, err := again.Audit(t.Context(), metering.AuditQuery{Limit: 1})
	if err != nil || len(records) != 1 || records[0].Kind != "ledger.restored" || records[0].Subject != "aktobe" {
		t.Errorf("the audit says %+v, %v", records, err)
	}
	if _, err := said(t, newRestore(), made.Dir, "--into", into); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("over a folder in use: %v", err)
	}
}

func TestBackupWrongUse(t *testing.T) {
	file, _ := installed(t)
	dir := t.TempDir()
	for _, args := range [][]string{{"backup"}, {"backup", dir}, {"backup", "-c", file}, {"backup", "-c", file, dir, "--keep", "0"}, {"restore", dir}, {"restore", "--into", dir}, {"doctor"}, {"doctor", "-c", file, "x"}} {
		if got := execute(t.Context(), args); got != cli.ExitUsage {
			t.Errorf("asue %v exits with %d, want %d", args, got, cli.ExitUsage)
		}
	}
	if got := execute(t.Context(), []string{"restore", dir, "--into", filepath.Join(dir, "x")}); got != cli.ExitFailed {
		t.Errorf("restoring from no backup exits with %d", got)
	}
}

// doctored runs asue doctor and returns its report and exit code.
func doctored(t *testing.T, file string) (doctorReport, int) {
	t.Helper()
	out, err := said(t, newDoctor(), "-c", file, "--json")
	var r doctorReport
	if bad := json.Unmarshal([]byte(out), &r); bad != nil {
		t.Fatalf("%v: %s", bad, out)
	}
	if err != nil {
		return r, cli.ExitFailed
	}
	return r, 0
}

func (r doctorReport) says(area string, state doctor.State, what string) bool {
	return slices.ContainsFunc(r.Findings, func(f doctor.Finding) bool {
		return f.Area == area && f.State == state && strings.Contains(f.What, what)
	})
}

func TestDoctor(t *testing.T) {
	file, l := installed(t)
	l.Close()
	r, code := doctored(t, file)
	if code != 0 || r.Verdict == doctor.Wrong || !r.says("ledger", doctor.OK, "newest schema") || !r.says("backup", doctor.Warning, "no backup was ever made") {
		t.Errorf("a good installation: code %d, %+v", code, r)
	}
	if _, err := said(t, newBackup(), "-c", file, filepath.Join(t.TempDir(), "backups")); err != nil {
		t.Fatal(err)
	}
	if r, code = doctored(t, file); code != 0 || !r.says("backup", doctor.OK, "0 hours old") {
		t.Errorf("after a backup: code %d, %+v", code, r)
	}

	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("site: site.yaml\nroles: [broker, metering]\nhttp: 192.0.2.1:80\nseries: {url: \"http://127.0.0.1:1\"}\n")
	if r, code = doctored(t, file); code != cli.ExitFailed || r.Verdict != doctor.Wrong || !r.says("ports", doctor.Wrong, "192.0.2.1:80") || !r.says("series", doctor.Wrong, "127.0.0.1:1") {
		t.Errorf("two faults: code %d, %+v", code, r)
	}
	write("site: site.yaml\nrolls: [metering]\n")
	if r, code = doctored(t, file); code != cli.ExitFailed || !r.says("configuration", doctor.Wrong, "asue.yaml:2:1") {
		t.Errorf("a fault of the file: code %d, %+v", code, r)
	}
	if r, code = doctored(t, file+".gone"); code != cli.ExitFailed || !r.says("configuration", doctor.Wrong, "cannot be read") {
		t.Errorf("no file: code %d, %+v", code, r)
	}
}
