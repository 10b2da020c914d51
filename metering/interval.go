package metering

import (
	"fmt"
	"time"
)

// Channel is one of the things that a point accounts for: an energy, or the
// volume of another medium. Its number is its identity in the ledger; those of
// the energies are the channel codes of layout 80020 (01 A+ … 04 R-).
type Channel uint8

// Channels and the quantities whose registers feed them.
const (
	ChannelActiveImport   Channel = 1 // A+, Wh
	ChannelActiveExport   Channel = 2 // A-, Wh
	ChannelReactiveImport Channel = 3 // R+, varh
	ChannelReactiveExport Channel = 4 // R-, varh
	ChannelGas            Channel = 5 // L of gas at the meter's conditions
	ChannelDrinkingWater  Channel = 6 // L
	ChannelProcessWater   Channel = 7 // L
	ChannelSewage         Channel = 8 // L
)

// Channels lists the channels of electricity in ascending order.
func Channels() []Channel {
	return []Channel{ChannelActiveImport, ChannelActiveExport, ChannelReactiveImport, ChannelReactiveExport}
}

// AllChannels lists every channel in ascending order.
func AllChannels() []Channel {
	return append(Channels(), ChannelGas, ChannelDrinkingWater, ChannelProcessWater, ChannelSewage)
}

// Medium is what flows through a point's meter.
type Medium string

// Media. The zero Medium is electricity.
const (
	Electricity   Medium = "electricity"
	Gas           Medium = "gas"
	DrinkingWater Medium = "drinking-water"
	ProcessWater  Medium = "process-water"
	Sewage        Medium = "sewage"
)

// Media lists every medium.
func Media() []Medium {
	return []Medium{Electricity, Gas, DrinkingWater, ProcessWater, Sewage}
}

// Medium is what the channel counts.
func (c Channel) Medium() Medium {
	switch c {
	case ChannelGas:
		return Gas
	case ChannelDrinkingWater:
		return DrinkingWater
	case ChannelProcessWater:
		return ProcessWater
	case ChannelSewage:
		return Sewage
	}
	return Electricity
}

var channelFacts = map[Channel]struct {
	name, unit string
	quantity   Quantity
}{
	ChannelActiveImport:   {"A+", "Wh", ActiveImport},
	ChannelActiveExport:   {"A-", "Wh", ActiveExport},
	ChannelReactiveImport: {"R+", "varh", ReactiveImport},
	ChannelReactiveExport: {"R-", "varh", ReactiveExport},
	ChannelGas:            {"gas", "L", GasVolume},
	ChannelDrinkingWater:  {"drinking-water", "L", DrinkingWaterVolume},
	ChannelProcessWater:   {"process-water", "L", ProcessWaterVolume},
	ChannelSewage:         {"sewage", "L", SewageVolume},
}

// String is the channel's usual name: A+, A-, R+ or R-; of other media their
// name.
func (c Channel) String() string {
	if f, ok := channelFacts[c]; ok {
		return f.name
	}
	return fmt.Sprintf("channel(%d)", uint8(c))
}

// Unit is Wh, varh or L.
func (c Channel) Unit() string { return channelFacts[c].unit }

// Quantity is the register that feeds the channel, 0 for an unknown channel.
func (c Channel) Quantity() Quantity { return channelFacts[c].quantity }

// ChannelOf finds the channel that a register quantity feeds; the second result
// is false when it feeds none.
func ChannelOf(q Quantity) (Channel, bool) {
	for c, f := range channelFacts {
		if f.quantity == q {
			return c, true
		}
	}
	return 0, false
}

// ChannelNamed finds a channel by its name; the second result is false for an
// unknown one.
func ChannelNamed(name string) (Channel, bool) {
	for c, f := range channelFacts {
		if f.name == name {
			return c, true
		}
	}
	return 0, false
}

// BasePeriod is the length of the intervals that the ledger keeps. Longer ones
// are exact sums of these.
const BasePeriod = 15 * time.Minute

// PeriodStart is the start of the base interval that contains t. Base intervals
// are aligned to UTC, which in every zone whose offset is a multiple of 15
// minutes is the wall clock's quarter of an hour too.
func PeriodStart(t time.Time) time.Time { return t.UTC().Truncate(BasePeriod) }

// Interval is the energy of one channel of one point over [Start,
// Start+BasePeriod), in one version. Versions are never changed: a correction
// is a new version with a higher number.
type Interval struct {
	Point   PointID
	Channel Channel
	Start   time.Time // UTC, a multiple of BasePeriod
	// Version counts from 1. The ledger gives it.
	Version int
	// Energy in Channel.Unit(); meaningful only when Grade is not Null.
	Energy Energy
	// Uncertainty bounds |Energy - true energy|, in the same unit: register
	// quantum, width of the boundary brackets and time stamps together. It does
	// not contain the accuracy class of the meter and its transformers.
	Uncertainty Energy
	Grade       Grade
	Method      Method
	Flags       Flags
	Reason      string // in words, whenever the grade is not Actual or a flag is set
	// RecordedAt is when the ledger took this version in. The ledger gives it.
	RecordedAt time.Time
}

// End is the exclusive end of the interval.
func (i Interval) End() time.Time { return i.Start.Add(BasePeriod) }

// MeanPower is the mean power over the interval, rounded toward zero to whole
// watts.
func (i Interval) MeanPower() Power {
	return Power(int64(i.Energy) * int64(time.Hour/BasePeriod))
}

// Authority is on whose word intervals are written.
type Authority uint8

// Authorities, the weakest first.
const (
	ByRegisters Authority = iota // derived from registers as they come in
	ByRules                      // after validation: estimates and substitutes among them
	ByPerson                     // an act
)

// RulesRemark begins what validation adds to an interval's reason: what stands
// before it is the registers' own.
const RulesRemark = "rules: "

// Authority is on whose word the interval stands.
func (i Interval) Authority() Authority {
	switch {
	case i.Flags&FlagManual != 0:
		return ByPerson
	case i.Method.Estimates():
		return ByRules
	}
	return ByRegisters
}

// Yields reports whether a current interval gives way to another one that is
// written on the word of a. What a person has set yields to a person only. What
// rules have estimated yields to rules, and to registers as soon as they give
// an energy: a register that knows nothing is no reason to forget an estimate,
// nor what was brought in from a file.
func (i Interval) Yields(to Interval, a Authority) bool {
	switch i.Authority() {
	case ByPerson:
		return a == ByPerson
	case ByRules:
		return a != ByRegisters || to.Grade != Null
	}
	return i.Method != MethodImported || a != ByRegisters || to.Grade != Null
}

// SameAs reports whether two versions say the same, so that no new version is
// due: energy, uncertainty, grade, method, flags and reason are equal.
func (i Interval) SameAs(j Interval) bool {
	return i.Energy == j.Energy && i.Uncertainty == j.Uncertainty && i.Grade == j.Grade &&
		i.Method == j.Method && i.Flags == j.Flags && i.Reason == j.Reason
}
