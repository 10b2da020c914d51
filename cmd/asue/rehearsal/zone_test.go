package rehearsal

import (
	"crypto/ed25519"
	"crypto/sha256"
	_ "embed"
	"time"

	"asue/balancing"
	"asue/collector/agent"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
	"asue/metering/wire"
	"asue/simulator"
)

//go:embed testdata/site.yaml
var smallSite []byte

// keyOf is a signing key by its name.
func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

var (
	keyA, keyB, keyPage, keyStranger = keyOf("a"), keyOf("b"), keyOf("page"), keyOf("stranger")
	trustedByAgents                  = wire.Trust(keyA.Public().(ed25519.PublicKey), keyB.Public().(ed25519.PublicKey))
	trustedByDesks                   = wire.Trust(keyPage.Public().(ed25519.PublicKey))
)

// zone is everything of one run.
type zone struct {
	*stage
	temper    temper
	site      *metering.Site
	config    balancing.Config
	world     *simulator.World
	net       *network
	row       *row
	pageKeys  wire.Keys
	desks     []*desk
	cabinets  []*cabinet
	meters    *meters
	period    time.Duration // from one thought of a balancer to the next
	beatEvery time.Duration // of agents

	// How processes, buses and meters fail.
	restart                          time.Duration // mean time until a dead agent starts again
	slowWrite, lostWrite, lostAnswer float64
	liars                            map[metering.PointID]time.Time // meters that do not tell the truth, until then
	ledger                           *blocks
	persons                          *persons
	over                             bool // the balancers stay dead
}

func readSite(large bool) *metering.Site {
	source := smallSite
	if large {
		source = aktobe.Site()
	}
	plant, faults := site.Options{}.Parse("site.yaml", source)
	if plant == nil {
		panic(faults.Error())
	}
	return plant
}

// newZone sets a run up: nobody is awake yet.
func newZone(seed uint64, large bool) *zone {
	start := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC) // ten o'clock in the zone, a Monday
	s := newStage(seed, start)
	temper := temperOf(s)
	least := time.Duration(0)
	if temper.calm {
		least = 17 * time.Minute // so that it holds a whole block
	}
	s.now = start.Add(s.between(least, 30*time.Minute).Truncate(time.Second))
	s.start = s.now
	z := &zone{stage: s, temper: temper, site: readSite(large), pageKeys: trustedByDesks, liars: map[metering.PointID]time.Time{}, restart: 3 * time.Second}
	z.net = &network{stage: s, weather: z.temper.weather, cut: map[string]time.Time{}, beats: map[metering.AgentID]metering.AgentBeat{}}
	z.row = &row{stage: s, away: map[string]time.Time{}, slow: z.temper.weather.slow}
	z.slowWrite, z.lostWrite, z.lostAnswer = z.temper.bus/2, z.temper.bus/2, z.temper.bus
	poll := pick(s, []time.Duration{3 * time.Second, 5 * time.Second})
	z.period = pick(s, []time.Duration{2 * time.Second, 5 * time.Second})
	z.beatEvery = pick(s, []time.Duration{time.Second, 2 * time.Second, 5 * time.Second})
	if s.chance(0.2) { // a limit that comes by the calendar
		from := s.now.Add(s.between(5*time.Minute, 50*time.Minute)).Truncate(time.Minute)
		z.site.Limits = append(z.site.Limits, metering.LimitBand{Node: z.site.Sources[0].Node, Limit: metering.LimitOf(z.contract() * 85 / 100), From: from, To: from.Add(time.Hour), Document: "a plan"})
	}
	z.config = balancing.ConfigOf(z.site, s.now, func(metering.PointID) time.Duration { return poll })
	z.config.Acting.Mode = pick(s, []metering.Mode{metering.ModeConfirm, metering.ModeAdvisory})
	var err error
	if z.world, err = simulator.New(z.site, s.dice.Uint64(), s.now.Add(-time.Minute)); err != nil {
		panic(err)
	}
	z.world.StepTo(s.now)
	z.desks = []*desk{{zone: z, name: "a", key: keyA}, {zone: z, name: "b", key: keyB}}
	for _, g := range z.site.Agents {
		z.addCabinet(g.ID)
	}
	z.meters = newMeters(z, poll)
	z.ledger = newBlocks(z)
	z.persons = &persons{zone: z}
	return z
}

func (z *zone) contract() metering.Power {
	p, _ := z.site.Sources[0].Contract.Power()
	return p
}

func (z *zone) addCabinet(id metering.AgentID) {
	c := &cabinet{zone: z, id: id, disk: &disk{stage: z.stage}}
	c.config = agent.Config{Name: id, Keys: trustedByAgents, Random: z.dice.Uint64, Refresh: map[metering.ActuatorID]time.Duration{}}
	c.config.Timing.ReadEvery, c.config.Timing.BeatEvery = 2*time.Second, z.beatEvery
	for _, x := range z.site.Actuators {
		if x.Agent == id {
			c.config.Actuators = append(c.config.Actuators, x)
			if x.Kind == metering.ActuatorSetpoint {
				c.config.Refresh[x.ID] = fallbackRefresh
			}
		}
	}
	z.cabinets = append(z.cabinets, c)
}

// begin wakes everybody.
func (z *zone) begin() {
	z.meters.begin()
	z.ledger.begin()
	for _, c := range z.cabinets {
		c.boot()
	}
	for _, d := range z.desks {
		z.after(z.between(0, 5*time.Second), func() { d.boot(0) })
	}
	z.persons.begin()
	z.mischief()
	z.troubles()
}

// leader is the desk that leads, or the first that is alive; nil if none is.
func (z *zone) leader() *desk {
	var any *desk
	for _, d := range z.desks {
		if !d.alive() {
			continue
		}
		if _, held := d.tenure.Holds(z.now); held {
			return d
		}
		any = d
	}
	return any
}
