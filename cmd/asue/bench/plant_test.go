package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// plant is a site of many equal meters: the first one is the zone's input, all
// others hang on one section behind it.
type plant struct {
	id      string
	meters  int
	perLine int // unit ids behind one line: 1 is a connection for each meter
}

// The one model of the plant: its 15 floats of a cycle fit into one read.
const model = "schneider-iem3000"

func (p plant) lines() int { return (p.meters + p.perLine - 1) / p.perLine }

// place is where a meter hangs: its line and its unit id there.
func (p plant) place(meter int) (line string, unit uint8) {
	return fmt.Sprintf("l%d", meter/p.perLine), uint8(1 + meter%p.perLine)
}

// site writes the site file, without blanks where it need not: it may have 1 MiB.
func (p plant) site() string {
	var s strings.Builder
	fmt.Fprintf(&s, `version: 1
site: {id: %s, name: Bench, time_zone: Asia/Aqtobe}
sources:
  - {id: src, name: Line, node: src, contract: 900 MW, available: true}
nodes:
  - {id: src, name: Line, kind: source, voltage: 0.4 kV}
  - {id: in, name: Input, kind: input, parent: src, voltage: 0.4 kV}
  - {id: s, name: Section, kind: section, parent: in, voltage: 0.4 kV}
lines:
`, p.id)
	for l := range p.lines() {
		fmt.Fprintf(&s, "- {id: l%d}\n", l)
	}
	s.WriteString("points:\n- {id: p0, name: Input, node: in, role: input}\n")
	for m := 1; m < p.meters; m++ {
		fmt.Fprintf(&s, "- {id: p%d,name: P,node: s,role: technical}\n", m)
	}
	s.WriteString("meters:\n")
	for m := range p.meters {
		line, unit := p.place(m)
		fmt.Fprintf(&s, "- {id: m%d,model: %s,serial: %d,accuracy: 1,line: %s,unit: %d,installs: [{point: p%d,ct: direct,from: 2024-01-01}]}\n",
			m, model, m, line, unit, m)
	}
	return s.String()
}

// process is what a process file says beside the plant.
type process struct {
	roles     string   // comma-separated
	broker    string   // URL; an embedded broker on a free port if empty
	period    string   // of the fast reads
	addresses []string // of each line
}

// write writes site.yaml and asue.yaml into a folder and returns the latter.
func (p plant) write(b *testing.B, dir string, c process) string {
	b.Helper()
	var s strings.Builder
	fmt.Fprintf(&s, "site: site.yaml\ndata: data\nhttp: 127.0.0.1:0\nroles: [%s]\n", c.roles)
	if c.broker == "" {
		s.WriteString("broker: {listen: 127.0.0.1:0}\n")
	} else {
		fmt.Fprintf(&s, "broker: {url: %q}\n", c.broker)
	}
	fmt.Fprintf(&s, "collector:\n  name: c-%s\n  fast: %s\n  lines:\n", p.id, c.period)
	for l := range p.lines() {
		fmt.Fprintf(&s, "    l%d: tcp://%s\n", l, c.addresses[l])
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
		return path
	}
	write("site.yaml", p.site())
	return write("asue.yaml", s.String())
}
