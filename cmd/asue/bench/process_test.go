package bench

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// report prints a figure on a line of its own: the framework's name of the
// benchmark stands without a line end before it.
func report(name string, value float64, unit string) {
	fmt.Printf("\nBENCH %s %.4g %s", name, value, unit)
}

// build builds a program once for a benchmark: asue or asue-collector.
func build(b *testing.B, name string) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), name)
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "asue/cmd/"+name)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// child is a running process.
type child struct {
	b    *testing.B
	cmd  *exec.Cmd
	in   io.Closer
	said chan string // its lines
	log  *os.File    // all that it said
}

// start runs a program and ends it with the benchmark.
func start(b *testing.B, env []string, program string, args ...string) *child {
	b.Helper()
	c := &child{b: b, cmd: exec.Command(program, args...), said: make(chan string, 1000)}
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	c.cmd.Stdout, c.cmd.Stderr = w, w
	if c.log, err = os.Create(filepath.Join(b.TempDir(), "log")); err != nil {
		b.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	_ = w.Close()
	go c.listen(out)
	b.Cleanup(c.stop)
	return c
}

func (c *child) listen(out io.ReadCloser) {
	defer close(c.said)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		_, _ = c.log.WriteString(lines.Text() + "\n")
		select {
		case c.said <- lines.Text():
		default: // nobody waits
		}
	}
}

// stop ends the process as its users do. It may be called twice.
func (c *child) stop() {
	if c.cmd.ProcessState != nil {
		return
	}
	_ = c.in.Close()
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	killer := time.AfterFunc(20*time.Second, func() { _ = c.cmd.Process.Kill() })
	_ = c.cmd.Wait() // the exit code of a stopped process is of no interest
	killer.Stop()
	if c.b.Failed() {
		text, _ := os.ReadFile(c.log.Name())
		c.b.Logf("%v said:\n%s", c.cmd.Args, text[max(0, len(text)-4000):])
	}
}

// await waits for a line with the words and returns what follows them up to a
// quote or the line's end.
func (c *child) await(words string, within time.Duration) string {
	c.b.Helper()
	patience := time.After(within)
	for {
		select {
		case line, ok := <-c.said:
			if !ok {
				c.b.Fatalf("%v ended without saying %q", c.cmd.Args, words)
			}
			if _, rest, ok := strings.Cut(line, words); ok {
				rest, _, _ = strings.Cut(rest, `"`)
				return strings.TrimSpace(rest)
			}
		case <-patience:
			c.b.Fatalf("%v did not say %q within %v", c.cmd.Args, words, within)
		}
	}
}

// ticksPerSecond is the kernel's USER_HZ on every Linux architecture that Go has.
const ticksPerSecond = 100

// cpu is what the process has used so far, in user and system mode: fields 14
// and 15 of proc(5) stat.
func (c *child) cpu() time.Duration {
	c.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		c.b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the program's name may hold anything
	fields := strings.Fields(rest)
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			c.b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// memory is a line of proc(5) status in MiB: VmRSS, RssAnon.
func (c *child) memory(name string) float64 {
	c.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		c.b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				c.b.Fatal(err)
			}
			return kib / 1024
		}
	}
	c.b.Fatalf("no %s in the process's status", name)
	return 0
}

// metrics are the sums over all labels but le: "name" or `name{le}`.
type metrics map[string]float64

func scrape(b *testing.B, base string) metrics {
	b.Helper()
	resp, err := http.Get(base + "/metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	sums := metrics{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || at < 0 {
			continue
		}
		v, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			b.Fatal(err)
		}
		name, labels, _ := strings.Cut(line[:at], "{")
		if _, rest, ok := strings.Cut(labels, `le="`); ok {
			bound, _, _ := strings.Cut(rest, `"`)
			name += "{" + bound + "}"
		}
		sums[name] += v
	}
	return sums
}

// since is what has been counted after an earlier scrape.
func (m metrics) since(before metrics) metrics {
	grown := metrics{}
	for name, v := range m {
		grown[name] = v - before[name]
	}
	return grown
}

// quantile of a histogram, linear within a bucket, in seconds; the last bound
// for what lies beyond it.
func (m metrics) quantile(name string, q float64, bounds []time.Duration) float64 {
	rank := q * m[name+"_count"]
	lower, below := 0.0, 0.0
	for _, bound := range bounds {
		upper := bound.Seconds()
		n := m[name+"_bucket{"+strconv.FormatFloat(upper, 'g', -1, 64)+"}"]
		if n >= rank && n > below {
			return lower + (upper-lower)*(rank-below)/(n-below)
		}
		lower, below = upper, n
	}
	return lower
}

// quantileOf a list of times.
func quantileOf(sorted []time.Duration, q float64) time.Duration {
	return sorted[int(math.Ceil(q*float64(len(sorted))))-1]
}
