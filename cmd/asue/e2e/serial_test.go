package e2e

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/examples/aktobe"
	"asue/metering/site"
	"asue/simulator"
)

// TestForeignMasterOnSerialPorts: mbpoll, as an RTU master on the serial ports
// that `asue simulator --serial` makes, reads what it reads over Modbus/TCP from
// the same lines, at whatever baud rate and parity. And asue's own probe reads a
// port in RTU frames.
func TestForeignMasterOnSerialPorts(t *testing.T) {
	zone, faults := site.Parse("site.yaml", aktobe.Site(), models(t).IDs())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	lines := simulator.Lines(zone)
	rtu := lines[0] // its port speaks RTU, so it can be compared with nothing but itself
	var serial []string
	for _, l := range lines[1:] {
		serial = append(serial, string(l))
	}
	s := served{zone: zone, first: quietPorts(t, len(lines))}
	p := start(t, "asue simulator", program, "simulator", "--listen", fmt.Sprintf("127.0.0.1:%d", s.first),
		"--serial", strings.Join(serial, ","), "--rtu-tcp", string(rtu))
	p.await(string(lines[len(lines)-1]), 20*time.Second)

	compared := 0
	for i, r := range foreignReads {
		_, m := s.place(t, r.meter)
		if m.Line == rtu || r.quantity == "p" {
			continue
		}
		port := strings.Fields(p.await(string(m.Line)+" ", time.Second))[2]
		rate := []string{"-b", []string{"9600", "115200"}[i%2], "-P", []string{"none", "even"}[i/2%2]}
		over := s.mbpoll(t, r)
		wire := r.scale * r.number(t, runTool(t, 10*time.Second, "/usr/bin/mbpoll", slices.Concat([]string{"-m", "rtu"}, rate, r.mbpollArgs(m.Unit), []string{port})...))
		if within := math.Abs(over)*(ripple[r.quantity]+1e-3) + 2*r.scale; math.Abs(over-wire) > within {
			t.Errorf("%s %s: %v over Modbus/TCP, %v on %s", r.meter, r.quantity, over, wire, port)
		}
		compared++
	}
	if compared < 10 {
		t.Errorf("only %d values compared", compared)
	}

	for _, m := range zone.Meters {
		if m.Line == rtu {
			out := runTool(t, 20*time.Second, program, "probe", fmt.Sprintf("rtu+tcp://127.0.0.1:%d", s.first), "--unit", strconv.Itoa(int(m.Unit)), "--model", m.Model)
			if !strings.Contains(out, m.Serial) && !strings.Contains(out, "u_a") {
				t.Errorf("probe over RTU says nothing of %s:\n%s", m.ID, out)
			}
			return
		}
	}
	t.Errorf("no meter on line %s", rtu)
}
