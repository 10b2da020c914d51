package backup_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/backup"
	"asue/cmd/internal/settings"
	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
	"asue/metering/sqlite"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var day = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

// zone is a data folder with everything that a process keeps, and its configuration
// beside it.
func zone(t *testing.T) backup.Source {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"etc/asue.yaml": "site: site.yaml\n", "etc/site.yaml": "version: 1\n", "etc/broker.password": "secret\n", "etc/duty.secret": "secret of the webhook\n", "data/letters": "waiting\n",
		"data/keys/audit.key": "private\n", "data/keys/audit.pub": "public\n", "data/audit-checkpoints.txt": "",
		"data/controller.json": "{}\n", "data/agent/agent.log": "records\n", "data/agent/agent.lock": "",
		"data/notes/2026.jsonl": "{}\n", "data/alarms.json": "{}\n", "data/alarms.json.new": "{", "data/series/flock.lock": "",
		"data/outbox-collector-1.db": "numbers\n", "data/outbox-collector-1.db-wal": "more\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(name, ".key") || strings.HasSuffix(name, ".password") {
			mode = 0o600
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	cfg := settings.Default()
	cfg.Roles = settings.AllRoles()
	cfg.SiteFile, cfg.Data = filepath.Join(dir, "etc/site.yaml"), filepath.Join(dir, "data")
	cfg.Broker.PasswordFile = filepath.Join(dir, "etc/broker.password")
	cfg.Notify.Webhooks = []settings.Webhook{{Name: "duty", SecretFile: filepath.Join(dir, "etc/duty.secret")}}
	return backup.Source{File: filepath.Join(dir, "etc/asue.yaml"), Config: cfg, Site: "zone", Version: "test"}
}

func openFile(t *testing.T, data string) *sqlite.Ledger {
	t.Helper()
	l, err := sqlite.Open(t.Context(), filepath.Join(data, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// fill commits quarters of an hour, from the n-th to before the m-th.
func fill(t *testing.T, l metering.Ledger, n, m int) {
	t.Helper()
	for ; n < m; n++ {
		start := day.Add(time.Duration(n) * metering.BasePeriod)
		c := metering.Commit{ReceivedAt: start, Intervals: []metering.Interval{{Point: "F-12", Channel: 1, Start: start, Energy: metering.Energy(100 + n), Grade: metering.Actual}}}
		if err := l.Commit(context.WithoutCancel(t.Context()), c); err != nil {
			t.Error(err)
			return
		}
	}
}

func intervals(t *testing.T, l metering.Ledger) []metering.Interval {
	t.Helper()
	list, err := l.Intervals(t.Context(), metering.IntervalQuery{From: day, To: day.AddDate(1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func makeBackup(t *testing.T, src backup.Source, folder string) (string, backup.Manifest) {
	t.Helper()
	dir, m, err := backup.Make(t.Context(), src, folder, day.Add(14*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return dir, m
}

// A zone is backed up while its ledger is written, its machine is lost, and it is put back
// on another one: the ledger is sound, its intervals are what they were at the backup, keys
// are as secret as before, and nothing gives numbers or terms twice.
func TestBackupAndRestore(t *testing.T) {
	src := zone(t)
	l := openFile(t, src.Config.Data)
	fill(t, l, 0, 40)
	lease, err := l.Lease(t.Context(), "balancer/zone", "run-1", time.Hour, day)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.SetCursor(t.Context(), "series-intervals", 77); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { fill(t, l, 40, 200); close(done) }()
	folder := filepath.Join(t.TempDir(), "backups")
	dir, m := makeBackup(t, src, folder)
	<-done
	truth := intervals(t, l)
	l.Close()

	if filepath.Base(dir) != "asue-zone-20261130T140000Z" || m.Ledger.Kind != backup.SQLite || m.Site != "zone" {
		t.Errorf("%s: %+v", dir, m)
	}
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
		if info, err := os.Stat(filepath.Join(dir, f.Name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; a backup holds secrets", f.Name, info, err)
		}
	}
	if want := []string{"config/asue.yaml", "config/broker.password", "config/duty.secret", "config/site.yaml", "data/agent/agent.log", "data/alarms.json", "data/audit-checkpoints.txt",
		"data/controller.json", "data/keys/audit.key", "data/keys/audit.pub", "data/ledger.db", "data/notes/2026.jsonl"}; !slices.Equal(names, want) {
		t.Errorf("the backup holds\n%q, want\n%q", names, want)
	}

	data := filepath.Join(t.TempDir(), "new machine", "data")
	if _, err := backup.Restore(t.Context(), dir, backup.Target{Data: data, Trace: metering.AuditRecord{At: day, Actor: "os:test", Kind: "ledger.restored", Subject: "zone"}}); err != nil {
		t.Fatal(err)
	}
	if f, err := sqlite.Verify(t.Context(), filepath.Join(data, "ledger.db"), nil); err != nil || f.Damaged() || f.Audit.Records != 1 {
		t.Errorf("%v, %v, %d records of the audit", f.Faults, err, f.Audit.Records)
	}
	again := openFile(t, data)
	defer again.Close()
	got := intervals(t, again)
	if len(got) < 40 || !slices.Equal(got, truth[:len(got)]) {
		t.Errorf("%d intervals; want 40 or more, and the first of those that were written", len(got))
	}
	next, err := again.Lease(t.Context(), "balancer/zone", "run-2", time.Minute, day.Add(time.Second))
	if err != nil || !next.Held || next.Term < lease.Term+1000 {
		t.Errorf("lease %+v, %v; want it at once, in a term far above %d", next, err, lease.Term)
	}
	if at, err := again.Cursor(t.Context(), "series-intervals"); err != nil || at != 0 {
		t.Errorf("cursor %d, %v; want 0, because there is no series store yet", at, err)
	}
	for name, mode := range map[string]os.FileMode{"keys/audit.key": 0o600, "keys/audit.pub": 0o644, "controller.json": 0o644, "agent/agent.log": 0o644} {
		if info, err := os.Stat(filepath.Join(data, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v, want mode %o", name, info, err, mode)
		}
	}
	for _, name := range []string{"outbox-collector-1.db", ".restoring", "last-backup.json"} {
		if _, err := os.Stat(filepath.Join(data, name)); !os.IsNotExist(err) {
			t.Errorf("%s was restored, too", name)
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	src := zone(t)
	l := openFile(t, src.Config.Data)
	fill(t, l, 0, 4)
	l.Close()
	f := func(name string, spoil func(dir, data string), want ...string) {
		t.Helper()
		dir, _ := makeBackup(t, src, t.TempDir())
		data := filepath.Join(t.TempDir(), "data")
		spoil(dir, data)
		_, err := backup.Restore(t.Context(), dir, backup.Target{Data: data, Trace: metering.AuditRecord{At: day, Actor: "os:test", Kind: "ledger.restored"}})
		if err == nil {
			t.Errorf("%s: restored", name)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", name, err, w)
			}
		}
		if _, err := os.Stat(filepath.Join(data, "ledger.db")); err == nil {
			t.Errorf("%s: a ledger was restored all the same", name)
		}
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f("a folder in use", func(_, data string) { write(filepath.Join(data, "something"), "x") }, "not empty", "something")
	f("a byte flipped", func(dir, _ string) {
		path := filepath.Join(dir, "data/ledger.db")
		bytes, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bytes[len(bytes)/2] ^= 1
		write(path, string(bytes))
	}, "data/ledger.db", "it has changed", "another one")
	f("two faults at once", func(dir, _ string) {
		os.Remove(filepath.Join(dir, "data/keys/audit.key"))
		write(filepath.Join(dir, "data/controller.json"), "{1}")
	}, "audit.key: it is missing", "controller.json: it has changed")
	f("a strange file", func(dir, _ string) { write(filepath.Join(dir, "data/keys/balancer.key"), "mine") }, "balancer.key", "not in the manifest")
	f("never finished", func(dir, _ string) { os.Remove(filepath.Join(dir, "manifest.json")) }, "no backup")
	f("a link out of the backup", func(dir, _ string) {
		path := filepath.Join(dir, "data/keys/audit.key")
		os.Remove(path)
		if err := os.Symlink("/etc/passwd", path); err != nil {
			t.Fatal(err)
		}
	}, "no ordinary file")
	f("of a newer program", func(dir, _ string) { write(filepath.Join(dir, "manifest.json"), `{"format": 2, "asue": "9.9"}`) }, "asue 9.9")
	f("a name that leads out", func(dir, _ string) {
		write(filepath.Join(dir, "manifest.json"), `{"format": 1, "files": [{"name": "data/../../x"}]}`)
	}, "leads out")
}

func TestMakeRefuses(t *testing.T) {
	src := zone(t)
	if _, _, err := backup.Make(t.Context(), src, t.TempDir(), day); err == nil || !strings.Contains(err.Error(), "has asue run") {
		t.Errorf("no ledger yet: %v", err)
	}
	openFile(t, src.Config.Data).Close()
	if _, _, err := backup.Make(t.Context(), src, filepath.Join(src.Config.Data, "backups"), day); err == nil || !strings.Contains(err.Error(), "another disk") {
		t.Errorf("into the data folder: %v", err)
	}
	folder := t.TempDir()
	makeBackup(t, src, folder)
	if _, _, err := backup.Make(t.Context(), src, folder, day.Add(14*time.Hour)); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("twice in a second: %v", err)
	}
	// What was begun and failed is gone.
	if err := os.WriteFile(filepath.Join(src.Config.Data, "ledger.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := backup.Make(t.Context(), src, folder, day); err == nil || !strings.Contains(err.Error(), "not a ledger") {
		t.Errorf("a damaged ledger: %v", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v: want the one good backup alone", entries, err)
	}
}

// The same story with the ledger in a database.
func TestBackupAndRestorePostgreSQL(t *testing.T) {
	src := zone(t)
	from := database(t)
	src.Config.Ledger, src.Password = settings.Ledger{DSN: from.DSN, Schema: "zone"}, from.Password
	l, err := postgres.Open(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	fill(t, l, 0, 30)
	if _, err := l.Lease(t.Context(), "balancer/zone", "run-1", time.Hour, day); err != nil {
		t.Fatal(err)
	}
	dir, m := makeBackup(t, src, t.TempDir())
	truth := intervals(t, l)
	if m.Ledger.Kind != backup.PostgreSQL || m.Ledger.Namespace != "zone" {
		t.Errorf("%+v", m.Ledger)
	}
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil || strings.Contains(string(text), from.Password) {
		t.Error("the password is in the manifest")
	}

	restore := func(o postgres.Options) error {
		_, err := backup.Restore(t.Context(), dir, backup.Target{Data: filepath.Join(t.TempDir(), "data"), Database: o,
			Trace: metering.AuditRecord{At: day, Actor: "os:test", Kind: "ledger.restored", Subject: "zone"}})
		return err
	}
	if err := restore(postgres.Options{}); err == nil || !strings.Contains(err.Error(), "--dsn") {
		t.Errorf("without a database: %v", err)
	}
	if err := restore(from); err == nil || !strings.Contains(err.Error(), "holds a ledger already") {
		t.Errorf("over the ledger in use: %v", err)
	}
	to := database(t)
	if err := restore(to); err != nil {
		t.Fatal(err)
	}
	if f, err := postgres.Verify(t.Context(), to, nil); err != nil || len(f.Faults) > 0 {
		t.Errorf("%v, %v", f.Faults, err)
	}
	again, err := postgres.Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := intervals(t, again); !slices.Equal(got, truth) {
		t.Errorf("%d intervals, want the %d that were written", len(got), len(truth))
	}
	if next, err := again.Lease(t.Context(), "balancer/zone", "run-2", time.Minute, day.Add(time.Second)); err != nil || !next.Held || next.Term < 1000 {
		t.Errorf("lease %+v, %v", next, err)
	}
}

// database is a new one, its password apart.
func database(t *testing.T) postgres.Options {
	t.Helper()
	u, err := url.Parse(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	return postgres.Options{DSN: u.String(), Password: secret, Schema: "zone"}
}

// Without PostgreSQL's programs the refusal says what to install.
func TestBackupWithoutPgDump(t *testing.T) {
	src := zone(t)
	o := database(t)
	src.Config.Ledger, src.Password = settings.Ledger{DSN: o.DSN, Schema: "zone"}, o.Password
	l, err := postgres.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	t.Setenv("PATH", t.TempDir())
	if _, _, err := backup.Make(t.Context(), src, t.TempDir(), day); err == nil || !strings.Contains(err.Error(), "postgresql-client") {
		t.Errorf("%v", err)
	}
}

func TestPruneKeepsTheYoungest(t *testing.T) {
	src := zone(t)
	openFile(t, src.Config.Data).Close()
	folder := t.TempDir()
	for n := range 4 {
		if _, _, err := backup.Make(t.Context(), src, folder, day.AddDate(0, 0, n)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"asue-zone-20261129T000000Z", "asue-other-20261101T000000Z", "holiday pictures", ".asue-zone-20261128T000000Z-unfinished", ".asue-zone-20261202T230000Z-unfinished"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := backup.Prune(folder, "zone", 2, day.AddDate(0, 0, 3))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(removed)
	if want := []string{".asue-zone-20261128T000000Z-unfinished", "asue-zone-20261130T000000Z", "asue-zone-20261201T000000Z"}; !slices.Equal(removed, want) {
		t.Errorf("removed %q, want %q", removed, want)
	}
	if _, err := backup.Prune(folder, "zone", 0, day); err == nil {
		t.Error("the last backup may be pruned")
	}
}

func TestRecall(t *testing.T) {
	data := t.TempDir()
	if _, ok, err := backup.Recall(data); ok || err != nil {
		t.Errorf("%v, %v: there was none", ok, err)
	}
	want := backup.Last{Dir: "/var/backups/asue/x", MadeAt: day}
	if err := backup.Remember(data, want); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := backup.Recall(data); !ok || err != nil || got != want {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	if err := os.WriteFile(filepath.Join(data, "last-backup.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := backup.Recall(data); ok || err == nil {
		t.Error("half a note was read")
	}
}

// A night that was left out is told; a folder that is itself a day old needs none yet.
func TestLate(t *testing.T) {
	data := t.TempDir()
	key := filepath.Join(data, "keys/audit.key")
	if err := os.MkdirAll(filepath.Dir(key), 0o750); err != nil {
		t.Fatal(err)
	}
	f := func(name string, at time.Time, want bool) {
		t.Helper()
		if since, late := backup.Late(data, at); late != want {
			t.Errorf("%s: %v since %v, want %v", name, late, since, want)
		}
	}
	f("never started", day.AddDate(1, 0, 0), false)
	if err := os.WriteFile(key, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(key, day, day); err != nil {
		t.Fatal(err)
	}
	f("a day old", day.AddDate(0, 0, 1), false)
	f("never backed up", day.AddDate(0, 0, 3), true)
	if err := backup.Remember(data, backup.Last{Dir: "x", MadeAt: day.AddDate(0, 0, 3)}); err != nil {
		t.Fatal(err)
	}
	f("backed up", day.AddDate(0, 0, 4), false)
	f("two nights left out", day.AddDate(0, 0, 6), true)
}
