package table_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"asue/balancing/reclaim/register"
	"asue/balancing/reclaim/register/table"
	"asue/metering/exchange"

	"pgregory.net/rapid"
)

// FuzzRead reads files of any bytes: what is taken without a fault, the register takes,
// and then it says the same as the file.
func FuzzRead(f *testing.F) {
	text, err := os.ReadFile("testdata/read.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, block := range strings.Split(string(text), "====\n") {
		_, file, _ := strings.Cut(block, "\n")
		file, _, _ = strings.Cut(file, "----\n")
		f.Add([]byte(file))
	}
	r := opened(f)
	var written bytes.Buffer
	if err := table.Write(&written, zone(), r, day("2026-07-01"), exchange.CSV, exchange.Kazakh); err != nil {
		f.Fatal(err)
	}
	f.Add(written.Bytes())
	defaults := table.Defaults{From: day("2027-01-01"), Document: "Order 7", Basis: "law 5"}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := table.Read(bytes.NewReader(src), int64(len(src)), zone())
		if err != nil || len(file.Faults) > 0 {
			return
		}
		p := file.Plan(r, defaults)
		for _, fault := range p.Faults {
			if fault.What == "" || fault.Remedy == "" || fault.Row == 0 {
				t.Fatalf("incomplete fault %+v", fault)
			}
		}
		if len(p.Faults) > 0 {
			return
		}
		for _, s := range p.Steps {
			if len(s.Changes) == 0 || s.Act.From.IsZero() {
				t.Fatalf("a step of nothing: %+v", s)
			}
		}
		next, err := r.With(p.Acts()...)
		if err != nil {
			t.Fatal(err)
		}
		again := file.Plan(next, defaults)
		for _, s := range again.Steps {
			if s.Act.Kind != register.Armour || s.Act.Protected.Emergency > 0 || s.Act.Protected.Technological > 0 {
				t.Fatalf("after it was done it is to be done again: %+v %+v", s.Act, s.Changes)
			}
		}
	})
}

// TestDamagedWorkbook: a workbook of which bytes are wrong is refused or read, and
// nothing else.
func TestDamagedWorkbook(t *testing.T) {
	r := opened(t)
	var written bytes.Buffer
	if err := table.Write(&written, zone(), r, day("2026-07-01"), exchange.XLSX, exchange.English); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		src := bytes.Clone(written.Bytes())
		for range rapid.IntRange(1, 8).Draw(t, "bytes") {
			src[rapid.IntRange(4, len(src)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		}
		if f, err := table.Read(bytes.NewReader(src), int64(len(src)), zone()); err == nil && len(f.Faults) == 0 {
			f.Plan(r, table.Defaults{From: day("2027-01-01")})
		}
	})
}
