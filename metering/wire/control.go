package wire

import (
	"fmt"
	"time"

	"asue/metering"
)

// Control is what the balancer says of itself once a second: plain JSON,
// retained, for the page and for other systems. It is a report and never a
// command. What is not known is nil, and absent in the message; Reason says why.
type Control struct {
	At          time.Time
	Balancer    string // which one of several says so: a name for one run of one process
	State       string // of the controller: "normal", "warn", "failsafe" …
	Mode        string // "advisory": it proposes, people act
	Power       *metering.Power
	PowerSource string // how Power was found
	BlockStart  time.Time
	BlockEnd    time.Time
	BlockMean   *metering.Power // of the block so far
	Projection  *metering.Power // of the whole block
	Allowable   *metering.Power // for the rest of the block
	// SlidingAllowable is the same for a window that slides.
	SlidingAllowable *metering.Power
	Headroom         *metering.Power // limit less projection
	Limit            *metering.Power
	Band             string
	Feeding          string // name of the supply line in service
	Degraded         bool
	Reason           string
	Fresh            int // meters by the age of their readings
	Stale            int
	Silent           int
	Notices          []ControlNotice // those in force, and those that have ended lately
	// Acts is what is and what would be done about it; nil where the balancer
	// only watches.
	Acts *ControlActs
}

// ControlNotice is one notice of the balancer. Kind chooses the text in the
// reader's language; Args fill it.
type ControlNotice struct {
	ID       string         `json:"id"`
	At       time.Time      `json:"at"`
	Kind     string         `json:"kind"`
	Severity string         `json:"severity"`
	Args     map[string]any `json:"args,omitempty"`
	Active   bool           `json:"active"`
}

type jsonControl struct {
	Time             jsonTime        `json:"t"`
	Balancer         string          `json:"balancer,omitempty"`
	State            string          `json:"state"`
	Mode             string          `json:"mode"`
	Power            *metering.Power `json:"power_w,omitempty"`
	PowerSource      string          `json:"power_source,omitempty"`
	BlockStart       jsonTime        `json:"block_start,omitzero"`
	BlockEnd         jsonTime        `json:"block_end,omitzero"`
	BlockMean        *metering.Power `json:"block_mean_w,omitempty"`
	Projection       *metering.Power `json:"projection_w,omitempty"`
	Allowable        *metering.Power `json:"allowable_w,omitempty"`
	SlidingAllowable *metering.Power `json:"sliding_allowable_w,omitempty"`
	Headroom         *metering.Power `json:"headroom_w,omitempty"`
	Limit            *metering.Power `json:"limit_w,omitempty"`
	Band             string          `json:"band,omitempty"`
	Feeding          string          `json:"feeding,omitempty"`
	Degraded         bool            `json:"degraded"`
	Reason           string          `json:"reason,omitempty"`
	Fresh            int             `json:"meters_fresh"`
	Stale            int             `json:"meters_stale"`
	Silent           int             `json:"meters_silent"`
	Notices          []ControlNotice `json:"notices"`
	Acts             *ControlActs    `json:"acts,omitempty"`
}

// EncodeControl writes one line of plain JSON. Of lists that are longer than a
// message may hold the first elements go out.
func EncodeControl(c Control) ([]byte, error) {
	if c.Acts != nil {
		cut := c.Acts.cut()
		c.Acts = &cut
	}
	notices := c.Notices[:min(len(c.Notices), maxNotices)]
	if notices == nil {
		notices = []ControlNotice{}
	}
	return marshalJSON("encode control", jsonControl{
		Time: jsonTime{c.At}, Balancer: c.Balancer, State: c.State, Mode: c.Mode, Power: c.Power, PowerSource: c.PowerSource,
		BlockStart: jsonTime{c.BlockStart}, BlockEnd: jsonTime{c.BlockEnd}, BlockMean: c.BlockMean,
		Projection: c.Projection, Allowable: c.Allowable, SlidingAllowable: c.SlidingAllowable,
		Headroom: c.Headroom, Limit: c.Limit, Band: c.Band, Feeding: c.Feeding, Degraded: c.Degraded,
		Reason: cutReason(c.Reason), Fresh: c.Fresh, Stale: c.Stale, Silent: c.Silent, Notices: notices, Acts: c.Acts,
	})
}

// DecodeControl reads what EncodeControl wrote. It fails with ErrMalformed.
func DecodeControl(payload []byte) (Control, error) {
	var j jsonControl
	if err := decodePlain("control", payload, &j); err != nil {
		return Control{}, err
	}
	if len(j.Notices) > maxNotices {
		return Control{}, fmt.Errorf("decode control: %w: %d notices, at most %d", ErrMalformed, len(j.Notices), maxNotices)
	}
	if j.Limit != nil && *j.Limit < 0 {
		return Control{}, fmt.Errorf("decode control: %w: limit_w is %d", ErrMalformed, *j.Limit)
	}
	if j.Acts != nil {
		if err := j.Acts.check(); err != nil {
			return Control{}, err
		}
	}
	return Control{
		At: j.Time.Time, Balancer: j.Balancer, State: j.State, Mode: j.Mode, Power: j.Power, PowerSource: j.PowerSource,
		BlockStart: j.BlockStart.Time, BlockEnd: j.BlockEnd.Time, BlockMean: j.BlockMean,
		Projection: j.Projection, Allowable: j.Allowable, SlidingAllowable: j.SlidingAllowable,
		Headroom: j.Headroom, Limit: j.Limit, Band: j.Band, Feeding: j.Feeding, Degraded: j.Degraded,
		Reason: j.Reason, Fresh: j.Fresh, Stale: j.Stale, Silent: j.Silent, Notices: j.Notices, Acts: j.Acts,
	}, nil
}
