package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"asue/examples/aktobe"
	"asue/simulator"
)

// refused runs the program with something wrong and checks its exit code and
// that its last line on stderr, the one of the program, says all of the words.
func refused(t *testing.T, code int, words []string, args ...string) {
	t.Helper()
	out, errs, got := run(t, args...)
	if got != code {
		t.Errorf("asue %s: exit code %d, want %d: %s", strings.Join(args, " "), got, code, errs)
	}
	said := ""
	for line := range strings.Lines(errs) {
		if strings.HasPrefix(line, "asue: ") {
			said += line
		}
	}
	if n := strings.Count(said, "\n"); n != 1 {
		t.Errorf("asue %s: %d messages, want one: %q %q", strings.Join(args, " "), n, out, errs)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("asue %s: %q does not say %q", strings.Join(args, " "), said, w)
		}
	}
}

func TestWrongUse(t *testing.T) {
	refused(t, 2, []string{`"frobnicate"`, "asue --help"}, "frobnicate")
	refused(t, 2, []string{"--frobnicate", "asue demo --help"}, "demo", "--frobnicate")
	refused(t, 2, []string{"asue demo [flags]"}, "demo", "frobnicate")
	refused(t, 2, []string{"asue run -c asue.yaml"}, "run")
	refused(t, 2, []string{"/nowhere/asue.yaml", "no such file"}, "run", "-c", "/nowhere/asue.yaml")
	refused(t, 2, []string{"/nowhere/site.yaml", "no such file"}, "simulator", "--site", "/nowhere/site.yaml")
	refused(t, 2, []string{"nowhere", "host:port"}, "simulator", "--listen", "nowhere")
	refused(t, 2, []string{"401", "0 to 400"}, "demo", "--days", "401")
	refused(t, 2, []string{"0.5", "1 (real time)"}, "demo", "--speed", "0.5")
	refused(t, 2, []string{"udp", "tcp://"}, "probe", "udp://127.0.0.1:502")
	refused(t, 2, []string{"eastron-sdm360", "did you mean eastron-sdm630"}, "probe", "tcp://127.0.0.1:502", "--model", "eastron-sdm360")
	refused(t, 2, []string{"unit 248", "1 to 247"}, "probe", "tcp://127.0.0.1:502", "--unit", "248")
	refused(t, 1, []string{"nobody listens", "check the address"}, "probe", fmt.Sprintf("tcp://127.0.0.1:%d", freePort(t)), "--model", "eastron-sdm630")
}

// TestPortInUse: whoever finds its port taken says so at once, names the port
// and the way out, and ends.
func TestPortInUse(t *testing.T) {
	holder, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Close() }()
	held := holder.Addr().String()
	refused(t, 1, []string{held, "in use", "--http"}, "demo", "--days", "0", "--http", held, "--broker", "127.0.0.1:0", "--data", t.TempDir())
	refused(t, 1, []string{held, "in use", "another port"}, "demo", "--days", "0", "--http", "127.0.0.1:0", "--broker", held, "--data", t.TempDir())
	refused(t, 1, []string{held, "in use", "--listen"}, "simulator", "--listen", held)
}

// TestBrokenFiles: every fault of a file is told at once, each with its place
// and remedy, and nothing starts.
func TestBrokenFiles(t *testing.T) {
	dir := t.TempDir()
	text := string(aktobe.Site())
	for _, change := range [][2]string{
		{"contract: 29.7 MW", "contract: 29.7 pounds"},
		{"model: eastron-sdm630", "model: eastron-sdm360"},
		{"unit: 10,", "unit: 300,"},
		{"time_zone: Asia/Aqtobe", "time_zone: Asia/Aktobe"},
	} {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("the example has no %q", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	broken := write(t, dir, "site.yaml", text)
	process := write(t, dir, "asue.yaml", "site: site.yaml\nhttp: nowhere\ncolector: {}\n")

	for _, args := range [][]string{{"check", broken}, {"demo", "--site", broken}, {"simulator", "--site", broken},
		{"run", "-c", write(t, dir, "good.yaml", "site: site.yaml\nhttp: none\nroles: [broker]\n")}} {
		out, errs, code := run(t, args...)
		if code != 2 {
			t.Errorf("asue %v: exit code %d, want 2", args, code)
		}
		for _, words := range []string{"29.7 pounds", "eastron-sdm360", "300", "Asia/Aktobe"} {
			if !strings.Contains(out+errs, words) {
				t.Errorf("asue %v does not tell of %q:\n%s%s", args, words, out, errs)
			}
		}
		if n := strings.Count(out+errs, "site.yaml:"); n < 4 || strings.Count(out+errs, "fix: ") < 4 {
			t.Errorf("asue %v: %d places, or not every fault has a remedy:\n%s%s", args, n, out, errs)
		}
	}
	if out, errs, code := run(t, "check", "/nowhere/site.yaml", broken); code != 2 || !strings.Contains(out, "/nowhere/site.yaml: error: the file cannot be read") || !strings.Contains(out, "29.7 pounds") {
		t.Errorf("a missing file beside a broken one: exit code %d, want 2 and the faults of both:\n%s%s", code, out, errs)
	}
	for _, args := range [][]string{{"check", process}, {"run", "-c", process}} {
		out, errs, code := run(t, args...)
		if code != 2 || !strings.Contains(out+errs, "asue.yaml:2:") || !strings.Contains(out+errs, "asue.yaml:3:") || !strings.Contains(out+errs, "collector") {
			t.Errorf("asue %v: exit code %d, want 2 and both faults with their lines:\n%s%s", args, code, out, errs)
		}
	}
}

// TestDataFolder: a data folder that cannot be written is told before anything
// else. The test may run as root, who may write anywhere; so a file is in the way.
func TestDataFolder(t *testing.T) {
	file := write(t, t.TempDir(), "occupied", "a file\n")
	for _, data := range []string{file, filepath.Join(file, "below")} {
		refused(t, 1, []string{"data folder " + data, "not a directory", "data:"},
			"demo", "--days", "0", "--year=false", "--http", "127.0.0.1:0", "--broker", "127.0.0.1:0", "--data", data)
	}
}

// lively is a demo without history whose meters are all fresh.
type lively struct {
	*process
	base, broker string // addresses of the page and of the broker
	total        int    // meters
}

func startLively(t *testing.T, data string) lively {
	t.Helper()
	first := quietPorts(t, 2)
	l := lively{base: fmt.Sprintf("http://127.0.0.1:%d", first), broker: strconv.Itoa(first + 1)}
	l.process = start(t, "asue demo", program, "demo", "--days", "0", "--year=false", "--data", data,
		"--http", fmt.Sprintf("127.0.0.1:%d", first), "--broker", "127.0.0.1:"+l.broker)
	eventually(t, "all meters are fresh", 20*time.Second, l.fresh)
	var now overview
	getJSON(t, l.base+"/api/v1/overview", &now)
	l.total = now.Meters.Total
	return l
}

// fresh reports whether the page has a fresh value of every meter and of the zone.
func (l lively) fresh() bool {
	var now overview
	return tryJSON(l.base+"/api/v1/overview", &now) == nil && now.PowerW != nil && now.Meters.Total > 0 && now.Meters.Fresh == now.Meters.Total
}

func (l lively) metric(name string, labels ...string) float64 {
	l.t.Helper()
	v, found := metric(l.t, l.base, name, labels...)
	if !found {
		l.t.Fatalf("no metric %s %v", name, labels)
	}
	return v
}

// polls is how many transactions with meters have gone well.
func (l lively) polls() float64 {
	return l.metric("asue_modbus_requests_total", `result="ok"`)
}

// goesOn checks that meters are read and shown on, seconds after a fault.
func (l lively) goesOn(after string) {
	l.t.Helper()
	polls := l.polls()
	eventually(l.t, "meters are read after "+after, 10*time.Second, func() bool { return l.polls() > polls+float64(l.total) })
	eventually(l.t, "meters are fresh after "+after, 10*time.Second, l.fresh)
}

// TestStoreDies: the series store's process is killed; it comes back by itself,
// is counted, and has what was measured meanwhile; the page never stops.
func TestStoreDies(t *testing.T) {
	l := startLively(t, t.TempDir())
	stored := func() int {
		var answer struct {
			Data struct{ Result []struct{ Value [2]any } }
		}
		query := url.Values{"query": {`count(last_over_time(asue_p_w[1m]))`}, "nocache": {"1"}}
		if tryJSON(l.base+"/prometheus/api/v1/query?"+query.Encode(), &answer) != nil || len(answer.Data.Result) != 1 {
			return 0
		}
		n, _ := strconv.Atoi(fmt.Sprint(answer.Data.Result[0].Value[1]))
		return n
	}
	eventually(t, "samples of every meter in the series", 20*time.Second, func() bool { return stored() >= l.total })
	starts := l.metric("asue_series_store_starts_total")

	old := children(t, l.cmd.Process.Pid)
	if len(old) != 1 {
		t.Fatalf("the demo has children %v, want the store alone", old)
	}
	if err := syscall.Kill(old[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	l.await("series store ended, starting it again", 5*time.Second)
	if !l.fresh() {
		t.Error("the page stopped with the series store")
	}
	eventually(t, "the store is counted as started again", 10*time.Second, func() bool {
		return l.metric("asue_series_store_starts_total") == starts+1 && l.metric("asue_series_store_running") == 1
	})
	eventually(t, "ready again", 10*time.Second, answers(l.base+"/readyz"))
	eventually(t, "samples of every meter in the series again", 20*time.Second, func() bool { return stored() >= l.total })
	l.goesOn("the death of the store")
}

// TestPoison: malformed and oversized payloads of strangers are put aside and
// counted; the collectors' own go on.
func TestPoison(t *testing.T) {
	l := startLively(t, t.TempDir())
	dir := t.TempDir()
	send := func(topic, file string) error {
		_, err := tryTool(t, 10*time.Second, "/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", l.broker, "-q", "1", "-t", "asue/v1/aktobe/"+topic, "-f", file)
		return err
	}
	poison := []struct{ topic, name, payload string }{
		{"d/stranger", "text", "not a batch"},
		{"d/collector-1", "in the collector's name", `{"v":1,"batch":"no"}`},
		{"d/stranger", "of another version", "\xa1\x01\x18\x63"},
		{"h/stranger", "cut CBOR", "\xa5\x01\x01\x02\x78"},
		{"d/stranger", "large, below the bound", strings.Repeat("\xff", 200_000)},
		{"d/stranger", "deeply nested", strings.Repeat("\x81", 100_000)},
	}
	for i, p := range poison {
		if err := send(p.topic, write(t, dir, strconv.Itoa(i), p.payload)); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	eventually(t, "every payload in quarantine", 10*time.Second, func() bool {
		return l.metric("asue_ingest_quarantined_total") >= float64(len(poison))
	})
	l.await("payload put into quarantine", time.Second)
	if err := send("d/stranger", write(t, dir, "oversized", strings.Repeat("x", 300_000))); err == nil {
		t.Error("a packet of 300,000 bytes was taken")
	}
	eventually(t, "the oversized packet is counted", 5*time.Second, func() bool { return l.metric("asue_broker_oversized_total") >= 1 })
	l.await("packet too large", time.Second)
	l.goesOn("poison")
	if n := l.metric("asue_ingest_quarantined_total"); n != float64(len(poison)) {
		t.Errorf("%v payloads in quarantine, want %d", n, len(poison))
	}
	if n := l.metric("asue_ingest_failures_total"); n != 0 {
		t.Errorf("%v groups could not be committed", n)
	}
}

// TestDeadMeters: a line that leads nowhere, a gateway that takes connections
// and says nothing, and a meter that is not there, are silent with the reason;
// all others are read on.
func TestDeadMeters(t *testing.T) {
	s := serve(t)
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes connections; nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deaf.Close() }()
	nowhere := quietPorts(t, 1)

	text := string(aktobe.Site())
	const there, gone = "serial: ДЕМО-CG-0059, line: gw-tp-1, unit: 8,", "serial: ДЕМО-CG-0059, line: gw-tp-1, unit: 88,"
	if !strings.Contains(text, there) {
		t.Fatalf("the example has no %q", there)
	}
	dir := t.TempDir()
	write(t, dir, "site.yaml", strings.Replace(text, there, gone, 1))
	var lines strings.Builder
	for i, line := range simulator.Lines(s.zone) {
		at := fmt.Sprintf("127.0.0.1:%d", s.first+i)
		switch line {
		case "gw-35":
			at = fmt.Sprintf("127.0.0.1:%d", nowhere)
		case "gw-tp-2":
			at = deaf.Addr().String()
		}
		fmt.Fprintf(&lines, "    %s: tcp://%s\n", line, at)
	}
	base := runSite(t, dir, "  timeout: 500ms\n  lines:\n"+lines.String())

	dead := map[string][]string{"m-f04-12": {"exception 11"}} // meter: words of the reason
	for _, m := range s.zone.Meters {
		switch m.Line {
		case "gw-35":
			dead[string(m.ID)] = []string{"no connection", "refused"}
		case "gw-tp-2":
			dead[string(m.ID)] = []string{"no answer within 500ms"}
		}
	}
	settled := func() (faults []string) {
		for meter, p := range points(t, base) {
			words, isDead := dead[meter]
			switch {
			case !isDead && p.Freshness != "fresh":
				faults = append(faults, fmt.Sprintf("%s is %s: %s", meter, p.Freshness, p.Reason))
			case isDead && (p.Freshness != "silent" || p.PowerW != nil):
				faults = append(faults, fmt.Sprintf("%s is %s with power %v", meter, p.Freshness, p.PowerW))
			case isDead && slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(p.Reason, w) }):
				faults = append(faults, fmt.Sprintf("%s: the reason %q does not say %q", meter, p.Reason, words))
			}
		}
		return faults
	}
	var faults []string
	defer func() {
		for _, f := range faults {
			t.Log(f)
		}
	}()
	eventually(t, "the dead are silent with their reason, the others fresh", 40*time.Second, func() bool {
		faults = settled()
		return len(faults) == 0
	})
	if v, _ := metric(t, base, "asue_modbus_line_down", `line="gw-35"`); v != 1 {
		t.Errorf("asue_modbus_line_down of the line that leads nowhere is %v", v)
	}
	eventually(t, "the silent meter's breaker is open", 30*time.Second, func() bool {
		v, _ := metric(t, base, "asue_meter_breaker_open", `meter="m-f04-12"`)
		return v == 1
	})
	// The meters beside the one that is not there keep their rate.
	polls := func() float64 {
		v, _ := metric(t, base, "asue_modbus_requests_total", `line="gw-tp-1"`, `result="ok"`)
		return v
	}
	begin, from := time.Now(), polls()
	eventually(t, "a hundred reads beside the dead meter", 30*time.Second, func() bool { return polls() >= from+100 })
	if rate := 100 / time.Since(begin).Seconds(); rate < 0.9*7 { // seven meters left, each read once a second at least
		t.Errorf("%.1f reads a second on the line with a dead meter", rate)
	}
}

// TestDiskFull: with no space left meters are read on, the page answers and does
// not present old values as new ones, the log tells the remedy, a metric the
// state; nothing of the billing class is lost, and all recovers by itself when
// there is space.
func TestDiskFull(t *testing.T) {
	d := newDisk(t)
	l := startLively(t, filepath.Join(d.dir, "data"))
	d.fill(t, l.cmd.Process.Pid)
	line := l.await("takes nothing", 30*time.Second)
	if !strings.Contains(line, d.remedy()) {
		t.Errorf("the alarm does not say %q: %s", d.remedy(), line)
	}
	eventually(t, "the metric tells", 5*time.Second, func() bool { return l.metric("asue_outbox_ready") == 0 })

	polls := l.polls()
	eventually(t, "meters are read with a full disk", 20*time.Second, func() bool { return l.polls() > polls+10*float64(l.total) })
	for _, p := range points(t, l.base) {
		if p.Freshness != "fresh" && p.Reason == "" {
			t.Errorf("%s is %s without a reason", p.ID, p.Freshness)
		}
	}
	if page, err := fetch(l.base + "/"); err != nil || !strings.Contains(page, "<html") {
		t.Errorf("the page with a full disk: %v", err)
	}
	d.free(t, l.cmd.Process.Pid)
	eventually(t, "the outbox takes batches again", 30*time.Second, func() bool { return l.metric("asue_outbox_ready") == 1 })
	l.goesOn("there is space again")
	if n := l.metric("asue_delivery_lost_total", `class="billing"`); n != 0 {
		t.Errorf("%v batches of billing registers are lost", n)
	}
	eventually(t, "ready again", 30*time.Second, answers(l.base+"/readyz"))
	commits := l.metric("asue_ingest_commits_total")
	eventually(t, "the ledger commits again", 10*time.Second, func() bool { return l.metric("asue_ingest_commits_total") > commits })
	if code := l.stop(stopWithin + 5*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// disk is a folder that can be made full: a small file system of its own where
// the test may mount one, a bound on the size of the process's files elsewhere.
type disk struct {
	dir     string
	mounted bool
}

func newDisk(t *testing.T) *disk {
	t.Helper()
	d := &disk{dir: t.TempDir()}
	err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, "size=48m")
	if err != nil {
		t.Logf("no file system may be mounted here (%v): the size of files is bounded instead", err)
		return d
	}
	d.mounted = true
	t.Cleanup(func() {
		if err := syscall.Unmount(d.dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return d
}

// remedy is what the alarm must say: a bound on files is not a full disk to
// SQLite, but a disk in trouble.
func (d *disk) remedy() string {
	if d.mounted {
		return "disk is full: free space on its volume"
	}
	return "disk I/O error"
}

func (d *disk) fill(t *testing.T, pid int) {
	t.Helper()
	if !d.mounted {
		d.bound(t, pid, "1000:")
		return
	}
	file, err := os.Create(filepath.Join(d.dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	block := make([]byte, 4096)
	for err == nil {
		_, err = file.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

func (d *disk) free(t *testing.T, pid int) {
	t.Helper()
	if !d.mounted {
		d.bound(t, pid, "unlimited:")
		return
	}
	if err := os.Remove(filepath.Join(d.dir, "filler")); err != nil {
		t.Fatal(err)
	}
}

func (d *disk) bound(t *testing.T, pid int, size string) {
	t.Helper()
	for _, p := range append(children(t, pid), pid) {
		runTool(t, 5*time.Second, "/usr/bin/prlimit", "--pid", strconv.Itoa(p), "--fsize="+size)
	}
}
