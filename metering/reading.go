package metering

import (
	"fmt"
	"math"
	"time"
)

// Count is the raw state of a cumulative register, exact and as the device
// holds it.
type Count struct {
	Raw  int64 // the register's integer content, ≥ 0
	Step int64 // thousandths of the base unit (mWh, mvarh) per count, > 0: 0.01 kWh is 10_000
	// Secondary is set when the register counts at the secondary side of the
	// instrument transformers, so that the energy at the point is the count
	// times the install's CT and VT ratios.
	Secondary bool
}

// Reading is one value of one quantity. Collectors move thousands of them a second,
// so its small fields stand together.
type Reading struct {
	Quantity Quantity
	Quality  Quality
	// Value is in the quantity's base unit, at the primary side. It is
	// meaningful only when Quality.HasValue() holds, and is then a finite number.
	Value float64
	// Count is set (Step > 0) when the quantity is a counter.
	Count Count
	// Reason says in a few words why the quality is not Good.
	Reason string
}

// Usable reports whether the reading may enter a sum, an interval or a
// decision: the quality allows it and the value is finite.
func (r Reading) Usable() bool {
	return r.Quality.Usable() && !math.IsNaN(r.Value) && !math.IsInf(r.Value, 0)
}

// Snapshot is what one meter answered to one read: the quantities of one block
// of registers, which share one time stamp.
type Snapshot struct {
	Meter MeterID
	Model string // model id and revision of the register map used
	// At is the midpoint between the end of the request and the answer, UTC,
	// cut to milliseconds.
	At time.Time
	// Took is how long the transaction lasted. The true time of the values lies
	// within At ± Took/2.
	Took time.Duration
	// Mono is the collector's monotonic clock at At: time since the collector
	// process started. It shows steps of the collector's wall clock.
	Mono time.Duration
	// Clock is the meter's own clock, zero if it was not read.
	Clock time.Time
	// Quality is that of the read as a whole. With CommFail or DeviceFault
	// there are no readings: the absence is data.
	Quality  Quality
	Reason   string
	Readings []Reading
}

// Find returns the reading of a quantity, and whether there is one.
func (s Snapshot) Find(q Quantity) (Reading, bool) {
	for _, r := range s.Readings {
		if r.Quantity == q {
			return r, true
		}
	}
	return Reading{}, false
}

// RegisterReading is a counter reading as the ledger keeps it for billing.
type RegisterReading struct {
	At    time.Time
	Took  time.Duration
	Count Count
}

// Ratio is a transformation ratio, primary over secondary: 600/5 A or
// 10000/100 V. The zero Ratio means "none", a factor of one.
type Ratio struct {
	Primary   int64
	Secondary int64
}

// Direct is the ratio of a meter that is connected without a transformer.
var Direct = Ratio{Primary: 1, Secondary: 1}

// Factor returns the ratio as a fraction num/den with den > 0; 1/1 for the zero
// Ratio.
func (r Ratio) Factor() (num, den int64) {
	if r.Primary <= 0 || r.Secondary <= 0 {
		return 1, 1
	}
	return r.Primary, r.Secondary
}

// String prints the ratio as people write it: "600/5", or "direct".
func (r Ratio) String() string {
	if num, den := r.Factor(); num == den {
		return "direct"
	}
	return fmt.Sprintf("%d/%d", r.Primary, r.Secondary)
}
