package wire

import (
	"encoding/json"
	"fmt"
	"time"

	"asue/metering"
)

// Forecast is what the zone and its residents will draw: plain JSON, retained, for
// the balancer, the page and other systems. It is made anew every few minutes; how
// old it is, At says.
type Forecast struct {
	At time.Time
	// Start is the start of the first block, which holds At; the others follow it
	// without a hole. Block is their length.
	Start     time.Time
	Block     time.Duration
	Total     Outlook
	Residents []Outlook // of these that are metered
}

// Outlook is the forecast of the zone or of a resident, block by block. All lists
// are equally long and may be shorter than those of the zone: what is too much for
// one message is cut off at the far end of the residents'.
type Outlook struct {
	Resident metering.ResidentID // empty for the zone
	Method   string              // how it was made: "profile", "shaped" …
	// Skill is 1 - loss/loss of last week's values, over 28 days; Coverage the share
	// of blocks that lay in their bands, of which 0.8 are wanted. Nil: not known.
	Skill    *float64
	Coverage *float64
	Reason   string // why there is no forecast
	// Mean is the expected mean power of each block. Low and High hold four blocks in
	// five, Q90 is exceeded by one in ten; Low ≤ Mean ≤ High, Mean ≤ Q90.
	Mean, Low, High, Q90 []metering.Power
	// Part is the share of the resident in the zone's mean; nil for the zone.
	Part []metering.Power
}

// Find is the outlook of a resident, or of the zone for the empty id; false if
// there is none.
func (f *Forecast) Find(id metering.ResidentID) (Outlook, bool) {
	if id == "" {
		return f.Total, true
	}
	for _, o := range f.Residents {
		if o.Resident == id {
			return o, true
		}
	}
	return Outlook{}, false
}

// Index is the place of the block that holds t in the lists of an outlook; false
// for a time before the first block and beyond the end of the outlook.
func (f *Forecast) Index(o Outlook, t time.Time) (int, bool) {
	if f.Block <= 0 || t.Before(f.Start) {
		return 0, false
	}
	i := int(t.Sub(f.Start) / f.Block)
	return i, i < len(o.Mean)
}

type (
	jsonForecast struct {
		Time      jsonTime      `json:"t"`
		Start     jsonTime      `json:"start"`
		BlockS    int           `json:"block_s"`
		Total     jsonOutlook   `json:"total"`
		Residents []jsonOutlook `json:"residents"`
	}
	jsonOutlook struct {
		Resident string           `json:"resident,omitempty"`
		Method   string           `json:"method"`
		Skill    *float64         `json:"skill,omitempty"`
		Coverage *float64         `json:"coverage,omitempty"`
		Reason   string           `json:"reason,omitempty"`
		Mean     []metering.Power `json:"mean_w,omitempty"`
		Low      []metering.Power `json:"low_w,omitempty"`
		High     []metering.Power `json:"high_w,omitempty"`
		Q90      []metering.Power `json:"q90_w,omitempty"`
		Part     []metering.Power `json:"part_w,omitempty"`
	}
)

// Bounds of a forecast: a week of quarters of an hour.
const maxBlocks = 7 * 24 * 4

// EncodeForecast writes one line of plain JSON:
//
//	{"t":"2026-03-02T06:15:01.250Z","start":"2026-03-02T06:00:00Z","block_s":1800,
//	 "total":{"method":"seasonal","skill":0.41,"coverage":0.8,"mean_w":[…],"low_w":[…],"high_w":[…],"q90_w":[…]},
//	 "residents":[{"resident":"r-07","method":"profile",…,"part_w":[…]}]}
//
// If that is longer than MaxPayload, the residents' lists are cut to half, and
// again. It fails for a forecast that DecodeForecast would refuse.
func EncodeForecast(f Forecast) ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("encode forecast: %w", err)
	}
	for most := maxBlocks; ; most /= 2 {
		j := jsonForecast{Time: jsonTime{f.At}, Start: jsonTime{f.Start}, BlockS: int(f.Block / time.Second), Total: f.Total.json(maxBlocks), Residents: []jsonOutlook{}}
		for _, o := range f.Residents {
			j.Residents = append(j.Residents, o.json(most))
		}
		payload, err := json.Marshal(j)
		if err != nil {
			return nil, fmt.Errorf("encode forecast: %w", err)
		}
		err = checkSize(payload)
		if err == nil {
			return payload, nil
		}
		if most <= 1 {
			return nil, fmt.Errorf("encode forecast: %w", err)
		}
	}
}

// DecodeForecast reads what EncodeForecast wrote. It fails with ErrMalformed for
// lists of unequal length, bands that do not hold their mean, a resident that is
// named twice, and blocks of other lengths than 15, 30 and 60 minutes.
func DecodeForecast(payload []byte) (Forecast, error) {
	var j jsonForecast
	if err := decodePlain("forecast", payload, &j); err != nil {
		return Forecast{}, err
	}
	f := Forecast{At: j.Time.Time, Start: j.Start.Time, Block: time.Duration(j.BlockS) * time.Second, Total: j.Total.outlook()}
	for _, o := range j.Residents {
		f.Residents = append(f.Residents, o.outlook())
	}
	if err := f.check(); err != nil {
		return Forecast{}, fmt.Errorf("decode forecast: %w", err)
	}
	return f, nil
}

func (o Outlook) json(most int) jsonOutlook {
	cut := func(list []metering.Power) []metering.Power { return list[:min(len(list), most)] }
	return jsonOutlook{
		Resident: string(o.Resident), Method: o.Method, Skill: finiteOrNil(o.Skill), Coverage: finiteOrNil(o.Coverage),
		Reason: cutReason(o.Reason), Mean: cut(o.Mean), Low: cut(o.Low), High: cut(o.High), Q90: cut(o.Q90), Part: cut(o.Part),
	}
}

func (j jsonOutlook) outlook() Outlook {
	return Outlook{
		Resident: metering.ResidentID(j.Resident), Method: j.Method, Skill: j.Skill, Coverage: j.Coverage, Reason: j.Reason,
		Mean: j.Mean, Low: j.Low, High: j.High, Q90: j.Q90, Part: j.Part,
	}
}

func (f *Forecast) check() error {
	switch f.Block {
	case 15 * time.Minute, 30 * time.Minute, time.Hour:
	default:
		return fmt.Errorf("%w: blocks of %v: want 15m, 30m or 1h", ErrMalformed, f.Block)
	}
	if f.Total.Resident != "" {
		return fmt.Errorf("%w: the zone's forecast names resident %q", ErrMalformed, clip(string(f.Total.Resident)))
	}
	if err := f.Total.check(); err != nil {
		return err
	}
	seen := make(map[metering.ResidentID]bool, len(f.Residents))
	for _, o := range f.Residents {
		if err := checkName("resident", string(o.Resident)); err != nil {
			return err
		}
		if seen[o.Resident] {
			return fmt.Errorf("%w: resident %q is named twice", ErrMalformed, o.Resident)
		}
		seen[o.Resident] = true
		if err := o.check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outlook) check() error {
	n := len(o.Mean)
	if n > maxBlocks {
		return fmt.Errorf("%w: %d blocks, at most %d", ErrMalformed, n, maxBlocks)
	}
	if len(o.Low) != n || len(o.High) != n || len(o.Q90) != n || (len(o.Part) != n && len(o.Part) != 0) {
		return fmt.Errorf("%w: resident %q: lists of %d, %d, %d, %d and %d blocks", ErrMalformed, o.Resident, n, len(o.Low), len(o.High), len(o.Q90), len(o.Part))
	}
	for i, mean := range o.Mean {
		if o.Low[i] > mean || o.High[i] < mean || o.Q90[i] < mean {
			return fmt.Errorf("%w: resident %q: block %d: %v does not lie in its band", ErrMalformed, o.Resident, i, mean)
		}
	}
	if err := checkText("method", o.Method); err != nil {
		return err
	}
	return nil
}

// ForecastTopic is where the forecast is retained.
func ForecastTopic(site metering.SiteID) string {
	return Topic{Site: site, Branch: BranchForecast}.String()
}
