package exchange_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"asue/metering"
	"asue/metering/exchange"
)

var rewrite = flag.Bool("rewrite", false, "renew the text-file cases")

// zone is what the cases speak of: two feeders, an input with a Cyrillic name and
// a gas meter.
func testSite() *metering.Site {
	return &metering.Site{ID: "test", Points: []metering.Point{
		{ID: "F-1", Name: "Фидер 1", Role: metering.RoleResident},
		{ID: "F-2", Name: "Фидер 2", Role: metering.RoleResident},
		{ID: "F-12", Name: "Қазақ өнімі, ЖШС", Role: metering.RoleResident},
		{ID: "in-1", Name: "Ввод 110 кВ «Каратагай»", Role: metering.RoleInput},
		{ID: "G-1", Name: "ГРП", Role: metering.RoleResident, Medium: metering.Gas},
	}}
}

// TestCases reads the files in testdata/read: what goes in, what comes out.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/read/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no cases")
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, text := range strings.SplitAfter(string(src), "\n=====\n") {
			text = strings.TrimSuffix(text, "=====\n")
			if strings.TrimSpace(text) == "" {
				continue
			}
			got := runCase(t, text)
			if out.Len() > 0 {
				out.WriteString("=====\n")
			}
			out.WriteString(got)
			if got != text && !*rewrite {
				t.Errorf("%s: want\n%s\ngot\n%s", file, text, got)
			}
		}
		if *rewrite {
			if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// runCase reads the file of a case and writes the case with what came out.
func runCase(t *testing.T, text string) string {
	t.Helper()
	head, rest, ok := strings.Cut(text, "--- file\n")
	if !ok {
		t.Fatalf("a case without a file:\n%s", text)
	}
	content, _, ok := strings.Cut(rest, "--- gives\n")
	if !ok {
		t.Fatalf("a case without a result:\n%s", text)
	}
	o, encoded := caseOptions(t, head, content)
	f, err := exchange.Read(context.Background(), "case.csv", bytes.NewReader(encoded), int64(len(encoded)), o)
	var b strings.Builder
	b.WriteString(head + "--- file\n" + content + "--- gives\n")
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
		return b.String()
	}
	for _, n := range f.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	from, to := f.Span()
	for place, iv := range f.Between(from, to) {
		fmt.Fprintf(&b, "%s %v %s %d %v ±%d, %v: %s\n", iv.Point, iv.Channel, iv.Start.In(o.Zone).Format("02.01.2006 15:04 -07:00"), iv.Energy, iv.Grade, iv.Uncertainty, place, iv.Reason)
	}
	if f.MissingDays > 0 {
		fmt.Fprintf(&b, "missing: %d intervals on %d days\n", f.MissingIntervals, f.MissingDays)
		for _, m := range f.Missing {
			fmt.Fprintf(&b, "missing: %s %v %s: %d of %d\n", m.Point, m.Channel, m.Day, m.Got, m.Want)
		}
	}
	for _, fault := range f.Faults.List {
		fmt.Fprintf(&b, "fault: %v\n", fault)
	}
	return b.String()
}

// caseOptions reads the lines at the head of a case.
func caseOptions(t *testing.T, head, content string) (exchange.Options, []byte) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Aqtobe")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]metering.PointID{"131150001113003": "F-1"}
	o := exchange.Options{Points: exchange.PointsOf(testSite(), codes), Zone: zone}
	encoded := []byte(content)
	for _, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "zone":
			if o.Zone, err = time.LoadLocation(value); err != nil {
				t.Fatal(err)
			}
		case "label":
			o.Label, _ = exchange.LabelNamed(value)
		case "length":
			o.Length, err = time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
		case "unit":
			o.Unit = value
		case "point":
			o.Point = metering.PointID(value)
		case "channel":
			o.Channel, _ = metering.ChannelNamed(value)
		case "spread":
			o.Spread = true
		case "charset":
			switch value {
			case "windows-1251":
				encoded, err = charmap.Windows1251.NewEncoder().Bytes(encoded)
			case "UTF-16LE":
				encoded, err = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes(encoded)
			case "UTF-16 with BOM":
				encoded, err = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes(encoded)
			case "UTF-8 with BOM":
				encoded = append([]byte("\xef\xbb\xbf"), encoded...)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return o, encoded
}
