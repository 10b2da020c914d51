package settings

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/form"
	"asue/metering/shift"
	"asue/metering/site"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of the cases anew")

// smallZone is the site of testdata/zone.yaml.
func smallZone(t testing.TB) *metering.Site {
	t.Helper()
	src, err := os.ReadFile("testdata/zone.yaml")
	if err != nil {
		t.Fatal(err)
	}
	zone, faults := site.Parse("testdata/zone.yaml", src, nil)
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	zone.Actuators = []metering.Actuator{ // of an agent called agent-2
		{ID: "SP-1", Agent: "agent-2", Address: "act-1", Kind: metering.ActuatorSetpoint}, {ID: "R-1", Agent: "agent-2", Address: "tcp://10.0.8.20:502"},
	}
	return zone
}

// TestProcessFiles runs the stories of testdata/faults: a process file, a line of
// four dashes, and what is said about it, alone and held against the zone.
func TestProcessFiles(t *testing.T) {
	zone := smallZone(t)
	paths, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil || len(paths) < 50 {
		t.Fatalf("%d cases, %v", len(paths), err)
	}
	codes := map[string]bool{}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			input, want, ok := strings.Cut(string(text), "----\n")
			if !ok {
				t.Fatal("no line of four dashes")
			}
			cfg, faults := Parse("asue.yaml", []byte(input))
			got := faults.String()
			if faults.Err() != nil {
				got += "refused\n"
			} else {
				against := cfg.CheckAgainst(zone)
				got += against.String() + told(cfg, against)
				faults = append(faults, against...)
			}
			for _, f := range faults {
				codes[f.Code] = true
			}
			if strings.Contains(got, "very-secret") {
				t.Error("what is printed shows a secret of the file")
			}
			if *rewrite {
				if err := os.WriteFile(path, []byte(input+"----\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if len(codes) < 40 {
		t.Errorf("the cases show %d kinds of fault only: %v", len(codes), codes)
	}
}

// told is what was understood of a file.
func told(c Config, against form.Faults) string {
	if against.Err() != nil {
		return "refused for the zone\n"
	}
	var lines []string
	for _, l := range c.Collector.Lines {
		lines = append(lines, string(l.ID)+"="+l.URL)
	}
	http := c.HTTP
	if http == "" {
		http = "none"
	}
	return fmt.Sprintf("taken: roles %v, http %s, broker %s, lines [%s]\n", c.Roles, http, c.BrokerURL(), strings.Join(lines, " "))
}

// TestEveryKeyArrives reads the story with every key.
func TestEveryKeyArrives(t *testing.T) {
	text, err := os.ReadFile("testdata/faults/000-good-file.txt")
	if err != nil {
		t.Fatal(err)
	}
	input, _, _ := strings.Cut(string(text), "----\n")
	got, faults := Parse("asue.yaml", []byte(input))
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	hot := 38.5
	want := Config{
		SiteFile: "zone/site.yaml", Data: "/var/lib/asue", HTTP: "127.0.0.1:9090",
		Hosts:  []string{"asue.zone.local", "10.0.0.5"},
		Roles:  []Role{RoleMetering, RoleCollector, RoleBalancer, RoleDispatcher, RoleAgent},
		Broker: Broker{Listen: "127.0.0.1:1883", URL: "mqtts://broker.zone.local:8883", User: "asue", PasswordFile: "broker.password"},
		Collector: Collector{
			Name: "gate-1", Lines: []Line{{"gw-2", "tcp://192.168.1.21:502"}, {"gw-1", "tcp://192.168.1.20:502"}},
			Fast: 500 * time.Millisecond, Energy: 30 * time.Second, Slow: 90 * time.Second, Timeout: 800 * time.Millisecond,
			Budget: 2_500_000_000, Retain: 48 * time.Hour, Reserve: 32 << 20, KeepFree: 0.1,
		},
		Ledger:   Ledger{DSN: "postgres://asue@db.zone.local:5432/zone?sslmode=verify-full", PasswordFile: "ledger.password", Schema: "north"},
		Series:   Series{Retention: 87600 * time.Hour, Memory: 512_000_000, Keep: 2 * time.Hour, CopyURL: "http://127.0.0.1:8086", CopyDatabase: "zone"},
		Balancer: Balancer{Block: 15 * time.Minute, Mode: metering.ModeConfirm, OrdersFrom: []string{"page-1.pub"}},
		Agent: Agent{
			Name: "agent-2", Keys: []string{"balancer.pub", "/etc/asue/second.pub"}, Log: "/var/lib/asue/agent",
			Lines: []Line{{"act-1", "tcp://192.168.1.30:502"}},
		},
		Network:    Network{Every: 10 * time.Second, AmbientC: &hot, AmbientSource: "weather station"},
		Dispatcher: Dispatcher{Anonymous: "none"},
		Alarms:     Alarms{Catalogue: "alarms.yaml", PowerFactor: 0.85, MeterSilent: 2 * time.Minute, BalancerSilent: 20 * time.Second, ShelfMost: 12 * time.Hour},
		Reports: []Report{
			{Kind: "peaks", Every: "month", Folder: "reports", Lang: "kk", Format: "xlsx"},
			{Kind: "daily", Every: "day", Folder: "/srv/reports", Lang: "ru", Format: "html"},
			{Kind: "balance", Every: "week", Folder: "reports", Lang: "ru", Format: "xlsx", Mail: []string{"office@zone.local"}},
		},
		Log: shift.House{
			Phrases: []shift.Phrase{{Name: "Вывод фидера в ремонт", Template: shift.Switching, Object: "Ф-", Text: "Выключатель отключён, тележка в ремонтном положении"}},
			Require: map[shift.Template][]string{shift.Note: {"object"}},
		},
		Notify: Notify{
			Quiet: 2 * time.Minute,
			Webhooks: []Webhook{{Name: "duty", URL: "https://duty.zone.local/asue", SecretFile: "duty.secret", CAFile: "zone-ca.pem",
				Priorities: []alarm.Priority{alarm.High, alarm.Medium}, Kinds: []alarm.Kind{"limit-exceeded"}, Lang: "kk"}},
			Mail: Mail{Server: "mail.zone.local:465", TLS: "tls", User: "asue", PasswordFile: "mail.password", CAFile: "/etc/asue/ca.pem",
				From: "=?utf-8?q?=D0=90=D0=A1=D0=A3=D0=AD?= <asue@zone.local>", To: []string{"duty@zone.local", "=?utf-8?q?=D0=A1=D0=BC=D0=B5=D0=BD=D0=B0?= <shift@zone.local>"},
				Priorities: []alarm.Priority{alarm.High}, Kinds: []alarm.Kind{"source-lost", "limit-exceeded"}, Lang: "en", Digest: 15 * time.Minute},
		},
		HomeAssistant: HomeAssistant{Stated: true, Enabled: true, Prefix: "ha", Points: []metering.PointID{"p-in", "p-f1"}, Lang: "kk"},
		LogLevel:      "debug",
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	every := map[string]bool{}
	walkSchema(t, Schema(), func(path string) { every[path] = true })
	report := form.NewReport("asue.yaml")
	root, _ := report.Parse(processDocument(), []byte(input+"  #\n"))
	seen := map[string]bool{"broker.listen": true, "series.url": true, "series.query_url": true} // cannot stand beside the others
	var walk func(n *form.Node)
	walk = func(n *form.Node) {
		for _, e := range n.Entries {
			seen[e.Path] = true
			walk(e.Value)
		}
	}
	walk(root)
	for path := range every {
		if !seen[path] {
			t.Errorf("the story does not show %s", path)
		}
	}
}

// TestDefaults: what a file does not say is the same as nothing at all.
func TestDefaults(t *testing.T) {
	got, faults := Parse("asue.yaml", []byte("collector: {lines: {gw-1: tcp://127.0.0.1:5020}}\n"))
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	want := Default()
	want.Collector.Lines = []Line{{"gw-1", "tcp://127.0.0.1:5020"}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestCheckAgainstWithoutFile holds a configuration that was made by the program
// against the site.
func TestCheckAgainstWithoutFile(t *testing.T) {
	c := Default()
	c.Collector.Lines = []Line{{"gw-1", "tcp://127.0.0.1:5020"}, {"gw-3", "tcp://127.0.0.1:5021"}}
	var got []string
	for _, f := range c.CheckAgainst(smallZone(t)) {
		got = append(got, f.Path+" "+f.Code)
	}
	want := []string{"collector.lines line-without-address", "collector.lines.gw-3 unknown-line"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	c.Roles = []Role{RoleMetering}
	if faults := c.CheckAgainst(smallZone(t)); len(faults) > 0 {
		t.Errorf("nobody polls here: %s", faults)
	}
}

// Who has not signed in may look where only this machine reaches the page, unless
// the file says otherwise.
func TestAnonymous(t *testing.T) {
	f := func(http, word string, hosts []string, want bool) {
		t.Helper()
		if got := (Config{HTTP: http, Hosts: hosts, Dispatcher: Dispatcher{Anonymous: word}}).Anonymous(); got != want {
			t.Errorf("%s, %v, %q: %v", http, hosts, word, got)
		}
	}
	f("127.0.0.1:8080", "", nil, true)
	f("[::1]:8080", "", nil, true)
	f("localhost:8080", "", nil, true)
	f("0.0.0.0:8080", "", nil, false)
	f(":8080", "", nil, false)
	f("", "", nil, false)
	f("127.0.0.1:8080", "", []string{"asue.example"}, false) // a proxy lets others in
	f("127.0.0.1:8080", "none", nil, false)
	f("0.0.0.0:8080", "viewer", nil, true)
}

// TestConfigSchema: every key is described, and the schema says of values what
// the reader does.
func TestConfigSchema(t *testing.T) {
	var keys []string
	walkSchema(t, Schema(), func(path string) { keys = append(keys, path) })
	slices.Sort(keys)
	want := []string{
		"agent", "agent.breaker_in_emergency", "agent.keys", "agent.lines", "agent.log", "agent.name", "alarms", "alarms.balancer_silent", "alarms.catalogue", "alarms.meter_silent", "alarms.power_factor", "alarms.shelve_at_most", "balancer", "balancer.block", "balancer.mode", "balancer.orders_from", "broker", "broker.listen", "broker.password_file", "broker.url", "broker.user",
		"collector", "collector.budget", "collector.energy", "collector.fast", "collector.keep_free", "collector.lines", "collector.name", "collector.reserve", "collector.retain",
		"collector.slow", "collector.timeout", "data", "dispatcher", "dispatcher.anonymous", "homeassistant", "homeassistant.enabled", "homeassistant.language", "homeassistant.points", "homeassistant.prefix", "hosts", "http", "ledger", "ledger.dsn", "ledger.password_file", "ledger.schema", "log", "log.phrases", "log.require", "log_level", "network", "network.ambient", "network.ambient_source", "network.every", "notify", "notify.mail", "notify.mail.ca_file", "notify.mail.digest", "notify.mail.from", "notify.mail.kinds", "notify.mail.language", "notify.mail.password_file", "notify.mail.priorities", "notify.mail.server", "notify.mail.tls", "notify.mail.to", "notify.mail.user", "notify.quiet", "notify.webhooks", "reports", "roles",
		"series", "series.influxdb", "series.keep", "series.memory", "series.query_url", "series.retention", "series.url", "site",
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func walkSchema(t *testing.T, schema []byte, visit func(path string)) {
	t.Helper()
	var top map[string]any
	if err := json.Unmarshal(schema, &top); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		properties, _ := s["properties"].(map[string]any)
		for key, sub := range properties {
			sub := sub.(map[string]any)
			if sub["description"] == nil || sub["type"] == nil {
				t.Errorf("%s: no description or no type", path+key)
			}
			visit(path + key)
			walk(path+key+".", sub)
		}
	}
	walk("", top)
}

// FuzzParseConfig feeds Parse with anything: a configuration without
// errors can be used as it is.
func FuzzParseConfig(f *testing.F) {
	paths, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		input, _, _ := strings.Cut(string(text), "----\n")
		f.Add([]byte(input))
	}
	zone := smallZone(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		c, faults := Parse("asue.yaml", src)
		if faults.Err() != nil {
			return
		}
		if len(c.Roles) == 0 || c.SiteFile == "" || c.Data == "" || c.Collector.Name == "" || c.Has(RoleCollector) && len(c.Collector.Lines) == 0 {
			t.Fatalf("%+v", c)
		}
		for _, r := range c.Roles {
			if !slices.Contains(AllRoles(), r) {
				t.Fatalf("role %q", r)
			}
		}
		p := c.Collector
		if min(p.Fast, p.Energy, p.Slow) < 200*time.Millisecond || p.Timeout <= 0 || p.Budget <= 0 || c.Series.Retention < 24*time.Hour {
			t.Fatalf("%+v", c)
		}
		c.CheckAgainst(zone)
	})
}
