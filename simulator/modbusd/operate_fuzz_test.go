package modbusd

import (
	"bytes"
	"log/slog"
	"slices"
	"testing"
	"time"

	"asue/collector/regmap"
	"asue/metering/clock"
	"asue/simulator"
	"asue/simulator/internal/plant"
)

// FuzzOperate gives modules requests of any bytes: each gets an answer that fits it,
// or an exception, and nothing that was not taken changes what the module shows.
func FuzzOperate(f *testing.F) {
	at := time.Date(2026, 1, 15, 5, 0, 0, 0, time.UTC)
	library, err := regmap.Load()
	if err != nil {
		f.Fatal(err)
	}
	w, err := simulator.New(plant.Controlled("schneider-iem3000"), 1, at)
	if err != nil {
		f.Fatal(err)
	}
	s, err := Listen(Config{World: w, Library: library, Clock: clock.Warped(clock.Clock{}.Now(), at, 1e-6), Tick: time.Hour, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.close() })
	l, err := s.line("A1")
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range [][]byte{
		{1, 0, 0, 0, 8}, {2, 0, 0, 0, 16}, {3, 0, 0, 0, 5}, {4, 0, 0, 0, 4}, {5, 0, 1, 0xFF, 0}, {6, 0, 2, 0, 90},
		{15, 0, 0, 0, 3, 1, 5}, {16, 0, 0, 0, 2, 4, 0, 0x1E, 0x84, 0x80}, {43, 14, 1, 0}, {16, 0, 3, 0, 2, 4, 0xFF, 0xFF, 0xFF, 0xFF},
	} {
		for unit := range byte(4) {
			f.Add(unit, body)
		}
	}
	f.Fuzz(func(t *testing.T, unit byte, body []byte) {
		if len(body) == 0 || len(body) > maxLength-1 {
			return // no frame holds it
		}
		m := l.modules[unit%4+1]
		before, events := m.show(w), w.EventCount()
		head := []byte("head")
		out, speaks := s.operate(head, m, body, "fuzz")
		if !speaks || !bytes.HasPrefix(out, head) {
			t.Fatalf("request % x: answer % x, %v", body, out, speaks)
		}
		answer := out[len(head):]
		switch {
		case answer[0] == body[0]|0x80 && len(answer) == 2:
		case answer[0] != body[0]:
			t.Fatalf("request % x: answer % x", body, answer)
		case body[0] <= 4 && len(answer) != 2+int(answer[1]):
			t.Fatalf("request % x: answer % x of another length", body, answer)
		case body[0] > 4 && !bytes.Equal(answer, body[:5]):
			t.Fatalf("request % x: answer % x is not its beginning", body, answer)
		}
		if w.EventCount() == events && !equal(before, m.show(w)) {
			t.Fatalf("request % x: refused, and something has changed", body)
		}
	})
}

// equal compares what can be written.
func equal(a, b tables) bool {
	return slices.Equal(a.coils, b.coils) && slices.Equal(a.holding, b.holding)
}
