package balancing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// A start waits for the register before it shares, and tells people when it does not come.
func TestAStartWaitsForTheRegister(t *testing.T) {
	var notices []balancing.Notice
	var written []balancing.Entry
	begin := func(tell time.Duration) (phases map[balancing.Phase]time.Duration) {
		l := newLoop(t, 10*metering.Megawatt)
		l.feeder("f0", 8*metering.Megawatt, 0, 9.9e6)
		l.relay("f0", 0, metering.Megawatt, 2*time.Second)
		l.cfg.RightsWithin = 3 * time.Minute
		l.start()
		phases, notices, written = map[balancing.Phase]time.Duration{}, nil, nil
		for began := l.now; l.now.Sub(began) < 6*time.Minute; {
			l.now = l.now.Add(5 * time.Second)
			if after := l.now.Sub(began); tell > 0 && after >= tell && after < tell+5*time.Second {
				l.c.Step(balancing.Rights{At: l.now, Versions: []balancing.Standing{granted(l.cfg, l.now, map[metering.ResidentID]metering.Power{"f0": 7 * metering.Megawatt})}})
			}
			for p, w := range map[metering.PointID]float64{"in": 9.9e6, "p-f0": 9.9e6} {
				l.c.Step(balancing.Reading{Point: p, Meter: "m", At: l.now, HasPower: true, PowerW: w})
			}
			out := l.c.Tick(l.now)
			notices = append(notices, out.Notices...)
			for _, e := range out.Journal {
				if e.Kind == balancing.EntryRights {
					written = append(written, e)
				}
			}
			if _, seen := phases[out.State.Phase]; !seen {
				phases[out.State.Phase] = l.now.Sub(began)
			}
			if h := out.State.Hands; out.State.Phase == balancing.Init && len(h.Shares) > 0 {
				t.Fatalf("shared out before the register was read: %+v", h.Shares)
			}
		}
		return phases
	}
	about := func() (list []string) {
		for _, n := range notices {
			if strings.HasPrefix(n.Kind, "rights") {
				list = append(list, fmt.Sprintf("%s %v", n.Kind, n.Active))
			}
		}
		return list
	}
	// What the register says at the start is no change, though the site file says more.
	if at := begin(5 * time.Second)[balancing.Monitor]; at > 70*time.Second || len(about()) > 0 || len(written) > 0 {
		t.Errorf("the register came at once, and monitoring began after %v: %v, %v", at, about(), written)
	}
	if at := begin(2 * time.Minute)[balancing.Monitor]; at < 2*time.Minute || at > 130*time.Second || len(about()) > 0 {
		t.Errorf("the register came after 2 minutes, and monitoring began after %v: %v", at, about())
	}
	if at := begin(0)[balancing.Monitor]; at < 3*time.Minute || at > 190*time.Second || cmp.Diff([]string{"rights_of_file true"}, about()) != "" {
		t.Errorf("the register did not come, and monitoring began after %v: %v", at, about())
	}
	if begin(4 * time.Minute); cmp.Diff([]string{"rights_of_file true", "rights_of_file false"}, about()) != "" || len(written) != 1 {
		t.Errorf("the register came late: %v, %v", about(), written)
	}
}

// A restart begins with the rights of today: what a claim was told before the restart is
// found again though its resident has another right beside it now.
func TestRestartUnderNewRights(t *testing.T) {
	l := newLoop(t, 10*metering.Megawatt)
	l.feeder("f0", 8*metering.Megawatt, 6*metering.Megawatt, 7e6)
	l.feeder("f1", 8*metering.Megawatt, 6*metering.Megawatt, 7e6)
	l.relay("f0", 0, metering.Megawatt, 2*time.Second)
	l.start()
	l.run(10*time.Minute, nil) // 12 MW of armour do not fit under 10
	if !strings.Contains(string(l.c.Snapshot()), `"told":{"f0@n-f0":`) {
		t.Fatalf("nobody was told that its armour must end: %s", l.c.Snapshot())
	}
	cfg := l.cfg
	cfg.Claims = append(granted(l.cfg, l.now, map[metering.ResidentID]metering.Power{"f0": metering.Megawatt}).Claims, balancing.Claim{Resident: "f0", Node: "n-f1", Allowed: metering.Megawatt, Class: 1})
	again := controller(t, cfg)
	if err := again.Restore(l.c.Snapshot()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(told(l.c.Snapshot()), told(again.Snapshot())); diff != "" {
		t.Errorf("what was told is forgotten:\n%s", diff)
	}
	// A release before kept the one claim of a resident under its name alone.
	old := strings.ReplaceAll(string(l.c.Snapshot()), `"f1@n-f1":`, `"f1":`)
	again = controller(t, cfg)
	if err := again.Restore([]byte(old)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(told(l.c.Snapshot()), told(again.Snapshot())); diff != "" {
		t.Errorf("what an older release was told is forgotten:\n%s", diff)
	}
}

func told(snapshot []byte) string {
	_, after, _ := strings.Cut(string(snapshot), `"told":`)
	inside, _, _ := strings.Cut(after, "}")
	return inside
}
