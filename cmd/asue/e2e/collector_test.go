package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// edgeProgram is the built asue-collector.
func edgeProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "asue-collector")
	build := exec.Command("go", "build", "-o", path, "asue/cmd/asue-collector")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// row is a site of meters of the reference model in a row: one on each line. The
// first is the site's input.
func row(meters int, serial func(n int) string) string {
	var s strings.Builder
	s.WriteString(`version: 1
site: {id: row, name: Row, time_zone: Asia/Aqtobe}
sources:
  - {id: src, name: Line, node: src, contract: 900 MW, available: true}
nodes:
  - {id: src, name: Line, kind: source, voltage: 10 kV}
  - {id: in, name: Input, kind: input, parent: src, voltage: 10 kV}
  - {id: s, name: Section, kind: section, parent: in, voltage: 10 kV}
`)
	lines, points, devices := "lines:\n", "points:\n  - {id: p1, name: Input, node: in, role: input}\n", "meters:\n"
	for n := 1; n <= meters; n++ {
		lines += fmt.Sprintf("  - {id: l%d}\n", n)
		if n > 1 {
			points += fmt.Sprintf("  - {id: p%d, name: P%d, node: s, role: technical}\n", n, n)
		}
		devices += fmt.Sprintf("  - {id: m%d, model: asue-reference-meter, serial: %s, accuracy: 0.5S, line: l%d, unit: 1, installs: [{point: p%d, ct: 600/5, vt: 10000/100, from: 2024-01-01}]}\n",
			n, serial(n), n, n)
	}
	return s.String() + lines + points + devices
}

func ownSerial(n int) string { return fmt.Sprintf("REF-%04d", 1000+n) }

// edgeView is what the collector says of its lines.
type edgeView []struct {
	ID     string
	URL    string
	Meters []struct {
		ID          string
		Identity    string
		Standing    string
		StandingWhy string   `json:"standing_why"`
		ClockOffset *float64 `json:"clock_offset_seconds"`
		Recalled    int      `json:"archive_records"`
		LastSuccess string   `json:"last_success"`
	}
}

// simulate serves a site and returns the address of each line.
func simulate(t *testing.T, file string, lines int) (sim *process, addresses []string) {
	t.Helper()
	port := freePorts(t, lines)
	sim = start(t, "asue simulator", program, "simulator", "--site", file, "--listen", fmt.Sprintf("127.0.0.1:%d", port))
	for n := range lines {
		addresses = append(addresses, fmt.Sprintf("127.0.0.1:%d", port+n))
	}
	eventually(t, "the last simulated line", 20*time.Second, func() bool { return listens(addresses[lines-1]) })
	return sim, addresses
}

// freePorts is the first of so many ports in a row that nobody listened on a moment
// ago.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	for range 50 {
		first := freePort(t)
		if first+n > 65535 {
			continue
		}
		taken := false
		for p := first; p < first+n && !taken; p++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
			if taken = err != nil; !taken {
				_ = l.Close()
			}
		}
		if !taken {
			return first
		}
	}
	t.Fatal("no free ports in a row")
	return 0
}

func listens(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// edgeFiles writes site and process file of a collector and returns the latter.
func edgeFiles(t *testing.T, dir, site, broker, http string, addresses []string) string {
	t.Helper()
	var s strings.Builder
	fmt.Fprintf(&s, "site: site.yaml\ndata: data\nhttp: %s\nroles: [collector]\nbroker: {url: \"mqtt://%s\"}\ncollector:\n  name: edge\n  lines:\n", http, broker)
	for n, a := range addresses {
		fmt.Fprintf(&s, "    l%d: tcp://%s\n", n+1, a)
	}
	write(t, dir, "site.yaml", site)
	return write(t, dir, "asue.yaml", s.String())
}

// TestOneOf41LinesIsSetAnew: the address of one line of 41 changes in the file of a
// collector that runs. After SIGHUP that line is read at its new place; the other
// 40 keep their connections. A broken file changes nothing.
func TestOneOf41LinesIsSetAnew(t *testing.T) {
	const lines = 41
	dir, site := t.TempDir(), row(lines, ownSerial)
	siteFile := write(t, dir, "site.yaml", site)
	_, addresses := simulate(t, siteFile, lines)
	_, elsewhere := simulate(t, siteFile, lines)
	broker, http := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	file := edgeFiles(t, dir, site, broker, http, addresses)
	edge := start(t, "asue-collector", edgeProgram(t), "-c", file)
	base := "http://" + http
	eventually(t, "every meter answers", 30*time.Second, func() bool { return answering(base) == lines })
	dials := func(line string) float64 {
		v, _ := metric(t, base, "asue_modbus_dials_total", `line="`+line+`"`)
		return v
	}

	write(t, dir, "asue.yaml", "site: site.yaml\ncollector:\n  lines:\n    l1: udp://nowhere\n")
	_ = edge.cmd.Process.Signal(syscall.SIGHUP)
	edge.await("everything goes on with the old one", 10*time.Second)

	moved := append([]string(nil), addresses...)
	moved[16] = elsewhere[16]
	edgeFiles(t, dir, site, broker, http, moved)
	_ = edge.cmd.Process.Signal(syscall.SIGHUP)
	edge.await("line l17 set anew", 10*time.Second)
	eventually(t, "the line at its new address", 10*time.Second, func() bool {
		var view edgeView
		getJSON(t, base+"/api/v1/lines", &view)
		for _, l := range view {
			if l.ID == "l17" {
				return strings.HasSuffix(l.URL, elsewhere[16]) && l.Meters[0].LastSuccess != ""
			}
		}
		return false
	})
	for n := 1; n <= lines; n++ {
		line := fmt.Sprintf("l%d", n)
		if d := dials(line); d != 1 {
			t.Errorf("line %s has been dialled %v times", line, d)
		}
		if down, _ := metric(t, base, "asue_modbus_line_down", `line="`+line+`"`); down != 0 {
			t.Errorf("line %s is down", line)
		}
		if failures, _ := metric(t, base, "asue_modbus_requests_total", `line="`+line+`"`, `result="failure"`); failures != 0 {
			t.Errorf("line %s has %v failed requests", line, failures)
		}
	}
	if code := edge.stop(15 * time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func answering(base string) int {
	var view edgeView
	if tryJSON(base+"/api/v1/lines", &view) != nil {
		return 0
	}
	n := 0
	for _, l := range view {
		for _, m := range l.Meters {
			if m.LastSuccess != "" && m.Standing == "good" {
				n++
			}
		}
	}
	return n
}

// TestScanRefusesALiveLine: what a collector polls is not scanned, but by force.
func TestScanRefusesALiveLine(t *testing.T) {
	dir, site := t.TempDir(), row(1, ownSerial)
	_, addresses := simulate(t, write(t, dir, "site.yaml", site), 1)
	http := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	file := edgeFiles(t, dir, site, fmt.Sprintf("127.0.0.1:%d", freePort(t)), http, addresses)
	start(t, "asue-collector", edgeProgram(t), "-c", file)
	eventually(t, "the meter answers", 20*time.Second, func() bool { return answering("http://"+http) == 1 })
	url := "tcp://" + addresses[0]
	if _, stderr, code := run(t, "scan", url, "--units", "1-2", "--pause", "0"); code != 2 || !strings.Contains(stderr, "asue-collector, process ") {
		t.Errorf("scan of a live line: exit code %d: %s", code, stderr)
	}
	if out, stderr, code := run(t, "scan", url, "--units", "1-2", "--pause", "0", "--force"); code != 0 || !strings.Contains(out, "1") {
		t.Errorf("scan by force: exit code %d: %s%s", code, out, stderr)
	}
	if out, stderr, code := run(t, "lines", "dump", "l1", "--url", "http://"+http, "--address", "0", "--count", "2"); code != 0 || !strings.Contains(out, "15000") {
		t.Errorf("dump: exit code %d: %s%s", code, out, stderr)
	}
	if out, stderr, code := run(t, "lines", "trace", "l1", "--url", "http://"+http); code != 0 || !strings.Contains(out, "is on") {
		t.Errorf("trace: exit code %d: %s%s", code, out, stderr)
	}
	eventually(t, "frames in the trace", 10*time.Second, func() bool {
		out, _, _ := run(t, "lines", "trace", "l1", "--url", "http://"+http)
		return strings.Contains(out, "►") && strings.Contains(out, "◄")
	})
}
