package balancing

import (
	"fmt"
	"math"
	"strings"
	"time"

	"asue/metering"
)

// Ready is what would be done if the line in service tripped now. It is planned as the
// loss itself would be, by the same shares and choices, and nothing is commanded by it.
type Ready struct {
	At     time.Time `json:"t"`
	Lost   string    `json:"lost"`             // line in service
	Backup []string  `json:"backup,omitempty"` // lines that would feed then; none: the site would be dark
	// Limit is what they allow: the lowest of contracts, calendar and model, as LimitWhy
	// says. Unknown: nobody has stated one.
	Limit    Value  `json:"limit_w"`
	LimitWhy string `json:"limit_why,omitempty"`

	Load    metering.Power `json:"load_w"`    // now
	Need    metering.Power `json:"need_w"`    // what would have to go
	Steps   []ReadyStep    `json:"steps"`     // by devices, in the order in which they would be commanded
	Calls   []ReadyCall    `json:"calls"`     // by telephone, for what the steps leave, the first to be called first
	Missing metering.Power `json:"missing_w"` // what neither brings: the armour, or nobody can be asked
	// Doubt says why the list may not hold: the model's word is old, data are not good.
	Doubt string `json:"doubt,omitempty"`
}

// ReadyStep is a device that would be moved.
type ReadyStep struct {
	Actuator metering.ActuatorID `json:"actuator"`
	Resident metering.ResidentID `json:"resident"`
	Kind     string              `json:"kind"` // "shed", "cap"
	Want     string              `json:"want"`
	Drop     metering.Power      `json:"drop_w"`
	Mode     string              `json:"mode"`              // "auto": at once; "confirm": a person is asked; weaker: persons are told
	Persons  int                 `json:"persons,omitempty"` // who have to confirm
}

// ReadyCall is a resident that would be asked to come down by itself.
type ReadyCall struct {
	Resident metering.ResidentID `json:"resident"`
	Name     string              `json:"name"`
	Class    int                 `json:"class"` // category of its supply, the last to be cut is 1
	Allowed  metering.Power      `json:"allowed_w"`
	Power    metering.Power      `json:"power_w"`
	To       metering.Power      `json:"to_w"` // what it may draw then
	Drop     metering.Power      `json:"drop_w"`
}

// readyEvery is how old the list may be; readyTold is at the least between two entries
// about it.
const (
	readyEvery = 15 * time.Second
	readyTold  = 10 * time.Minute
)

// EntryReady says that what would follow the loss of the line in service has changed.
const EntryReady = "ready"

// readiness is the list that stands.
type readiness struct {
	list *Ready
	at   time.Time
	told time.Time
	gist string // of the last entry
}

// prepareForLoss keeps the list fresh, where anything is known of other supplies.
func (c *Controller) prepareForLoss(now time.Time) {
	r := &c.ready
	if len(c.cfg.Sources) < 2 && c.model.word.At.IsZero() || len(c.plant.claims) == 0 {
		return
	}
	same := r.list != nil && r.list.Lost == c.feeding
	if same && (now.Sub(r.at) < readyEvery || c.emergency != "" && c.awaited()) {
		return
	}
	r.at, r.list = now, nil
	if c.dark() || c.phase == Init || c.emergency != "" && c.awaited() {
		return // one loss at a time: what is on its way has to show first
	}
	list := c.afterLoss(now)
	r.list = &list
	if gist := list.gist(); gist != r.gist && !c.shadow() && (r.told.IsZero() || now.Sub(r.told) >= readyTold || list.supply() != strings.SplitN(r.gist, ";", 2)[0]) {
		r.gist, r.told = gist, now
		c.write(EntryReady, c.feeding, list.String(), nil)
	}
}

// supply is what would feed, in one word for the gist.
func (r *Ready) supply() string { return r.Lost + " → " + strings.Join(r.Backup, ", ") }

// gist is what is worth an entry when it changes: who would feed, the limit in whole
// megawatts, and whether anything would be missing or asked by telephone.
func (r *Ready) gist() string {
	return fmt.Sprintf("%s; %v; need %v, missing %v, calls %v", r.supply(), math.Round(r.Limit.Power.Megawatts()), r.Need > 0, r.Missing > 0, len(r.Calls) > 0)
}

// String tells the list in a sentence.
func (r *Ready) String() string {
	if len(r.Backup) == 0 {
		return fmt.Sprintf("if it tripped now, nothing could feed the site: %v would be dark", rough(float64(r.Load)))
	}
	text := fmt.Sprintf("if it tripped now, %s would feed", strings.Join(r.Backup, " with "))
	if r.Limit.Known {
		text += fmt.Sprintf(" %v (%s)", r.Limit, r.LimitWhy)
	}
	doubt := ""
	if r.Doubt != "" {
		doubt = "; " + r.Doubt
	}
	switch {
	case r.Doubt != "" && r.Load == 0:
		return text + doubt
	case r.Need == 0:
		return text + fmt.Sprintf(": the load of %v fits", rough(float64(r.Load))) + doubt
	}
	by := func(w metering.Power) string { return rough(float64(w)).String() }
	steps, calls := metering.Power(0), metering.Power(0)
	for _, s := range r.Steps {
		steps += s.Drop
	}
	for _, x := range r.Calls {
		calls += x.Drop
	}
	text += fmt.Sprintf(": of %s %s must go, %s by %d devices", by(r.Load), by(r.Need), by(steps), len(r.Steps))
	if len(r.Calls) > 0 {
		text += fmt.Sprintf(", %s by %d calls", by(calls), len(r.Calls))
	}
	if r.Missing > 0 {
		text += fmt.Sprintf(", %s cannot be met", by(r.Missing))
	}
	return text + doubt
}
