package exchange_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/exchange"
)

func fuzzOptions(t testing.TB) exchange.Options {
	return exchange.Options{
		Points: exchange.PointsOf(testSite(), map[string]metering.PointID{"131150001113003": "F-1"}), Zone: zoneOf(t, "Asia/Aqtobe"), Spread: true,
	}
}

// holds is what must hold of everything that is taken: intervals that the ledger
// takes, no two of them for one time, nothing where there is a fault.
func holds(t *testing.T, src []byte) {
	options := fuzzOptions(t)
	read := func() *exchange.File {
		f, err := exchange.Read(context.Background(), "fuzz", bytes.NewReader(src), int64(len(src)), options)
		if err != nil {
			return nil
		}
		return f
	}
	f := read()
	if f == nil {
		return
	}
	if (f.Len() == 0) != (f.Faults.Len() > 0) {
		t.Fatalf("%d intervals and %d faults", f.Len(), f.Faults.Len())
	}
	if f.Faults.Len() > 0 && len(f.Faults.List) == 0 {
		t.Fatal("faults without a word")
	}
	from, to := f.Span()
	type key struct {
		point   metering.PointID
		channel metering.Channel
		start   time.Time
	}
	seen := map[key]bool{}
	n := 0
	for _, iv := range f.Between(from, to) {
		n++
		k := key{iv.Point, iv.Channel, iv.Start}
		if seen[k] || !iv.Start.Equal(metering.PeriodStart(iv.Start)) || iv.Energy < 0 || iv.Uncertainty < 1 || iv.Channel.Quantity() == 0 ||
			iv.Grade == metering.Null || iv.Method != metering.MethodImported || iv.Point == "" || iv.Reason == "" {
			t.Fatalf("%+v, seen before: %v", iv, seen[k])
		}
		seen[k] = true
	}
	if n != f.Len() {
		t.Fatalf("%d intervals, %d announced", n, f.Len())
	}
	if again := read(); again == nil || again.Len() != f.Len() || again.Faults.Len() != f.Faults.Len() {
		t.Fatal("the same file twice says two things")
	}
}

// seeds are the files of the cases.
func seeds(f *testing.F, pattern string) {
	files, err := filepath.Glob("testdata/read/" + pattern)
	if err != nil || len(files) == 0 {
		f.Fatal(err, "no seeds")
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, text := range strings.Split(string(src), "\n=====\n") {
			_, text, _ = strings.Cut(text, "--- file\n")
			text, _, _ = strings.Cut(text, "--- gives\n")
			f.Add([]byte(text))
		}
	}
}

// FuzzCSV reads tables of any bytes.
func FuzzCSV(f *testing.F) {
	seeds(f, "[^m]*.txt")
	f.Fuzz(holds)
}

// FuzzMaket reads messages of any bytes.
func FuzzMaket(f *testing.F) {
	seeds(f, "maket.txt")
	f.Fuzz(func(t *testing.T, src []byte) {
		if _, err := exchange.ReadReceipt(bytes.NewReader(src)); err == nil && !bytes.Contains(src, []byte("reply")) {
			t.Fatal("a receipt without a reply is taken")
		}
		holds(t, append([]byte("<?xml"), bytes.TrimPrefix(src, []byte("<?xml"))...))
	})
}
