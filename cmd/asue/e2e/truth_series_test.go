package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"asue/metering"
	"asue/metering/feeder"
	"asue/metering/wire"
)

// drawn are samples by series and time in milliseconds.
type drawn map[series]map[int64]float64

type series struct {
	field, point, resident, node, meter string
}

// owed is what the series store must hold: every value of every batch that the
// ledger has.
func owed(site *metering.Site, batches []wire.Batch) drawn {
	d := drawn{}
	mapper := feeder.NewMapper(site)
	var samples []metering.Sample
	for _, b := range batches {
		for _, s := range b.Snapshots {
			samples = mapper.Append(samples[:0], s)
			for _, one := range samples {
				if one.Field == feeder.QualityField {
					continue // said now and again only
				}
				d.put(series{one.Field, string(one.Point), string(one.Resident), string(one.Node), string(one.Meter)}, one.At.UnixMilli(), one.Value)
			}
		}
	}
	return d
}

func (d drawn) put(s series, ms int64, value float64) {
	if d[s] == nil {
		d[s] = map[int64]float64{}
	}
	d[s][ms] = value
}

func (d drawn) count() (n int) {
	for _, times := range d {
		n += len(times)
	}
	return n
}

// held asks a Prometheus query address for the raw samples of the same fields in
// (from, to].
func held(address string, owed drawn, from, to time.Time) (drawn, error) {
	fields := map[string]bool{}
	for s := range owed {
		fields[s.field] = true
	}
	d := drawn{}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		query := url.Values{
			"query":   {fmt.Sprintf("asue_%s[%ds]", field, int(to.Sub(from).Seconds()))},
			"time":    {strconv.FormatInt(to.Unix(), 10)},
			"nocache": {"1"},
		}
		var answer struct {
			Data struct {
				Result []struct {
					Metric map[string]string
					Values [][2]json.RawMessage
				}
			}
		}
		if err := tryJSON(address+"/api/v1/query?"+query.Encode(), &answer); err != nil {
			return nil, err
		}
		for _, r := range answer.Data.Result {
			m := r.Metric
			s := series{field, m["point"], m["resident"], m["node"], m["meter"]}
			for _, pair := range r.Values {
				at, value, err := sample(pair)
				if err != nil {
					return nil, fmt.Errorf("%v: %w", s, err)
				}
				d.put(s, at, value)
			}
		}
	}
	return d, nil
}

func sample(pair [2]json.RawMessage) (ms int64, value float64, err error) {
	seconds, err := strconv.ParseFloat(string(pair[0]), 64)
	if err != nil {
		return 0, 0, err
	}
	var text string
	if err := json.Unmarshal(pair[1], &text); err != nil {
		return 0, 0, err
	}
	value, err = strconv.ParseFloat(text, 64)
	return int64(math.Round(seconds * 1000)), value, err
}

// differences holds what the store has against what it must have: nothing is
// missing, nothing else is there, and values agree to nine digits (the engine
// keeps a block of values as decimals of one exponent).
func differences(owed, held drawn) []string {
	var complaints []string
	complain := func(s series, ms int64, format string, args ...any) {
		complaints = append(complaints, fmt.Sprintf("%s %s at %s: ", s.meter, s.field, stamp(time.UnixMilli(ms)))+fmt.Sprintf(format, args...))
	}
	for s, times := range owed {
		greatest := 0.0
		for _, v := range times {
			greatest = max(greatest, math.Abs(v))
		}
		for ms, want := range times {
			got, ok := held[s][ms]
			switch {
			case !ok:
				complain(s, ms, "the series store does not have %v", want)
			case math.Abs(got-want) > 1e-9*greatest:
				complain(s, ms, "the series store has %v, the ledger's batch %v", got, want)
			}
		}
	}
	for s, times := range held {
		for ms, got := range times {
			if _, ok := owed[s][ms]; !ok {
				complain(s, ms, "the series store has %v, and no batch of the ledger", got)
			}
		}
	}
	return complaints
}
