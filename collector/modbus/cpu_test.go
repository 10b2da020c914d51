package modbus_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	simon "github.com/simonvetter/modbus"

	"asue/collector/modbus"
)

// asMeters makes the test binary a process of meters, whose cost is not the
// client's. Its value is the longest time that they take to answer.
const asMeters = "ASUE_MODBUS_METERS"

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asMeters) != "":
		serveMeters()
	case os.Getenv(asPoller) != "":
		pollInAnotherProcess()
	default:
		flag.Parse()
		// Cases that run at once wait for time-outs, not for the processor.
		if err := flag.Set("test.parallel", "24"); err != nil {
			panic("BUG: " + err.Error())
		}
		os.Exit(m.Run())
	}
}

// serveMeters answers on one port until its standard input ends.
func serveMeters() {
	slowest, err := time.ParseDuration(os.Getenv(asMeters))
	if err != nil {
		log.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ln.Addr())
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for {
					r, err := readRequest(conn)
					if err != nil {
						return
					}
					time.Sleep(time.Duration(rand.Int64N(int64(slowest) + 1)))
					if _, err := conn.Write(r.answer()); err != nil {
						return
					}
				}
			}()
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func startMeters(b *testing.B, slowest time.Duration) (addr string) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asMeters+"="+slowest.String())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	if _, err := fmt.Fscanln(out, &addr); err != nil {
		b.Fatal(err)
	}
	return addr
}

// poller reads 24 registers of one meter.
type poller func() error

// BenchmarkCPU is what one transaction costs this process, in CPU time, when
// 1,000 lines are polled once a second, a quarter of them at the same moment:
// by a bare loop over github.com/simonvetter/modbus, over Go's poller, and over
// the gatherer. Meters answer at once, or after up to 25 ms, as real ones do. The
// three take turns, because machines are noisy, and the median of turns counts.
func BenchmarkCPU(b *testing.B) {
	for _, slowest := range []time.Duration{0, 25 * time.Millisecond} {
		b.Run(slowest.String(), func(b *testing.B) { benchmarkCPU(b, slowest) })
	}
}

func benchmarkCPU(b *testing.B, slowest time.Duration) {
	addr := startMeters(b, slowest)
	plants := []*plant{
		newPlant(b, "simonvetter", many, func() (poller, io.Closer) {
			c, err := simon.NewClient(&simon.ClientConfiguration{URL: "tcp://" + addr, Logger: log.New(io.Discard, "", 0)})
			if err == nil {
				err = c.Open()
			}
			if err != nil {
				b.Fatal(err)
			}
			return func() error { _, err := c.ReadRawBytes(0, 48, simon.HOLDING_REGISTER); return err }, c
		}),
		newPlant(b, "plain", many, ours(b, addr, modbus.OpenPlain)),
		newPlant(b, "gathered", many, ours(b, addr, modbus.OpenGathered)),
	}
	suffix := ""
	if slowest > 0 {
		suffix = fmt.Sprintf("_answers_within_%v", slowest)
	}
	inTurn(b, suffix, plants)
}

// BenchmarkCPUOfFewLines is the same for 1,000 meters behind fewer and fewer
// gateways, whose lines are worked off meter after meter: who waits for an answer
// waits nearly alone.
func BenchmarkCPUOfFewLines(b *testing.B) {
	addr := startMeters(b, 0)
	for _, lines := range []int{5, 10, 20, 50, 100, 250} {
		inTurn(b, fmt.Sprintf("_of_%d_lines", lines), []*plant{
			newPlant(b, "plain", lines, ours(b, addr, modbus.OpenPlain)),
			newPlant(b, "gathered", lines, ours(b, addr, modbus.OpenGathered)),
		})
	}
}

func ours(b *testing.B, addr string, open opener) func() (poller, io.Closer) {
	return func() (poller, io.Closer) {
		l, err := open("tcp://"+addr, modbus.Options{})
		if err != nil {
			b.Fatal(err)
		}
		words := make([]uint16, 24)
		return func() error { return l.ReadInto(context.Background(), 1, 3, 0, words) }, l
	}
}

// inTurn measures plants one after the other and again, and prints the medians.
func inTurn(b *testing.B, suffix string, plants []*plant) {
	b.Helper()
	for turn := range turns + 1 { // the first is to warm up
		for _, p := range plants {
			p.turn(b, turn > 0)
		}
	}
	for _, p := range plants {
		fmt.Printf("\nBENCH modbus_cpu_us_%s%s %.2f us\nBENCH modbus_burst_ms_%s%s %.2f ms\n", p.name, suffix, median(p.cost), p.name, suffix, median(p.took)/1000)
	}
}

const (
	meters   = 1000
	many     = meters // lines: each meter has its own
	slots    = 4
	interval = time.Second
	seconds  = 3 // of one turn
	turns    = 5
)

// plant is a number of meters behind lines, each polled by a goroutine of its own.
type plant struct {
	name       string
	polls      []poller
	cost, took []float64 // µs of each turn: CPU time of a transaction; from the start of its burst to its answer
}

func newPlant(b *testing.B, name string, lines int, dial func() (poller, io.Closer)) *plant {
	b.Helper()
	p := &plant{name: name}
	for range lines {
		poll, closer := dial()
		b.Cleanup(func() { closer.Close() })
		p.polls = append(p.polls, poll)
	}
	return p
}

func (p *plant) turn(b *testing.B, counts bool) {
	b.Helper()
	var wg sync.WaitGroup
	var took atomic.Int64
	begin := time.Now().Add(interval / 2)
	for i, poll := range p.polls {
		wg.Go(func() {
			at := begin.Add(time.Duration(i%slots) * interval / slots)
			for range seconds {
				time.Sleep(time.Until(at))
				for range meters / len(p.polls) {
					if err := poll(); err != nil {
						b.Error(err)
						return
					}
					took.Add(int64(time.Since(at)))
				}
				at = at.Add(interval)
			}
		})
	}
	time.Sleep(time.Until(begin) - interval/4)
	before := cpu(b)
	wg.Wait()
	if spent := cpu(b) - before; counts {
		p.cost = append(p.cost, micro(spent)/(meters*seconds))
		p.took = append(p.took, micro(time.Duration(took.Load()))/(meters*seconds))
	}
}

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func median(v []float64) float64 { slices.Sort(v); return v[len(v)/2] }

// cpu is the process's time so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
