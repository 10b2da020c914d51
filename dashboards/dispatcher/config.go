package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"asue/metering"
	"asue/metering/password"
	"asue/metering/shift"
)

// Ledger is what the page asks of the ledger; metering.Ledger satisfies it, and
// its contract holds.
type Ledger interface {
	Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error)
	History(ctx context.Context, point metering.PointID, ch metering.Channel, start time.Time) ([]metering.Interval, error)
	Findings(ctx context.Context, q metering.FindingQuery) ([]metering.Finding, error)
	Acts(ctx context.Context, q metering.ActQuery) ([]metering.Act, error)
	Settlements(ctx context.Context) ([]metering.Settlement, error)
}

// Series is what the page asks of the series store; metering.Series satisfies it.
type Series interface {
	Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]metering.Track, error)
}

// Scenario is one play of the simulated zone that the page offers as a button.
type Scenario struct {
	ID     string `json:"id" doc:"name of the scenario; the page translates it" example:"morning-peak"`
	Active bool   `json:"active" doc:"whether it is being played now"`
}

// Scenarios plays scenarios of the simulated zone. It must be safe for
// concurrent use.
type Scenarios interface {
	// List returns the scenarios in the order of the buttons.
	List() []Scenario
	// Start begins a scenario in place of the one being played. It returns
	// metering.ErrNotFound for an unknown id.
	Start(ctx context.Context, id string) error
}

// Accounts is what the page asks about persons; metering.Ledger satisfies it, and
// its contract holds.
type Accounts interface {
	Account(ctx context.Context, name string) (metering.Account, error)
	Accounts(ctx context.Context) ([]metering.Account, error)
	PutAccount(ctx context.Context, a metering.Account, why metering.AuditRecord) (metering.Account, error)
	LoggedIn(ctx context.Context, name string, at time.Time) error
}

// Tokens is what the page asks about residents' tokens; metering.Ledger satisfies it,
// and its contract holds.
type Tokens interface {
	Token(ctx context.Context, id string) (metering.Token, error)
	TokenUsed(ctx context.Context, id string, at time.Time) error
}

// Auditor keeps who has done what; metering.Ledger satisfies it, and its contract
// holds.
type Auditor interface {
	Append(ctx context.Context, r metering.AuditRecord) (metering.AuditRecord, error)
	Audit(ctx context.Context, q metering.AuditQuery) ([]metering.AuditRecord, error)
}

// Orders carries orders to the balancer. It must be safe for concurrent use.
type Orders interface {
	// Send returns nil when the order was handed over: that the balancer obeys is
	// told by its own report.
	Send(ctx context.Context, o metering.Order) error
}

// Info is what the page and the API say about the running program.
type Info struct {
	Version string
}

// Limits bound what clients may cost. A zero field takes its default.
type Limits struct {
	StaleAfter  time.Duration // age at which a value is called stale; default 10 s, twice the slowest usual poll period
	SilentAfter time.Duration // age at which a value is withdrawn and its meter called silent; default 60 s
	Streams     int           // live streams at once; default 64
	Notices     int           // notices kept, oldest closed ones dropped first; default 100
	BodyBytes   int64         // greatest request body; default 64 KiB
	WriteWait   time.Duration // how long one write to a live stream may take before the client is let go; default 5 s of wall time
	QueryWait   time.Duration // how long one question to a store may take; default 10 s of wall time
	Pending     int           // orders that wait for a second person at once; default 32
}

func (l Limits) withDefaults() Limits {
	l.StaleAfter = orDefault(l.StaleAfter, 10*time.Second)
	l.SilentAfter = orDefault(l.SilentAfter, time.Minute)
	l.Streams = orDefault(l.Streams, 64)
	l.Notices = orDefault(l.Notices, 100)
	l.BodyBytes = orDefault(l.BodyBytes, 64<<10)
	l.WriteWait = orDefault(l.WriteWait, 5*time.Second)
	l.QueryWait = orDefault(l.QueryWait, 10*time.Second)
	l.Pending = orDefault(l.Pending, 32)
	return l
}

func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}

// Config is all that a Server is made from.
type Config struct {
	Site *metering.Site
	// Now is the clock of the run; required.
	Now func() time.Time
	// Speed is how many seconds of Now pass in a second of the wall clock; 0 means 1.
	Speed float64
	Log   *slog.Logger // nil discards
	// Demo marks every page as invented data and opens the scenarios.
	Demo      bool
	Ledger    Ledger      // nil: interval questions answer 503
	Series    Series      // nil: the trend is drawn from the ledger alone
	Balances  Balances    // nil: questions for balances answer 503
	Demands   Demands     // nil: questions for demand answer 503
	Scenarios Scenarios   // nil outside the demo
	Capacity  Capacity    // nil: questions about capacity answer 503
	Alarms    Alarms      // nil: questions about alarms answer 503
	Reports   Reports     // nil: questions for reports answer 503
	House     shift.House // what the site's own instruction adds to the operator's log
	Supposing Supposing   // nil: questions "what if" about the network answer 503
	System    System      // nil: how the program stands is not told
	// NetworkEvery is how often a state of the network is told; its age is counted from
	// when the next one was due.
	NetworkEvery time.Duration
	// Accounts and Auditor go together: nobody signs in without a trace. nil: nobody
	// can sign in.
	Accounts Accounts
	Auditor  Auditor
	Tokens   Tokens           // nil: residents' own questions answer 503
	Hasher   *password.Hasher // nil: one of the usual cost
	// Anonymous is the role of who has not signed in: metering.RoleViewer, or empty
	// for none.
	Anonymous metering.Role
	Orders    Orders // nil: orders answer 503
	// Moves is the kind of the actuator that carrying out a proposal would move; false
	// if the proposal is not known. nil: nobody knows. One that is not known counts
	// as a breaker, which needs two persons.
	Moves func(proposal string) (metering.ActuatorKind, bool)
	// Unconfirmed hears of orders of which nothing has shown in time; nil: nobody does.
	// It must not block.
	Unconfirmed func(UnconfirmedOrder)
	// Wall is the clock of people, for sessions and the time of a second approval;
	// the wall clock if nil. Now may be warped.
	Wall   func() time.Time
	Info   Info
	Limits Limits
	// Hosts are further names under which the page may be asked for. On a
	// connection that arrives at a loopback address any other name than
	// localhost is refused, because only DNS rebinding brings it there; a
	// reverse proxy on the same machine needs its public name here.
	Hosts []string
}

func (c Config) check() error {
	var faults []error
	if c.Site == nil {
		faults = append(faults, errors.New("dispatcher: Config.Site is missing: hand in the parsed site file"))
	} else if c.Site.Location == nil {
		faults = append(faults, errors.New("dispatcher: Config.Site has no Location: the page shows the site's own time"))
	}
	if c.Now == nil {
		faults = append(faults, errors.New("dispatcher: Config.Now is missing: hand in the clock of the run"))
	}
	if (c.Accounts == nil) != (c.Auditor == nil) {
		faults = append(faults, errors.New("dispatcher: Config.Accounts and Config.Auditor go together: nobody signs in without a trace"))
	}
	if c.Anonymous != "" && c.Anonymous != metering.RoleViewer {
		faults = append(faults, fmt.Errorf("dispatcher: Config.Anonymous is %q: use %q, or nothing", c.Anonymous, metering.RoleViewer))
	}
	if l := c.Limits.withDefaults(); l.SilentAfter <= l.StaleAfter {
		faults = append(faults, errors.New("dispatcher: Limits.SilentAfter must be above Limits.StaleAfter"))
	}
	return errors.Join(faults...)
}
