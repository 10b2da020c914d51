package node

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"asue/collector"
)

// page gathers the lines of each metric, because the format has them stand
// together:
//
//	# HELP asue_outbox_batches Batches on the disk.
//	# TYPE asue_outbox_batches gauge
//	asue_outbox_batches{class="billing"} 12
//	asue_outbox_batches{class="telemetry"} 340
//
// A line for each meter and figure is all the memory that asking takes.
type page map[string]*metric

// metric is one name with its head and its lines.
type metric struct {
	help, kind string
	lines      []byte
}

// write writes the metrics in the order of their names.
func (p page) write(w io.Writer) {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		m := p[name]
		_, _ = io.WriteString(w, "# HELP "+name+" "+inHelp.Replace(m.help)+"\n# TYPE "+name+" "+m.kind+"\n") // the reader has gone
		_, _ = w.Write(m.lines)                                                                              // as above
	}
}

// Emitter takes the figures of one part. Labels are pairs of name and value.
type Emitter struct{ page page }

// Counter writes a figure that only grows.
func (e Emitter) Counter(name, help string, value float64, labels ...string) {
	e.metric(name, help, "counter").add(name, labels, value)
}

// Gauge writes a figure that goes up and down.
func (e Emitter) Gauge(name, help string, value float64, labels ...string) {
	e.metric(name, help, "gauge").add(name, labels, value)
}

// Histogram writes a collector's histogram in seconds.
func (e Emitter) Histogram(name, help string, h collector.Histogram, labels ...string) {
	m := e.metric(name, help, "histogram")
	var sum uint64
	for i, bound := range collector.HistogramBounds() {
		sum += h.Counts[i]
		m.add(name+"_bucket", append(labels, "le", strconv.FormatFloat(bound.Seconds(), 'g', -1, 64)), float64(sum))
	}
	m.add(name+"_bucket", append(labels, "le", "+Inf"), float64(h.Count()))
	m.add(name+"_sum", labels, h.Sum.Seconds())
	m.add(name+"_count", labels, float64(h.Count()))
}

func (e Emitter) metric(name, help, kind string) *metric {
	m := e.page[name]
	if m == nil {
		m = &metric{help: help, kind: kind}
		e.page[name] = m
	}
	return m
}

// add appends one line.
func (m *metric) add(name string, labels []string, value float64) {
	to := append(m.lines, name...)
	between := byte('{')
	for i := 0; i+1 < len(labels); i += 2 {
		to = append(append(to, between), labels[i]...)
		to = append(append(append(to, `="`...), inLabel.Replace(labels[i+1])...), '"')
		between = ','
	}
	if between == ',' {
		to = append(to, '}')
	}
	to = strconv.AppendFloat(append(to, ' '), value, 'g', -1, 64)
	m.lines = append(to, '\n')
}

// What the format escapes.
var (
	inHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	inLabel = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)
