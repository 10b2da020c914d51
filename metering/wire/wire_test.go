package wire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/wire"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// The bytes of version 1 never change: collectors in the field speak them.
func TestGoldenBytes(t *testing.T) {
	ack := wire.Ack{Epoch: 0x3f2a09c4517b88d1, Contiguous: 812_340, Highest: 812_345, Missing: []metering.Range{{From: 812_341, To: 812_342}}}
	lost := morning()
	lost.Snapshots, lost.Lost = nil, []metering.Range{{From: 812_000, To: 812_099}}

	batch := func(encode func(wire.Batch) ([]byte, error), b wire.Batch) []byte { return ok(encode(b))(t) }
	golden(t, "batch.cbor.hex", hexLines(batch(wire.EncodeBatch, morning())))
	golden(t, "batch.json", batch(wire.EncodeBatchJSON, morning()))
	golden(t, "lost.cbor.hex", hexLines(batch(wire.EncodeBatch, lost)))
	golden(t, "ack.cbor.hex", hexLines(ok(wire.EncodeAck(ack))(t)))
	golden(t, "ack.json", ok(wire.EncodeAckJSON(ack))(t))
	golden(t, "state.json", ok(wire.EncodeState(wire.State{Online: true, Version: "0.1.0", Epoch: 7, Since: morning().Sealed}))(t))
}

// What was written once is read for ever.
func TestGoldenBytesAreRead(t *testing.T) {
	for _, file := range []string{"batch.cbor.hex", "batch.json"} {
		got := ok(wire.DecodeBatch(fromFile(t, file)))(t)
		if diff := cmp.Diff(morning(), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	for _, file := range []string{"ack.cbor.hex", "ack.json"} {
		got := ok(wire.DecodeAck(fromFile(t, file)))(t)
		if got.Contiguous != 812_340 || got.Highest != 812_345 || len(got.Missing) != 1 {
			t.Errorf("%s: %+v", file, got)
		}
	}
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	var m map[uint64]any
	if err := cbor.Unmarshal(ok(wire.EncodeBatch(morning()))(t), &m); err != nil {
		t.Fatal(err)
	}
	m[40] = map[string]any{"weather": "snow", "deep": []any{1, 2, "three"}}
	got := ok(wire.DecodeBatch(ok(cbor.Marshal(m))(t)))(t)
	if diff := cmp.Diff(morning(), got); diff != "" {
		t.Errorf("CBOR (-want +got):\n%s", diff)
	}
	text := strings.Replace(string(ok(wire.EncodeBatchJSON(morning()))(t)), `{"v":1`, `{"weather":["snow"],"v":1`, 1)
	if diff := cmp.Diff(morning(), ok(wire.DecodeBatch([]byte(text)))(t)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

// A later version is named as such, even if none of its fields fits.
func TestUnknownVersionIsRefused(t *testing.T) {
	for _, payload := range [][]byte{
		ok(cbor.Marshal(map[int]any{0: 2, 1: 1}))(t),
		ok(cbor.Marshal(map[int]any{0: 2, 1: 1, 2: 17, 13: "not an array"}))(t),
		[]byte(`{"v":2,"kind":"batch"}`),
		[]byte(`{"v":2,"kind":"batch","site":17}`),
		[]byte(`{"kind":"batch"}`),
	} {
		if _, err := wire.DecodeBatch(payload); !errors.Is(err, wire.ErrVersion) {
			t.Errorf("batch %q: %v, want ErrVersion", payload, err)
		}
		if _, err := wire.DecodeAck(payload); !errors.Is(err, wire.ErrVersion) {
			t.Errorf("ack %q: %v, want ErrVersion", payload, err)
		}
	}
}

func TestMalformedIsRefused(t *testing.T) {
	good := ok(wire.EncodeBatch(morning()))(t)
	text := string(ok(wire.EncodeBatchJSON(morning()))(t))
	ack := ok(wire.EncodeAck(wire.Ack{Contiguous: 1, Highest: 1}))(t)
	bomb := append([]byte{0xa1, 0x0d}, bytes.Repeat([]byte{0x81}, 1000)...)
	many := append([]byte{0xa1, 0x0d, 0x9a, 0x7f, 0xff, 0xff, 0xff}, 0xa0)
	cases := map[string][]byte{
		"empty":             nil,
		"oversized":         bytes.Repeat([]byte{'{'}, wire.MaxPayload+1),
		"noise":             []byte("hello"),
		"only a number":     {0x01},
		"an ack":            ack,
		"trailing bytes":    append(bytes.Clone(good), 0),
		"deeply nested":     bomb,
		"two billion items": many,
		"key twice":         {0xa2, 0x00, 0x01, 0x00, 0x01},
		"indefinite":        {0xbf, 0x00, 0x01, 0xff},
		"json cut":          []byte(text[:len(text)-1]),
		"json seq":          []byte(strings.Replace(text, `"seq":812345`, `"seq":0`, 1)),
		"json class":        []byte(strings.Replace(text, `"billing"`, `"gossip"`, 1)),
		"json quantity":     []byte(strings.Replace(text, `"q":"p"`, `"q":"magic"`, 1)),
		"json no value":     []byte(strings.Replace(text, `"value":1250400`, `"val":1`, 1)),
		"json raw alone":    []byte(strings.Replace(text, `"step_milli":100000`, `"x":1`, 1)),
		"json site":         []byte(strings.Replace(text, `"aktobe"`, `"akt/obe"`, 1)),
		"json year":         []byte(strings.Replace(text, `"t":"2026`, `"t":"1826`, 1)),
	}
	for name, payload := range cases {
		_, err := wire.DecodeBatch(payload)
		if !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
		if err != nil && len(err.Error()) > 400 {
			t.Errorf("%s: the error is %d bytes long", name, len(err.Error()))
		}
	}
	for n := range good {
		if _, err := wire.DecodeBatch(good[:n]); !errors.Is(err, wire.ErrMalformed) {
			t.Fatalf("cut after %d bytes: %v, want ErrMalformed", n, err)
		}
	}
}

// Hostile content that is well-formed CBOR.
func TestImpossibleContentIsRefused(t *testing.T) {
	type m = map[int]any
	snapshot := func(s m) m {
		return m{0: 1, 1: 1, 2: "s", 3: "c", 4: 1, 5: 1, 6: "l", 7: int64(1e12), 8: 0, 9: 1, 10: 1, 12: []string{"x@1"}, 13: []m{s}}
	}
	plain := func() m { return m{0: "m", 1: 0, 2: 0, 3: 0, 4: 0, 8: []byte{1, 60}, 9: []float64{1, 2}} }
	with := func(key int, value any) []byte {
		s := plain()
		s[key] = value
		return ok(cbor.Marshal(snapshot(s)))(t)
	}
	for name, payload := range map[string][]byte{
		"model out of the table":   with(1, 1),
		"before overflows":         with(2, int64(math.MinInt64)),
		"took overflows":           with(3, int64(math.MaxInt64)),
		"mono overflows":           with(4, int64(math.MinInt64)),
		"clock before 1970":        with(5, -1),
		"too few values":           with(9, []float64{1}),
		"too many values":          with(9, []float64{1, 2, 3}),
		"not a number":             with(9, []float64{1, math.NaN()}),
		"infinite":                 with(9, []float64{1, math.Inf(1)}),
		"count beyond":             with(10, []any{[]any{2, 5, 1000, 0}}),
		"step of nothing":          with(10, []any{[]any{1, 5, 0, 0}}),
		"negative count":           with(10, []any{[]any{1, -5, 1000, 0}}),
		"note beyond":              with(11, []any{[]any{9, 1, 0, ""}}),
		"readings beyond the most": with(8, bytes.Repeat([]byte{1}, wire.MaxReadings+1)),
		"meter without a name":     with(0, ""),
		"meter with a newline":     with(0, "a\nb"),
		"meter as long as a book":  with(0, strings.Repeat("m", wire.MaxText+1)),
	} {
		if _, err := wire.DecodeBatch(payload); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
	if _, err := wire.DecodeBatch(ok(cbor.Marshal(snapshot(plain())))(t)); err != nil {
		t.Errorf("the plain snapshot itself: %v", err)
	}
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	for name, change := range map[string]func(*wire.Batch){
		"no site":            func(b *wire.Batch) { b.Site = "" },
		"collector in cyr.":  func(b *wire.Batch) { b.ID.Collector = "сборщик" },
		"no line":            func(b *wire.Batch) { b.Line = "" },
		"seq 0":              func(b *wire.Batch) { b.ID.Seq = 0 },
		"no class":           func(b *wire.Batch) { b.Class = 0 },
		"sealed never":       func(b *wire.Batch) { b.Sealed = time.Time{} },
		"lost and snapshots": func(b *wire.Batch) { b.Lost = []metering.Range{{From: 1, To: 2}} },
		"lost from 0":        func(b *wire.Batch) { b.Snapshots, b.Lost = nil, []metering.Range{{From: 0, To: 2}} },
		"lost overlaps":      func(b *wire.Batch) { b.Snapshots, b.Lost = nil, []metering.Range{{From: 1, To: 3}, {From: 3, To: 4}} },
		"too many snapshots": func(b *wire.Batch) { b.Snapshots = make([]metering.Snapshot, wire.MaxSnapshots+1) },
		"too many readings":  func(b *wire.Batch) { b.Snapshots[0].Readings = make([]metering.Reading, wire.MaxReadings+1) },
		"snapshot at never":  func(b *wire.Batch) { b.Snapshots[1].At = time.Time{} },
		"raw without step":   func(b *wire.Batch) { b.Snapshots[0].Readings[0].Count.Raw = 1 },
		"too many bytes": func(b *wire.Batch) {
			s := b.Snapshots[1]
			s.Reason = strings.Repeat("x", 255)
			b.Snapshots = nil
			for range 1024 {
				b.Snapshots = append(b.Snapshots, s)
			}
		},
	} {
		b := morning()
		change(&b)
		if _, err := wire.EncodeBatch(b); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
		if _, err := wire.EncodeBatchJSON(b); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s as JSON: %v, want ErrMalformed", name, err)
		}
	}
	if _, err := wire.EncodeAck(wire.Ack{Contiguous: 2, Highest: 1}); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("ack with highest below contiguous: %v", err)
	}
}

// One odd reading does not hold up its batch.
func TestOddReadingsGoOutMarked(t *testing.T) {
	b := morning()
	b.Snapshots[0].Readings[0].Value = math.NaN()
	b.Snapshots[0].Readings[2].Reason = strings.Repeat("ё", 300) + "\xff"
	for _, encode := range []func(wire.Batch) ([]byte, error){wire.EncodeBatch, wire.EncodeBatchJSON} {
		got := ok(wire.DecodeBatch(ok(encode(b))(t)))(t)
		r := got.Snapshots[0].Readings[0]
		if r.Quality != metering.NotAvailable || r.Value != 0 || r.Reason == "" {
			t.Errorf("not a number came back as %+v", r)
		}
		reason := got.Snapshots[0].Readings[2].Reason
		if len(reason) > wire.MaxReason || !strings.HasSuffix(reason, "…") {
			t.Errorf("long reason came back with %d bytes: %q", len(reason), reason)
		}
	}
}

// Of more missing ranges than an ack holds the lowest go first.
func TestAckNamesTheLowestMissing(t *testing.T) {
	a := wire.Ack{Contiguous: 1, Highest: 1_000_000}
	for i := range uint64(wire.MaxRanges + 10) {
		a.Missing = append(a.Missing, metering.Range{From: 2 + 2*i, To: 2 + 2*i})
	}
	for _, encode := range []func(wire.Ack) ([]byte, error){wire.EncodeAck, wire.EncodeAckJSON} {
		got := ok(wire.DecodeAck(ok(encode(a))(t)))(t)
		if diff := cmp.Diff(a.Missing[:wire.MaxRanges], got.Missing); diff != "" {
			t.Error(diff)
		}
	}
}

func TestBatchRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyBatch(t)
		for _, encode := range []func(wire.Batch) ([]byte, error){wire.EncodeBatch, wire.EncodeBatchJSON} {
			payload, err := encode(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := wire.DecodeBatch(payload)
			if err != nil {
				t.Fatalf("%v\n%s", err, hexLines(payload))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			again, err := encode(got)
			if err != nil || !bytes.Equal(payload, again) {
				t.Fatalf("the same batch has other bytes: %v", err)
			}
		}
	})
}

func TestLivePointAndStateRoundTrip(t *testing.T) {
	power, energy := -12.5, metering.Energy(81_234_500)
	p := wire.LivePoint{At: morning().Sealed, Power: &power, EnergyImport: &energy, Quality: metering.Stale, Reason: "no answer", Meter: "F-1", Resident: "ceramics-1"}
	if diff := cmp.Diff(p, ok(wire.DecodeLivePoint(ok(wire.EncodeLivePoint(p))(t)))(t)); diff != "" {
		t.Error(diff)
	}
	nan := math.NaN()
	if got := ok(wire.DecodeLivePoint(ok(wire.EncodeLivePoint(wire.LivePoint{At: p.At, Power: &nan}))(t)))(t); got.Power != nil {
		t.Errorf("not a number came back as %v", *got.Power)
	}
	s := wire.State{Version: "0.1.0", Epoch: math.MaxUint64, Since: p.At}
	if diff := cmp.Diff(s, ok(wire.DecodeState(ok(wire.EncodeState(s))(t)))(t)); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "{", `{"state":"asleep"}`, "[]"} {
		if _, err := wire.DecodeState([]byte(bad)); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("state %q: %v", bad, err)
		}
		if _, err := wire.DecodeLivePoint([]byte(bad)); bad != `{"state":"asleep"}` && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("live point %q: %v", bad, err)
		}
	}
}

func TestTopics(t *testing.T) {
	for topic, want := range map[string]wire.Topic{
		wire.LiveTopic("aktobe", "col-1"):         {Site: "aktobe", Branch: wire.BranchLive, Name: "col-1"},
		wire.HistoryTopic("aktobe", "col-1"):      {Site: "aktobe", Branch: wire.BranchHistory, Name: "col-1"},
		wire.AckTopic("aktobe", "col-1"):          {Site: "aktobe", Branch: wire.BranchAck, Name: "col-1"},
		wire.StateTopic("aktobe", "col-1"):        {Site: "aktobe", Branch: wire.BranchState, Name: "col-1"},
		wire.LivePointTopic("aktobe", "in-1.T"):   {Site: "aktobe", Branch: wire.BranchLivePoint, Name: "in-1.T"},
		wire.ReplayTopic("aktobe", "col-1"):       {Site: "aktobe", Branch: wire.BranchReplay, Name: "col-1"},
		wire.ReplayAnswerTopic("aktobe", "col-1"): {Site: "aktobe", Branch: wire.BranchReplayAnswer, Name: "col-1"},
		wire.ControlTopic("aktobe"):               {Site: "aktobe", Branch: wire.BranchControl},
		wire.PresenceTopic("aktobe"):              {Site: "aktobe", Branch: wire.BranchPresence},
		wire.AllotTopic("aktobe", "agent-1"):      {Site: "aktobe", Branch: wire.BranchAllot, Name: "agent-1"},
		wire.OutcomeTopic("aktobe", "agent-1"):    {Site: "aktobe", Branch: wire.BranchOutcome, Name: "agent-1"},
		wire.BeatTopic("aktobe", "agent-1"):       {Site: "aktobe", Branch: wire.BranchBeat, Name: "agent-1"},
		wire.OrderTopic("aktobe"):                 {Site: "aktobe", Branch: wire.BranchOrder, Name: wire.Balancer},
	} {
		got, err := wire.ParseTopic(topic)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", topic, got, err)
		}
		if got.String() != topic {
			t.Errorf("%s came back as %s", topic, got)
		}
	}
	for _, bad := range []string{
		"", "asue", "asue/v1", "asue/v1/aktobe", "asue/v2/aktobe/d/c", "asue/v1/aktobe/x/c", "asue/v1/aktobe/d", "asue/v1/aktobe/d/",
		"asue/v1/aktobe/d/c/more", "asue/v1//d/c", "asue/v1/+/d/c", "asue/v1/aktobe/d/#", "asue/v1/aktobe/control/x", strings.Repeat("x", 70000),
	} {
		if got, err := wire.ParseTopic(bad); !errors.Is(err, wire.ErrMalformed) || len(err.Error()) > 600 {
			t.Errorf("%.40q: %+v, %v", bad, got, err)
		}
	}
	for want, got := range map[string]string{
		"asue/v1/aktobe/d/+":     wire.Filter("aktobe", wire.BranchLive),
		"asue/v1/+/h/+":          wire.Filter("", wire.BranchHistory),
		"asue/v1/aktobe/control": wire.Filter("aktobe", wire.BranchControl),
		"asue/v1/+/presence":     wire.Filter("", wire.BranchPresence),
		"asue/v1/aktobe/beat/+":  wire.Filter("aktobe", wire.BranchBeat),
	} {
		if got != want {
			t.Errorf("filter %s, want %s", got, want)
		}
	}
}

func FuzzDecodeBatch(f *testing.F) {
	for _, file := range []string{"batch.cbor.hex", "batch.json", "lost.cbor.hex", "ack.cbor.hex"} {
		f.Add(fromFile(f, file))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := wire.DecodeBatch(payload)
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, wire.ErrVersion) {
				t.Fatalf("neither malformed nor of another version: %v", err)
			}
			return
		}
		again, err := wire.EncodeBatch(b)
		if err != nil {
			if len(payload) < wire.MaxPayload/8 {
				t.Fatalf("decoded, but refused to encode: %v", err)
			}
			return
		}
		c, err := wire.DecodeBatch(again)
		if diff := cmp.Diff(b, c); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}

func FuzzDecodeAck(f *testing.F) {
	for _, file := range []string{"ack.cbor.hex", "ack.json", "batch.json"} {
		f.Add(fromFile(f, file))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		a, err := wire.DecodeAck(payload)
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, wire.ErrVersion) {
				t.Fatalf("neither malformed nor of another version: %v", err)
			}
			return
		}
		b, err := wire.DecodeAck(ok(wire.EncodeAck(a))(t))
		if diff := cmp.Diff(a, b); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}

func FuzzParseTopic(f *testing.F) {
	f.Add("asue/v1/aktobe/d/col-1")
	f.Add("asue/v1/aktobe/control")
	f.Fuzz(func(t *testing.T, topic string) {
		if got, err := wire.ParseTopic(topic); err == nil && got.String() != topic {
			t.Fatalf("%q came back as %q", topic, got)
		}
	})
}

// A line of 32 meters with 12 quantities each, two of them counters.
func line32() wire.Batch {
	b := morning()
	b.Snapshots = nil
	for m := range 32 {
		s := metering.Snapshot{Meter: metering.MeterID(fmt.Sprintf("F-%03d", m)), Model: "eastron-sdm630@1", At: b.Sealed.Add(-time.Duration(m*37) * time.Millisecond), Took: 36_412 * time.Microsecond, Mono: b.Mono - time.Duration(m*37)*time.Millisecond}
		for i, q := range []metering.Quantity{1, 2, 3, 4, 5, 10, 11, 12, 20, 21, 60, 62} {
			r := metering.Reading{Quantity: q, Value: float64(float32(1000.1*float64(i+1) + float64(m)))}
			if q.Counter() {
				r.Count = metering.Count{Raw: int64(8_123_456 + 1000*m), Step: 10_000}
				r.Value = float64(r.Count.Raw) * 10
			}
			s.Readings = append(s.Readings, r)
		}
		b.Snapshots = append(b.Snapshots, s)
	}
	return b
}

func BenchmarkEncodeBatch(b *testing.B) {
	batch := line32()
	b.ReportAllocs()
	var n int
	for b.Loop() {
		n = len(ok(wire.EncodeBatch(batch))(b))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch.Snapshots)), "ns/snapshot")
	b.ReportMetric(float64(n)/float64(len(batch.Snapshots)), "B/snapshot")
}

func BenchmarkDecodeBatch(b *testing.B) {
	batch := line32()
	payload := ok(wire.EncodeBatch(batch))(b)
	b.ReportAllocs()
	for b.Loop() {
		ok(wire.DecodeBatch(payload))(b)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch.Snapshots)), "ns/snapshot")
}

func anyBatch(t *rapid.T) wire.Batch {
	b := wire.Batch{
		Site:   metering.SiteID(name().Draw(t, "site")),
		ID:     metering.BatchID{Collector: name().Draw(t, "collector"), Epoch: rapid.Uint64().Draw(t, "epoch"), Seq: rapid.Uint64Min(1).Draw(t, "seq")},
		Line:   metering.LineID(name().Draw(t, "line")),
		Sealed: anyTime().Draw(t, "sealed"),
		Mono:   anyDuration().Draw(t, "mono"),
		Boot:   rapid.Uint64().Draw(t, "boot"),
		Class:  rapid.SampledFrom([]wire.Class{wire.Billing, wire.Telemetry}).Draw(t, "class"),
	}
	if rapid.IntRange(0, 4).Draw(t, "is a loss record") == 0 {
		from := rapid.Uint64Range(1, math.MaxUint64-10).Draw(t, "from")
		b.Lost = []metering.Range{{From: from, To: from + rapid.Uint64Range(0, 10).Draw(t, "more")}}
		return b
	}
	for range rapid.IntRange(0, 5).Draw(t, "snapshots") {
		b.Snapshots = append(b.Snapshots, anySnapshot(t))
	}
	return b
}

func anySnapshot(t *rapid.T) metering.Snapshot {
	s := metering.Snapshot{
		Meter:   metering.MeterID(name().Draw(t, "meter")),
		Model:   rapid.SampledFrom([]string{"", "a@1", "b@2"}).Draw(t, "model"),
		At:      anyTime().Draw(t, "at"),
		Took:    anyDuration().Draw(t, "took"),
		Mono:    anyDuration().Draw(t, "mono"),
		Quality: metering.Quality(rapid.Uint8().Draw(t, "quality")),
		Reason:  rapid.StringN(-1, -1, wire.MaxReason).Draw(t, "reason"),
	}
	if rapid.Bool().Draw(t, "has a clock") {
		s.Clock = anyTime().Draw(t, "clock")
	}
	for range rapid.IntRange(0, 6).Draw(t, "readings") {
		r := metering.Reading{Quantity: metering.Quantity(rapid.Uint8().Draw(t, "quantity"))}
		if rapid.Bool().Draw(t, "is a counter") {
			r.Count = metering.Count{Raw: rapid.Int64Min(0).Draw(t, "raw"), Step: rapid.Int64Min(1).Draw(t, "step"), Secondary: rapid.Bool().Draw(t, "secondary")}
			r.Value = float64(r.Count.Raw) * float64(r.Count.Step) / 1000
		}
		if rapid.Bool().Draw(t, "is noted") {
			r.Quality = metering.Quality(rapid.Uint8().Draw(t, "quality"))
			r.Reason = rapid.StringN(-1, -1, wire.MaxReason).Draw(t, "reason")
		}
		if rapid.Bool().Draw(t, "has its own value") {
			r.Value = rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, "value")
		}
		if !r.Quality.HasValue() {
			r.Value = 0
		}
		s.Readings = append(s.Readings, r)
	}
	return s
}

func name() *rapid.Generator[string] { return rapid.StringMatching(`[A-Za-z0-9_.-]{1,20}`) }

func anyTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMilli(rapid.Int64Range(0, 253402300799999).Draw(t, "ms")).UTC()
	})
}

func anyDuration() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, "µs")) * time.Microsecond
	})
}

// ok returns a function, so that a two-valued call fits in: ok(f(x))(t).
func ok[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *rewrite {
		if err := os.WriteFile(path, append(bytes.TrimSpace(got), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := ok(os.ReadFile(path))(t)
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(bytes.TrimSpace(got))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// hexLines prints 32 bytes a line.
func hexLines(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		n := min(32, len(b))
		out = fmt.Appendf(out, "%x\n", b[:n])
		b = b[n:]
	}
	return out
}

func fromFile(t testing.TB, file string) []byte {
	t.Helper()
	data := ok(os.ReadFile(filepath.Join("testdata", file)))(t)
	if !strings.HasSuffix(file, ".hex") {
		return bytes.TrimSpace(data)
	}
	return ok(hex.DecodeString(strings.ReplaceAll(string(data), "\n", "")))(t)
}
