package metering

import (
	"slices"
	"time"
)

// Identifiers, unique within a site. They are made of Latin letters, digits,
// '-', '_' and '.', so that they can stand in a topic, a label and a file name.
type (
	// SiteID names a site; it is part of every topic, key and label.
	SiteID string
	// PointID names a metering point.
	PointID string
	// MeterID names a meter; it is not its serial number.
	MeterID string
	// ResidentID names a consumer of the zone.
	ResidentID string
	// LineID names a communication line: a serial port or an ip:port.
	LineID string
)

// PointRole is what a metering point accounts for.
type PointRole string

// Roles of a point in the balance of the site.
const (
	RoleInput       PointRole = "input"       // energy into the site; the sum of these is what the contract limits
	RoleTransformer PointRole = "transformer" // at a transformer's winding
	RoleSection     PointRole = "section"     // at a section's incoming breaker
	RoleFeeder      PointRole = "feeder"      // outgoing bay that is not one resident's boundary
	RoleResident    PointRole = "resident"    // billing boundary of a resident
	RoleOwnNeeds    PointRole = "own-needs"   // station's own consumption
	RoleTechnical   PointRole = "technical"   // for control only
	RoleCheck       PointRole = "check"       // second meter beside a billing one
)

// Point is a metering point: a place on the network whose energy is accounted
// for.
type Point struct {
	ID   PointID
	Name string
	// Node is where the point stands in the electric network; empty for a point of
	// another medium, and for a virtual point that stands nowhere.
	Node     NodeID
	Role     PointRole
	Resident ResidentID // set when Role is RoleResident, and for a resident's check points
	// Medium is what is metered here; empty is electricity.
	Medium Medium
	// Class names the validation rules that hold here (Site.Rules): "arc-furnace";
	// empty is the class of all others.
	Class string
	// Checks is the billing point beside which a check point stands (RoleCheck).
	Checks PointID
	// Disconnected are the times of confirmed disconnection: the energy is zero.
	Disconnected []Period
	// Faulty are times of faulty metering that an act confirms, from its detection
	// to its restoration: what the meter says is not taken, the average of a
	// neighbouring settlement period is.
	Faulty []Period
}

// MediumOf is the point's medium, electricity if none is stated.
func (p Point) MediumOf() Medium {
	if p.Medium == "" {
		return Electricity
	}
	return p.Medium
}

// Channels lists the channels that a point can have, ascending.
func (p Point) Channels() []Channel {
	var list []Channel
	for _, c := range AllChannels() {
		if c.Medium() == p.MediumOf() {
			list = append(list, c)
		}
	}
	return list
}

// Period is a stretch of time, [From, To).
type Period struct {
	From time.Time // zero means "since the beginning"
	To   time.Time // zero means "until further notice"
}

// Holds reports whether t lies in the period.
func (p Period) Holds(t time.Time) bool {
	return !t.Before(p.From) && (p.To.IsZero() || t.Before(p.To))
}

// VirtualPoint is a point without a meter, computed for each base interval from
// others: a sum, a difference, a share of losses. It has the channels of its
// medium for which every term has one.
type VirtualPoint struct {
	Point
	Terms []Term
}

// Term is one part of a virtual point. Exactly one of Of, LossOf and ShareOf is
// set.
type Term struct {
	// Of is a point, physical or virtual, whose energy enters times Factor.
	Of PointID
	// LossOf is a node (transformer or line) whose calculated loss enters times
	// Factor.
	LossOf NodeID
	// ShareOf is a node whose loss and imbalance are shared out among the
	// residents below it by their energy; the share of this point's resident
	// enters times Factor.
	ShareOf NodeID
	// Channel is whose energy enters; 0: that of the channel being computed.
	Channel Channel
	// Factor is a fraction, negative for a difference; the zero Factor is 1.
	Factor Fraction
	Period // when the term holds
}

// Fraction is Num/Den with Den > 0; the zero Fraction stands for 1.
type Fraction struct{ Num, Den int64 }

// Parts returns numerator and denominator, 1/1 for the zero Fraction.
func (f Fraction) Parts() (num, den int64) {
	if f.Den <= 0 {
		return 1, 1
	}
	return f.Num, f.Den
}

// RuleSet are the parameters of validation for one class of points over a time.
type RuleSet struct {
	Name  string
	Class string // empty: for points of no other class
	Period
	// Values are the parameters that differ from the defaults of package
	// metering/vee/rules, by name, in base units (W, Wh, s, 1).
	Values map[string]float64
	Off    []string // rules that are not applied
}

// Calendar says which days are not what their weekday says.
type Calendar struct {
	// Holidays and Workdays are days of the site's zone, "2026-03-21": holidays
	// on a weekday, and weekends on which work is done.
	Holidays []string
	Workdays []string
}

// Tariff is a plan of tariff zones (зоны суток).
type Tariff struct {
	ID   string
	Name string
	Period
	Zones []TariffZone
}

// TariffZone is a part of the day in one price: "peak" from 19:00 to 24:00. Zones
// of one tariff cover every minute of every kind of day exactly once.
type TariffZone struct {
	Name  string
	Days  []DayKind // all if empty
	Spans []DaySpan // of the local day
}

// DayKind is how a day counts.
type DayKind string

// Kinds of days.
const (
	Workday  DayKind = "workday"
	Saturday DayKind = "saturday"
	Sunday   DayKind = "sunday"
	Holiday  DayKind = "holiday"
)

// DaySpan is a part of the local day by the wall clock, [From, To) since
// midnight, multiples of BasePeriod, 0 ≤ From < To ≤ 24 h.
type DaySpan struct{ From, To time.Duration }

// MediumLimit is how much of a medium the zone may take.
type MediumLimit struct {
	Medium Medium
	// Litres per Per: 20 000 m³/h is 20 000 000 L in an hour.
	Litres Energy
	Per    time.Duration // an hour or a day
}

// Meter is a device.
type Meter struct {
	ID     MeterID
	Model  string // id of a register map in collector/regmap
	Serial string
	Line   LineID
	Unit   uint8 // Modbus unit id on its line, 1..247
	// AccuracyClass as on the nameplate: "0.2S", "0.5S", "1".
	AccuracyClass string
	// VerifiedTo is the end of the verification (поверка), exclusive; zero if it
	// is not stated.
	VerifiedTo time.Time
}

// Line is a communication line as people call it. How it is reached is the
// collector's configuration.
type Line struct {
	ID   LineID
	Name string
}

// Install says that a meter stands at a point.
type Install struct {
	Meter MeterID
	Point PointID
	From  time.Time // inclusive; zero means "since the beginning"
	To    time.Time // exclusive; zero means "until further notice"
	CT    Ratio
	VT    Ratio
	// StartReadings and EndReadings are the acts' register readings by channel,
	// in whole base units at the point; absent where no act gave one.
	StartReadings map[Channel]Energy
	EndReadings   map[Channel]Energy
	// CTClass and VTClass are the accuracy classes of the instrument transformers;
	// empty if there are none or it is not stated. Verification as for meters.
	CTClass, VTClass           string
	CTVerifiedTo, VTVerifiedTo time.Time
	// Pulse is how many thousandths of the base unit one count of a pulse input
	// stands for (10 L per pulse: 10_000); 0 where the register map knows it.
	Pulse int64
	// Act is the paper about putting it up.
	Act string
}

// At reports whether the install is in force at t.
func (i Install) At(t time.Time) bool {
	return !t.Before(i.From) && (i.To.IsZero() || t.Before(i.To))
}

// Multiplier is the fraction by which a secondary count is multiplied.
func (i Install) Multiplier() (num, den int64) {
	cn, cd := i.CT.Factor()
	vn, vd := i.VT.Factor()
	return cn * vn, cd * vd
}

// ResidentState is how far a resident's project has come.
type ResidentState string

// States of a resident.
const (
	Working       ResidentState = "working"
	InRealisation ResidentState = "in-realisation"
	Idle          ResidentState = "idle" // has technical conditions, draws nothing
)

// Trade is the kind of works, which decides the shape of the load.
type Trade string

// Trades of the zone.
const (
	TradeCeramics   Trade = "ceramics"
	TradeDataCentre Trade = "data-centre"
	TradePlastics   Trade = "plastics"
	TradeChemistry  Trade = "chemistry"
	TradeLogistics  Trade = "logistics"
	TradeOffices    Trade = "offices"
	TradeMetal      Trade = "metal"
	TradeBuilding   Trade = "building-materials"
	TradeGas        Trade = "gas"
)

// Trades lists every trade.
func Trades() []Trade {
	return []Trade{
		TradeCeramics, TradeDataCentre, TradePlastics, TradeChemistry, TradeLogistics,
		TradeOffices, TradeMetal, TradeBuilding, TradeGas,
	}
}

// Resident is a consumer of the zone.
type Resident struct {
	ID    ResidentID
	Name  string
	Trade Trade
	State ResidentState
	// Commissioned is when it began to draw, zero if it is not stated.
	Commissioned time.Time
	// GraceMonths after that nothing is asked back from it, by the decision GraceBy of
	// the register; nil: as many as usual.
	GraceMonths *int
	GraceBy     string
	// Simulation says how the software zone plays this resident; nil elsewhere.
	Simulation *Simulation
}

// Simulation are the parameters of a simulated load.
type Simulation struct {
	Peak        Power   // working-day peak
	PowerFactor float64 // 0.5..1, inductive
	// Rebound is how many times the usual load is drawn at most by what was shed
	// or dark, while it makes up for it; 0: by trade.
	Rebound float64
}

// Category is the reliability category of supply, 1 to 3 (ПУЭ 1.2).
type Category int

// Condition is a technical condition (ТУ): the power that a resident may draw at
// a node, and since when.
type Condition struct {
	ID       string
	Resident ResidentID
	Node     NodeID
	Power    Power // firm; 0 or more
	// NonFirm is what may be drawn above Power and may be curtailed, 0: none.
	NonFirm Power
	// VoltageKV is the nominal voltage at which it is connected, 0 if it is not stated.
	VoltageKV float64
	Category  Category
	Document  string
	// Basis is the clause of a contract or the law on which it stands; empty if it is
	// not stated.
	Basis string
	From  time.Time // inclusive
	To    time.Time // exclusive; zero means "until further notice"
	// Stages are the stages of growth that its holder has bound itself to, by Due. They
	// give no right yet.
	Stages []GrowthStage
}

// GrowthStage is power that a resident has bound itself to draw more.
type GrowthStage struct {
	Power      Power // more than without it
	Due        time.Time
	Milestones int // how many are agreed; growth without any is a wish
	Document   string
}

// At reports whether the condition is in force at t.
func (c Condition) At(t time.Time) bool {
	return !t.Before(c.From) && (c.To.IsZero() || t.Before(c.To))
}

// Armour (броня) is the consumption of a resident that must not be cut.
type Armour struct {
	Resident ResidentID
	// Technological is the least power with which a continuous process can be
	// brought to an end; it is held for TechnologicalFor after the notice.
	Technological    Power
	TechnologicalFor time.Duration
	// Emergency is the least power with the process fully stopped that keeps
	// people, plant and environment safe. It is never above Technological.
	Emergency Power
	Act       string
	From      time.Time // inclusive; zero means "since the beginning"
	ValidTo   time.Time // exclusive; zero means "until further notice"
}

// At reports whether the armour is in force at t.
func (a Armour) At(t time.Time) bool {
	return !t.Before(a.From) && (a.ValidTo.IsZero() || t.Before(a.ValidTo))
}

// Promise is a limit that is promised from a day on: in one scenario of what may become
// of a line under restoration, «optimistic», «base» or «late». It permits nothing
// until it has come true.
type Promise struct {
	Scenario string
	Node     NodeID
	Limit    Limit
	From     time.Time
	Document string
}

// Site is everything that the site file says about a plant. It is immutable
// once read: share it freely between goroutines.
type Site struct {
	ID         SiteID
	Name       string
	Location   *time.Location // zone of billing and of the page
	Topology   Topology
	Sources    []Source
	Residents  []Resident
	Conditions []Condition
	Armours    []Armour
	Lines      []Line
	Points     []Point
	Virtual    []VirtualPoint
	Meters     []Meter
	Installs   []Install
	Rules      []RuleSet
	Calendar   Calendar
	Tariffs    []Tariff
	Media      []MediumLimit
	Agents     []Agent
	Actuators  []Actuator
	Limits     []LimitBand
	// Promises are limits to come, by name of a scenario, then by From.
	Promises []Promise
	// Network is zero for a site whose network is not described.
	Network Network
}

// Point finds a point by id.
func (s *Site) Point(id PointID) (Point, bool) {
	return find(s.Points, func(p Point) bool { return p.ID == id })
}

// Meter finds a meter by id.
func (s *Site) Meter(id MeterID) (Meter, bool) {
	return find(s.Meters, func(m Meter) bool { return m.ID == id })
}

// Resident finds a resident by id.
func (s *Site) Resident(id ResidentID) (Resident, bool) {
	return find(s.Residents, func(r Resident) bool { return r.ID == id })
}

// Actuator finds an actuator by id.
func (s *Site) Actuator(id ActuatorID) (Actuator, bool) {
	return find(s.Actuators, func(a Actuator) bool { return a.ID == id })
}

// InstallOf finds the install of a meter in force at t.
func (s *Site) InstallOf(id MeterID, t time.Time) (Install, bool) {
	return find(s.Installs, func(i Install) bool { return i.Meter == id && i.At(t) })
}

// MeterAt finds the install in force at a point at t.
func (s *Site) MeterAt(id PointID, t time.Time) (Install, bool) {
	return find(s.Installs, func(i Install) bool { return i.Point == id && i.At(t) })
}

// Allowed is the sum of a resident's technical conditions in force at t.
func (s *Site) Allowed(id ResidentID, t time.Time) Power {
	var sum Power
	for _, c := range s.Conditions {
		if c.Resident == id && c.At(t) {
			sum += c.Power
		}
	}
	return sum
}

// Permitted is what a resident may draw in all at t, with the part that may be curtailed.
func (s *Site) Permitted(id ResidentID, t time.Time) Power {
	sum := s.Allowed(id, t)
	for _, c := range s.Conditions {
		if c.Resident == id && c.At(t) {
			sum += c.NonFirm
		}
	}
	return sum
}

// Feeding is the supply line in service: the first available source of the site
// file; false if none is available.
func (s *Site) Feeding() (Source, bool) {
	return find(s.Sources, func(src Source) bool { return src.Available })
}

// Inputs lists the points whose sum the contract limits: those of electricity.
func (s *Site) Inputs() []Point { return s.InputsOf(Electricity) }

func find[T any](list []T, ok func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, ok); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}
