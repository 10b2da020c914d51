package metering

import (
	"fmt"
	"time"
)

// Channel is one of a point's energies.
type Channel uint8

// The four channels of a point and the quantities whose registers feed them.
const (
	ChannelActiveImport   Channel = 1 // A+, Wh
	ChannelActiveExport   Channel = 2 // A-, Wh
	ChannelReactiveImport Channel = 3 // R+, varh
	ChannelReactiveExport Channel = 4 // R-, varh
)

// Channels lists the channels in ascending order.
func Channels() []Channel {
	return []Channel{ChannelActiveImport, ChannelActiveExport, ChannelReactiveImport, ChannelReactiveExport}
}

var channelFacts = map[Channel]struct {
	name, unit string
	quantity   Quantity
}{
	ChannelActiveImport:   {"A+", "Wh", ActiveImport},
	ChannelActiveExport:   {"A-", "Wh", ActiveExport},
	ChannelReactiveImport: {"R+", "varh", ReactiveImport},
	ChannelReactiveExport: {"R-", "varh", ReactiveExport},
}

// String is the channel's usual name: A+, A-, R+ or R-.
func (c Channel) String() string {
	if f, ok := channelFacts[c]; ok {
		return f.name
	}
	return fmt.Sprintf("channel(%d)", uint8(c))
}

// Unit is Wh or varh.
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

// SameAs reports whether two versions say the same, so that no new version is
// due: energy, uncertainty, grade, method, flags and reason are equal.
func (i Interval) SameAs(j Interval) bool {
	return i.Energy == j.Energy && i.Uncertainty == j.Uncertainty && i.Grade == j.Grade &&
		i.Method == j.Method && i.Flags == j.Flags && i.Reason == j.Reason
}
