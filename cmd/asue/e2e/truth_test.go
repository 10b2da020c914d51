package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"asue/collector/outbox"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/sqlite"
	"asue/simulator"
)

// The truth test runs the system as four processes, with one warped clock for
// all: simulated meters, collector, broker, metering. For two and a half hours of
// that clock each of them is killed more than twenty times, and broker and meters
// are away for a while. Afterwards the ledger must hold the simulator's truth, and
// the series store what the ledger holds. The seed is printed; ASUE_SEED replays
// the kills.
const (
	speed       = 50
	brokerAway  = 12 * time.Minute // of the warped clock
	pollEvery   = 10 * time.Second
	inPeace     = 70 * time.Second // of the wall clock
	collectorID = "c1"
)

// trouble is how long the faults last, of the warped clock, how often each process
// is killed meanwhile besides the aimed kills, and whether the metering is left in
// peace for so long that the cursor of the series store moves.
type trouble struct {
	last  time.Duration
	kills int
	peace bool
}

var (
	longTrouble  = trouble{150 * time.Minute, 20, true}
	shortTrouble = trouble{75 * time.Minute, 8, false}
)

// registerAge is modbusd's default: a tenth of 20 ms of the wall clock.
const registerAge = speed * 2 * time.Millisecond

func TestTruthEmbeddedBroker(t *testing.T) {
	t.Parallel()
	// The meters are away for so long that an interval says so.
	newStage(t, longTrouble, 7*time.Minute).play(embedded)
}

func embedded(s *stage) *unit {
	file := write(s.t, s.dir, "broker.yaml", s.site()+fmt.Sprintf("http: \"\"\nroles: [broker]\nbroker: {listen: \"%s\"}\n", s.broker))
	return s.unit("broker", program, "run", "-c", file, "--clock", s.clock.String())
}

// Mosquitto without persistence: what it holds dies with it.
func TestTruthMosquitto(t *testing.T) {
	t.Parallel()
	// The meters are away for longer than an interval: its energy is not known.
	newStage(t, longTrouble, 20*time.Minute).play(func(s *stage) *unit {
		host, port, _ := strings.Cut(s.broker, ":")
		file := write(t, s.dir, "mosquitto.conf", fmt.Sprintf(
			"listener %s %s\nallow_anonymous true\npersistence false\nlog_dest stdout\nlog_type error\nlog_type warning\n", port, host))
		return s.unit("mosquitto", mosquitto(t), "-c", file)
	})
}

func mosquitto(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatal("mosquitto is not installed: apt-get install mosquitto")
	return ""
}

// stage is where one trial is played.
type stage struct {
	t       *testing.T
	dir     string
	clock   clock.Clock
	seed    uint64
	library *regmap.Library
	plant   *metering.Site

	trouble    trouble
	metersAway time.Duration // once, around a quarter of an hour

	lines  int    // port of the first line of meters
	broker string // address
	page   string // of metering
	status string // of the collector

	units []*unit // in the order in which they start

	// A ledger in a database: what the process file says of it, how it is opened,
	// and what happens to its server while the faults last. The file otherwise.
	ledger   string
	open     func(ctx context.Context) (metering.Ledger, error)
	database func(ctx context.Context, from time.Time, length time.Duration) error
}

func newStage(t *testing.T, trouble trouble, metersAway time.Duration) *stage {
	t.Helper()
	s := &stage{t: t, trouble: trouble, metersAway: metersAway, dir: t.TempDir(), seed: seedOf(t), library: models(t)}
	s.plant = zone(t, s.library)
	write(t, s.dir, "site.yaml", zoneFile(t))
	n := len(simulator.Lines(s.plant))
	s.lines = quietPorts(t, n+3)
	address := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", s.lines+n+i) }
	s.broker, s.page, s.status = address(0), address(1), address(2)
	s.clock = clock.Warped(time.Now(), begin, speed)
	t.Cleanup(s.clear)
	return s
}

// seedOf is what the kills and the simulated zone are drawn from.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ASUE_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("ASUE_SEED=%q is not a number", text)
		}
	}
	t.Logf("ASUE_SEED=%d", seed)
	return seed
}

func (s *stage) site() string { return "site: site.yaml\nlog_level: info\n" }

func (s *stage) unit(name, path string, args ...string) *unit {
	return &unit{name: name, path: path, args: args, log: filepath.Join(s.dir, name+".log"), up: accepts(s.broker)}
}

// clear ends what is still running, and shows the logs of a failed trial.
func (s *stage) clear() {
	for _, u := range s.units {
		u.kill()
	}
	if !s.t.Failed() {
		return
	}
	for _, u := range s.units {
		text, err := os.ReadFile(u.log)
		s.t.Logf("end of %s (%v):\n%s", u.log, err, tail(string(text), 40))
	}
}

func (s *stage) simulator() *unit {
	at := fmt.Sprintf("127.0.0.1:%d", s.lines)
	u := s.unit("simulator", program, "simulator", "--site", filepath.Join(s.dir, "site.yaml"), "--listen", at,
		"--origin", origin.Format(time.RFC3339), "--journal", filepath.Join(s.dir, "journal"),
		"--random-seed", strconv.FormatUint(s.worldSeed(), 10), "--clock", s.clock.String())
	u.up = accepts(at)
	return u
}

func (s *stage) worldSeed() uint64 { return s.seed % 1_000_000 }

func (s *stage) metering() *unit {
	file := write(s.t, s.dir, "metering.yaml", s.site()+fmt.Sprintf(
		"http: %q\nroles: [metering, dispatcher]\ndata: metering\nbroker: {url: \"mqtt://%s\"}\ncollector: {fast: %v}\nseries: {keep: 1000h}\n%s",
		s.page, s.broker, pollEvery, s.ledger))
	u := s.unit("metering", program, "run", "-c", file, "--clock", s.clock.String())
	u.up = answers("http://" + s.page + "/healthz")
	return u
}

func (s *stage) collector() *unit {
	text := s.site() + fmt.Sprintf("http: %q\nroles: [collector]\ndata: collector\nbroker: {url: \"mqtt://%s\"}\n", s.status, s.broker)
	text += fmt.Sprintf("collector:\n  name: %s\n  fast: %v\n  energy: %v\n  keep_free: 0\n  lines:\n", collectorID, pollEvery, pollEvery) // on a full disk telemetry may be lost
	for i, line := range simulator.Lines(s.plant) {
		text += fmt.Sprintf("    %s: tcp://127.0.0.1:%d\n", line, s.lines+i)
	}
	u := s.unit("collector", program, "run", "-c", write(s.t, s.dir, "collector.yaml", text), "--clock", s.clock.String())
	u.up = answers("http://" + s.status + "/healthz")
	return u
}

// play runs the whole story with a broker.
func (s *stage) play(broker func(*stage) *unit) {
	began := time.Now()
	s.units = []*unit{broker(s), s.simulator(), s.metering(), s.collector()}
	for _, u := range s.units {
		if err := u.start(); err != nil {
			s.t.Fatal(err)
		}
		eventually(s.t, u.name+" works", upWithin, u.up)
	}
	s.await("the first batches are acknowledged", func() bool { return s.metric(s.status, "asue_delivery_acks_total") > 0 })
	tr := trial{
		site: s.plant, library: s.library, world: worldMaker(s.t, s.plant, s.worldSeed()), age: registerAge,
		from: metering.PeriodStart(s.clock.Now().Add(time.Minute)).Add(metering.BasePeriod),
	}
	s.disturb()
	tr.to = metering.PeriodStart(s.clock.Now()).Add(metering.BasePeriod)
	s.calm(tr.to.Add(3 * time.Minute))

	e := s.evidence()
	v := &verdict{}
	s.compareOutbox(v, &e)
	judge(v, tr, e)
	if v.narrow < v.intervals/10 {
		v.complain("only %d of %d intervals could be held against the strict bound", v.narrow, v.intervals)
	}
	if e.cursor == 0 && s.trouble.peace {
		v.complain("the cursor of the series store has never moved")
	}
	owed := owed(s.plant, e.batches)
	v.complaints = append(v.complaints, s.compareSeries(owed)...)
	for _, u := range s.units {
		if err := u.faulty(); err != nil {
			v.complain("%v", err)
		}
		if u.kills < s.trouble.kills {
			v.complain("%s was killed %d times only", u.name, u.kills)
		}
	}
	s.t.Log(s.summary(tr, v, owed, e.cursor, time.Since(began)))
	if len(v.complaints) > 0 {
		s.t.Error(report(v.complaints))
	}
}

// disturb kills all units again and again, and returns when they work again.
func (s *stage) disturb() {
	s.t.Helper()
	from, length := time.Now(), s.clock.Real(s.trouble.last)
	group, ctx := errgroup.WithContext(context.Background())
	for i, plan := range s.plans(from, length) {
		group.Go(func() error { return s.units[i].endure(ctx, plan) })
	}
	if s.database != nil {
		group.Go(func() error { return s.database(ctx, from, length) })
	}
	if err := group.Wait(); err != nil {
		s.t.Fatal(err)
	}
	if err := (clock.Clock{}).SleepUntil(s.t.Context(), from.Add(length)); err != nil {
		s.t.Fatal(err)
	}
	for _, address := range []string{s.page, s.status} {
		s.await(address+" is ready", answers("http://"+address+"/readyz"))
	}
}

// plans says when each unit is killed: at random, all of them just before the same
// quarter of an hour, where it matters most, and all of them together once more.
// The broker stays away for a while, and so do the meters, around another quarter.
// The metering is left in peace for a while, so that the cursor of the series
// store moves: it follows a minute behind.
func (s *stage) plans(from time.Time, length time.Duration) [][]moment {
	dice := rand.New(rand.NewPCG(s.seed, 1))
	within := func(margin time.Duration) time.Time {
		return from.Add(time.Duration(dice.Int64N(int64(length - margin))))
	}
	now := s.clock.Now() // at from
	before := func(quarter int, d time.Duration) time.Time {
		at := metering.PeriodStart(now).Add(time.Duration(1+quarter) * metering.BasePeriod).Add(-d)
		return from.Add(max(0, s.clock.Real(at.Sub(now))))
	}
	peace := span{}
	if s.trouble.peace {
		peace = span{within(2 * inPeace).Add(inPeace / 4), inPeace}
	}
	outside := func(draw func() time.Time) time.Time {
		for {
			if at := draw(); !peace.holds(at) && !peace.holds(at.Add(15*time.Second)) {
				return at
			}
		}
	}
	quarters := dice.Perm(int(s.trouble.last/metering.BasePeriod) - 2)
	aimed := outside(func() time.Time {
		dice.Shuffle(len(quarters), func(i, j int) { quarters[i], quarters[j] = quarters[j], quarters[i] })
		return before(quarters[0], 15*time.Second)
	})
	together := outside(func() time.Time { return within(length / 10) })
	plans := make([][]moment, len(s.units))
	for i := range plans {
		quiet := span{}
		if i == 2 {
			quiet = peace
		}
		plans[i] = append(moments(dice, s.trouble.kills, from, length, quiet),
			moment{at: aimed.Add(time.Duration(dice.Int64N(int64(s.clock.Real(15 * time.Second))))), away: shortly(dice)},
			moment{at: together, away: shortly(dice), child: true})
	}
	away := s.clock.Real(brokerAway)
	plans[0] = append(plans[0], moment{at: within(2 * away), away: away})
	plans[1] = append(plans[1], moment{at: before(quarters[1], s.metersAway/2), away: s.clock.Real(s.metersAway)})
	if s.trouble.peace {
		plans[2] = append(plans[2], moment{at: peace.from.Add(inPeace - time.Second), only: true})
	}
	for range 3 {
		plans[2] = append(plans[2], moment{at: outside(func() time.Time { return within(0) }), only: true})
	}
	for i := range plans {
		plans[i] = inOrder(plans[i])
	}
	return plans
}

// calm lets time go on without faults, until everything that was read is in the
// ledger, and stops the collector and the metering.
func (s *stage) calm(until time.Time) {
	s.t.Helper()
	if err := s.clock.SleepUntil(s.t.Context(), until); err != nil {
		s.t.Fatal(err)
	}
	s.await("nothing is owed to the ledger any more", func() bool {
		return s.metric(s.status, "asue_delivery_owed") == 0 && s.metric(s.status, "asue_delivery_online") == 1
	})
	for _, u := range []*unit{s.units[3], s.units[2]} {
		if err := u.stop(upWithin); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *stage) await(what string, ok func() bool) {
	s.t.Helper()
	eventually(s.t, what, upWithin, ok)
}

func (s *stage) evidence() evidence {
	s.t.Helper()
	ctx := s.t.Context()
	open := s.open
	if open == nil {
		open = func(ctx context.Context) (metering.Ledger, error) {
			return sqlite.Open(ctx, filepath.Join(s.dir, "metering", "ledger.db"))
		}
	}
	ledger, err := open(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	e, err := gather(ctx, ledger)
	if err != nil {
		s.t.Fatal(err)
	}
	if e.cursor, err = ledger.Cursor(ctx, "series"); err != nil {
		s.t.Fatal(err)
	}
	if err := ledger.Close(); err != nil {
		s.t.Fatal(err)
	}
	return e
}

// compareOutbox: what the collector holds for acknowledged is in the ledger, and
// what it does not it still has.
func (s *stage) compareOutbox(v *verdict, e *evidence) {
	box, err := outbox.Open(filepath.Join(s.dir, "collector", "outbox-"+collectorID+".db"), outbox.Options{})
	if err != nil {
		v.complain("%v", err)
		return
	}
	defer func() { _ = box.Close() }()
	for _, m := range e.marks {
		if m.Epoch != box.Epoch() || box.Acked() > m.Contiguous || m.Highest > box.Last() {
			v.complain("the outbox (epoch %d, acknowledged %d, last %d) does not fit the ledger's %+v", box.Epoch(), box.Acked(), box.Last(), m)
		}
	}
	if box.Last()-box.Acked() > 500 {
		v.complain("of %d batches only %d are acknowledged", box.Last(), box.Acked())
	}
	rows, _, err := box.Read(box.Acked()+1, box.Last(), 1000, 1<<30)
	if err != nil {
		v.complain("%v", err)
	}
	e.waiting = map[uint64]bool{}
	for _, row := range rows {
		e.waiting[row.Seq] = true
	}
}

// compareSeries starts the metering once more and waits until the series store
// holds what the ledger has.
func (s *stage) compareSeries(owed drawn) (complaints []string) {
	s.t.Helper()
	u := s.units[2]
	if err := u.start(); err != nil {
		return []string{err.Error()}
	}
	eventually(s.t, "metering works", upWithin, u.up)
	deadline := time.Now().Add(upWithin)
	for {
		got, err := held("http://"+s.page+"/prometheus", owed, begin.Add(-time.Hour), s.clock.Now().Add(time.Hour))
		if err != nil {
			complaints = []string{err.Error()}
		} else {
			complaints = differences(owed, got)
		}
		if len(complaints) == 0 || time.Now().After(deadline) {
			return complaints
		}
		if err := (clock.Clock{}).Sleep(s.t.Context(), time.Second); err != nil {
			return append(complaints, err.Error())
		}
	}
}

// metric is the sum of a metric's values; -1 if it cannot be had.
func (s *stage) metric(address, name string) float64 {
	text, err := fetch("http://" + address + "/metrics")
	if err != nil {
		return -1
	}
	sum, found := 0.0, false
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || (rest[0] != '{' && rest[0] != ' ') {
			continue
		}
		fields := strings.Fields(rest)
		value, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			return -1
		}
		sum, found = sum+value, true
	}
	if !found {
		return -1
	}
	return sum
}

func (s *stage) summary(tr trial, v *verdict, owed drawn, cursor int64, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "TRUTH %s\n", s.units[0].name)
	for _, u := range s.units {
		fmt.Fprintf(&b, "  %-10s killed %d times, up again after %v at the latest", u.name, u.kills, u.slowest.Round(time.Millisecond))
		if u.children > 0 {
			fmt.Fprintf(&b, ", its child killed with it %d times and alone %d times", u.children, u.orphaned)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "  intervals  %d from %s to %s, %d within one count; %d held to the strict bound (greatest error %.2f counts of coarse registers, %.0f %% of the bound)\n",
		v.intervals, tr.from.Format("15:04"), tr.to.Format("15:04"), v.withinQuantum, v.narrow, v.worstQuanta, 100*v.worstShare)
	fmt.Fprintf(&b, "  widened    %d (greatest error %.0f %% of the uncertainty), of them flagged %d; renewed by late readings %d; without energy %d, filled %d; versions %d; sums %d\n",
		v.widened, 100*v.worstWide, v.flagged, v.late, v.null, v.filled, v.versions, v.runs)
	fmt.Fprintf(&b, "  ledger     %d batches, %d counter readings checked to the count, %d without a value\n", v.batches, v.readings, v.unread)
	fmt.Fprintf(&b, "  series     %d samples of %d series compared; cursor at %d\n", owed.count(), len(owed), cursor)
	fmt.Fprintf(&b, "  took       %v", took.Round(time.Second))
	return b.String()
}
