package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/simulator"
	"asue/simulator/modbusd"
)

// simulatorOptions say which zone is played and where its meters answer.
type simulatorOptions struct {
	site     string
	listen   string
	rtuTCP   []string
	serial   []string
	baud     int
	seed     uint64
	origin   string
	journal  string
	scenario string
	clock    string
	speed    float64
	logLevel string
}

func newSimulator() *cobra.Command {
	var o simulatorOptions
	cmd := &cobra.Command{
		Use:   "simulator",
		Short: "Serve the meters and actuators of a site as simulated Modbus devices, for anybody's client",
		Long: `Plays the works of a site and serves every meter of its site file over Modbus with
the register map of its model. Each communication line of the file gets a port of its
own, the first one the port of --listen; meters answer under their unit ids.

Actuators answer on their lines too, and can be written: the loads behind them obey,
with the delays of real devices. What every module has in its registers:
  asue-setpoint  holding 0-1 limit in W, 2 time-out of the limit in s, 3-4 fallback
                 limit in W; input 0-1 limit in force, 2-3 measured power in W;
                 discrete inputs 0 local, 1 fault, 2 limit timed out
  asue-relay8    coils 0-7, 1 is closed; discrete inputs 0-7 contacts, 8-15 local;
                 input 0-15 power in W, two registers for each channel
  asue-breaker   coils 0 select open, 1 operate open, 2 select close, 3 operate close,
                 operate within 10 s of select; discrete inputs 0 closed, 1 open,
                 2 local, 3 spring charged; input 0-1 power in W

Ports speak Modbus/TCP; those of lines named by --rtu-tcp speak RTU frames instead, as
behind a converter. A line named by --serial gets a serial port too: a pseudo terminal,
whose path is printed, to be opened by any program like /dev/ttyUSB0, with any baud rate
and parity (Linux only). Over RTU a meter that is silent, and one that does not exist,
says nothing; it is one line all the same, and answers one master at a time.`,
		Example: "  asue simulator --site examples/aktobe/site.yaml --listen 127.0.0.1:5020\n" +
			"  mbpoll -m tcp -p 5030 -a 1 -t 4:hex -r 1 127.0.0.1 0x0018 0x6A00   (1.6 MW for sp-ceramics-1-1)\n" +
			"  mbpoll -m tcp -p 5020 -a 1 -t 4:float -B -r 3060 -1 127.0.0.1\n" +
			"  asue simulator --serial gw-110 --rtu-tcp gw-35\n" +
			"  mbpoll -m rtu -b 9600 -P none -a 1 -t 4:float -B -r 3060 -1 /dev/pts/7",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVar(&o.site, "site", "", "site file; the built-in example «Актобе» if empty")
	f.StringVar(&o.listen, "listen", "127.0.0.1:5020", "address of the first line; the next ones take the ports after it")
	f.StringSliceVar(&o.serial, "serial", nil, "lines that get a serial port too, separated by commas")
	f.StringSliceVar(&o.rtuTCP, "rtu-tcp", nil, "lines whose ports speak RTU frames, separated by commas")
	f.IntVar(&o.baud, "baud", 0, "rate at which answers in RTU frames come; as fast as can be if 0")
	f.Uint64Var(&o.seed, "random-seed", 1, "seed of the zone; the same seed and origin replay the same registers")
	f.StringVar(&o.origin, "origin", "", "time at which all registers were zero, RFC 3339; 30 days ago if empty")
	f.StringVar(&o.journal, "journal", "", "file that keeps the scenarios, so that a restarted simulator goes on with the same registers")
	f.StringVar(&o.scenario, "scenario", "", scenarioHelp())
	f.Float64Var(&o.speed, "speed", 1, "time warp, at least 1")
	f.StringVar(&o.clock, "clock", "", "clock shared with other processes")
	f.StringVar(&o.logLevel, "log-level", "info", "debug, info, warn or error")
	hide(cmd, "clock")
	return cmd
}

func (o simulatorOptions) run(ctx context.Context) error {
	log, err := newLogger(o.logLevel, !node.IsTerminal(os.Stderr))
	if err != nil {
		return err
	}
	library, err := regmap.Load()
	if err != nil {
		return err
	}
	site, err := cli.ReadSite(o.site, library)
	if err != nil {
		return err
	}
	c, err := o.makeClock()
	if err != nil {
		return err
	}
	address, err := modbusd.Ports(site, o.listen)
	if err != nil {
		return cli.Usagef("%v", err)
	}
	for _, name := range slices.Concat(o.serial, o.rtuTCP) {
		if lines := simulator.Lines(site); !slices.Contains(lines, metering.LineID(name)) {
			return cli.Usagef("the site has no line %q: use some of %v", name, lines)
		}
	}
	if o.baud < 0 || o.baud > 0 && o.baud < 300 {
		return cli.Usagef("--baud %d: use 300 or more, or 0", o.baud)
	}
	world, err := o.makeWorld(site, c)
	if err != nil {
		return err
	}
	server, err := modbusd.Listen(modbusd.Config{
		World: world, Library: library, Clock: c, Address: address, Journal: o.journal, Log: log,
		RTU: lineIDs(o.rtuTCP), Serial: lineIDs(o.serial), Baud: o.baud,
	})
	if err != nil {
		return err
	}
	if err := startScenario(server, o.scenario); err != nil {
		return err
	}
	o.printLines(site, server)
	return server.Serve(ctx)
}

func (o simulatorOptions) makeClock() (clock.Clock, error) {
	if o.clock != "" {
		c, err := clock.Parse(o.clock)
		if err != nil {
			return c, cli.Usagef("%v", err)
		}
		return c, nil
	}
	return speedClock(o.speed, time.Now())
}

// speedClock is a clock that shows start now.
func speedClock(speed float64, start time.Time) (clock.Clock, error) {
	if !(speed >= 1 && speed <= 3600) {
		return clock.Clock{}, cli.Usagef("--speed %v: use 1 (real time) to 3600", speed)
	}
	if speed == 1 {
		return clock.Clock{}, nil
	}
	return clock.Warped(time.Now(), start, speed), nil
}

// makeWorld continues the journal's world where there is one.
func (o simulatorOptions) makeWorld(site *metering.Site, c clock.Clock) (*simulator.World, error) {
	origin, seed := c.Now().Add(-30*24*time.Hour).Truncate(time.Hour), o.seed
	if o.origin != "" {
		t, err := time.Parse(time.RFC3339, o.origin)
		if err != nil {
			return nil, cli.Usagef("--origin %q: write a time like 2026-01-15T00:00:00Z", o.origin)
		}
		origin = t
	}
	if o.journal != "" {
		head, err := modbusd.ReadJournalHead(o.journal)
		switch {
		case err == nil:
			origin, seed = head.Origin, head.Seed
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	if origin.After(c.Now()) {
		return nil, cli.Usagef("--origin %s lies in the future of the run, which is at %s", origin.Format(time.RFC3339), c.Now().Format(time.RFC3339))
	}
	return simulator.New(site, seed, origin)
}

func lineIDs(names []string) []metering.LineID {
	var ids []metering.LineID
	for _, name := range names {
		ids = append(ids, metering.LineID(name))
	}
	return ids
}

// printLines prints each line's address, as asue's own files name it, and its
// units, of relays with the channel.
func (o simulatorOptions) printLines(site *metering.Site, server *modbusd.Server) {
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	addresses, ports := server.Addresses(), server.SerialPorts()
	for _, line := range simulator.Lines(site) {
		var units []string
		for _, m := range site.Meters {
			if m.Line == line {
				units = append(units, fmt.Sprintf("%d=%s", m.Unit, m.ID))
			}
		}
		for _, a := range site.Actuators {
			switch {
			case a.Address != string(line):
			case a.Kind == metering.ActuatorRelay:
				units = append(units, fmt.Sprintf("%d.%d=%s", a.Unit, a.Channel, a.ID))
			default:
				units = append(units, fmt.Sprintf("%d=%s", a.Unit, a.ID))
			}
		}
		at := addresses[line]
		if slices.Contains(o.rtuTCP, string(line)) {
			at = "rtu+tcp://" + at
		}
		if port, ok := ports[line]; ok {
			at += " " + port
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", line, at, strings.Join(units, " "))
	}
	_ = tw.Flush() // a closed terminal does not stop the meters
}

func scenarioHelp() string {
	var names []string
	for _, s := range simulator.Scenarios() {
		name := s.Name
		if s.Target != simulator.TargetNone {
			name += "[:" + strings.ToUpper(string(s.Target)) + "]"
		}
		names = append(names, name)
	}
	return "scenario to start with: " + strings.Join(names, ", ")
}

// startScenario starts a scenario as flags name it, NAME or NAME:TARGET; none if it
// is empty.
func startScenario(server *modbusd.Server, text string) error {
	if text == "" {
		return nil
	}
	name, target, _ := strings.Cut(text, ":")
	if err := server.Start(name, target); err != nil {
		return cli.Usagef("--scenario %s: %v", text, err)
	}
	return nil
}

// hide keeps a flag that only other processes use out of the help.
func hide(cmd *cobra.Command, flag string) {
	if err := cmd.Flags().MarkHidden(flag); err != nil {
		panic("BUG: " + err.Error())
	}
}
