package validation

import (
	"slices"
	"time"

	"asue/metering"
	"asue/metering/balance"
)

// late is how old a change must be for the points that lean on it to be looked at
// again: until then they have not been looked at.
const late = time.Hour

// leaning says which channels of points may be estimated by those of another one:
// of a check meter the point beside it, of the other meters around a node each of
// them.
func leaning(site *metering.Site, model *balance.Model) map[channelKey][]channelKey {
	list := map[channelKey][]channelKey{}
	add := func(on, who channelKey) {
		if !slices.Contains(list[on], who) {
			list[on] = append(list[on], who)
		}
	}
	for _, p := range site.Points {
		if p.Checks != "" {
			for _, ch := range p.Channels() {
				add(channelKey{p.ID, ch}, channelKey{p.Checks, ch})
			}
		}
		subject, ok := model.Around(p.ID)
		if !ok || len(subject.Dark) > 0 {
			continue
		}
		for _, other := range slices.Concat(subject.In, subject.Out, subject.OwnNeeds) {
			if other == p.ID {
				continue
			}
			for _, ch := range metering.Channels() { // reactive energy tells the losses
				add(channelKey{other, ch}, channelKey{p.ID, metering.ChannelActiveImport})
			}
		}
	}
	return list
}

// turned are the intervals of a change that have become actual or have ceased to
// be: others may be estimated by actual ones only. Both lists ascend.
func turned(changed, current []metering.Interval) []metering.Interval {
	var list []metering.Interval
	for _, iv := range changed {
		was := metering.Null
		if i := search(current, iv.Start); i < len(current) && current[i].Start.Equal(iv.Start) {
			was = current[i].Grade
		}
		if (was == metering.Actual) != (iv.Grade == metering.Actual) {
			list = append(list, iv)
		}
	}
	return list
}

// leans reports whether something of an outcome was estimated, or could not be, by
// other means than the point's own registers.
func (o Outcome) leans() bool {
	return slices.ContainsFunc(o.Intervals, func(iv metering.Interval) bool {
		return iv.Authority() != metering.ByPerson && (iv.Grade == metering.Null || iv.Method.Estimates() && iv.Method != metering.MethodScaled)
	})
}
