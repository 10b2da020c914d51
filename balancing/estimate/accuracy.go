package estimate

import (
	"math"
	"time"

	"asue/metering"
	"asue/metering/balance"
)

// accuracy is how well a meter with its transformers measures, as standard deviations.
type accuracy struct {
	relative float64 // of the apparent power, at rated current
	voltage  float64 // relative
	rated    float64 // MVA of the transformers' rated current and voltage; 0: not known
}

// What meters do not show: values are read one after the other while loads move, and
// the model's own transformers and voltages are no better than this.
const (
	unsynchronised = 0.007 // of the power
	modelVoltage   = 0.002 // of a voltage
	modelLoss      = 0.05  // of calculated losses
	assumedClass   = 1.0   // %, where no class is stated
	lightLoad      = 0.05  // of the rated power: below it the absolute error stays
	resolution     = 2e-4  // of the rated power
)

// accuracyOf takes classes as limits of evenly spread errors, whose deviation is the
// limit over √3. A class that is not stated is taken as 1 for the meter; for a
// transformer as 1 if there is one.
func accuracyOf(site *metering.Site, p metering.PointID, at time.Time) accuracy {
	install, ok := site.MeterAt(p, at)
	if !ok {
		return accuracy{relative: assumedClass / 100, voltage: assumedClass / 100}
	}
	meter, _ := site.Meter(install.Meter)
	m := class(meter.AccuracyClass, true)
	ct := class(install.CTClass, install.CT.Primary > 0 && install.CT != metering.Direct)
	vt := class(install.VTClass, install.VT.Primary > 0 && install.VT != metering.Direct)
	a := accuracy{relative: math.Sqrt(m*m+ct*ct+vt*vt) / math.Sqrt(3) / 100, voltage: math.Hypot(vt, math.Max(m, 0.2)) / math.Sqrt(3) / 100}
	if vn, vd := install.VT.Factor(); vn != vd && install.CT.Primary > 0 {
		a.rated = math.Sqrt(3) * float64(install.CT.Primary) * float64(vn) / 1e6
	}
	return a
}

func class(name string, there bool) float64 {
	if c, err := balance.ParseAccuracy(name); err == nil {
		return c.Percent
	}
	if there {
		return assumedClass
	}
	return 0
}

// sigma is the standard deviation of a measured power, MW or Mvar: angle errors make
// active and reactive power err by parts of the apparent one.
func (a accuracy) sigma(flow complex128) float64 {
	s := math.Hypot(real(flow), imag(flow))
	return math.Sqrt(square(a.relative*math.Max(s, lightLoad*a.rated)) + square(unsynchronised*s) + square(resolution*a.rated) + square(1e-4))
}

func square(x float64) float64 { return x * x }
