package modbus_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"asue/collector/modbus"
)

// story is what a trace shows, without the times of day.
func story(l *modbus.Line) string {
	var b strings.Builder
	for _, f := range l.Frames() {
		_, text, _ := strings.Cut(f.String(), " ")
		fmt.Fprintln(&b, text)
	}
	return b.String()
}

func mustTell(t *testing.T, l *modbus.Line, want string) {
	t.Helper()
	if got := story(l); got != want {
		t.Errorf("the trace tells\n%swant\n%s", got, want)
	}
}

// A trace shows an answer, a late one before the right one, a refusal, and an
// answer that was none.
func TestTraceTellsWhatHappened(t *testing.T) {
	names := []string{"none", "stale-first", "exception", "wrong-unit", "half"}
	var n atomic.Int32
	l := open(t, serve(t, func(request) fault { return faults[names[n.Add(1)-1]] }).addr)
	l.Trace(100)
	for i := range names {
		_, _ = l.Read(context.Background(), 9, 3, 0x64+uint16(i), 2) // the trace tells how each has ended
	}
	mustTell(t, l, `► 0001 0000 0006 09 03 0064 0002  unit 9: 2 holding registers from 0x0064: ok
◄ 0001 0000 0007 09 03 04 7264 7265  unit 9: 2 holding registers: ok
► 0002 0000 0006 09 03 0065 0002  unit 9: 2 holding registers from 0x0065: ok
◄ 0001 0000 0007 09 03 04 726A 726B  unit 9: 2 holding registers: late: it answers an older question
◄ 0002 0000 0007 09 03 04 7265 7266  unit 9: 2 holding registers: ok
► 0003 0000 0006 09 03 0066 0002  unit 9: 2 holding registers from 0x0066: modbus exception 2: illegal data address
◄ 0003 0000 0003 09 83 02  unit 9: modbus exception 2: illegal data address
► 0004 0000 0006 09 03 0067 0002  unit 9: 2 holding registers from 0x0067: another unit answered: 10
◄ 0004 0000 0007 0A 03 04 7467 7468  unit 10: 2 holding registers: another unit answered: 10
► 0005 0000 0006 09 03 0068 0002  unit 9: 2 holding registers from 0x0068: no answer within 150ms: i/o timeout
◄ 0005 0000 0007 0903 0472  10 bytes drained: no answer within 150ms: i/o timeout
`)
}

// On RTU it shows the late answer being drained in the quarantine, and an answer
// with a wrong check sum.
func TestTraceShowsWhatIsDrained(t *testing.T) {
	names := []string{"late", "wrong-crc", "exception"}
	var n atomic.Int32
	l := openRTU(t, cable(t, func(request) rtuFault { return rtuFaults[names[n.Add(1)-1]] }), "&hold=120ms")
	l.Trace(100)
	for range names {
		_, _ = l.Read(context.Background(), 9, 4, 0x64, 1) // the trace tells how each has ended
	}
	mustTell(t, l, `► 09 04 0064 0001 715D  unit 9: 1 input registers from 0x0064: no answer within 150ms: i/o timeout
◄ 0904 0292 6434 7A  7 bytes drained
► 09 04 0064 0001 715D  unit 9: 1 input registers from 0x0064: the answer is malformed: CRC 0x3A34, not 0x7A34
◄ 0904 0292 6434 3A  7 bytes drained: the answer is malformed: CRC 0x3A34, not 0x7A34
► 09 04 0064 0001 715D  unit 9: 1 input registers from 0x0064: modbus exception 2: illegal data address
◄ 09 84 02 4303  unit 9: modbus exception 2: illegal data address
`)
}

// A trace keeps the last frames, can be switched while the line is read, and is
// nothing when it is off.
func TestTraceIsARing(t *testing.T) {
	l := open(t, serve(t, func(request) fault { return faults["none"] }).addr)
	read := func(address uint16) {
		t.Helper()
		if _, err := l.Read(context.Background(), 1, 3, address, 1); err != nil {
			t.Fatal(err)
		}
	}
	read(0)
	if l.Frames() != nil {
		t.Fatal("frames without a trace")
	}
	l.Trace(3)
	for a := range uint16(4) {
		read(a)
	}
	frames := l.Frames()
	if len(frames) != 3 || frames[0].Direction != modbus.Received || frames[1].Direction != modbus.Sent || frames[1].Bytes[9] != 3 || frames[2].Outcome != "ok" || frames[1].Outcome != "ok" {
		t.Fatalf("%v", frames)
	}
	if frames[1].Time.After(frames[2].Time) || frames[0].Time.After(frames[1].Time) {
		t.Fatalf("not in the order of time: %v", frames)
	}
	l.Trace(0)
	read(0)
	if l.Frames() != nil {
		t.Fatal("frames after the trace was ended")
	}

	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			l.Trace(i % 3)
			for _, f := range l.Frames() {
				_ = f.String()
			}
		}
	}()
	for a := range uint16(200) {
		read(a)
	}
	<-done
}
