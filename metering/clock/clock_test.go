package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"asue/metering/clock"
)

func TestWarpedClockRunsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		origin := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
		c := clock.Warped(time.Now(), origin, 60)
		time.Sleep(2 * time.Minute)
		if got, want := c.Now(), origin.Add(2*time.Hour); !got.Equal(want) {
			t.Errorf("after two minutes at speed 60 the clock shows %v, want %v", got, want)
		}
	})
}

func TestTwoProcessesAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := clock.Warped(time.Now(), time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC), 37.5)
		time.Sleep(83 * time.Second) // the other process starts later
		second, err := clock.Parse(first.String())
		if err != nil {
			t.Fatal(err)
		}
		if d := second.Now().Sub(first.Now()).Abs(); d > time.Microsecond {
			t.Errorf("the clocks differ by %v", d)
		}
	})
}

func TestSleepTakesScaledTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.Warped(time.Now(), time.Unix(0, 0), 100)
		begin := time.Now()
		if err := c.Sleep(context.Background(), 100*time.Second); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("100 s at speed 100 took %v of the wall clock, want 1 s", took)
		}
	})
}

func TestSleepEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := (clock.Clock{}).Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Sleep = %v, want the context's error", err)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"now", "1@2", "1@2*0", "1@2*-3", "a@b*c", "1@2*Inf", "1@2*NaN"} {
		if _, err := clock.Parse(s); err == nil {
			t.Errorf("Parse(%q) succeeded", s)
		}
	}
}
