package dispatcher

import (
	"fmt"
	"testing"
	"time"
)

var dawn = time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)

// Five wrong passwords are free; then each waits longer, a minute at most, and a
// quiet quarter of an hour forgives all of them.
func TestThrottleBacksOff(t *testing.T) {
	var k throttle
	now := dawn
	for n := range 5 {
		if wait := k.begin(now, "a"); wait != 0 {
			t.Errorf("try %d waits %v", n+1, wait)
		}
	}
	var gaps []time.Duration
	for range 9 {
		wait := k.begin(now, "a")
		gaps = append(gaps, wait)
		if again := k.begin(now.Add(wait-time.Millisecond), "a"); again <= 0 {
			t.Errorf("a millisecond too early is let through")
		}
		now = now.Add(wait)
		if k.begin(now, "a") != 0 {
			t.Errorf("after the wait it is not let through")
		}
	}
	for i, g := range gaps {
		if g <= 0 || g > longestGap || i > 0 && i < 4 && g < gaps[i-1] {
			t.Errorf("gaps %v", gaps)
		}
	}
	now = now.Add(15 * time.Minute)
	for range 5 {
		if wait := k.begin(now, "a"); wait != 0 {
			t.Errorf("after a quiet quarter of an hour it waits %v", wait)
		}
	}
	if wait := k.begin(now, "a", "b"); wait == 0 {
		t.Error("a key that must wait is let through with another")
	}
	if wait := k.begin(now, "b"); wait != 0 {
		t.Error("a try that was not let through counts")
	}
}

func TestThrottleIsBounded(t *testing.T) {
	var k throttle
	for n := range mostKeys + 300 {
		k.begin(dawn.Add(time.Duration(n)*time.Millisecond), fmt.Sprint("address ", n))
		if n < 2*mostTrusted {
			k.trust("a", fmt.Sprint(n), dawn.Add(time.Duration(n)*time.Millisecond))
		}
	}
	if len(k.keys) > mostKeys || len(k.trusted) > mostTrusted || !k.trusts("a", fmt.Sprint(2*mostTrusted-1)) || k.trusts("a", "0") {
		t.Errorf("%d keys, %d trusted", len(k.keys), len(k.trusted))
	}
}

func TestRation(t *testing.T) {
	var r ration
	taken := 0
	for range 200 {
		if r.take(dawn) {
			taken++
		}
	}
	if taken != 30 || !r.take(dawn.Add(2*time.Second)) || r.take(dawn.Add(2*time.Second)) {
		t.Errorf("%d taken", taken)
	}
}
