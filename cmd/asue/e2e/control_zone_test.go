package e2e

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/clock"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
	"asue/metering/site"
	"asue/metering/sqlite"
	"asue/metering/wire"
	"asue/simulator"
	"asue/simulator/modbusd"
)

// cabinet is the agent of testdata/control.yaml.
const cabinet metering.AgentID = "agent-1"

// zoneOfControl is a whole system of control in processes of its own, on one warped
// clock: a core (broker, metering, collector, page), two balancers and an agent. The
// simulated meters and devices are played by the test itself, so that it sees each
// write; a listener of its own hears what is said.
type zoneOfControl struct {
	t     *testing.T
	name  string
	dir   string
	site  *metering.Site
	clock clock.Clock

	world     *modbusd.Server
	core      *unit
	balancers [2]*unit
	agent     *unit
	broker    string // address
	page      string
	status    string // of the agent

	ledger  string // what the process files say of it; empty: a file
	open    func(ctx context.Context) (metering.Ledger, error)
	keys    wire.Keys // of the balancers
	heard   *listener
	foe     *mischief
	persons [2]*person

	stopped []span // when the agent was stopped, or away; of the wall clock
	cored   []time.Time
}

// newZoneOfControl starts everything and arms auto.
func newZoneOfControl(t *testing.T, name string, speed float64, seed uint64, database bool) *zoneOfControl {
	t.Helper()
	z := &zoneOfControl{t: t, name: name, dir: t.TempDir()}
	text, err := os.ReadFile("testdata/control.yaml")
	if err != nil {
		t.Fatal(err)
	}
	library := models(t)
	var faults site.Faults
	if z.site, faults = site.Parse("control.yaml", text, library.IDs()); faults.Err() != nil {
		t.Fatal(faults)
	}
	write(t, z.dir, "site.yaml", string(text))
	z.clock = clock.Warped(time.Now(), begin, speed)
	z.play(seed)

	first := quietPorts(t, 5)
	address := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", first+i) }
	z.broker, z.page, z.status = address(0), address(1), address(2)
	if database {
		z.database()
	} else {
		z.open = func(ctx context.Context) (metering.Ledger, error) {
			return sqlite.Open(ctx, filepath.Join(z.dir, "core", "ledger.db"))
		}
	}
	t.Cleanup(z.clear)
	z.begin(address(3), address(4))
	return z
}

// play serves the simulated meters and devices.
func (z *zoneOfControl) play(seed uint64) {
	z.t.Helper()
	world, err := simulator.New(z.site, seed, begin.Add(-time.Hour))
	if err != nil {
		z.t.Fatal(err)
	}
	if z.world, err = modbusd.Listen(modbusd.Config{
		World: world, Library: models(z.t), Clock: z.clock, Log: slog.New(slog.DiscardHandler),
	}); err != nil {
		z.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := z.world.Serve(ctx); err != nil {
			z.t.Errorf("simulator: %v", err)
		}
	})
	z.t.Cleanup(func() { cancel(); done.Wait() })
}

func (z *zoneOfControl) database() {
	z.t.Helper()
	c, err := pgtest.Start()
	if err != nil {
		z.t.Fatal(err)
	}
	z.t.Cleanup(func() {
		if err := c.Remove(); err != nil {
			z.t.Error(err)
		}
	})
	dsn, err := c.Database(z.t.Context())
	if err != nil {
		z.t.Fatal(err)
	}
	z.ledger = fmt.Sprintf("ledger: {dsn: %q, password_file: %q}\n", withoutPassword(z.t, dsn), write(z.t, z.dir, "ledger.password", c.Password+"\n"))
	z.open = func(ctx context.Context) (metering.Ledger, error) {
		return postgres.Open(ctx, postgres.Options{DSN: dsn})
	}
}

// begin starts the processes, one after another.
func (z *zoneOfControl) begin(pages ...string) {
	z.t.Helper()
	at := z.world.Addresses()
	fast := max(time.Second, z.clock.Virtual(time.Second))
	z.core = z.unit("core", program, "core.yaml", fmt.Sprintf(
		"data: core\nhttp: %q\nroles: [broker, metering, collector, dispatcher]\nbroker: {listen: %q}\ncollector: {fast: %v, energy: 60s, slow: 60s, retain: 1h, lines: {gw-1: \"tcp://%s\"}}\n%s",
		z.page, z.broker, fast, at["gw-1"], z.ledger), answers("http://"+z.page+"/healthz"))
	z.start(z.core)
	for i, name := range []string{"one", "two"} {
		z.persons[i] = z.employ("core.yaml", name)
	}
	for i, name := range []string{"a", "b"} {
		data := filepath.Join(z.dir, name)
		if err := os.Mkdir(data, 0o750); err != nil {
			z.t.Fatal(err)
		}
		if z.ledger == "" { // one file for all; what else a balancer keeps is its own
			if err := os.Symlink(filepath.Join(z.dir, "core", "ledger.db"), filepath.Join(data, "ledger.db")); err != nil {
				z.t.Fatal(err)
			}
		}
		z.balancers[i] = z.unit("balancer-"+name, program, name+".yaml", fmt.Sprintf(
			"data: %s\nhttp: %q\nroles: [balancer]\nbroker: {url: \"mqtt://%s\"}\nbalancer: {mode: confirm, orders_from: [core/keys/page.pub]}\ncollector: {fast: %v}\n%s",
			name, pages[i], z.broker, fast, z.ledger), answers("http://"+pages[i]+"/healthz"))
		z.start(z.balancers[i])
	}
	var public []ed25519.PublicKey
	for _, name := range []string{"a", "b"} {
		public = append(public, publicKey(z.t, filepath.Join(z.dir, name, "keys", "balancer.pub")))
	}
	z.keys = wire.Trust(public...)
	z.agent = z.unit("agent", agentProgram(z.t), "agent.yaml", fmt.Sprintf(
		"data: agent\nhttp: %q\nroles: [agent]\nbroker: {url: \"mqtt://%s\"}\nagent: {name: %s, keys: [a/keys/balancer.pub, b/keys/balancer.pub], lines: {cab-1: \"tcp://%s\"}}\n",
		z.status, z.broker, cabinet, at["cab-1"]), answers("http://"+z.status+"/healthz"))
	z.heard = listenTo(z)
	z.start(z.agent)
	z.foe = newMischief(z)
}

// unit is a process of the zone with a file of its own.
func (z *zoneOfControl) unit(name, path, file, settings string, up func() bool) *unit {
	config := write(z.t, z.dir, file, "site: site.yaml\nlog_level: info\n"+settings)
	args := []string{"run", "-c", config, "--clock", z.clock.String()}
	if path != program {
		args = args[1:]
	}
	return &unit{name: z.name + " " + name, path: path, args: args, log: filepath.Join(z.dir, name+".log"), up: up}
}

func (z *zoneOfControl) start(u *unit) {
	z.t.Helper()
	if err := u.start(); err != nil {
		z.t.Fatal(err)
	}
	eventually(z.t, u.name+" works", upWithin, u.up)
}

func (z *zoneOfControl) units() []*unit {
	return []*unit{z.core, z.balancers[0], z.balancers[1], z.agent}
}

// clear ends what is still running, and shows the logs of a failed trial.
func (z *zoneOfControl) clear() {
	for _, u := range z.units() {
		if u == nil {
			continue
		}
		u.kill()
		if z.t.Failed() {
			text, err := os.ReadFile(u.log)
			z.t.Logf("end of %s (%v):\n%s", u.name, err, tail(string(text), 25))
		}
	}
}

// employ makes an account for a dispatcher at the command line.
func (z *zoneOfControl) employ(file, name string) *person {
	z.t.Helper()
	p := newPerson(z.t, z.page, name, "harvest-"+name+"-"+fmt.Sprint(time.Now().UnixNano()))
	cmd := exec.Command(program, "user", "add", name, "--role", "dispatcher", "-c", filepath.Join(z.dir, file), "--password-stdin", "--must-change=false")
	cmd.Stdin = strings.NewReader(p.password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		z.t.Fatalf("asue user add: %v\n%s", err, out)
	}
	return p
}

func publicKey(t *testing.T, path string) ed25519.PublicKey {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, err := wire.ParsePublicKey(bytes.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// agentProgram is the built asue-agent, made once beside asue.
var agentBuilt sync.Once

func agentProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(program), "asue-agent")
	agentBuilt.Do(func() {
		build := exec.Command("go", "build", "-o", path, "asue/cmd/asue-agent")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	})
	return path
}

// signal stops a process (SIGSTOP) or lets it go on (SIGCONT).
func (u *unit) signal(s syscall.Signal) { _ = u.cmd.Process.Signal(s) }
