package soak

import (
	"context"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"asue/simulator/faultproxy"
)

// dialTimeout is how long the collector waits for a connection.
const dialTimeout = time.Second

// pace is how fast the lines of a run are.
type pace struct {
	network, serial time.Duration // poll periods
	timeout         time.Duration // how long the collector waits for an answer
	hold            time.Duration // quarantine of RTU lines
	perByte         time.Duration // of serial lines
}

var (
	// briefly leaves room for a fault phase and two periods in twenty seconds.
	briefly = pace{network: 3 * time.Second, serial: 8 * time.Second, timeout: 250 * time.Millisecond, hold: 300 * time.Millisecond}
	// atLength has the quarantine that the collector takes by itself, serial lines of
	// 115200 baud, and periods that leave a busy machine its time.
	atLength = pace{network: 10 * time.Second, serial: 30 * time.Second, timeout: 400 * time.Millisecond, hold: time.Second, perByte: 95 * time.Microsecond}
)

// track is one transport from the units to the address that is polled.
type track struct {
	name    string
	url     string
	framing faultproxy.Framing
	serial  bool
	period  time.Duration
	pace    pace
	bank    *bank
	proxy   *faultproxy.Proxy // spoils frames
	front   *faultproxy.Proxy // spoils the bytes of TLS in front of it; else nil
}

var transports = []string{"tcp", "tls", "rtu+tcp", "rtu"}

// lay makes the track of a transport.
func lay(t *testing.T, name string, p pace, seed uint64) *track {
	t.Helper()
	k := &track{name: name, pace: p, period: p.network, bank: &bank{began: time.Now()}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	query := url.Values{}
	switch name {
	case "tcp":
		k.proxy, err = faultproxy.Listen("127.0.0.1:0", k.framing, faultproxy.TCP(k.bank.serve(t)), seed)
		must(err)
		k.url = "tcp://" + k.proxy.Addr()
	case "tls":
		plant := newAuthority(t)
		k.proxy = faultproxy.On(plant.listen(t), k.framing, faultproxy.TCP(k.bank.serve(t)), seed)
		k.front, err = faultproxy.Listen("127.0.0.1:0", faultproxy.Bytes, faultproxy.TCP(k.proxy.Addr()), seed+1)
		must(err)
		k.url = "tls://" + k.front.Addr() + "?" + plant.query().Encode()
	case "rtu+tcp", "rtu":
		k.framing, k.bank.rtu, k.serial, k.period = faultproxy.RTU, true, name == "rtu", p.serial
		query.Set("baud", "115200")
		query.Set("hold", p.hold.String())
		if target := faultproxy.TCP(k.bank.serve(t)); k.serial {
			query.Set("parity", "N")
			k.proxy, err = faultproxy.Serial(target, seed)
			must(err)
			k.url = "rtu://" + k.proxy.Addr() + "?" + query.Encode()
		} else {
			k.proxy, err = faultproxy.Listen("127.0.0.1:0", k.framing, target, seed)
			must(err)
			k.url = "rtu+tcp://" + k.proxy.Addr() + "?" + query.Encode()
		}
	}
	for _, proxy := range []*faultproxy.Proxy{k.proxy, k.front} {
		if proxy == nil {
			continue
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- proxy.Serve(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	k.set(t, faultproxy.Faults{}, faultproxy.Faults{})
	return k
}

// set lets the faults loose, at the pace of the line.
func (k *track) set(t *testing.T, back, front faultproxy.Faults) {
	t.Helper()
	back.Jitter = 500 * time.Microsecond
	if k.serial {
		back.PerByte = k.pace.perByte
	}
	if err := k.proxy.Set(back); err != nil {
		t.Fatal(err)
	}
	if k.front == nil {
		return
	}
	if err := k.front.Set(front); err != nil {
		t.Fatal(err)
	}
}

// kinds are the faults that the track can have and that can be noticed at all:
// a changed bit of a register over plain Modbus/TCP cannot, by nobody.
func (k *track) kinds() []faultproxy.Kind {
	var list []faultproxy.Kind
	for _, kind := range faultproxy.Kinds() {
		if kind.Possible(k.framing, k.serial) == "" && !(kind == faultproxy.BitFlip && k.framing == faultproxy.MBAP) {
			list = append(list, kind)
		}
	}
	return list
}

// weather is what goes wrong for a while.
type weather struct {
	name        string
	back, front faultproxy.Faults
	lasts       time.Duration
	// refuses is set if connections come to nothing while it lasts. Then the
	// collector knocks ever more rarely, and finds the line up again after as long
	// as it was down, at most, and the time of an attempt that is under way.
	refuses bool
}

// recovery is how long after the weather every meter must have been read again.
func (w weather) recovery(period time.Duration) time.Duration {
	if w.refuses {
		return 2*period + w.lasts + dialTimeout
	}
	return 2 * period
}

// draw makes a weather: a drizzle of everything, a storm of one kind, or an
// outage.
func (k *track) draw(dice *rand.Rand) weather {
	w := weather{lasts: k.period/2 + time.Duration(dice.Float64()*float64(k.period/2))}
	w.back = faultproxy.Faults{
		Codes:  []uint8{1, 2, 3, 4, 5, 6, 10, 11},
		LateBy: k.pace.timeout, LateSpread: k.pace.hold / 2,
		StallFor: k.pace.timeout + time.Duration(dice.Int64N(int64(time.Second))),
		Pause:    time.Duration(dice.Int64N(int64(20 * time.Millisecond))),
	}
	if dice.IntN(2) == 0 {
		w.back.LateSpread = 5 * k.pace.hold // also long after every quarantine
	}
	w.front = w.back
	w.front.Codes = nil
	kinds := k.kinds()
	switch n := dice.IntN(10); {
	case n < 6:
		w.name = "everything"
		w.back.Chance = even(0.02+0.06*dice.Float64(), kinds)
	case n < 9:
		kind := kinds[dice.IntN(len(kinds))]
		w.name = kind.String()
		w.back.Chance = even(0.2, []faultproxy.Kind{kind})
	case !k.serial && dice.IntN(2) == 0:
		w.name, w.refuses = "refused connections", true
		w.back = faultproxy.Faults{Refuse: true, Chance: even(0.2, []faultproxy.Kind{faultproxy.Reset})}
	default:
		w.name = "black hole"
		w.back = faultproxy.Faults{BlackHole: true}
	}
	if k.front != nil {
		w.refuses = true // what befalls the bytes befalls handshakes
		var list []faultproxy.Kind
		for _, kind := range faultproxy.Kinds() {
			if kind.Possible(faultproxy.Bytes, false) == "" {
				list = append(list, kind)
			}
		}
		w.front.Chance = even(0.03*dice.Float64(), list)
	}
	return w
}

// even spreads a probability over kinds.
func even(sum float64, kinds []faultproxy.Kind) map[faultproxy.Kind]float64 {
	chance := map[faultproxy.Kind]float64{}
	for _, k := range kinds {
		chance[k] = sum / float64(len(kinds))
	}
	return chance
}

// spoilt is how many answers were spoilt, by kind.
func (k *track) spoilt() (sum uint64, by [64]uint64) {
	for _, kind := range faultproxy.Kinds() {
		by[kind] = k.proxy.Count(kind)
		if k.front != nil {
			by[kind] += k.front.Count(kind)
		}
		sum += by[kind]
	}
	return sum, by
}
