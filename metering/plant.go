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
	ID       PointID
	Name     string
	Node     NodeID
	Role     PointRole
	Resident ResidentID // set when Role is RoleResident, and for a resident's check points
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
	// Simulation says how the software zone plays this resident; nil elsewhere.
	Simulation *Simulation
}

// Simulation are the parameters of a simulated load.
type Simulation struct {
	Peak        Power   // working-day peak
	PowerFactor float64 // 0.5..1, inductive
}

// Category is the reliability category of supply, 1 to 3 (ПУЭ 1.2).
type Category int

// Condition is a technical condition (ТУ): the power that a resident may draw at
// a node, and since when.
type Condition struct {
	ID       string
	Resident ResidentID
	Node     NodeID
	Power    Power
	Category Category
	Document string
	From     time.Time // inclusive
	To       time.Time // exclusive; zero means "until further notice"
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
	ValidTo   time.Time // zero means "until further notice"
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
	Meters     []Meter
	Installs   []Install
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

// Feeding is the supply line in service: the first available source of the site
// file; false if none is available.
func (s *Site) Feeding() (Source, bool) {
	return find(s.Sources, func(src Source) bool { return src.Available })
}

// Inputs lists the points whose sum the contract limits.
func (s *Site) Inputs() []Point {
	var inputs []Point
	for _, p := range s.Points {
		if p.Role == RoleInput {
			inputs = append(inputs, p)
		}
	}
	return inputs
}

func find[T any](list []T, ok func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, ok); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}
