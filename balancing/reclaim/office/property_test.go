package office_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"

	"pgregory.net/rapid"
)

// crowd is random people at work in an office, and what the test knows of it by itself.
type crowd struct {
	*rapid.T
	o     *office.Office
	now   time.Time
	deeds []metering.Deed
	// returns are the conditions before and after the paper of each return that changed it.
	returns []returning
}

type returning struct {
	file          string
	before, after []metering.Condition
	until         time.Time // when the return was complete or the case closed; zero: not yet
}

// busy is the zone with more to happen in it: twice the contract, a condition to come, one
// that ends, one that may be curtailed.
func busy() office.Config {
	c := config()
	c.Site.Sources[0].Contract = metering.LimitOf(20_000 * kW)
	c.Site.Conditions[1].NonFirm = 300 * kW
	c.Site.Conditions[4].To = day(150)
	c.Site.Conditions = append(c.Site.Conditions, metering.Condition{ID: "tu-6", Resident: "plastics", Node: "f-2", Power: 500 * kW, NonFirm: 100 * kW, Document: "doc of tu-6", From: day(60)})
	c.Nodes = office.NodesOf(c.Site)
	return c
}

func TestRandomPeople(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &crowd{T: t, o: opened(t, busy()), now: day(0)}
		c.do(office.Action{Kind: office.ChangeBooks, Document: "first", Basis: "contract 1", Entries: []pool.Entry{{From: pool.Supply("line"), To: pool.Free("line"), Power: 6000 * kW}}})
		for range rapid.IntRange(1, 50).Draw(t, "deeds") {
			c.now = c.now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 700, 3_600_000, 86_400_000, 10 * 86_400_000, 40 * 86_400_000}).Draw(t, "ms")) * time.Millisecond)
			c.something()
		}
		c.check()
		c.readAgain()
	})
}

func (c *crowd) something() {
	switch rapid.SampledFrom([]string{"step", "step", "step", "step", "queue", "queue", "queue", "sign", "sign", "open", "apply", "terms", "books", "ceiling", "drop"}).Draw(c.T, "what") {
	case "step":
		c.step()
	case "queue":
		c.queue()
	case "sign":
		c.sign(c.draft(), c.person())
	case "open":
		c.open()
	case "apply":
		c.apply()
	case "terms":
		c.terms()
	case "books":
		kinds := [][2]pool.Account{{pool.Grid(), pool.Supply("line")}, {pool.Supply("line"), pool.Free("line")}, {pool.Free("f-1"), pool.Supply("f-1")}, {pool.Supply("line"), pool.Loss("input")}, {pool.Firm("ceramics", "f-1"), pool.Free("f-1")}}
		k := rapid.SampledFrom(kinds).Draw(c.T, "kind")
		c.do(office.Action{Kind: office.ChangeBooks, Document: "order", Basis: "charter", From: c.from(), Entries: []pool.Entry{{From: k[0], To: k[1], Power: c.power()}}})
	case "ceiling":
		c.do(office.Action{Kind: office.SetCeiling, Document: "decision", Basis: "charter", Node: c.node(), Ceiling: &pool.Ceiling{Limit: metering.LimitOf(c.power() * 10)}, Why: "the board", From: c.from()})
	case "drop":
		c.took(c.o.Drop(office.Person{Name: c.person()}, c.now, c.draft(), rapid.SampledFrom([]string{"", "late"}).Draw(c.T, "why")))
	}
}

func (c *crowd) person() string {
	return rapid.SampledFrom([]string{"aliya", "bolat", "dina"}).Draw(c.T, "person")
}

func (c *crowd) node() metering.NodeID {
	return rapid.SampledFrom([]metering.NodeID{"f-1", "f-2", "f-3"}).Draw(c.T, "node")
}

func (c *crowd) power() metering.Power {
	return metering.Power(rapid.IntRange(1, 40).Draw(c.T, "power")) * 25 * kW
}

func (c *crowd) from() time.Time {
	return rapid.SampledFrom([]time.Time{{}, {}, c.now.AddDate(0, 0, 3), c.now.AddDate(0, 0, 45), c.now.AddDate(0, 0, -9)}).Draw(c.T, "from")
}

func (c *crowd) draft() string {
	ids := []string{"D-0"}
	for _, d := range c.o.Drafts(c.now) {
		ids = append(ids, d.ID, d.ID, d.ID)
	}
	return rapid.SampledFrom(ids).Draw(c.T, "draft")
}

func (c *crowd) open() {
	about := rapid.SampledFrom([][]metering.NodeID{{"f-1"}, {"f-2"}, {"f-3"}, {"input", "f-2", "f-3"}}).Draw(c.T, "about")
	resident := rapid.SampledFrom([]metering.ResidentID{"ceramics", "plastics", "chemistry", "centre"}).Draw(c.T, "whose")
	to := time.Date(c.now.Year(), c.now.Month(), 1, 0, 0, 0, 0, aqtobe)
	c.do(office.Action{Kind: office.OpenCase, Document: "finding", Evidence: evidence(c.o, resident, about[0], about[max(0, min(1, len(about)-1)):], reclaim.Idle, c.power(), to)})
}

func (c *crowd) step() {
	cases := c.o.Cases(c.now)
	if len(cases) == 0 {
		c.open()
		return
	}
	f := cases[rapid.IntRange(0, len(cases)-1).Draw(c.T, "case")]
	kinds := f.Possible
	if rapid.IntRange(0, 3).Draw(c.T, "on") > 0 { // not aside
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(k reclaim.Kind) bool {
			return slices.Contains([]reclaim.Kind{reclaim.Suspend, reclaim.Dispute, reclaim.Recovered, reclaim.CloseCase, reclaim.Explain}, k)
		})
	}
	if len(kinds) == 0 || rapid.IntRange(0, 9).Draw(c.T, "sense") == 0 {
		kinds = reclaim.Kinds()
	}
	e := &reclaim.Event{Kind: rapid.SampledFrom(kinds).Draw(c.T, "step"), Volume: c.power(), Months: 3, Remains: f.Case.Allowed - f.Case.Volume,
		Milestone: rapid.IntRange(0, 1).Draw(c.T, "milestone"), Measures: []reclaim.Measure{rapid.SampledFrom([]reclaim.Measure{reclaim.NonFirm, reclaim.NonFirm, reclaim.LowerRating}).Draw(c.T, "measure")},
		Plan:    &reclaim.Plan{Term: reclaim.Term{Days: 20}, Milestones: []reclaim.Milestone{{What: "order", Days: 5}, {What: "start", Days: 20}}},
		Cause:   rapid.SampledFrom([]reclaim.Cause{reclaim.ByZone, reclaim.ForceMajeure}).Draw(c.T, "cause"),
		Outcome: rapid.SampledFrom([]reclaim.Outcome{reclaim.Upheld, reclaim.Dismissed, reclaim.Amended}).Draw(c.T, "outcome")}
	c.do(office.Action{Kind: office.StepCase, Case: f.ID, Document: "step", Basis: "contract 5.4", Event: e, From: c.from()})
}

func (c *crowd) apply() {
	c.do(office.Action{Kind: office.Apply, Document: "wish", Newcomer: &office.Application{Name: "Works", Node: c.node(), Power: c.power(),
		Resident: rapid.SampledFrom([]metering.ResidentID{"", "centre", "ceramics"}).Draw(c.T, "resident"),
		NonFirm:  rapid.SampledFrom([]metering.Power{0, 50 * kW}).Draw(c.T, "non-firm"), Jobs: rapid.IntRange(0, 90).Draw(c.T, "jobs")}})
}

func (c *crowd) queue() {
	list := c.o.Applications(c.now)
	if len(list) == 0 {
		c.apply()
		return
	}
	n := list[rapid.IntRange(0, len(list)-1).Draw(c.T, "application")]
	kinds := []office.Kind{office.Allot, office.GiveBack}
	if n.Status != office.Reserved {
		kinds = []office.Kind{office.Reserve, office.Reserve, office.Refuse, office.Allot}
	}
	a := office.Action{Kind: rapid.SampledFrom(kinds).Draw(c.T, "do"), Application: n.ID, Document: "order", Basis: "rules 3",
		Why: rapid.SampledFrom([]string{"", "declined"}).Draw(c.T, "why"), From: c.from(), Resident: rapid.SampledFrom([]metering.ResidentID{"centre", "ceramics"}).Draw(c.T, "resident")}
	if a.Kind == office.Allot && rapid.Bool().Draw(c.T, "ends") {
		a.Terms = &register.Terms{Until: c.now.AddDate(0, 0, 100)}
	}
	if a.Kind == office.Reserve && rapid.Bool().Draw(c.T, "short") {
		a.Until = c.now.AddDate(0, 0, rapid.IntRange(1, 60).Draw(c.T, "days"))
	}
	c.do(a)
}

// terms changes the register by hand, with one act or two.
func (c *crowd) terms() {
	var acts []register.Act
	for range rapid.IntRange(1, 2).Draw(c.T, "acts") {
		act := register.Act{Kind: register.Issue, Condition: fmt.Sprintf("tu-x%d", len(c.deeds)+len(acts)*1000), Resident: "centre", From: c.from()}
		terms := &register.Terms{Node: c.node(), Firm: c.power(), NonFirm: rapid.SampledFrom([]metering.Power{0, 150 * kW}).Draw(c.T, "non-firm")}
		if versions := c.o.Register().Versions(); rapid.IntRange(0, 3).Draw(c.T, "old") > 0 {
			v := versions[rapid.IntRange(0, len(versions)-1).Draw(c.T, "version")]
			act.Kind, act.Condition, act.Resident, terms.Node = register.Change, v.Condition, v.Resident, v.Node
			if rapid.IntRange(0, 3).Draw(c.T, "end") == 0 {
				act.Kind, terms = register.Withdraw, nil
			}
		}
		if terms != nil && rapid.IntRange(0, 3).Draw(c.T, "until") == 0 {
			terms.Until = c.now.AddDate(0, 0, 90)
		}
		act.Terms = terms
		acts = append(acts, act)
	}
	c.do(office.Action{Kind: office.ChangeTerms, Document: "addendum", Basis: "contract 2", Acts: acts, From: c.from(), Why: rapid.SampledFrom([]string{"", "declined"}).Draw(c.T, "why")})
}

func (c *crowd) do(a office.Action) {
	before := say(c, c.o, c.now)
	deeds, err := c.o.Do(office.Person{Name: c.personOf(a)}, c.now, a)
	if !bytes.Equal(before, say(c, c.o, c.now)) {
		c.Fatalf("%s changed something before it was recorded", a.Kind)
	}
	c.took(deeds, err)
	if len(deeds) == 1 && deeds[0].Kind == string(office.Draft) && rapid.IntRange(0, 3).Draw(c.T, "at once") > 0 {
		c.sign(fmt.Sprintf("D-%d", c.o.Seq()), map[string]string{"aliya": "bolat", "bolat": "dina", "dina": "aliya"}[deeds[0].Author])
	}
}

func (c *crowd) personOf(a office.Action) string {
	if a.Document == "first" {
		return "aliya"
	}
	return c.person()
}

// sign signs a draft, with a balancer that follows the register, is behind it, or knows
// nobody.
func (c *crowd) sign(draft, person string) {
	p := office.Person{Name: person}
	for _, d := range c.o.Drafts(c.now) {
		if f, ok := c.o.Case(d.Action.Case, c.now); ok && d.ID == draft {
			allowed := c.o.Register().Allowed(f.Resident, c.now)
			p.Seen = rapid.SampledFrom([]*office.Seen{nil, {At: c.now, Allowed: allowed}, {At: c.now, Allowed: allowed + 1}}).Draw(c.T, "seen")
		}
	}
	before := say(c, c.o, c.now)
	deeds, err := c.o.Sign(p, c.now, draft)
	if !bytes.Equal(before, say(c, c.o, c.now)) {
		c.Fatalf("signing %s changed something before it was recorded", draft)
	}
	c.took(deeds, err)
}

// took records what was found. It has to be possible.
func (c *crowd) took(deeds []metering.Deed, err error) {
	var r *office.Refusal
	switch {
	case errors.As(err, &r):
		if len(r.Reasons) == 0 || len(deeds) > 0 || slices.Contains(r.Reasons, "") {
			c.Fatalf("refused for %q, with %d deeds", r.Reasons, len(deeds))
		}
		return
	case err != nil:
		c.Fatalf("%v is no refusal", err)
	case len(deeds) == 0:
		c.Fatal("neither deeds nor a refusal")
	}
	for _, d := range deeds {
		d.Seq = c.o.Seq() + 1
		before := c.o.Register()
		if err := c.o.Replay([]metering.Deed{d}); err != nil {
			c.Fatalf("what was found cannot be replayed: %v", err)
		}
		c.deeds = append(c.deeds, d)
		if d.Approver != "" && d.Approver == d.Author {
			c.Fatalf("%s signed twice", d.Author)
		}
		c.mark(d, before)
	}
	c.check()
}
