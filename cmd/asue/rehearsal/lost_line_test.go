package rehearsal

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/balancing"
	"asue/balancing/estimate"
	"asue/collector/agent"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
	"asue/metering/wire"
	"asue/simulator"
)

var rewrite = flag.Bool("rewrite", false, "write the expected stories anew")

// Karatagai is lost on a working morning while Akzhar stands ready, and returns: the
// whole of it in virtual time, from the meters to the relays, with nothing broken but
// the line. Everybody does his part: the transfer, the model of the network, the
// balancer armed by two persons, the agents. What is told is written down in a file
// that a dispatcher can check.
func TestKaratagaiLost(t *testing.T) {
	for name, armed := range map[string]bool{"karatagai_lost": true, "karatagai_lost_confirm": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newLoss(armed).tellAll()
			file := "testdata/" + name + ".txt"
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// loss is the zone of one such morning.
type loss struct {
	*zone
	armed     bool
	estimator *estimate.Estimator
	text      strings.Builder
	readiness metering.Readiness
	light     string
	feeding   string
	confirmed map[string]bool
	decided   map[string]int               // by kind, since last told
	list      []metering.ActuatorID        // that stood ready when the line tripped
	moved     map[metering.ActuatorID]bool // commanded or asked for since
	switches  string
	startWh   float64 // since the supply changed
	startAt   time.Time
}

// newLoss sets the morning up: the example with Akzhar restored, a network that loses
// nothing, one balancer.
func newLoss(armed bool) *loss {
	start := time.Date(2026, 3, 2, 5, 3, 0, 0, time.UTC) // 10:03 in the zone, a Monday
	s := newStage(1, start)
	plant, faults := site.Options{}.Parse("site.yaml", aktobe.WithAkzhar())
	if plant == nil {
		panic(faults.Error())
	}
	z := &zone{stage: s, temper: temper{name: "karatagai lost", calm: true}, site: plant, pageKeys: trustedByDesks, liars: map[metering.PointID]time.Time{}, restart: time.Hour}
	z.net = &network{stage: s, orderly: true, cut: map[string]time.Time{}, beats: map[metering.AgentID]metering.AgentBeat{}}
	z.row = &row{stage: s, away: map[string]time.Time{}}
	z.period, z.beatEvery = time.Second, time.Second
	z.config = balancing.ConfigOf(plant, start, func(metering.PointID) time.Duration { return time.Second })
	z.config.Acting.Mode = metering.ModeConfirm
	var err error
	if z.world, err = simulator.New(plant, 7, start.Add(-time.Hour)); err != nil {
		panic(err)
	}
	z.world.StepTo(start)
	z.desks = []*desk{{zone: z, name: "a", key: keyA}}
	for _, g := range plant.Agents {
		z.addCabinet(g.ID)
	}
	for _, c := range z.cabinets {
		c.config.Timing = agent.Timing{ReadEvery: time.Second, BeatEvery: time.Second}
	}
	z.meters = newMeters(z, time.Second)
	z.ledger = newBlocks(z)
	z.persons = &persons{zone: z, touched: map[metering.ActuatorID]bool{}}
	l := &loss{zone: z, armed: armed, confirmed: map[string]bool{}, decided: map[string]int{}, moved: map[metering.ActuatorID]bool{}}
	if l.estimator, err = estimate.New(estimate.Config{Site: plant}, start); err != nil {
		panic(err)
	}
	z.desks[0].reads = l.read
	return l
}

// tellAll plays the morning and returns what there is to tell of it.
func (l *loss) tellAll() string {
	l.say("# Karatagai is lost while Akzhar stands ready, auto armed: %v. Times are of the zone.", l.armed)
	l.meters.begin()
	for _, c := range l.cabinets {
		c.boot()
	}
	d := l.desks[0]
	d.boot(0)
	if l.armed {
		l.after(100*time.Second, func() { l.persons.order(metering.Order{Kind: metering.OrderArm}, 2) })
	}
	l.every(time.Second, time.Second, l.look)
	l.every(500*time.Millisecond, 15*time.Second, l.model)
	l.play(l.start.Add(6 * time.Minute))

	l.chapter("before")
	l.state()
	l.tellList()
	l.chapter("Karatagai trips")
	l.scenario(simulator.KaratagaiLost, true)
	l.play(l.now.Add(10 * time.Second))
	l.compare()
	l.play(l.now.Add(110 * time.Second))
	l.state()
	l.play(l.start.Add(27*time.Minute - time.Second)) // the end of the block
	l.block()
	l.state()
	if l.armed {
		l.play(l.start.Add(29 * time.Minute))
		l.chapter("Karatagai returns")
		l.scenario(simulator.KaratagaiLost, false)
		for range 4 {
			l.play(l.now.Add(10 * time.Minute))
			l.state()
		}
	}
	l.chapter("written by agents")
	l.written()
	return l.text.String()
}

func (l *loss) say(format string, args ...any) { fmt.Fprintf(&l.text, format+"\n", args...) }
func (l *loss) clock() string                  { return l.now.In(l.site.Location).Format("15:04:05") }

func (l *loss) chapter(what string) { l.say("\n%s  %s", l.clock(), what) }

func (l *loss) scenario(name string, start bool) {
	l.world.StepTo(l.now)
	err := l.world.Stop(name)
	if start {
		err = l.world.Start(name, "")
	}
	if err != nil {
		panic(err)
	}
	l.look()
}

// model is the part that says what flows and what the reserve could carry. It hears the
// meters as the balancer does.
func (l *loss) model() {
	l.world.StepTo(l.now)
	snap := l.world.Snapshot()
	for _, in := range l.meters.list {
		l.estimator.Hear(l.meters.snapshot(snap, in))
	}
	p := l.estimator.Step(l.now)
	if p.State.Problem != "" {
		return
	}
	l.readiness = l.estimator.Readiness(p)
	p.State.Readiness = &l.readiness
	payload, err := wire.EncodeNetwork(p.State)
	if err != nil {
		panic(err)
	}
	state, err := wire.DecodeNetwork(payload)
	if err != nil {
		panic(err)
	}
	if m, ok := balancing.NetworkOf(l.site, state); ok {
		l.desks[0].c.Step(m)
	}
	r := l.readiness
	if light := fmt.Sprintf("%s, lost %s, backup %v", r.Light, r.Lost, r.Backup); light != l.light {
		l.light = light
		l.say("%s  the model: %s: %s; it binds at %.1f MW: %s", l.clock(), light, r.Later, r.LimitMW, r.Binds)
	}
}

// read tells the balancer's journal: entries of the supply and alarms as they are, of
// decisions how many there were.
func (l *loss) read(e balancing.Entry) {
	switch e.Kind {
	case balancing.EntrySupply, balancing.EntryReady, balancing.EntryAlarm, balancing.EntryFailed:
		l.say("%s  journal: %s: %s", l.clock(), e.Kind, e.Text)
	case balancing.EntryShed, balancing.EntryCap, balancing.EntryRestore:
		l.decided[e.Kind]++
		l.moved[metering.ActuatorID(e.Subject)] = true
	case balancing.EntryProposal:
		if id, asks := e.Args["actuator"].(string); asks {
			l.decided[e.Kind]++
			l.moved[metering.ActuatorID(id)] = true
		}
	}
}

// look tells what one sees happen in a second: switches, the supply, proposals that are
// confirmed.
func (l *loss) look() {
	l.world.StepTo(l.now)
	snap := l.world.Snapshot()
	var closed []string
	for _, s := range l.site.Network.Switches {
		if is, _ := snap.Switch(s.ID); is {
			closed = append(closed, string(s.ID))
		}
	}
	if text := strings.Join(closed, " "); text != l.switches {
		l.switches = text
		zn, _ := snap.Voltage("zn-1")
		l.say("%s  closed: %s; zone %.2f MW, %.1f kV at zn-1", l.clock(), text, snap.Zone().Megawatts(), zn)
	}
	st := l.desks[0].last
	if st.Feeding != l.feeding {
		l.feeding = st.Feeding
		l.startAt, l.startWh = l.now, l.ledger.drawnWh()
		l.say("%s  the balancer: fed by %q, limit %v", l.clock(), st.Feeding, st.Limit)
	}
	if st.Hands == nil || l.armed {
		return
	}
	for _, p := range st.Hands.Proposals { // the shift confirms whatever is asked
		if !l.confirmed[p.ID] {
			l.confirmed[p.ID] = true
			l.persons.order(metering.Order{Kind: metering.OrderConfirm, Proposal: p.ID}, p.Persons)
		}
	}
}

// state tells how things stand.
func (l *loss) state() {
	snap := l.world.Snapshot()
	st := l.desks[0].last
	held := map[string]int{}
	shed := metering.Power(0)
	for _, h := range st.Hands.Actuators {
		if h.Held {
			held[string(h.Kind)]++
		}
		shed += h.Shed.Power
	}
	var list []string
	for _, kind := range slices.Sorted(maps.Keys(held)) {
		list = append(list, fmt.Sprintf("%d %s", held[kind], kind))
	}
	if list == nil {
		list = []string{"nothing"}
	}
	l.say("%s  zone %.2f MW of %.2f MW wanted, limit %v, %s; held: %s", l.clock(), snap.Zone().Megawatts(), snap.Demand().Megawatts(), st.Limit, st.Phase, strings.Join(list, ", "))
	for _, p := range []metering.PointID{"p-in-kar", "p-in-akz-1", "p-in-akz-2"} {
		m, _ := snap.Point(p)
		if m.P > 0 {
			l.say("          %s %.2f MW", p, m.P/1e6)
		}
	}
	list = nil
	for _, kind := range slices.Sorted(maps.Keys(l.decided)) {
		list = append(list, fmt.Sprintf("%d %s", l.decided[kind], kind))
	}
	clear(l.decided)
	l.say("          decided since: %s", strings.Join(list, ", "))
	kv := func(id metering.NodeID) float64 { v, _ := snap.Voltage(id); return v }
	l.say("          zn-1 %.1f kV, s35-1 %.2f kV, s10-1 %.2f kV, s10-2 %.2f kV", kv("zn-1"), kv("s35-1"), kv("s10-1"), kv("s10-2"))
}

// compare holds what was done against the list that stood ready.
func (l *loss) compare() {
	done, other := 0, len(l.moved)
	for _, id := range l.list {
		if l.moved[id] {
			done, other = done+1, other-1
		}
	}
	l.say("%s  of the %d devices of the list %d are commanded or asked for, of others %d", l.clock(), len(l.list), done, other)
}

// tellList tells what stands ready for the loss.
func (l *loss) tellList() {
	r := l.desks[0].last.Hands.Ready
	if r == nil {
		l.say("          nothing stands ready")
		return
	}
	kinds := map[string]metering.Power{}
	clear(l.moved)
	for _, s := range r.Steps {
		l.list = append(l.list, s.Actuator)
		device, _ := l.site.Actuator(s.Actuator)
		kinds[string(device.Kind)+", "+s.Mode] += s.Drop
	}
	l.say("          ready: %s", r)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		l.say("          ready: %.2f MW by %s", kinds[kind].Megawatts(), kind)
	}
}

// block tells the mean of the block since the supply changed, against its limit.
func (l *loss) block() {
	wh := l.ledger.drawnWh() - l.startWh
	limit, _ := l.desks[0].last.Limit.Power, true
	mean := wh / l.now.Sub(l.startAt).Hours() / 1e6
	verdict := "within the limit"
	if mean > limit.Megawatts() {
		verdict = "ABOVE THE LIMIT"
	}
	l.say("%s  the block since %s: %.2f MW on the mean, limit %v: %s", l.clock(), l.startAt.In(l.site.Location).Format("15:04:05"), mean, limit, verdict)
}

// written tells how many commands each kind of device was given, and whether any left a
// resident below its armour.
func (l *loss) written() {
	counts := map[string]int{}
	for _, w := range l.world.Writes() {
		if w.Refused != "" {
			counts["refused"]++
		}
		switch {
		case w.What == simulator.WriteLimit, w.What == simulator.WriteFallback, w.What == simulator.WriteTimeout:
			continue
		}
		counts[fmt.Sprintf("%s %d", w.What, w.Value)]++
	}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		l.say("          %s: %d", what, counts[what])
	}
}
