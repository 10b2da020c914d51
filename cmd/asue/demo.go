package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/dashboards/dispatcher"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/simulator"
	"asue/simulator/modbusd"
)

type demoOptions struct {
	site        string
	akzhar      bool // the built-in example with its line restored
	http        string
	broker      string
	data        string
	speed       float64
	seed        uint64
	days        int
	year        bool
	scenario    string
	writeConfig string
	logLevel    string
}

func newDemo() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The whole system on simulated meters",
		Long: `Starts broker, simulated meters, collectors, stores, controller and page in one go, on the
example zone «Актобе». Residents, loads and technical conditions are invented.

Nothing outside this machine is read or written, and no real meter is touched.`,
		Example: "  asue demo\n  asue demo --speed 60 --scenario morning-peak\n  asue demo --akzhar --scenario karatagai-lost\n  asue demo --write-config zone",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.writeConfig != "" {
				return writeConfig(cmd.OutOrStdout(), o.writeConfig, o.akzhar)
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.http, "http", "127.0.0.1:8080", "address of the page")
	f.StringVar(&o.broker, "broker", "127.0.0.1:1883", "address of the embedded MQTT broker; port 0 lets the system choose")
	f.StringVar(&o.site, "site", "", "site file; the built-in example «Актобе» if empty")
	f.BoolVar(&o.akzhar, "akzhar", false, "play the example as if the line from «Akzhar 2» had been restored and stood ready")
	f.StringVar(&o.data, "data", "", "folder of the data; a temporary one that is deleted at the end if empty")
	f.Float64Var(&o.speed, "speed", 1, "time warp, at least 1")
	f.Uint64Var(&o.seed, "random-seed", 1, "seed of the simulated zone")
	f.IntVar(&o.days, "days", 30, "days of history before now, 0 to 400")
	f.BoolVar(&o.year, "year", true, "give residents a year and a half of past in the ledger, with habits and cases; --year=false: the days alone")
	f.StringVar(&o.scenario, "scenario", "", scenarioHelp())
	f.StringVar(&o.writeConfig, "write-config", "", "write the demo's site.yaml and asue.yaml into this folder and stop")
	f.StringVar(&o.logLevel, "log-level", "warn", "debug, info, warn or error")
	return cmd
}

func (o demoOptions) run(ctx context.Context) error {
	log, err := newLogger(o.logLevel, false)
	if err != nil {
		return err
	}
	if o.days < 0 || o.days > 400 {
		return cli.Usagef("--days %d: use 0 to 400", o.days)
	}
	library, err := regmap.Load()
	if err != nil {
		return err
	}
	if o.akzhar && o.site != "" {
		return cli.Usagef("--akzhar is about the built-in example; in a file of your own write available: true to the source")
	}
	site, err := cli.ReadSite(o.site, library)
	if o.akzhar {
		site, err = cli.ParseSite("examples/aktobe/site.yaml", aktobe.WithAkzhar(), library)
	}
	if err != nil {
		return err
	}
	// A warped run begins thirty days ago and hurries towards the present: the
	// series store refuses samples from the future (docs/decisions/0004).
	now := time.Now().UTC()
	if o.speed > 1 {
		now = now.Add(-30 * 24 * time.Hour)
	}
	c, err := speedClock(o.speed, now)
	if err != nil {
		return err
	}
	cfg := settings.Default()
	cfg.HTTP, cfg.Broker.Listen = o.http, o.broker
	cfg.Roles = settings.AllRoles() // the agent too: what it moves is simulated
	if o.speed <= 2 {               // its loads are simulated: whoever tries it may select and execute; faster than that nobody can
		cfg.Balancer.Mode = metering.ModeConfirm
	}
	cfg.Collector.Retain = time.Hour // there is no backup to be fed again
	if o.speed > 1 {                 // the same number of reads in a second of the wall clock
		cfg.Collector.Fast = max(time.Second, c.Virtual(time.Second))
		cfg.Collector.Energy = max(time.Minute, c.Virtual(time.Second))
		cfg.Collector.Slow = max(time.Minute, c.Virtual(5*time.Second))
	}
	if cfg.Data = o.data; o.data == "" {
		if cfg.Data, err = os.MkdirTemp("", "asue-demo-"); err != nil {
			return fmt.Errorf("temporary folder: %w; name another one with --data", err)
		}
		defer func() {
			if err := os.RemoveAll(cfg.Data); err != nil {
				log.Warn("temporary folder is left behind", "folder", cfg.Data, "err", err)
			}
		}()
	}
	p, err := newProcess(cfg, site, library, c, log)
	if err != nil {
		return err
	}
	p.sources = []source{o.source(p.Clock.Now())}
	if err := p.playDemo(ctx, o); err != nil {
		return err
	}
	p.demo.out = os.Stdout
	p.ready = func() { p.greet(os.Stdout) }
	return p.run(ctx)
}

// source is the site file that is played.
func (o demoOptions) source(at time.Time) source {
	if o.site != "" {
		if list := readSources("", o.site, at); len(list) > 0 {
			return list[0]
		}
	}
	text := aktobe.Site()
	if o.akzhar {
		text = aktobe.WithAkzhar()
	}
	return source{kind: siteSource, text: text, at: at}
}

// greet says where everything is.
func (p *process) greet(w io.Writer) {
	host, port, err := net.SplitHostPort(p.Config.Broker.Listen)
	if err != nil {
		panic("BUG: the broker's own address: " + err.Error())
	}
	fmt.Fprintf(w, `asue %s: %s

%s
  page      http://%s
  MQTT      mosquitto_sub -h %s -p %s -t 'asue/v1/%s/live/#' -v
  Grafana   http://%s/prometheus   (a data source of type Prometheus)
  API       http://%s/api/openapi.json
  actuators %s   (Modbus/TCP; asue simulator --help has their registers)

%sTry / попробуйте: «Сценарии» → «Утренний пик», «Потеря Каратагая», «Счётчик молчит»
Residents, loads and technical conditions are invented. Ctrl-C stops.
`, version, p.Site.Name, p.demo.extent(p.Site), p.Config.HTTP, host, port, p.Site.ID, p.Config.HTTP, p.Config.HTTP, p.demo.devices(), welcome(p.newcomers))
}

// extent says how much there is to see.
func (d *demoWorld) extent(site *metering.Site) string {
	working := 0
	for _, r := range site.Residents {
		if r.State == metering.Working {
			working++
		}
	}
	text := fmt.Sprintf("  %s, %d of them at work, %s (Modbus/TCP, simulated in this process), %s of history",
		counted(len(site.Residents), "resident", "residents"), working, counted(len(site.Meters), "meter", "meters"), counted(d.days, "day", "days"))
	if d.year {
		text += " and a year and a half of intervals"
	}
	return text
}

// playDemo makes the world, serves its meters, and points the collector at them.
func (p *process) playDemo(ctx context.Context, o demoOptions) error {
	origin := p.Clock.Now().Add(-time.Duration(o.days) * 24 * time.Hour).Truncate(24 * time.Hour)
	p.demo = &demoWorld{log: p.Log, seed: o.seed, origin: origin, days: o.days, year: o.year}
	if o.year && o.site == "" {
		p.demo.habits = newDemoHabits(p.Site, p.Clock.Now())
	}
	world, err := simulator.NewWith(p.Site, o.seed, origin, p.demo.habits.all())
	if err != nil {
		return err
	}
	world.Record(&p.demo.truth)
	server, err := modbusd.Listen(modbusd.Config{
		World: world, Library: p.library, Clock: p.Clock, Log: p.Log.With("part", "simulator"),
	})
	if err != nil {
		return err
	}
	world.Record(nil) // the past is recorded; the present comes through the meters
	p.demo.server = server
	meters := settings.MetersByLine(p.Site)
	for line, address := range server.Addresses() {
		if meters[line] == 0 { // actuators: the agent's
			p.Config.Agent.Lines = append(p.Config.Agent.Lines, settings.Line{ID: line, URL: "tcp://" + address})
			continue
		}
		p.Config.Collector.Lines = append(p.Config.Collector.Lines, settings.Line{ID: line, URL: "tcp://" + address})
	}
	if err := startScenario(server, o.scenario); err != nil {
		return err
	}
	p.Add(node.StageBroker, node.As("simulator", server.Serve))
	return ctx.Err()
}

// demoWorld is the simulated zone as the page plays with it.
type demoWorld struct {
	server *modbusd.Server
	truth  simulator.TruthLog
	log    *slog.Logger
	out    io.Writer // where the person looks who has started it; nil: nowhere

	seed   uint64
	origin time.Time   // where truth begins, days before the start
	days   int         // of full detail
	year   bool        // there is an older past
	habits *demoHabits // nil for a site of one's own
}

// devices says where the actuators answer: "act-35 127.0.0.1:40112, …".
func (d *demoWorld) devices() string {
	var list []string
	for _, a := range d.server.Actuators() {
		if at := a.Actuator.Address + " " + a.Address; !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// List returns the scenarios and which of them are being played.
func (d *demoWorld) List() []dispatcher.Scenario {
	active := map[string]bool{}
	for _, a := range d.server.Snapshot().Active() {
		active[a.Name] = true
	}
	var list []dispatcher.Scenario
	for _, s := range simulator.Scenarios() {
		if s.Target == simulator.TargetActuator {
			continue // of one device: for tests and the simulator's own users
		}
		list = append(list, dispatcher.Scenario{ID: s.Name, Active: active[s.Name] || s.Name == simulator.Calm && len(active) == 0})
	}
	return list
}

// Start plays a scenario in place of the one being played.
func (d *demoWorld) Start(_ context.Context, id string) error {
	known := false
	for _, s := range simulator.Scenarios() {
		known = known || s.Name == id
	}
	if !known {
		return fmt.Errorf("scenario %q: %w", id, metering.ErrNotFound)
	}
	if err := d.server.Start(simulator.Calm, ""); err != nil {
		return err
	}
	if id == simulator.Calm {
		return nil
	}
	err := d.server.Start(id, "")
	if err == nil {
		d.log.Info("scenario begins", "scenario", id)
	}
	return err
}
