package modbus_test

import (
	"testing"

	"asue/collector/modbus"
)

// TestLibraryFaults are the faults at which three Go libraries (goburrow v0.1.0,
// simonvetter v1.6.4, grid-x ef3bed5) were measured, with what each of them does.
// Our line goes through each of them over every transport that can have it: the
// read says what happened, and the next ones are right.
func TestLibraryFaults(t *testing.T) {
	rows := []struct {
		text     string
		mbap     string // name among faults
		rtu      string // name among rtuFaults
		outcome  string // "" for the right answer
		wireless bool   // only a connection can have it
	}{
		{text: "TCP: one answer comes late; goburrow: every later read fails; grid-x: 1 more error", mbap: "late", outcome: "no answer within"},
		{text: "TCP: one answer comes late, before the right one", mbap: "stale-first"},
		{text: "TCP: answer shorter than asked (10 asked, 1 sent); goburrow: 1 register and no error", mbap: "one-of-ten", rtu: "one-of-ten", outcome: "malformed"},
		{text: "TCP: peer closes; goburrow, simonvetter: EOF, then broken pipe for ever", mbap: "close", rtu: "close", outcome: "peer closed", wireless: true},
		{text: "TCP: half a frame, then silence; goburrow: desynchronised for ever; simonvetter: resynchronised by luck", mbap: "half", rtu: "half", outcome: "no answer within"},
		{text: "RTU-over-TCP: one answer late; simonvetter: every later read returns the previous answer and no error; grid-x: two do", rtu: "late", outcome: "no answer within"},
		{text: "RTU-over-TCP: exception frame in two parts; grid-x: CRC error, then out of step", mbap: "exception-in-two", rtu: "exception-in-two", outcome: "modbus exception 2"},
	}
	for _, r := range rows {
		t.Run(r.text, func(t *testing.T) {
			for _, scheme := range []string{"tcp", "plain", "tls"} {
				if do, ok := faults[r.mbap]; ok {
					t.Run(scheme, func(t *testing.T) {
						t.Parallel()
						l := openBy(t, scheme, spoilFirst(do))
						recovers(t, l, r.outcome)
						mustCount(t, l, r.outcome, scheme)
					})
				}
			}
			for name, tr := range rtuTransports {
				if do, ok := tr.faults[r.rtu]; ok {
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						l := openRTUWith(t, tr.open, tr.connect(t, faultOnce(do)), "&hold=120ms")
						recovers(t, l, r.outcome)
						mustCount(t, l, r.outcome, name)
					})
				} else if r.rtu != "" && !r.wireless {
					t.Errorf("%s has no fault %q", name, r.rtu)
				}
			}
		})
	}
}

// mustCount fails if the line's counts do not tell of one fault of the kind.
func mustCount(t *testing.T, l *modbus.Line, outcome, transport string) {
	t.Helper()
	c := l.Counters()
	want := modbus.Counters{Requests: 4, Dials: 1, Live: true, Late: c.Late, Drained: c.Drained}
	_, rtu := rtuTransports[transport]
	switch outcome {
	case "": // one late answer was thrown away
		want.Late = 1
	case "modbus exception 2":
		want.Exceptions = 1
	default:
		want.Errors = 1
		if rtu {
			want.Quarantines = 1
		}
		// A cable is kept, and so is a converter that has given a bad frame.
		if cable := transport == "cable" || transport == "cable-plain"; !cable && (!rtu || outcome != "malformed") {
			want.Dials, want.Reconnects = 2, 1
		}
	}
	if c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
}
