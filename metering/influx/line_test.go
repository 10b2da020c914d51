package influx_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/influx"
)

var noon = time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC)

func TestAppendLines(t *testing.T) {
	f := func(want string, samples ...metering.Sample) {
		t.Helper()
		if got := string(influx.AppendLines(nil, samples)); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
	s := metering.Sample{Point: "T-1", Resident: "r01", Node: "S1", Meter: "m001", Field: "p_w", At: noon, Value: 12500}
	f("asue,point=T-1,resident=r01,node=S1,meter=m001 p_w=12500 1768460400000\n", s)

	q := s
	q.Field, q.Value = "q_var", 3100.5
	f("asue,point=T-1,resident=r01,node=S1,meter=m001 p_w=12500,q_var=3100.5 1768460400000\n", s, q)

	q.At = noon.Add(time.Millisecond)
	f("asue,point=T-1,resident=r01,node=S1,meter=m001 p_w=12500 1768460400000\n"+
		"asue,point=T-1,resident=r01,node=S1,meter=m001 q_var=3100.5 1768460400001\n", s, q)

	f("asue,meter=m\\ 1\\,a\\=b pf=-0.93 1768460400000\n",
		metering.Sample{Meter: "m 1,a=b", Field: "pf", At: noon, Value: -0.93})
	f("asue limit_w=29700000 1768460400000\n", metering.Sample{Field: "limit_w", At: noon, Value: 29.7e6})
	f("asue,point=T-1,channel=A+,rev=2 interval_wh=250 1768460400000\n", metering.Sample{
		Point: "T-1", Channel: metering.ChannelActiveImport, Revision: 2, Field: "interval_wh", At: noon, Value: 250})
	f("")
}

func TestCheckRefuses(t *testing.T) {
	good := metering.Sample{Point: "T-1", Field: "p_w", At: noon, Value: 1}
	if err := influx.Check(good); err != nil {
		t.Fatalf("a good sample is refused: %v", err)
	}
	f := func(change func(*metering.Sample), part string) {
		t.Helper()
		s := good
		change(&s)
		if err := influx.Check(s); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Check(%+v) = %v, want an error with %q", s, err, part)
		}
	}
	f(func(s *metering.Sample) { s.Value = math.NaN() }, "not finite")
	f(func(s *metering.Sample) { s.Value = math.Inf(-1) }, "not finite")
	f(func(s *metering.Sample) { s.At = time.Time{} }, "1970")
	f(func(s *metering.Sample) { s.At = time.Unix(0, 0) }, "1970")
	f(func(s *metering.Sample) { s.Field = "" }, "letter")
	f(func(s *metering.Sample) { s.Field = "1st" }, "letter")
	f(func(s *metering.Sample) { s.Field = "p w" }, "letter")
	f(func(s *metering.Sample) { s.Field = strings.Repeat("x", 65) }, "64")
	f(func(s *metering.Sample) { s.Meter = "a\nasue p_w=1" }, "control")
	f(func(s *metering.Sample) { s.Node = `back\` }, "backslash")
	f(func(s *metering.Sample) { s.Resident = "\xff" }, "UTF-8")
	f(func(s *metering.Sample) { s.Point = metering.PointID(strings.Repeat("я", 129)) }, "258 bytes")
	f(func(s *metering.Sample) { s.Revision = -1 }, "revision")
}

// A second, slow reading of the line protocol that shares no code with the
// encoder.
type line struct {
	measurement string
	tags        map[string]string
	fields      map[string]float64
	ms          int64
}

func parse(text string) ([]line, error) {
	var lines []line
	for text != "" {
		row, rest, ok := strings.Cut(text, "\n")
		if !ok {
			return nil, fmt.Errorf("no end of line after %q", text)
		}
		text = rest
		parts := split(row, ' ')
		if len(parts) != 3 {
			return nil, fmt.Errorf("%q has %d parts, want 3", row, len(parts))
		}
		l := line{tags: map[string]string{}, fields: map[string]float64{}}
		for i, tag := range split(parts[0], ',') {
			if i == 0 {
				l.measurement = tag
				continue
			}
			kv := split(tag, '=')
			if len(kv) != 2 || kv[0] == "" || kv[1] == "" {
				return nil, fmt.Errorf("tag %q", tag)
			}
			l.tags[kv[0]] = plain(kv[1])
		}
		for _, field := range split(parts[1], ',') {
			kv := split(field, '=')
			if len(kv) != 2 {
				return nil, fmt.Errorf("field %q", field)
			}
			v, err := strconv.ParseFloat(kv[1], 64)
			if err != nil {
				return nil, err
			}
			l.fields[kv[0]] = v
		}
		ms, err := strconv.ParseInt(parts[2], 10, 64)
		if err != nil {
			return nil, err
		}
		l.ms = ms
		lines = append(lines, l)
	}
	return lines, nil
}

// split cuts at every sep that no backslash precedes.
func split(s string, sep byte) []string {
	var parts []string
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] == sep && (i == 0 || s[i-1] != '\\') {
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func plain(s string) string {
	return strings.NewReplacer(`\ `, " ", `\,`, ",", `\=`, "=").Replace(s)
}

func readBack(s metering.Sample) line {
	l := line{measurement: "asue", tags: map[string]string{}, fields: map[string]float64{s.Field: s.Value}, ms: s.At.UnixMilli()}
	for k, v := range map[string]string{
		"point": string(s.Point), "resident": string(s.Resident), "node": string(s.Node), "meter": string(s.Meter),
	} {
		if v != "" {
			l.tags[k] = v
		}
	}
	if s.Channel != 0 {
		l.tags["channel"] = s.Channel.String()
	}
	if s.Revision != 0 {
		l.tags["rev"] = strconv.Itoa(s.Revision)
	}
	return l
}

func TestLinesReadBackAsTheSamples(t *testing.T) {
	label := rapid.StringMatching(`[A-Za-zА-я0-9 ,=._"'-]{0,12}`)
	sample := rapid.Custom(func(t *rapid.T) metering.Sample {
		return metering.Sample{
			Point:    metering.PointID(label.Draw(t, "point")),
			Resident: metering.ResidentID(label.Draw(t, "resident")),
			Node:     metering.NodeID(label.Draw(t, "node")),
			Meter:    metering.MeterID(label.Draw(t, "meter")),
			Field:    rapid.StringMatching(`[a-z_][a-z0-9_]{0,20}`).Draw(t, "field"),
			At:       time.UnixMilli(rapid.Int64Range(1, 4e12).Draw(t, "ms")),
			Value: rapid.OneOf(rapid.Float64(), rapid.Map(rapid.Int64(), func(n int64) float64 { return float64(n) })).
				Filter(func(v float64) bool { return !math.IsInf(v, 0) && !math.IsNaN(v) }).Draw(t, "value"),
			Channel:  metering.Channel(rapid.IntRange(0, 4).Draw(t, "channel")),
			Revision: rapid.IntRange(0, 3).Draw(t, "revision"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(sample, 0, 8).Draw(t, "samples")
		var want []line
		for _, s := range samples {
			if err := influx.Check(s); err != nil {
				t.Fatalf("refused: %v", err)
			}
			want = append(want, readBack(s))
		}
		got, err := parse(string(influx.AppendLines(nil, samples)))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(merge(want), merge(got), cmp.AllowUnexported(line{})); d != "" {
			t.Fatalf("read back differs (-want +got):\n%s", d)
		}
	})
}

// merge joins neighbours that share labels and time, as the encoder may.
func merge(lines []line) []line {
	var out []line
	for _, l := range lines {
		if n := len(out); n > 0 && cmp.Equal(out[n-1].tags, l.tags) && out[n-1].ms == l.ms {
			for k, v := range l.fields {
				out[n-1].fields[k] = v
			}
			continue
		}
		out = append(out, l)
	}
	return out
}

func FuzzLine(f *testing.F) {
	f.Add("T-1", "r01", "S1", "m001", "p_w", 12500.0, int64(1768460400000))
	f.Add("", "", "", "", "pf", -0.93, int64(1))
	f.Add("a,b", "c=d", "e f", `g\`, "x", 1e300, int64(-5))
	f.Add("a\nasue p_w=1 1", "", "", "", "p_w", 0.0, int64(5))
	f.Fuzz(func(t *testing.T, point, resident, node, meter, field string, v float64, ms int64) {
		s := metering.Sample{Point: metering.PointID(point), Resident: metering.ResidentID(resident),
			Node: metering.NodeID(node), Meter: metering.MeterID(meter), Field: field, Value: v, At: time.UnixMilli(ms)}
		if influx.Check(s) != nil {
			return
		}
		text := influx.AppendLines(nil, []metering.Sample{s})
		lines, err := parse(string(text))
		if err != nil || !utf8.Valid(text) {
			t.Fatalf("%q does not read back: %v", text, err)
		}
		if d := cmp.Diff([]line{readBack(s)}, lines, cmp.AllowUnexported(line{})); d != "" {
			t.Fatalf("%q (-want +got):\n%s", text, d)
		}
	})
}

func TestAppendLinesDoesNotAllocate(t *testing.T) {
	samples := telemetry(600)
	buf := influx.AppendLines(nil, samples)
	if n := testing.AllocsPerRun(20, func() { buf = influx.AppendLines(buf[:0], samples) }); n != 0 {
		t.Errorf("AppendLines allocates %v times", n)
	}
}

func BenchmarkAppendLines(b *testing.B) {
	samples := telemetry(5000)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = influx.AppendLines(buf[:0], samples)
	}
	perSample := b.Elapsed().Seconds() / float64(b.N) / float64(len(samples))
	b.ReportMetric(perSample*1e6, "s/Msample")
	b.ReportMetric(float64(len(buf))/float64(len(samples)), "B/sample")
}

// telemetry is what meters of 12 channels give, one snapshot after the other.
func telemetry(n int) []metering.Sample {
	fields := []string{"u_a_v", "u_b_v", "u_c_v", "i_a_a", "i_b_a", "i_c_a", "p_w", "q_var", "pf", "f_hz", "e_imp_wh", "er_imp_varh"}
	samples := make([]metering.Sample, n)
	for i := range samples {
		m := i / len(fields)
		samples[i] = metering.Sample{
			Point: metering.PointID(fmt.Sprintf("P-%03d", m%75)), Resident: "ceramics-1", Node: "s10-1",
			Meter: metering.MeterID(fmt.Sprintf("m%03d", m%75)), Field: fields[i%len(fields)],
			At: noon.Add(time.Duration(m/75) * time.Second), Value: 230 + float64(i%977)/10,
		}
	}
	return samples
}

func badSamples(t *testing.T, err error) []metering.Sample {
	t.Helper()
	var bad *metering.BadSamplesError
	if !errors.As(err, &bad) {
		t.Fatalf("error is %v, want a BadSamplesError", err)
	}
	if !errors.Is(err, metering.ErrRefused) {
		t.Errorf("%v is not ErrRefused", err)
	}
	return bad.Samples
}
