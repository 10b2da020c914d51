package balance_test

import (
	"testing"

	"asue/metering/balance"
)

func TestAccuracyClasses(t *testing.T) {
	f := func(text string, want string) {
		t.Helper()
		a, err := balance.ParseAccuracy(text)
		if got := a.String(); err != nil || got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	f("0.2S", "0.2S")
	f(" 0,5s ", "0.5S")
	f("1.0", "1")
	f("B", "1")
	for _, text := range []string{"", "S", "0", "-1", "11", "0.5SS", "NaN", "Inf", "класс 1"} {
		if a, err := balance.ParseAccuracy(text); err == nil {
			t.Errorf("%q was taken for %v", text, a)
		}
	}
}

// What is understood is understood the same when written again.
func FuzzParseAccuracy(f *testing.F) {
	for _, seed := range []string{"0.2S", "0,5", "1", "C", "1e-3S", "+0.5", "0x1p-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := balance.ParseAccuracy(text)
		if err != nil {
			return
		}
		if b, err := balance.ParseAccuracy(a.String()); err != nil || a != b {
			t.Errorf("%q is %v, and again %v, %v", text, a, b, err)
		}
	})
}
