package bench

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/collector/regmap"
	"asue/metering"
)

// bank plays meters of one model over Modbus/TCP: every unit id behind every port
// has the same registers. Any number of connections may ask at once.
type bank struct {
	listeners []net.Listener
	model     *regmap.Model

	mu    sync.RWMutex
	words [1 << 16]uint16 // of the model's one function
	milli int64           // of every counter, in thousandths
}

func newBank(b *testing.B, ports int) *bank {
	b.Helper()
	library, err := regmap.Load()
	if err != nil {
		b.Fatal(err)
	}
	m, ok := library.Model(model)
	if !ok {
		b.Fatalf("no model %s", model)
	}
	k := &bank{model: m, milli: 1e9}
	k.turn(rand.New(rand.NewPCG(1, 2)))
	for range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		k.listeners = append(k.listeners, listener)
		go k.accept(listener)
	}
	return k
}

func (k *bank) address(port int) string { return k.listeners[port].Addr().String() }

func (k *bank) close() {
	for _, l := range k.listeners {
		_ = l.Close() // nobody asks any more
	}
}

// turn gives every register a new value of the size that a meter shows.
func (k *bank) turn(dice *rand.Rand) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.milli += 1000
	for i := range k.model.Registers {
		r := &k.model.Registers[i]
		k.put(r, regmap.Value{Float: 1 + 400*dice.Float64(), MilliUnits: k.milli})
	}
}

// set gives the registers of one quantity a value.
func (k *bank) set(q metering.Quantity, value float64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.model.Registers {
		if r := &k.model.Registers[i]; r.Quantity == q {
			k.put(r, regmap.Value{Float: value})
		}
	}
}

func (k *bank) put(r *regmap.Register, v regmap.Value) {
	direct := metering.Ratio{}
	regmap.Encode(r, v, direct, direct, k.words[r.Address:int(r.Address)+r.Words()])
}

func (k *bank) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return // closed
		}
		go k.converse(conn)
	}
}

// converse answers reads of registers; anything else ends the connection, which
// a benchmark notices.
func (k *bank) converse(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64)
	var q [12]byte
	out := make([]byte, 9, 260)
	for {
		if _, err := io.ReadFull(in, q[:]); err != nil {
			return
		}
		first, count := int(binary.BigEndian.Uint16(q[8:])), int(binary.BigEndian.Uint16(q[10:]))
		if q[7] != 3 || count < 1 || count > 125 || first+count > 1<<16 {
			return
		}
		copy(out, q[:8])
		binary.BigEndian.PutUint16(out[4:], uint16(3+2*count))
		out[8] = byte(2 * count)
		k.mu.RLock()
		for _, w := range k.words[first : first+count] {
			out = append(out, byte(w>>8), byte(w))
		}
		k.mu.RUnlock()
		if _, err := conn.Write(out); err != nil {
			return
		}
		out = out[:9]
	}
}

// bankOf is set in a child process that plays meters, to the number of its ports.
const bankOf = "ASUE_BENCH_PORTS"

// startBank starts a process that plays meters, and returns its addresses.
func startBank(b *testing.B, ports int) []string {
	b.Helper()
	c := start(b, []string{fmt.Sprintf("%s=%d", bankOf, ports)}, os.Args[0],
		"-test.run", "^$", "-test.bench", "^BenchmarkMeterBank$", "-test.benchtime", "1x")
	return strings.Fields(c.await("meters at ", 20*time.Second))
}

// BenchmarkMeterBank is how long the bank takes for an answer, both ends in one
// process: far less than what it is used to measure. In the child process of the
// other benchmarks it plays the meters until its input is closed.
func BenchmarkMeterBank(b *testing.B) {
	if text := os.Getenv(bankOf); text != "" {
		ports, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		playMeters(newBank(b, ports))
		return
	}
	k := newBank(b, 1)
	defer k.close()
	conn, err := net.Dial("tcp", k.address(0))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	block := k.model.Plan(regmap.Fast)[0]
	question := []byte{0, 1, 0, 0, 0, 6, 1, 3, byte(block.Address >> 8), byte(block.Address), 0, byte(block.Count)}
	answer := make([]byte, 9+2*int(block.Count))
	for b.Loop() {
		if _, err := conn.Write(question); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(conn, answer); err != nil {
			b.Fatal(err)
		}
	}
}

func playMeters(k *bank) {
	defer k.close()
	fmt.Print("\nmeters at")
	for port := range k.listeners {
		fmt.Print(" ", k.address(port))
	}
	fmt.Println()
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until the parent goes
		close(ended)
	}()
	dice := rand.New(rand.NewPCG(3, 4))
	for turn := time.NewTicker(200 * time.Millisecond); ; {
		select {
		case <-turn.C:
			k.turn(dice)
		case <-ended:
			return
		}
	}
}
