package wire_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering/wire"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return t.UTC()
}

func byTime() wire.Replay {
	return wire.Replay{ID: "r-17", Issued: at("2026-11-02T09:30:00Z"), From: at("2026-11-01T00:00:00Z"), To: at("2026-11-02T00:00:00Z")}
}

func bySeq() wire.Replay {
	return wire.Replay{ID: "r-18", Issued: at("2026-11-02T09:31:00Z"), FromSeq: 812_000}
}

func answer() wire.ReplayAnswer {
	return wire.ReplayAnswer{ID: "r-17", Batches: 1200, From: 812_000, To: 813_210}
}

func TestGoldenReplay(t *testing.T) {
	golden(t, "replay.cbor.hex", hexLines(ok(wire.EncodeReplay(byTime()))(t)))
	golden(t, "replay.json", ok(wire.EncodeReplayJSON(byTime()))(t))
	golden(t, "replay-seq.cbor.hex", hexLines(ok(wire.EncodeReplay(bySeq()))(t)))
	golden(t, "replay-answer.cbor.hex", hexLines(ok(wire.EncodeReplayAnswer(answer()))(t)))
	golden(t, "replay-answer.json", ok(wire.EncodeReplayAnswerJSON(answer()))(t))
	for file, want := range map[string]wire.Replay{"replay.cbor.hex": byTime(), "replay.json": byTime(), "replay-seq.cbor.hex": bySeq()} {
		if d := cmp.Diff(want, ok(wire.DecodeReplay(fromFile(t, file)))(t)); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
	for _, file := range []string{"replay-answer.cbor.hex", "replay-answer.json"} {
		if d := cmp.Diff(answer(), ok(wire.DecodeReplayAnswer(fromFile(t, file)))(t)); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
}

// A wish that has lain about is not heeded, and neither is one from the future.
func TestReplayIsHeededWhileFresh(t *testing.T) {
	r := byTime()
	for age, want := range map[time.Duration]bool{
		0: true, 5 * time.Minute: true, 5*time.Minute + time.Second: false, -time.Minute: true, -time.Minute - time.Second: false, 24 * time.Hour: false,
	} {
		if got := r.Fresh(r.Issued.Add(age)); got != want {
			t.Errorf("at an age of %v: %t", age, got)
		}
	}
}

func TestImpossibleReplayIsRefused(t *testing.T) {
	for name, change := range map[string]func(*wire.Replay){
		"no id":              func(r *wire.Replay) { r.ID = "" },
		"id for a topic":     func(r *wire.Replay) { r.ID = "a/b" },
		"never issued":       func(r *wire.Replay) { r.Issued = time.Time{} },
		"nothing":            func(r *wire.Replay) { r.From, r.To = time.Time{}, time.Time{} },
		"time and number":    func(r *wire.Replay) { r.FromSeq = 5 },
		"backwards":          func(r *wire.Replay) { r.To = r.From.Add(-time.Second) },
		"an end alone":       func(r *wire.Replay) { r.From = time.Time{} },
		"before there was":   func(r *wire.Replay) { r.From = at("1869-01-01T00:00:00Z") },
		"numbers backwards":  func(r *wire.Replay) { *r = bySeq(); r.ToSeq = 5 },
		"a last number only": func(r *wire.Replay) { *r = bySeq(); r.FromSeq, r.ToSeq = 0, 5 },
	} {
		r := byTime()
		change(&r)
		_, err1 := wire.EncodeReplay(r)
		_, err2 := wire.EncodeReplayJSON(r)
		if !errors.Is(err1, wire.ErrMalformed) || !errors.Is(err2, wire.ErrMalformed) {
			t.Errorf("%s: %v, %v", name, err1, err2)
		}
	}
	for name, a := range map[string]wire.ReplayAnswer{
		"no id": {}, "backwards": {ID: "x", Batches: 1, From: 5, To: 4}, "none, from 5": {ID: "x", From: 5, To: 6},
		"more than numbers": {ID: "x", Batches: 3, From: 5, To: 6}, "both": {ID: "x", Batches: 1, From: 5, To: 5, Refused: "too old"},
	} {
		if _, err := wire.EncodeReplayAnswer(a); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("answer, %s: %v", name, err)
		}
	}
}

func TestReplayAndAckAreTold(t *testing.T) {
	ack := ok(wire.EncodeAck(wire.Ack{Contiguous: 1, Highest: 1}))(t)
	if _, err := wire.DecodeReplay(ack); !errors.Is(err, wire.ErrMalformed) || !strings.Contains(err.Error(), "an ack where a replay belongs") && !strings.Contains(err.Error(), "ack") {
		t.Errorf("an ack as replay: %v", err)
	}
	if _, err := wire.DecodeReplay([]byte(`{"v":2,"kind":"replay"}`)); !errors.Is(err, wire.ErrVersion) {
		t.Errorf("version 2: %v", err)
	}
	if _, err := wire.DecodeReplayAnswer(ok(wire.EncodeReplay(byTime()))(t)); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("a replay as answer: %v", err)
	}
}

func FuzzDecodeReplay(f *testing.F) {
	for _, file := range []string{"replay.cbor.hex", "replay-seq.cbor.hex", "replay.json", "replay-answer.cbor.hex", "replay-answer.json"} {
		f.Add(fromFile(f, file))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if r, err := wire.DecodeReplay(payload); err == nil {
			again := ok(wire.DecodeReplay(ok(wire.EncodeReplay(r))(t)))(t)
			text := ok(wire.DecodeReplay(ok(wire.EncodeReplayJSON(r))(t)))(t)
			if r != again || r != text {
				t.Errorf("%+v came back as %+v and %+v", r, again, text)
			}
		}
		if a, err := wire.DecodeReplayAnswer(payload); err == nil {
			first := ok(wire.EncodeReplayAnswer(a))(t)
			second := ok(wire.EncodeReplayAnswer(ok(wire.DecodeReplayAnswer(first))(t)))(t)
			if !bytes.Equal(first, second) {
				t.Errorf("%+v has two forms", a)
			}
		}
	})
}
