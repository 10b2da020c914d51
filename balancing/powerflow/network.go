package powerflow

// Network is what is to be calculated. Buses are named by ID; the order of a list
// means nothing for the answer except that results come in it.
type Network struct {
	BaseMVA    float64 // above 0
	Buses      []Bus
	Generators []Generator
	Branches   []Branch
	Switches   []Switch
	Regulators []Regulator
}

// Kind is what is held at a bus.
type Kind uint8

// Kinds of bus.
const (
	PQ    Kind = iota // load and generation are given
	PV                // a generator holds the voltage, as far as its reactive limits go
	Slack             // a source holds voltage and angle and gives what is needed
)

// Bus is a place of one voltage.
type Bus struct {
	ID     string
	Kind   Kind    // PV and Slack need a generator in service; without one the bus is PQ
	BaseKV float64 // base voltage; 0 if unknown, then no amperes are told
	LoadMW, LoadMvar,
	// ShuntMW is drawn and ShuntMvar fed in at 1 pu, both with the square of the voltage.
	ShuntMW, ShuntMvar float64
	// StartPU and StartDeg are where Options.FileStart begins; 0 pu is flat. A slack
	// holds the angle StartDeg.
	StartPU, StartDeg float64
	Out               bool // it is dead, whatever is connected
}

// Generator feeds in. At a PQ bus both MW and Mvar are given, at a PV bus MW, at a
// slack neither counts.
type Generator struct {
	Bus                        string
	MW, Mvar, MinMvar, MaxMvar float64
	PU                         float64 // voltage held, above 0
	Out                        bool
}

// Branch is a line, a cable or a transformer of two windings; see the package's model.
type Branch struct {
	ID               string // for people; may be empty
	From, To         string
	R, X             float64 // pu, not both 0; a tie of no impedance is a Switch
	B                float64 // total charging, pu
	MagG, MagB       float64 // magnetising admittance at the FROM terminals at ratio 1, pu; MagB of iron is negative
	Ratio            float64 // off-nominal, above 0; 1 for a line
	ShiftDeg         float64 // FROM leads TO by it at no load
	RateMVA          float64 // 0: none is checked
	RateFromA        float64 // permissible current at the FROM end; 0: none
	RateToA          float64
	Out              bool
	FromOpen, ToOpen bool // one open end leaves a charged stub; two are as Out
}

// Switch joins two buses into one node while it is closed.
type Switch struct {
	A, B   string
	Closed bool
}

// Regulator is an on-load tap changer (РПН): it moves the ratio of a branch in whole
// positions until a bus is inside a band. The ratio is 1 + (position−Neutral)·Step;
// a higher position lowers the voltage on the TO side.
type Regulator struct {
	Branch            int    // index in Branches
	Bus               string // whose voltage is held
	LowPU, HighPU     float64
	Step              float64 // above 0, of the nominal ratio
	Min, Max, Neutral int
	Start             int  // position before the first pass
	Blocked           bool // it stays at Start
}
