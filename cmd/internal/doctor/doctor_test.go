package doctor

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/backup"
	"asue/cmd/internal/settings"
	"asue/metering"
	"asue/metering/broker"
	"asue/metering/influx/influxtest"
	"asue/metering/sqlite"
)

var now = time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC)

// patient is an installation that nothing is wrong with: it has run, somebody may sign
// in, and it was backed up this morning.
func patient(t *testing.T) Patient {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "asue.yaml"), "site: site.yaml\n", 0o640)
	write(t, filepath.Join(dir, "site.yaml"), "version: 1\n", 0o640)
	write(t, filepath.Join(dir, "data/keys/audit.key"), "private", 0o600)
	cfg := settings.Default()
	cfg.SiteFile, cfg.Data = filepath.Join(dir, "site.yaml"), filepath.Join(dir, "data")
	cfg.HTTP, cfg.Broker.Listen = freePort(t), freePort(t)
	cfg.Collector.Lines = []settings.Line{{ID: "gw-1", URL: "tcp://" + listener(t)}}
	account(t, cfg.Data, metering.RoleAdmin)
	made := filepath.Join(dir, "backups/asue-zone-1")
	write(t, filepath.Join(made, "manifest.json"), `{"format": 1}`, 0o600)
	if err := backup.Remember(cfg.Data, backup.Last{Dir: made, MadeAt: now.Add(-12 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	return Patient{File: filepath.Join(dir, "asue.yaml"), Config: cfg, Site: &metering.Site{ID: "zone", Location: time.UTC}, Now: now}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func account(t *testing.T, data string, role metering.Role) {
	t.Helper()
	l, err := sqlite.Open(t.Context(), filepath.Join(data, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if role == "" {
		return
	}
	a := metering.Account{Name: "a.omarova", Role: role, Enabled: true, Password: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}
	if _, err := l.PutAccount(t.Context(), a, metering.AuditRecord{At: now, Actor: "test", Kind: "account.added", Subject: a.Name}); err != nil {
		t.Fatal(err)
	}
}

// freePort is an address that nobody listens on now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// listener takes connections and says nothing.
func listener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func TestNothingIsWrongWithAGoodInstallation(t *testing.T) {
	list := Examine(t.Context(), patient(t))
	var areas []string
	for _, f := range list {
		if f.State == Wrong || f.What == "" || (f.State == Warning) != (f.Remedy != "") {
			t.Errorf("%+v", f)
		}
		if !slices.Contains(areas, f.Area) {
			areas = append(areas, f.Area)
		}
	}
	if want := []string{"files", "data", "process", "ports", "ledger", "accounts", "series", "keys", "lines", "clock", "zones", "backup"}; !slices.Equal(areas, want) {
		t.Errorf("looked at %q, want %q", areas, want)
	}
}

// Each fault is made for real, and is told with its remedy; nothing else is found wrong
// than what follows from it.
func TestFaultsAreToldWithTheirRemedy(t *testing.T) {
	f := func(name, area string, state State, spoil func(p *Patient), says, remedy string) {
		t.Helper()
		p := patient(t)
		spoil(&p)
		found := false
		for _, f := range Examine(t.Context(), p) {
			if strings.ContainsAny(f.What, "\n\t") {
				t.Errorf("%s: told over several lines: %q", name, f.What)
			}
			if f.Area == area && f.State == state && strings.Contains(f.What, says) {
				found = true
				if !strings.Contains(f.Remedy, remedy) {
					t.Errorf("%s: the remedy %q does not say %q", name, f.Remedy, remedy)
				}
			} else if f.State == Wrong && f.Area != area {
				t.Errorf("%s: also wrong: %+v", name, f)
			}
		}
		if !found {
			t.Errorf("%s: %s is not found under %s: %+v", name, says, area, Examine(t.Context(), p))
		}
	}

	f("a site file that is not there", "files", Wrong, func(p *Patient) { os.Remove(p.Config.SiteFile) }, "site.yaml", "correct the path")
	f("everybody may change the process file", "files", Wrong, func(p *Patient) { write(t, p.File, "x", 0o666) }, "0666", "chmod o-w")
	f("a password for everybody", "files", Wrong, func(p *Patient) {
		p.Config.Broker.PasswordFile = filepath.Join(p.Config.Data, "broker.password")
		write(t, p.Config.Broker.PasswordFile, "secret", 0o644)
	}, "everybody on this machine may read", "chmod 600")
	f("an empty password", "files", Wrong, func(p *Patient) {
		p.Config.Broker.PasswordFile = filepath.Join(p.Config.Data, "broker.password")
		write(t, p.Config.Broker.PasswordFile, "\n", 0o600)
	}, "is empty", "nothing else")

	f("a data folder that is a file", "data", Wrong, func(p *Patient) {
		os.RemoveAll(p.Config.Data)
		write(t, p.Config.Data, "", 0o600)
		p.Config.Roles = []settings.Role{settings.RoleCollector}
		p.Config.Broker.URL = "mqtt://" + embedded(t).Addr()
	}, "is not a folder", "name a folder")
	f("a data folder that cannot be made", "data", Wrong, func(p *Patient) {
		p.Config.Data = "/proc/asue" // nobody writes there, the superuser neither
		p.Config.Roles = []settings.Role{settings.RoleCollector}
		p.Config.Broker.URL = "mqtt://" + embedded(t).Addr()
	}, "cannot be made", "install -d -o asue")
	f("a data folder that cannot be written", "data", Wrong, func(p *Patient) {
		p.Config.Data = "/proc/self"
		p.Config.Roles = []settings.Role{settings.RoleCollector}
		p.Config.Broker.URL = "mqtt://" + embedded(t).Addr()
	}, "cannot be written", "chown")
	if os.Getuid() == 0 { // nobody else can give files away
		f("a file that the superuser left", "data", Wrong, func(p *Patient) {
			if err := os.Chown(filepath.Join(p.Config.Data, "ledger.db"), 12345, 12345); err != nil {
				t.Fatal(err)
			}
		}, "do not belong to the owner", "sudo -u asue")
	}

	f("the port of the page is taken", "ports", Wrong, func(p *Patient) { p.Config.HTTP = listenerThatHangsUp(t) }, "taken by another program", "ss -ltnp")
	f("the port of the broker is taken", "ports", Wrong, func(p *Patient) { p.Config.Broker.Listen = listener(t) }, "the embedded broker", "broker.listen")
	f("an address of another machine", "ports", Wrong, func(p *Patient) { p.Config.HTTP = "192.0.2.1:8080" }, "192.0.2.1", "an address of this machine")

	f("no broker", "broker", Wrong, func(p *Patient) { p.Config.Broker.URL = "mqtt://" + freePort(t) }, "does not take this process in", "start it")

	f("no ledger but a text", "ledger", Wrong, func(p *Patient) {
		write(t, filepath.Join(p.Config.Data, "ledger.db"), strings.Repeat("text ", 1000), 0o640)
	}, "not a ledger", "asue restore")
	f("a database that is not there", "ledger", Wrong, func(p *Patient) {
		p.Config.Ledger.DSN = "postgres://asue@" + freePort(t) + "/asue"
	}, "127.0.0.1", "start the database")
	f("nobody can sign in", "accounts", Wrong, func(p *Patient) {
		os.Remove(filepath.Join(p.Config.Data, "ledger.db"))
		account(t, p.Config.Data, "")
	}, "no accounts", "asue user add NAME --role admin")
	f("no admin", "accounts", Wrong, func(p *Patient) {
		os.Remove(filepath.Join(p.Config.Data, "ledger.db"))
		account(t, p.Config.Data, metering.RoleViewer)
	}, "none of the 1 accounts is an admin", "asue user add NAME --role admin")

	f("no outside store", "series", Wrong, func(p *Patient) { p.Config.Series.URL = "http://" + freePort(t) }, "does not answer", "query_url")
	f("an outside store that is ill", "series", Wrong, func(p *Patient) {
		p.Config.Series.URL = server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	}, "does not work: 503", "its own log")
	f("no InfluxDB for the copy", "series", Warning, func(p *Patient) {
		p.Config.Series.CopyURL, p.Config.Series.CopyDatabase = "http://"+freePort(t), "asue"
	}, "gets no copy", "\"influxdb\" under")
	f("an InfluxDB without the database", "series", Warning, func(p *Patient) {
		p.Config.Series.CopyURL, p.Config.Series.CopyDatabase = influxtest.Start(t).URL, "zone"
	}, "no database zone", "CREATE DATABASE")

	f("a key for everybody", "keys", Wrong, func(p *Patient) { write(t, filepath.Join(p.Config.Data, "keys/balancer.key"), "x", 0o644) }, "balancer.key", "chmod 600")
	f("an agent without the balancer's key", "keys", Wrong, func(p *Patient) {
		p.Config.Roles = append(p.Config.Roles, settings.RoleAgent)
		p.Config.Agent.Keys = []string{filepath.Join(p.Config.Data, "none.pub")}
	}, "none.pub", "copy the .pub file")

	f("a gateway that is off", "lines", Wrong, func(p *Patient) { p.Config.Collector.Lines[0].URL = "tcp://" + freePort(t) }, "gw-1", "asue probe")
	f("a converter that is not plugged in", "lines", Wrong, func(p *Patient) {
		p.Config.Collector.Lines[0].URL = "rtu:///dev/serial/by-id/none?baud=9600"
	}, "no such file", "by-id")

	f("never backed up", "backup", Warning, func(p *Patient) { os.Remove(filepath.Join(p.Config.Data, "last-backup.json")) }, "no backup was ever made", "asue-backup.timer")
	f("not for three days", "backup", Warning, func(p *Patient) { p.Now = now.Add(72 * time.Hour) }, "84 hours old", "asue backup")
	f("not for weeks", "backup", Wrong, func(p *Patient) { p.Now = now.AddDate(0, 0, 20) }, "20 days old", "asue backup")
	f("a backup that somebody moved", "backup", Warning, func(p *Patient) { os.RemoveAll(filepath.Join(filepath.Dir(p.Config.Data), "backups")) }, "not where it was written", "asue backup")
}

// What a collector alone keeps must not be restored, so nobody is asked to copy it.
func TestACollectorAloneNeedsNoBackup(t *testing.T) {
	p := patient(t)
	p.Config.Roles = []settings.Role{settings.RoleCollector}
	p.Config.Broker.URL = "mqtt://" + embedded(t).Addr()
	os.Remove(filepath.Join(p.Config.Data, "last-backup.json"))
	for _, f := range Examine(t.Context(), p) {
		if f.Area == "backup" && f.State != OK || f.State == Wrong {
			t.Errorf("%+v", f)
		}
	}
}

// listenerThatHangsUp is another program that speaks no HTTP.
func listenerThatHangsUp(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	return l.Addr().String()
}

func embedded(t *testing.T) *broker.Broker {
	t.Helper()
	b, err := broker.Start(t.Context(), broker.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Stop)
	return b
}

func server(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// An installation that runs is asked instead of tried: its ports are its own, and it
// knows its lines and what of it does not work.
func TestAnInstallationThatRuns(t *testing.T) {
	p := patient(t)
	p.Config.Collector.Lines = append(p.Config.Collector.Lines, settings.Line{ID: "gw-2", URL: "tcp://192.0.2.7:502"}, settings.Line{ID: "gw-3", URL: "tcp://192.0.2.8:502"})
	p.Config.Broker.Listen = embedded(t).Addr()
	p.Config.HTTP = strings.TrimPrefix(server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/readyz":
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"ready": false, "checks": {"broker": "ok", "outbox": "the disk is full"}}`)
		case "/metrics":
			fmt.Fprint(w, "# HELP x\nasue_modbus_line_down{line=\"gw-1\"} 0\nasue_modbus_line_down{line=\"gw-2\"} 1\n")
		}
	}), "http://")
	var said []string
	for _, f := range Examine(t.Context(), p) {
		if f.Area == "process" || f.Area == "lines" || f.Area == "ports" || f.Area == "series" {
			said = append(said, fmt.Sprintf("%s %s: %s", f.State, f.Area, f.What))
		}
	}
	for i, want := range []string{
		`wrong process: asue runs at ` + p.Config.HTTP + `, and its part "outbox" does not work: the disk is full`,
		"ok ports: " + p.Config.HTTP + " is in use, by asue itself as it seems, for page and API",
		"ok ports: " + p.Config.Broker.Listen + " is in use, by asue itself as it seems, for the embedded broker",
		"ok series: the built-in store answers",
		"ok lines: line gw-1: asue has a connection",
		"wrong lines: line gw-2: asue has no connection to tcp://192.0.2.7:502",
		"note lines: line gw-3: asue runs and does not show",
	} {
		if i >= len(said) || !strings.HasPrefix(said[i], want) {
			t.Errorf("said\n%s\nwant in line %d: %s", strings.Join(said, "\n"), i+1, want)
		}
	}
}

func TestJudgeClock(t *testing.T) {
	f := func(c clockState, seen bool, at time.Time, want State, says string) {
		t.Helper()
		if got := judgeClock(c, seen, at); got.State != want || !strings.Contains(got.What, says) {
			t.Errorf("%+v, %v at %v: %+v, want %s and %q", c, seen, at, got, want, says)
		}
	}
	f(clockState{}, false, now, Note, "cannot be seen")
	f(clockState{}, true, now, Warning, "nobody keeps")
	f(clockState{kept: true, mostOff: 20 * time.Millisecond}, true, now, OK, "20ms")
	f(clockState{kept: true, mostOff: 16 * time.Second}, true, now, Warning, "16s")
	f(clockState{kept: true, told: true, offset: -300 * time.Microsecond}, true, now, OK, "-300µs")
	f(clockState{kept: true, told: true, offset: -2 * time.Second}, true, now, Warning, "-2s")
	f(clockState{kept: true, told: true, offset: time.Minute}, true, now, Wrong, "1m0s")
	f(clockState{kept: true}, true, time.Date(1970, 1, 1, 0, 3, 0, 0, time.UTC), Wrong, "1970-01-01")
}

func TestReadTracking(t *testing.T) {
	f := func(text string, want time.Duration, ok bool) {
		t.Helper()
		if got, told := readTracking(text); got != want || told != ok {
			t.Errorf("%q: %v, %v, want %v, %v", text, got, told, want, ok)
		}
	}
	f("C0248F82,192.36.143.130,2,1795219200.123,-0.000012500,0.000003,0.00001,-8.1,0.01,0.05,0.02,0.001,64.2,Normal\n", -12500*time.Nanosecond, true)
	f("00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n", 0, false)
	f("506 Cannot talk to daemon\n", 0, false)
	f("", 0, false)
}

func TestJudgeZone(t *testing.T) {
	zone := func(name string, hours int) func(string) (*time.Location, error) {
		return func(asked string) (*time.Location, error) {
			if asked == name || asked == "Asia/Almaty" {
				return time.FixedZone(asked, hours*60*60), nil
			}
			return nil, fmt.Errorf("unknown time zone %s", asked)
		}
	}
	f := func(name string, load func(string) (*time.Location, error), want State, says string) {
		t.Helper()
		if got := judgeZone(name, load); len(got) != 1 || got[0].State != want || !strings.Contains(got[0].What, says) {
			t.Errorf("%s: %+v, want %s and %q", name, got, want, says)
		}
	}
	f("Asia/Aqtobe", zone("Asia/Aqtobe", 5), OK, "UTC+05:00")
	f("Asia/Aqtobe", zone("Asia/Aqtobe", 6), Wrong, "older than 2024")
	f("Asia/Nowhere", zone("Asia/Aqtobe", 5), Wrong, "Asia/Nowhere is not known")
}
