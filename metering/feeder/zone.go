package feeder

import (
	"time"

	"asue/metering"
)

// ZonePoint is the point label of what belongs to the zone as a whole.
const ZonePoint metering.PointID = "zone"

// Zone is what the controller knows about the zone at one moment. Nil is "not
// known" and makes no sample.
type Zone struct {
	Power      *metering.Power // now
	BlockMean  *metering.Power // of the present block so far
	Projection *metering.Power // mean of the whole block as it will end
	Limit      metering.Limit
}

// Samples are the zone's samples for Feeder.Extra: asue_zone_w,
// asue_block_mean_w, asue_projection_w and, if the limit is a power,
// asue_limit_w, all with point="zone".
func (z Zone) Samples(at time.Time) []metering.Sample {
	var samples []metering.Sample
	add := func(field string, p metering.Power) {
		samples = append(samples, metering.Sample{Point: ZonePoint, Field: field, At: at, Value: float64(p)})
	}
	for _, f := range []struct {
		name  string
		power *metering.Power
	}{{"zone_w", z.Power}, {"block_mean_w", z.BlockMean}, {"projection_w", z.Projection}} {
		if f.power != nil {
			add(f.name, *f.power)
		}
	}
	if limit, ok := z.Limit.Power(); ok {
		add("limit_w", limit)
	}
	return samples
}
