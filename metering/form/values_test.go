package form_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/metering/form"

	"pgregory.net/rapid"
)

// read gives the value of a text, or the fault that was found.
func read[V any](k form.Kind[V], text string) (V, form.Fault) {
	report := form.NewReport("")
	v, ok := k.Read(report, &form.Node{Shape: form.Scalar, Text: text})
	faults := report.Finish()
	if ok == (len(faults) > 0) {
		panic("a value with a fault, or neither")
	}
	if ok {
		return v, form.Fault{}
	}
	return v, faults[0]
}

func TestDuration(t *testing.T) {
	kind := form.Duration(time.Millisecond, 100*365*24*time.Hour)
	good := func(text string, want time.Duration) {
		t.Helper()
		if got, f := read(kind, text); got != want {
			t.Errorf("%q gives %v, %s; want %v", text, got, f.What, want)
		}
	}
	good("500ms", 500*time.Millisecond)
	good("1s", time.Second)
	good("15m", 15*time.Minute)
	good("1h30m", 90*time.Minute)
	good("30d", 720*time.Hour)
	good("10y", 87600*time.Hour)
	good("1d1ms", 24*time.Hour+time.Millisecond)

	bad := func(text, code, remedy string) {
		t.Helper()
		if _, f := read(kind, text); f.Code != code || f.Remedy != remedy {
			t.Errorf("%q gives %s: %s", text, f.Code, f.Remedy)
		}
	}
	bad("15", "bad-duration", `write "15ms", "15s", "15m" or "15h"`)
	bad("15 мин", "bad-duration", `write "15m"`)
	bad("1с", "bad-duration", `write "1s"`)
	bad("0.5s", "bad-duration", `write "500ms"`)
	bad("1,5h", "bad-duration", `write "1h30m"`)
	bad("2 days", "bad-duration", `write "2d"`)
	bad("30m1h", "bad-duration", "write it like 500ms, 15m, 1h30m or 30d")
	bad("", "bad-duration", "write it like 500ms, 15m, 1h30m or 30d")
	bad("-1s", "bad-duration", "write it like 500ms, 15m, 1h30m or 30d")
	bad("293y", "bad-duration", "write it like 500ms, 15m, 1h30m or 30d")
	bad("9000000", "bad-duration", "write it like 500ms, 15m, 1h30m or 30d")
	bad("0s", "out-of-range", "write 1ms or more")
	bad("101y", "out-of-range", "write 100y or less")
}

// TestDurationTwice reads what FormatDuration wrote, and what the standard
// library understands in the same way.
func TestDurationTwice(t *testing.T) {
	kind := form.Duration(0, 200*365*24*time.Hour)
	rapid.Check(t, func(r *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, 100*365*86400*1000).Draw(r, "ms")) * time.Millisecond
		if got, f := read(kind, form.FormatDuration(d)); got != d {
			r.Fatalf("%v is written %s and read %v (%s)", d, form.FormatDuration(d), got, f.What)
		}
		text := rapid.StringMatching(`([0-9]{1,3}h)?([0-9]{1,3}m)?([0-9]{1,3}s)?([0-9]{1,3}ms)?`).Draw(r, "text")
		want, err := time.ParseDuration(text)
		if got, f := read(kind, text); (err == nil) != (f.Code == "") || err == nil && got != want {
			r.Fatalf("%q is %v, want %v (%v)", text, got, want, err)
		}
	})
}

func TestSize(t *testing.T) {
	kind := form.Size(1e6, 1e12)
	good := func(text string, want int64) {
		t.Helper()
		if got, f := read(kind, text); got != want {
			t.Errorf("%q gives %d, %s; want %d", text, got, f.What, want)
		}
	}
	good("512 MB", 512_000_000)
	good("512MiB", 512<<20)
	good("1.5 GB", 1_500_000_000)
	good("1 TB", 1e12)
	good("1000000 B", 1e6)

	bad := func(text, code, remedy string) {
		t.Helper()
		if _, f := read(kind, text); f.Code != code || f.Remedy != remedy {
			t.Errorf("%q gives %s: %s", text, f.Code, f.Remedy)
		}
	}
	bad("512", "no-unit", `write "512 MB"`)
	bad("512 mb", "bad-unit", `write "512 MB"`)
	bad("512M", "bad-unit", `write "512 MB"`)
	bad("1 ГБ", "bad-unit", `write "1 GB"`)
	bad("1,5 GB", "bad-number", `write "1.5 GB"`)
	bad("1\u00a0500 MB", "bad-number", `write "1500 MB"`)
	bad("-1 MB", "negative", "write it without the sign")
	bad("a lot", "bad-number", "write it like 512 MB")
	bad("5 kW", "bad-unit", "write it like 512 MB")
	bad("999 kB", "out-of-range", "check the number and its unit")
	bad("2 TB", "out-of-range", "check the number and its unit")
	for bytes, want := range map[int64]string{128 << 20: "128 MiB", 512e6: "512 MB", 1: "1 B", 0: "0 B", 1e12: "1 TB", 1001: "1001 B"} {
		if got := form.FormatSize(bytes); got != want {
			t.Errorf("%d is written %s, want %s", bytes, got, want)
		}
	}
}

func TestListenAddress(t *testing.T) {
	kind := form.ListenAddress("127.0.0.1:8080")
	good := func(text string, loopback bool) {
		t.Helper()
		a, f := read(kind, text)
		if f.Code != "" || a.String() != text || a.Loopback() != loopback {
			t.Errorf("%q gives %q, loopback %v, %s", text, a, a.Loopback(), f.What)
		}
	}
	good("127.0.0.1:8080", true)
	good("127.9.0.1:1", true)
	good("localhost:8080", true)
	good("[::1]:8080", true)
	good("[::ffff:127.0.0.1]:8080", true)
	good("0.0.0.0:8080", false)
	good(":8080", false)
	good("[::]:8080", false)
	good("10.0.0.5:0", false)
	good("asue.zone.local:65535", false)

	bad := func(text, remedy string) {
		t.Helper()
		if _, f := read(kind, text); f.Code != "bad-address" || f.Remedy != remedy {
			t.Errorf("%q gives %s: %s", text, f.Code, f.Remedy)
		}
	}
	bad("127.0.0.1", `write "127.0.0.1:8080"`)
	bad("9090", `write "127.0.0.1:9090"`)
	bad("http://10.0.0.5:8080/", `write "10.0.0.5:8080"`)
	bad("http://zone.local/", `write "zone.local:8080"`)
	bad("::1", `write "[::1]:8080"`)
	bad("127.0.0.1:65536", "write it like 127.0.0.1:8080")
	bad("127.0.0.1:080", "write it like 127.0.0.1:8080")
	bad("127.0.0.256:80", "write it like 127.0.0.1:8080")
	bad("зона:80", "write it like 127.0.0.1:8080")
	bad("-a:80", "write it like 127.0.0.1:8080")
	bad("[127.0.0.1]:80", "write it like 127.0.0.1:8080")
	bad("", "write it like 127.0.0.1:8080")
}

// TestAddressTwice: what is taken means the same to the standard library.
func TestAddressTwice(t *testing.T) {
	kind := form.ListenAddress("127.0.0.1:8080")
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringMatching(`(\[?[0-9a-f:.]{0,12}\]?|[a-z0-9.-]{0,12}):?[0-9]{0,6}`).Draw(r, "address")
		a, f := read(kind, text)
		if f.Code != "" {
			return
		}
		host, port, err := net.SplitHostPort(text)
		if err != nil || host != a.Host || port != strconv.Itoa(a.Port) {
			r.Fatalf("%q is %q, %d; the standard library: %q, %q, %v", text, a.Host, a.Port, host, port, err)
		}
	})
}

func TestURL(t *testing.T) {
	broker := form.URL(form.URLRule{What: "an address of a broker", Schemes: []string{"mqtt", "mqtts"}, Example: "mqtt://10.0.0.5:1883"})
	line := form.URL(form.URLRule{What: "an address of a line", Schemes: []string{"tcp"}, Port: true, Example: "tcp://10.0.0.5:502"})
	store := form.URL(form.URLRule{What: "an address of a store", Schemes: []string{"http", "https"}, Path: true, Example: "http://10.0.0.5:8428"})
	good := func(kind form.Kind[string], text string) {
		t.Helper()
		if got, f := read(kind, text); got != text {
			t.Errorf("%q: %s", text, f.What)
		}
	}
	good(broker, "mqtt://10.0.0.5")
	good(broker, "mqtts://broker.local:8883/")
	good(line, "tcp://[fe80::1]:502")
	good(line, "tcp://gw-1:502")
	good(store, "https://store.local/select/0/prometheus")

	bad := func(kind form.Kind[string], text, code, remedy string) {
		t.Helper()
		if _, f := read(kind, text); f.Code != code || f.Remedy != remedy {
			t.Errorf("%q gives %s: %s", text, f.Code, f.Remedy)
		}
	}
	bad(line, "10.0.0.5:502", "bad-url", `write "tcp://10.0.0.5:502"`)
	bad(line, "10.0.0.5", "bad-url", `write "tcp://10.0.0.5:502"`)
	bad(line, "tcp://10.0.0.5", "bad-url", `write "tcp://10.0.0.5:502"`)
	bad(line, "modbus://10.0.0.5:503/", "bad-url", `write "tcp://10.0.0.5:503"`)
	bad(line, "tcp://10.0.0.5:502/1", "bad-url", `write "tcp://10.0.0.5:502"`)
	bad(line, "tcp://10.0.0.5:0", "bad-url", "write it like tcp://10.0.0.5:502")
	bad(line, "tcp://:502", "bad-url", "write it like tcp://10.0.0.5:502")
	bad(line, "tcp://10.0.0.500:502", "bad-url", "write it like tcp://10.0.0.5:502")
	bad(line, "tcp://10.0.0.5:70000", "bad-url", "write it like tcp://10.0.0.5:502")
	bad(line, "/dev/ttyS0", "bad-url", "write it like tcp://10.0.0.5:502")
	bad(broker, "mqtt://%zz", "bad-url", "write it like mqtt://10.0.0.5:1883")
	bad(broker, "mqtt://asue:very-secret@10.0.0.5", "secret-in-url", "take them out of the URL; name and password have their own keys")

	for _, text := range []string{"mqtt://asue:very-secret@10.0.0.5", "mqtt://asue:very-secret%zz@10.0.0.5"} {
		if _, f := read(broker, text); strings.Contains(f.What+f.Why+f.Remedy, "very-secret") {
			t.Errorf("%q is told on: %s", text, f.What)
		}
	}
}

func TestHostName(t *testing.T) {
	for _, text := range []string{"asue.zone.local", "10.0.0.5", "::1", "a"} {
		if got, f := read(form.HostName(), text); got != text {
			t.Errorf("%q: %s", text, f.What)
		}
	}
	for text, remedy := range map[string]string{
		"https://asue.local/": `write "asue.local"`, "asue.local:8080": `write "asue.local"`, "": "write the name alone, like asue.zone.local",
		"a b": "write the name alone, like asue.zone.local",
	} {
		if _, f := read(form.HostName(), text); f.Code != "bad-host" || f.Remedy != remedy {
			t.Errorf("%q gives %s: %s", text, f.Code, f.Remedy)
		}
	}
}

func TestNumbersAndSwitches(t *testing.T) {
	number := func(text string, want int, code string) {
		t.Helper()
		if got, f := read(form.Integer("a unit id", 1, 247), text); got != want || f.Code != code {
			t.Errorf("%q gives %d, %s", text, got, f.Code)
		}
	}
	number("247", 247, "")
	for _, text := range []string{"0", "248", "01", "+1", "1.0", "0x10", "", "a"} {
		number(text, 0, "bad-number")
	}
	if v, f := read(form.Fraction("a power factor", 0.5, 1), "0.95"); v != 0.95 {
		t.Error(f)
	}
	for _, text := range []string{"0.4", "1.1", "NaN", "1e0", ".9", "0,9"} {
		if _, f := read(form.Fraction("a power factor", 0.5, 1), text); f.Code != "bad-number" {
			t.Errorf("%q gives %q", text, f.Code)
		}
	}
	if v, _ := read(form.YesNo(), "true"); !v {
		t.Error("true is false")
	}
	for _, text := range []string{"yes", "on", "True", "1"} {
		if _, f := read(form.YesNo(), text); f.Code != "bad-bool" {
			t.Errorf("%q gives %q", text, f.Code)
		}
	}
}

// TestNearest holds the proposals against a distance that is computed in the
// plainest way.
func TestNearest(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		word := rapid.StringMatching(`[a-d]{1,6}`).Draw(r, "word")
		known := rapid.SliceOfN(rapid.StringMatching(`[a-d]{1,6}`), 0, 8).Draw(r, "known")
		least := max(1, len(word)/3) + 1
		want := ""
		for _, k := range known {
			if d := edits(word, k); d < least {
				want, least = k, d
			}
		}
		if got, ok := form.Nearest(word, known); got != want || ok != (want != "") {
			r.Fatalf("nearest to %q in %q: %q, want %q", word, known, got, want)
		}
	})
	if got, ok := form.Nearest("НТТР", []string{"data", "http"}); got != "http" { // Cyrillic
		t.Errorf("%q, %v", got, ok)
	}
}

// edits is the optimal string alignment distance by its definition.
func edits(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	m, n := len(a)-1, len(b)-1
	cost := 1
	if a[m] == b[n] {
		cost = 0
	}
	best := min(edits(a[:m], b)+1, edits(a, b[:n])+1, edits(a[:m], b[:n])+cost)
	if m > 0 && n > 0 && a[m] == b[n-1] && a[m-1] == b[n] {
		best = min(best, edits(a[:m-1], b[:n-1])+1)
	}
	return best
}
