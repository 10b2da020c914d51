package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// wall forbids a package, and everything it imports, to reach some others.
type wall struct {
	pkg       string   // import path, or a prefix ending in /...
	forbidden []string // import paths; a trailing /... covers the packages below
	why       string
}

var walls = []wall{
	{"asue/metering", []string{"asue/...", "database/sql", "encoding/json", "net/...", "log/slog"}, "the ground knows words and contracts only"},
	{"asue/metering/wire", []string{"asue/collector/...", "asue/balancing/...", "net", "database/sql", "asue/metering/mqtt"}, "bytes know neither their sender nor what happens next"},
	{"asue/metering/site", []string{"asue/collector/...", "asue/balancing/...", "net", "database/sql"}, "the plant knows no ports and no secrets"},
	{"asue/cmd/internal/changes", []string{"asue/cmd/...", "asue/collector/...", "asue/balancing/...", "asue/dashboards/...", "asue/metering", "net/http", "database/sql"}, "texts are handed in, and what they are about is not known"},
	{"asue/metering/form", []string{"asue/...", "net/http", "database/sql"}, "a form knows text, not what it is about"},
	{"asue/metering/live", []string{"asue/metering/mqtt", "asue/metering/sqlite", "asue/metering/postgres", "net", "database/sql"}, "the present state does not know how it travels"},
	{"asue/metering/vee", []string{"asue/collector/...", "asue/balancing/...", "asue/metering/sqlite", "asue/metering/postgres", "database/sql", "net"}, "validation is pure"},
	{"asue/metering/ingest", []string{"asue/metering/mqtt", "asue/metering/broker", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/victoria", "asue/collector/...", "asue/balancing/...", "database/sql"}, "ingest knows neither the transport nor which store"},
	{"asue/metering/sqlite", []string{"asue/metering/wire", "asue/metering/ingest", "asue/metering/victoria", "asue/metering/postgres", "net/http", "asue/collector/...", "asue/balancing/..."}, "a ledger knows no wire and no HTTP"},
	{"asue/metering/postgres", []string{"asue/metering/wire", "asue/metering/ingest", "asue/metering/victoria", "asue/metering/sqlite", "modernc.org/sqlite", "net/http", "asue/collector/...", "asue/balancing/..."}, "a ledger knows no wire and no HTTP, and not the other ledger"},
	{"asue/metering/audit", []string{"asue/metering/sqlite", "asue/metering/postgres", "database/sql", "net", "log/slog"}, "the chain does not know where it is kept"},
	{"asue/metering/alarm", []string{"asue/...", "net", "database/sql", "log/slog"}, "a book of alarms knows neither what is observed nor where it is kept"},
	{"asue/metering/notify", []string{"asue/metering/notify/...", "asue/metering/mqtt", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/collector/...", "asue/balancing/...", "asue/dashboards/...", "database/sql", "net", "log/slog"}, "messages know neither how they travel nor whether they arrive"},
	{"asue/metering/notify/post", []string{"asue/metering", "asue/metering/notify", "asue/metering/notify/hook", "asue/metering/notify/mail", "database/sql", "net"}, "a post knows neither what letters say nor how a destination is reached"},
	{"asue/metering/notify/hook", []string{"asue/metering", "asue/metering/notify", "asue/metering/notify/mail", "database/sql"}, "who posts does not know what messages say"},
	{"asue/metering/notify/mail", []string{"asue/metering", "asue/metering/notify", "asue/metering/notify/hook", "database/sql"}, "who mails does not know what mails are about"},
	{"asue/metering/homeassistant", []string{"asue/metering/mqtt", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/collector/...", "asue/balancing/...", "database/sql", "net"}, "descriptions do not know how they travel"},
	{"asue/metering/alarm/watch", []string{"asue/metering/mqtt", "asue/metering/site", "asue/collector/...", "asue/balancing/...", "net/http", "database/sql"}, "who watches does not know how a report travels"},
	{"asue/metering/alarm/catalogue", []string{"asue/metering/site", "asue/collector/...", "asue/balancing/...", "net/http", "database/sql"}, "kinds of alarms are data"},
	{"asue/metering/shift", []string{"asue/metering/alarm/...", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/wire", "asue/collector/...", "asue/balancing/...", "asue/dashboards/...", "database/sql", "net", "log/slog"}, "the log knows neither where records are kept nor who may write"},
	{"asue/metering/password", []string{"asue/...", "net", "database/sql", "log/slog"}, "a password does not know whose it is"},
	{"asue/metering/pages", []string{"asue/metering/sqlite", "asue/metering/postgres", "database/sql", "net"}, "pages do not know where they are kept"},
	{"asue/metering/received", []string{"asue/metering/sqlite", "asue/metering/postgres", "database/sql", "net"}, "a set does not know where it is kept"},
	{"asue/metering/grid", []string{"asue/metering/vee", "asue/collector/...", "asue/balancing/...", "database/sql", "net"}, "intervals laid out know neither where they come from nor what is made of them"},
	{"asue/metering/balance", []string{"asue/metering/vee", "asue/metering/site", "asue/simulator/...", "asue/metering/sqlite", "asue/metering/postgres", "asue/collector/...", "asue/balancing/...", "database/sql", "net"}, "balances are pure"},
	{"asue/metering/demand", []string{"asue/metering/vee", "asue/metering/balance", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/collector/...", "asue/balancing/...", "database/sql", "net"}, "demand is pure"},
	{"asue/metering/vee/rules", []string{"asue/collector/...", "asue/balancing/...", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/wire", "asue/metering/site", "asue/metering/ingest", "database/sql", "net"}, "rules know neither stores nor files nor who asks"},
	{"asue/metering/exchange", []string{"asue/metering/sqlite", "asue/metering/postgres", "asue/metering/wire", "asue/metering/site", "asue/collector/...", "asue/balancing/...", "database/sql", "net/http"}, "files know neither stores nor HTTP"},
	{"asue/metering/chains", []string{"asue/metering/sqlite", "asue/metering/postgres", "asue/metering/wire", "asue/collector/...", "asue/balancing/...", "database/sql", "net"}, "who accounted for what is known without readings"},
	{"asue/metering/validation", []string{"asue/metering/sqlite", "asue/metering/postgres", "asue/metering/wire", "asue/metering/ingest", "asue/collector/...", "asue/balancing/...", "database/sql", "net"}, "validation does not know which ledger it works on"},
	{"asue/metering/still", []string{"asue/...", "net/http"}, "who looks at a file does not know what is in it"},
	{"asue/metering/victoria", []string{"asue/metering/sqlite", "asue/metering/postgres", "asue/collector/...", "asue/balancing/..."}, "stores do not know each other"},
	{"asue/metering/feeder", []string{"asue/metering/sqlite", "asue/metering/postgres", "asue/metering/victoria", "asue/collector/...", "asue/balancing/..."}, "the feeder knows contracts, not stores"},
	{"asue/metering/mqtt", []string{"asue/metering/wire", "asue/metering/ingest", "asue/collector/...", "asue/balancing/..."}, "the transport does not know what topics mean"},
	{"asue/metering/broker", []string{"asue/metering/wire", "asue/metering/ingest", "asue/collector/...", "asue/balancing/..."}, "the broker does not know what topics mean"},
	{"asue/collector", []string{"github.com/simonvetter/modbus", "asue/collector/modbus", "asue/collector/regmap", "asue/collector/registers", "asue/balancing/...", "asue/metering/mqtt", "asue/metering/site", "asue/simulator/..."}, "a collector knows neither a protocol nor limits nor residents"},
	{"asue/collector/device", []string{"asue/collector/...", "asue/balancing/...", "asue/metering/wire", "net", "database/sql"}, "the contract knows neither side of it"},
	{"asue/collector/registers", []string{"asue/collector", "asue/collector/modbus", "asue/metering/wire", "asue/metering/clock", "net", "database/sql"}, "a driver knows neither schedules nor the transport"},
	{"asue/cmd/asue-collector", []string{"asue/collector/actuator", "asue/balancing/...", "asue/dashboards/...", "asue/simulator/...", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/victoria", "asue/metering/ingest", "asue/metering/broker", "github.com/simonvetter/modbus", "github.com/goburrow/modbus"}, "the edge polls and delivers, and cannot write a register"},
	{"asue/cmd/internal/edge", []string{"asue/collector/actuator", "asue/balancing/...", "asue/dashboards/...", "asue/simulator/...", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/victoria"}, "the role that polls knows nothing of what is done with its values"},
	{"asue/cmd/asue-agent", []string{"asue/balancing/...", "asue/dashboards/...", "asue/simulator/...", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/victoria", "asue/metering/ingest", "asue/metering/broker", "github.com/simonvetter/modbus", "github.com/goburrow/modbus"}, "an agent obeys or guards, and decides nothing for others"},
	{"asue/cmd/internal/guard", []string{"asue/balancing/...", "asue/dashboards/...", "asue/simulator/...", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/victoria"}, "the role that writes to actuators does not know who decides"},
	{"asue/cmd/internal/keyfile", []string{"asue/balancing/...", "asue/collector/...", "net/http", "database/sql"}, "a key does not know what it signs"},
	{"asue/cmd/internal/settings", []string{"asue/balancing/...", "asue/dashboards/...", "asue/metering/mqtt", "asue/metering/sqlite", "asue/metering/postgres"}, "a process file is text; it does not know what its settings do"},
	{"asue/collector/regmap", []string{"net", "time/tzdata", "asue/collector/modbus", "asue/metering/wire", "github.com/simonvetter/modbus", "database/sql"}, "maps are data: no sockets, no time, no retries"},
	{"asue/collector/modbus", []string{"asue/collector/regmap", "asue/metering/...", "asue/collector/actuator"}, "a line does not know meters' names and cannot write"},
	{"asue/collector/agent", []string{"asue/collector/...", "asue/balancing/...", "asue/metering/mqtt", "asue/metering/site", "asue/metering/clock", "net", "database/sql"}, "an agent is pure: no Modbus, no broker, no clock"},
	{"asue/collector/agent/agentlog", []string{"asue/collector/actuator", "asue/metering/mqtt", "net", "database/sql"}, "a log does not know what its records mean"},
	{"asue/collector/actuator", []string{"asue/collector/regmap", "asue/balancing/...", "asue/metering/mqtt", "asue/metering/site", "asue/simulator/..."}, "who writes knows neither who wants it nor why"},
	{"asue/collector/actuator/actmap", []string{"net", "asue/collector/...", "asue/metering/wire", "database/sql"}, "maps are data: no sockets, no time, no retries"},
	{"asue/collector/outbox", []string{"asue/metering/wire", "asue/metering/ingest", "asue/collector/regmap", "asue/balancing/..."}, "an outbox does not know what its bytes mean"},
	{"asue/balancing", []string{"asue/collector/...", "asue/metering/wire", "asue/metering/mqtt", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/clock", "database/sql", "net", "net/http"}, "the controller is pure: no store, no socket, no clock"},
	{"asue/balancing/waterfill", []string{"asue/collector/...", "asue/metering/wire", "asue/metering/mqtt", "asue/metering/site", "asue/metering/clock", "asue/metering/sqlite", "asue/metering/postgres", "gonum.org/...", "database/sql", "net", "encoding/json"}, "shares know neither stores, nor the wire, nor who the residents are"},
	{"asue/balancing/internal/disjoint", []string{"asue/...", "time", "sync", "os"}, "sets do not know what they hold"},
	{"asue/balancing/powerflow", []string{"asue/metering", "asue/metering/...", "asue/collector/...", "asue/simulator/...", "asue/dashboards/...", "asue/cmd/...", "asue/balancing", "asue/balancing/study", "asue/balancing/estimate", "asue/balancing/waterfill", "asue/balancing/lease", "asue/balancing/forecast", "asue/balancing/reclaim/...", "gonum.org/...", "database/sql", "net", "encoding/json"}, "a network knows neither meters nor residents, nor the files it comes from"},
	{"asue/balancing/estimate", []string{"asue/balancing", "asue/balancing/waterfill", "asue/balancing/lease", "asue/collector/...", "asue/metering/wire", "asue/metering/mqtt", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/clock", "gonum.org/...", "database/sql", "net", "net/http"}, "an estimate knows neither how meters are heard nor what is done about them"},
	{"asue/balancing/study", []string{"asue/balancing", "asue/balancing/waterfill", "asue/balancing/lease", "asue/collector/...", "asue/metering/wire", "asue/metering/mqtt", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/clock", "database/sql", "net", "net/http"}, "a study knows neither the control loop nor where its site comes from"},
	{"asue/balancing/lease", []string{"asue/balancing", "asue/balancing/waterfill", "asue/collector/...", "asue/metering/wire", "asue/metering/mqtt", "database/sql", "net", "net/http"}, "who speaks with agents does not know why"},
	{"asue/balancing/reclaim", []string{"asue/balancing", "asue/balancing/reclaim/...", "asue/collector/...", "asue/metering/wire", "asue/metering/mqtt", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/clock", "database/sql", "net"}, "findings and procedure are pure: no store, no socket, no clock, no control loop"},
	{"asue/balancing/reclaim/pool", []string{"asue/balancing", "asue/balancing/reclaim", "asue/balancing/reclaim/hosting", "asue/collector/...", "asue/metering/wire", "asue/metering/sqlite", "asue/metering/postgres", "database/sql", "net"}, "books know neither who is idle nor what a newcomer risks"},
	{"asue/balancing/reclaim/hosting", []string{"asue/balancing", "asue/balancing/reclaim", "asue/balancing/reclaim/pool", "asue/collector/...", "asue/metering/wire", "asue/metering/sqlite", "asue/metering/postgres", "database/sql", "net"}, "risk knows neither findings nor books"},
	{"asue/balancing/reclaim/register", []string{"asue/balancing", "asue/balancing/reclaim", "asue/balancing/reclaim/pool", "asue/balancing/reclaim/hosting", "asue/balancing/reclaim/office", "asue/collector/...", "asue/dashboards/...", "asue/metering/wire", "asue/metering/site", "asue/metering/exchange", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/clock", "database/sql", "net"}, "a register knows neither files nor stores, nor who is idle"},
	{"asue/balancing/reclaim/register/table", []string{"asue/balancing", "asue/balancing/reclaim", "asue/balancing/reclaim/pool", "asue/balancing/reclaim/office", "asue/collector/...", "asue/dashboards/...", "asue/metering/wire", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/clock", "database/sql", "net/http"}, "a table of the register knows no stores, nor what is decided about it"},
	{"asue/balancing/reclaim/office", []string{"asue/balancing", "asue/collector/...", "asue/dashboards/...", "asue/metering/wire", "asue/metering/mqtt", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/clock", "database/sql", "net"}, "an office knows deeds, not where they are kept, who may act, nor the control loop"},
	{"asue/balancing/forecast", []string{"asue/balancing", "asue/collector/...", "asue/metering/wire", "asue/metering/mqtt", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/clock", "database/sql", "net", "net/http"}, "forecasting is pure: no store, no socket, no clock, no controller"},
	{"asue/simulator", []string{"asue/collector/...", "asue/balancing/...", "asue/metering/wire", "net"}, "the world knows neither who meters it nor who controls it"},
	{"asue/simulator/modbusd", []string{"asue/balancing/...", "asue/metering/wire", "asue/collector/outbox"}, "served meters know nothing of what is done with their values"},
	{"asue/simulator/faultproxy", []string{"asue/collector/...", "asue/balancing/...", "asue/metering/wire", "asue/metering/site"}, "a proxy knows frames, not what they carry"},
	{"asue/simulator/cable", []string{"asue/...", "net"}, "a cable carries bytes"},
	{"asue/dashboards/grafana", []string{"asue/metering/sqlite", "asue/metering/postgres", "asue/metering/victoria", "asue/metering/influx", "asue/balancing/...", "asue/collector/...", "asue/dashboards/dispatcher", "database/sql"}, "boards and rules are data"},
	{"asue/metering/influx/influxtest", []string{"asue/..."}, "a server for tests knows nothing of what is written to it"},
	{"asue/dashboards/papers", []string{"asue/balancing", "asue/balancing/reclaim/pool", "asue/balancing/reclaim/hosting", "asue/balancing/reclaim/office", "asue/collector/...", "asue/dashboards/dispatcher", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/mqtt", "asue/metering/wire", "asue/metering/clock", "database/sql", "net/http"}, "papers know neither stores nor HTTP, nor how findings are made"},
	{"asue/dashboards/reports", []string{"asue/balancing/...", "asue/collector/...", "asue/dashboards/dispatcher", "asue/dashboards/papers", "asue/metering/site", "asue/metering/sqlite", "asue/metering/postgres", "asue/metering/mqtt", "asue/metering/wire", "asue/metering/clock", "database/sql", "net/http"}, "reports know neither stores nor HTTP, nor how figures are reckoned"},
	{"asue/dashboards/dispatcher", []string{"asue/metering/sqlite", "asue/metering/postgres", "asue/metering/mqtt", "asue/balancing/...", "asue/collector/...", "database/sql", "github.com/evanw/esbuild/..."}, "the page knows no SQL and not the controller's inside; the bundler stays out of the program"},
	{"asue/cmd/asue", []string{"github.com/evanw/esbuild/...", "github.com/goburrow/modbus", "github.com/simonvetter/modbus", "pgregory.net/rapid", "gonum.org/v1/gonum/..."}, "tools and oracles of the tests stay out of the program"},
}

// ownImports are walls that look at a package's own imports only, because what it
// may not import itself is legitimately reached through others.
var ownImports = []wall{
	{"asue/metering", []string{"os", "sync", "io/fs"}, "the ground knows words and contracts only"},
	{"asue/balancing", []string{"time/tzdata", "os", "sync", "context", "log/slog"}, "the controller has no goroutine and no environment"},
	{"asue/balancing/waterfill", []string{"os", "context", "log/slog"}, "shares are pure"},
	{"asue/balancing/powerflow", []string{"os", "sync", "context", "log/slog", "time"}, "power flow is pure"},
	{"asue/balancing/estimate", []string{"time/tzdata", "os", "sync", "context", "log/slog"}, "an estimate has no goroutine and no environment"},
	{"asue/balancing/study", []string{"time/tzdata", "os", "log/slog"}, "a study has no environment"},
	{"asue/collector/agent", []string{"os", "sync", "context", "log/slog", "crypto/rand", "math/rand/v2"}, "an agent has no goroutine and no environment"},
	{"asue/metering/audit", []string{"os", "sync", "context"}, "the chain is pure"},
	{"asue/metering/alarm", []string{"os", "sync", "context"}, "alarms are pure"},
	{"asue/metering/shift", []string{"os", "sync", "context"}, "the log is pure"},
	{"asue/metering/notify", []string{"os", "sync", "context"}, "what outside hears is pure"},
	{"asue/metering/homeassistant", []string{"os", "sync", "context", "log/slog"}, "descriptions are pure"},
	{"asue/balancing/forecast", []string{"time/tzdata", "os", "sync", "context", "log/slog"}, "forecasting has no goroutine and no environment"},
	{"asue/balancing/reclaim", []string{"time/tzdata", "os", "sync", "context", "log/slog"}, "findings have no goroutine and no environment"},
	{"asue/balancing/reclaim/pool", []string{"time/tzdata", "os", "sync", "context", "log/slog"}, "books have no goroutine and no environment"},
	{"asue/balancing/reclaim/hosting", []string{"time/tzdata", "os", "sync", "context", "log/slog"}, "risk has no goroutine and no environment"},
	{"asue/balancing/reclaim/register", []string{"time/tzdata", "os", "sync", "context", "log/slog"}, "a register has no goroutine and no environment"},
	{"asue/balancing/reclaim/register/table", []string{"time/tzdata", "os", "sync", "log/slog"}, "files are handed in"},
	{"asue/balancing/reclaim/office", []string{"time/tzdata", "os", "sync", "context", "log/slog"}, "an office has no goroutine and no environment"},
	{"asue/dashboards/papers", []string{"os", "context", "log/slog", "time/tzdata"}, "papers have no environment"},
	{"asue/dashboards/reports", []string{"os", "context", "log/slog", "time/tzdata"}, "reports have no environment"},
	{"asue/metering/vee", []string{"os", "sync", "context", "log/slog"}, "validation is pure"},
	{"asue/metering/exchange", []string{"os", "sync", "log/slog"}, "files are handed in"},
	{"asue/metering/balance", []string{"os", "sync", "context", "log/slog"}, "balances are pure"},
	{"asue/metering/demand", []string{"os", "sync", "context", "log/slog"}, "demand is pure"},
	{"asue/metering/vee/rules", []string{"os", "sync", "context", "log/slog"}, "validation is pure"},
	{"asue/simulator", []string{"os", "sync", "net"}, "the world is stepped by its owner"},
}

func TestWalls(t *testing.T) {
	for _, w := range walls {
		check(t, w, goList(t, "{{join .Deps \"\\n\"}}", w.pkg))
	}
	for _, w := range ownImports {
		check(t, w, goList(t, "{{join .Imports \"\\n\"}}", w.pkg))
	}
}

// TestCollectorAndBalancingNeverMeet looks at every package of both sides.
func TestCollectorAndBalancingNeverMeet(t *testing.T) {
	for _, p := range goList(t, "{{.ImportPath}}", "asue/collector/...") {
		check(t, wall{p, []string{"asue/balancing/..."}, "they meet in words and bytes"}, goList(t, "{{join .Deps \"\\n\"}}", p))
	}
	for _, p := range goList(t, "{{.ImportPath}}", "asue/balancing/...") {
		check(t, wall{p, []string{"asue/collector/..."}, "they meet in words and bytes"}, goList(t, "{{join .Deps \"\\n\"}}", p))
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, line := range goList(t, "{{.ImportPath}}|{{.Name}}|{{.Doc}}", "asue/...") {
		part := strings.SplitN(line, "|", 3)
		if len(part) == 3 && part[2] == "" && !strings.HasSuffix(part[0], "_test") {
			t.Errorf("%s has no package comment", part[0])
		}
	}
}

func TestForbids(t *testing.T) {
	cases := []struct {
		rule, dep string
		want      bool
	}{
		{"net", "net", true}, {"net", "net/http", false}, {"net/...", "net/http", true},
		{"net/...", "network", false}, {"asue/...", "asue", true}, {"asue/...", "asue/metering", true},
	}
	for _, c := range cases {
		if got := forbids(c.rule, c.dep); got != c.want {
			t.Errorf("forbids(%q, %q) = %v", c.rule, c.dep, got)
		}
	}
}

func check(t *testing.T, w wall, deps []string) {
	t.Helper()
	for _, rule := range w.forbidden {
		i := slices.IndexFunc(deps, func(dep string) bool { return dep != w.pkg && forbids(rule, dep) })
		if i >= 0 {
			t.Errorf("%s reaches %s: %s", w.pkg, deps[i], w.why)
		}
	}
}

func forbids(rule, dep string) bool {
	if below, ok := strings.CutSuffix(rule, "/..."); ok {
		return dep == below || strings.HasPrefix(dep, below+"/")
	}
	return dep == rule
}

func goList(t *testing.T, format, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", format, pkg).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pkg, err)
	}
	return strings.Fields(strings.ReplaceAll(string(out), " ", "\u00a0"))
}
