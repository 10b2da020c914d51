package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/metering"
)

// What the demo's office has done by the day of its start: a case at every stage that
// lasts, the books that follow from them, and who waits. Its evidence is found again.
func TestCasesOfTheDemo(t *testing.T) {
	p, ledger := demoOf(t, afternoon, 30)
	fillWithHabits(t, p, ledger)
	if err := p.addCases(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	o := officeOf(t, p, ledger)

	var got []string
	for _, f := range o.Cases(afternoon) {
		got = append(got, fmt.Sprintf("%s %s of %v: %v", f.Resident, f.Case.Stage, f.Case.Volume, f.Possible))
	}
	slices.Sort(got)
	want := []string{
		"aluminium-1 NOTICE of 800 kW: [explain suspend settle recovered close]",
		"building-1 WARNING of 900 kW: [explain met offer suspend dispute recovered close]",
		"building-2 FINDING of 800 kW: [notice offer suspend recovered close]",
		"chemistry-2 RETURNED of 400 kW: []",
		"chemistry-3 NOTICE of 2.5 MW: [explain offer suspend dispute recovered close]",
		"metal-3 SANCTION of 3 MW: [explain terminate offer suspend dispute recovered close]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("cases:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	books := o.Books()
	f := func(a pool.Account, kilowatts metering.Power) {
		t.Helper()
		if got := books.Balance(a, afternoon); got != kilowatts*metering.Kilowatt {
			t.Errorf("%v: %v, want %d kW", a, got, kilowatts)
		}
	}
	f(pool.Firm("chemistry-2", "f10-103"), 1600)
	f(pool.Free("f10-103"), 150)
	f(pool.Demoted("metal-3", "f10-216"), 3000)
	f(pool.Held("aluminium-1", "f10-109"), 800)
	f(pool.Firm("aluminium-1", "f10-109"), 1700)
	if usable, room, err := books.Usable("s10-2", afternoon, time.Time{}); err != nil || usable != 150*metering.Kilowatt {
		t.Errorf("usable %v, %+v, %v", usable, room, err)
	}
	var queue []string
	for _, a := range o.Applications(afternoon) {
		queue = append(queue, fmt.Sprintf("%s %s", a.Name, a.Status))
	}
	slices.Sort(queue)
	if !slices.Equal(queue, []string{"Логистика-4 (ДЕМО) reserved", "Пластик-6 (ДЕМО) waiting"}) {
		t.Errorf("applications %q", queue)
	}
	if drafts := o.Drafts(afternoon); len(drafts) != 1 || drafts[0].Fault != "" || drafts[0].Author == "" {
		t.Errorf("drafts %+v", drafts)
	}
	if allowed := o.Register().Allowed("chemistry-2", afternoon); allowed != 1600*metering.Kilowatt {
		t.Errorf("the register gives Химия-2 %v", allowed)
	}
	if young := o.Register().Of("gas-2").Commissioned; !young.Equal(p.demo.habits.today.AddDate(0, 0, -youngSince)) {
		t.Errorf("Газ-2 draws since %v", young)
	}
	evidenceIsFoundAgain(t, p, ledger, o)
	onlyOnce(t, p, ledger, o.Seq())
}

// fillWithHabits gives those a past whom the office deals with: what they draw by day, a
// fifth of it by night.
func fillWithHabits(t *testing.T, p *process, ledger metering.Ledger) {
	t.Helper()
	draws := map[metering.PointID]int{"p-metal-3": 0, "p-chemistry-3": 0, "p-chemistry-2": 1350, "p-building-1": 1800, "p-building-2": 1367,
		"p-aluminium-1-1": 1470, "p-aluminium-1-2": 1470}
	points := slices.Sorted(maps.Keys(draws))
	for ago := olderDays; ago > 0; ago -= 14 {
		var c metering.Commit
		for slot := range 14 * 96 {
			start := p.demo.habits.today.AddDate(0, 0, -ago).Add(time.Duration(slot) * metering.BasePeriod)
			if !start.Before(p.demo.habits.today) {
				break
			}
			for _, id := range points {
				busy := draws[id]
				c.Intervals = append(c.Intervals, metering.Interval{
					Point: id, Channel: metering.ChannelActiveImport, Start: start.UTC(), Grade: metering.Actual, Method: metering.MethodSimulated,
					Energy: metering.Energy(250 * shift(slot/4%24, busy, busy/5)),
				})
			}
			c.ReceivedAt = start.UTC()
		}
		if err := ledger.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// evidenceIsFoundAgain judges anew what each case rests on.
func evidenceIsFoundAgain(t *testing.T, p *process, ledger metering.Ledger, o *office.Office) {
	t.Helper()
	for _, f := range o.Cases(afternoon) {
		told, err := reclaim.ToldBy(f.Evidence[0])
		if err != nil {
			t.Fatal(err)
		}
		u, err := newUses(t.Context(), p.Site, ledger, told.To, 30*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		list, err := u.judge(t.Context(), &bar{}, map[metering.ResidentID]bool{f.Resident: true})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(j judged) bool { return j.Node == f.Node })
		if i < 0 || list[i].evidence.Text != f.Evidence[0] {
			t.Errorf("the evidence of case %s about %s cannot be made again", f.ID, f.Resident)
		}
	}
}

// onlyOnce: a ledger in which something was decided gets no more of it.
func onlyOnce(t *testing.T, p *process, ledger metering.Ledger, seq uint64) {
	t.Helper()
	if err := p.addCases(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	if o := officeOf(t, p, ledger); o.Seq() != seq {
		t.Errorf("%d deeds, there were %d", o.Seq(), seq)
	}
}

// officeOf opens the office on a ledger.
func officeOf(t *testing.T, p *process, ledger metering.Ledger) *office.Office {
	t.Helper()
	o, err := openOffice(t.Context(), p.Site, ledger)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
