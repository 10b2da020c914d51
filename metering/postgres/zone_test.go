package postgres_test

import (
	"time"

	"asue/metering"
)

var day = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)

func period(n int) time.Time { return day.Add(time.Duration(n) * metering.BasePeriod) }

func measured(point metering.PointID, n int, wh metering.Energy) metering.Interval {
	return metering.Interval{
		Point: point, Channel: metering.ChannelActiveImport, Start: period(n), Energy: wh, Uncertainty: 10,
		Grade: metering.Actual, Method: metering.MethodRegister,
	}
}

func reading(n int, raw int64) metering.RegisterSpan {
	r := metering.RegisterReading{At: period(n).Add(time.Minute), Count: metering.Count{Raw: raw, Step: 1000}}
	return metering.SpanOf("m", metering.ActiveImport, r)
}
