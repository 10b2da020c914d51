package devicetest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/collector/device"
	"asue/collector/devicetest"
	"asue/metering"
)

// A driver for a protocol that has nothing of Modbus: a line of text is asked, a
// line of text answers. It is what a new driver looks like.
//
//	power?        power=1250.4
//	energy?       energy=123456
//	who?          who=SN-17
//	anything      !unknown  !busy  !faulty  !absent

type textLine struct {
	dial func() (net.Conn, error)
	conn net.Conn
	in   *bufio.Reader
}

type noLine struct{ error }

func (noLine) Unreachable() bool { return true }

type said device.Refusal

func (s said) Error() string           { return "the meter refuses" }
func (s said) Refusal() device.Refusal { return device.Refusal(s) }

var words = map[string]device.Refusal{
	"!unknown": device.Unknown, "!busy": device.Busy, "!faulty": device.Faulty, "!absent": device.Absent,
}

func (l *textLine) ask(ctx context.Context, what string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if l.conn == nil {
		conn, err := l.dial()
		if err != nil {
			return "", noLine{err}
		}
		l.conn, l.in = conn, bufio.NewReader(conn)
	}
	answer, err := l.exchange(what)
	if err != nil { // a late answer must not meet the next question
		return "", errors.Join(err, l.Close())
	}
	if refusal, ok := words[answer]; ok {
		return "", said(refusal)
	}
	name, value, ok := strings.Cut(answer, "=")
	if !ok || name != what {
		return "", errors.Join(fmt.Errorf("%q answers %q", answer, what), l.Close())
	}
	return value, nil
}

func (l *textLine) exchange(what string) (string, error) {
	if err := l.conn.SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(l.conn, "%s?\n", what); err != nil {
		return "", err
	}
	answer, err := l.in.ReadString('\n')
	return strings.TrimSpace(answer), err
}

func (l *textLine) Close() error {
	if l.conn == nil {
		return nil
	}
	err := l.conn.Close()
	l.conn = nil
	return err
}

type textMeter struct{ requests []device.Request }

func newTextMeter(l *textLine) *textMeter {
	return &textMeter{[]device.Request{&text{l, "power", device.Fast}, &text{l, "energy", device.Energy}, &text{l, "who", device.Ident}}}
}

func (m *textMeter) Model() string                   { return "text@1" }
func (m *textMeter) Address() string                 { return "the only one" }
func (m *textMeter) Requests() []device.Request      { return m.requests }
func (m *textMeter) Modulus(metering.Quantity) int64 { return 1_000_000 }
func (m *textMeter) Archive() device.Archive         { return nil }
func (m *textMeter) Pause() time.Duration            { return 0 }

type text struct {
	line  *textLine
	what  string
	group device.Group
}

func (t *text) Group() device.Group     { return t.group }
func (t *text) Billing() bool           { return t.group == device.Energy }
func (t *text) Size() int               { return len(t.what) }
func (t *text) String() string          { return t.what }
func (t *text) Split() []device.Request { return nil }
func (t *text) Apart() []device.Request { return nil }

func (t *text) Ask(ctx context.Context, a *device.Answer) error {
	value, err := t.line.ask(ctx, t.what)
	if err != nil {
		return err
	}
	if t.group == device.Ident {
		a.Identity = device.Identity{Serial: value, Said: "serial=" + value}
		return nil
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return err
	}
	r := metering.Reading{Quantity: metering.ActivePower, Value: v}
	if t.group == device.Energy {
		r = metering.Reading{Quantity: metering.ActiveImport, Value: v, Count: metering.Count{Raw: int64(v), Step: 1000}}
	}
	a.Readings = append(a.Readings, r)
	return nil
}

// TestDriverOfAnotherProtocol is the driver above against the suite.
func TestDriverOfAnotherProtocol(t *testing.T) {
	devicetest.Run(t, func(t *testing.T) devicetest.Subject {
		how := make(chan devicetest.Behaviour, 1) // holds the present behaviour
		how <- devicetest.Answers
		now := func() devicetest.Behaviour { b := <-how; how <- b; return b }
		line := &textLine{dial: func() (net.Conn, error) {
			if now() == devicetest.Unplugged {
				return nil, errors.New("connection refused")
			}
			ours, theirs := net.Pipe()
			go serveText(theirs, now)
			return ours, nil
		}}
		return devicetest.Subject{Line: line, Meter: newTextMeter(line), Serial: "SN-17", Behave: func(b devicetest.Behaviour) bool {
			<-how
			how <- b
			if b == devicetest.Unplugged {
				return line.Close() == nil
			}
			return true
		}}
	})
}

func serveText(conn net.Conn, now func() devicetest.Behaviour) {
	defer conn.Close()
	answers := map[string]string{"power?": "power=1250.4", "energy?": "energy=123456", "who?": "who=SN-17"}
	refusals := map[devicetest.Behaviour]string{
		devicetest.Refuses: "!unknown", devicetest.Busy: "!busy", devicetest.Faulty: "!faulty", devicetest.Absent: "!absent",
	}
	for in := bufio.NewScanner(conn); in.Scan(); {
		answer := answers[in.Text()]
		switch b := now(); {
		case b == devicetest.Silent:
			continue
		case refusals[b] != "":
			answer = refusals[b]
		}
		if _, err := io.WriteString(conn, answer+"\n"); err != nil {
			return
		}
	}
}
