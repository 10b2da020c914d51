// Package influx writes samples in the InfluxDB line protocol through
// influxdb-client-go: to VictoriaMetrics, which speaks it too, and to InfluxDB
// 1.8 and 2.x.
//
// One line carries the fields of one meter (or published point) at one time:
//
//	asue,point=T-1,resident=r01,node=S1,meter=m001 p_w=12500,q_var=3100.5 1768464000000
//	 │        └ labels; an empty one is left out       └ fields, floats   └ Unix time, ms
//	 └ measurement
//
// VictoriaMetrics makes the metrics asue_p_w{point="T-1",…} and asue_q_var{…}
// of it by itself. A string field is never written: VictoriaMetrics would store
// it as 0 without a word.
//
// Only the blocking write of the client is used, with batches of our own. Its
// asynchronous writer drops data in silence when the server is away for a few
// seconds.
//
// The package must not know where samples come from, which store stands at the
// other end, or what to do about an outage: it says what happened to a write,
// its caller tries again.
package influx
