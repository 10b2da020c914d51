package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestForeignLibmodbus: a server on libmodbus, which shares no code with asue nor
// with pymodbus, is read by TCP and by RTU: one model of 64-bit counts and floats,
// to the ends of its types.
func TestForeignLibmodbus(t *testing.T) {
	tool(t, "/usr/include/modbus/modbus.h")
	dir := t.TempDir()
	server := filepath.Join(dir, "libmodbus_server")
	runTool(t, 30*time.Second, "/usr/bin/gcc", "-Wall", "-Werror", "-o", server, "testdata/libmodbus_server.c", "-lmodbus")

	image, meters := modelImages(t)
	at := slices.IndexFunc(meters, func(m foreignMeter) bool { return m.Model == "schneider-iem3000" && m.Extreme })
	if at < 0 {
		t.Fatal("no image of the iEM3000")
	}
	m := meters[at]
	first, words := holding(t, image, m.Unit)
	file := write(t, dir, "words", words)
	serve := func(kind, where string) string {
		p := start(t, "libmodbus", "/bin/sh", "-c", `exec "$0" "$1" "$2" "$3" "$4" < "$5"`, server, kind, where, strconv.Itoa(m.Unit), strconv.Itoa(first), file)
		_, where, _ = strings.Cut(p.await("serves on ", 20*time.Second), "serves on ")
		return where
	}
	cable := newCable(t)
	serve("rtu", cable.far)
	for _, line := range []foreignLine{{"tcp", "tcp://" + serve("tcp", "127.0.0.1")}, {"rtu", cable.url()}} {
		a := m.compare(probeMeter(t, line.url, "--unit", strconv.Itoa(m.Unit), "--model", m.Model, "--ct", foreignCT, "--vt", foreignVT, "--timeout", "5s"))
		for _, fault := range a.faults {
			t.Errorf("libmodbus, %s, %s: %s", line.transport, m.Model, fault)
		}
		t.Logf("libmodbus, %s, %s: %d quantities, worst deviation %.3g counts", line.transport, m.Model, a.compared, a.worst)
	}
}

// holding are a unit's holding registers without holes, from the first to the last.
func holding(t *testing.T, image string, unit int) (first int, words string) {
	t.Helper()
	text, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Image map[string]struct{ Holding map[int][]uint16 }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	registers := file.Image[strconv.Itoa(unit)].Holding
	first, last := 1<<16, -1
	for address := range registers {
		first, last = min(first, address), max(last, address)
	}
	var list bytes.Buffer
	for address := first; address <= last; address++ {
		word := uint16(0)
		if w := registers[address]; len(w) > 0 {
			word = w[0]
		}
		list.WriteString(strconv.Itoa(int(word)) + "\n")
	}
	return first, list.String()
}
