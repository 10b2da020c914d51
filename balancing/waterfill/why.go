package waterfill

import (
	"fmt"
	"strconv"
)

// Why tells the reason of the share in words, for a dispatcher: "F11 is full:
// 6,000 kW; everyone under it who asks for more gets 60 % of its ТУ; 100 kW more
// at F11 would give A 60 kW".
//
// It asks for Relief, and so costs more than Because where a network is large.
func (s Share) Why() string { return s.because() + s.relief() + s.switched() }

// Because is Why without what would give more.
func (s Share) Because() string { return s.because() + s.switched() }

func (s Share) because() string {
	switch s.Reason {
	case ReasonFixed:
		return "a fixed load, which comes first"
	case ReasonPinned:
		return "set by a person"
	case ReasonViolating:
		return fmt.Sprintf("%s cannot carry what must not be cut: %s are needed, %s allowed; this is a proposal in proportion to what must not be cut (%s here), and a person has to decide",
			s.Binding, kilowatts(s.need), kilowatts(s.limit), kilowatts(s.Least))
	case ReasonLevel:
		return s.full() + "; " + s.level()
	case ReasonLeast:
		return fmt.Sprintf("%s; %s, and that is below the %s which it must have and keeps", s.full(), s.level(), kilowatts(s.Least))
	case ReasonFull:
		return fmt.Sprintf("%s with what comes before %s", s.full(), s.what())
	}
	switch {
	case s.Asks == 0:
		return "asks for nothing"
	case s.Tier == TierExcess:
		return fmt.Sprintf("gets all it asks for, %s of it above its ТУ", kilowatts(s.KW-s.firm))
	case s.Tier == TierArmour:
		return "gets all it asks for: it is within its armour"
	}
	return "gets all it asks for"
}

func (s Share) full() string { return fmt.Sprintf("%s is full: %s", s.Binding, kilowatts(s.limit)) }

// what names what the share belongs to.
func (s Share) what() string {
	switch s.Tier {
	case TierExcess:
		return fmt.Sprintf("power above ТУ; it keeps its firm %s", kilowatts(s.KW))
	case TierFirm:
		return fmt.Sprintf("class %d; it keeps the %s which must not be cut", s.Class, kilowatts(s.KW))
	}
	return "it"
}

// level tells what everybody gets under the full node.
func (s Share) level() string {
	switch s.Tier {
	case TierExcess:
		return fmt.Sprintf("everyone under it who asks for more than its ТУ gets %s of its ТУ on top", s.Level.percent())
	case TierFirm:
		return fmt.Sprintf("everyone of class %d under it who asks for more gets %s of its ТУ", s.Class, s.Level.percent())
	}
	const readable = 10 // times the weight; beyond that percents say nothing
	if s.Level.float() <= readable {
		return fmt.Sprintf("everyone under it who asks for more gets %s of its weight", s.Level.percent())
	}
	return fmt.Sprintf("everyone under it who asks for more gets %s kW for each unit of weight", strconv.FormatFloat(s.Level.float(), 'f', -1, 32))
}

func (s Share) relief() string {
	r := s.Relief()
	if r.KW == 0 {
		return ""
	}
	text := fmt.Sprintf("; %s more at %s would give %s %s", kilowatts(r.KW), s.Binding, s.ID, kilowatts(r.Gives))
	if r.From != "" {
		text += fmt.Sprintf(", taken from others under %s, which is full too", r.From)
	}
	return text
}

func (s Share) switched() string {
	if !s.Emergency {
		return ""
	}
	return fmt.Sprintf("; the technological armour does not fit under %s: the emergency armour holds", s.short)
}
