package papers_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the stories live in a zone that the machine may not know

	"asue/balancing/reclaim"
	"asue/dashboards/papers"
	"asue/metering"
	"asue/metering/demand"
)

const kW = metering.Kilowatt

func zone(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Aqtobe")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// year is a year of a works: it runs by day, reaches 1 950 kW on thirty days and once
// 2 900 kW; a line is out for two hours, the zone holds it back for one, two days are
// missing.
type year struct {
	finding  reclaim.Finding
	evidence reclaim.Evidence
	record   reclaim.Record
	digest   reclaim.Digest
	days     []papers.Day
}

func yearOf(t testing.TB) year {
	t.Helper()
	loc := zone(t)
	to := time.Date(2026, 7, 1, 0, 0, 0, 0, loc)
	y, err := reclaim.NewYear(reclaim.YearTo(to, loc), to, loc, metering.Calendar{}, 30*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	from := reclaim.YearTo(to, loc)
	s := reclaim.Subject{
		Resident: "ceramics-1", Node: "f35-1", Commissioned: time.Date(2021, 3, 1, 0, 0, 0, 0, loc), Armour: 300 * kW,
		Conditions: []metering.Condition{{ID: "tu-1", Resident: "ceramics-1", Node: "f35-1", Power: 3000 * kW, Category: 2,
			Document: "ТУ № 14 от 18.02.2021", From: time.Date(2021, 3, 1, 0, 0, 0, 0, loc)}},
		Growth: []reclaim.Commitment{{Power: 250 * kW, Due: time.Date(2027, 3, 1, 0, 0, 0, 0, loc), Milestones: 2, Document: "договор № 8, прил. 2"}},
	}
	out := metering.Period{From: time.Date(2025, 10, 1, 10, 0, 0, 0, loc), To: time.Date(2025, 10, 1, 12, 0, 0, 0, loc)}
	held := metering.Period{From: time.Date(2025, 11, 5, 10, 0, 0, 0, loc), To: time.Date(2025, 11, 5, 11, 0, 0, 0, loc)}
	r := reclaim.Record{Load: demand.Load{Name: "p", From: from.UTC()}, Outages: []metering.Period{out}, Held: []metering.Period{held}}
	var days []papers.Day
	for at := from; at.Before(to); at = at.Add(metering.BasePeriod) {
		local := at.In(loc)
		day := int(at.Sub(from) / (24 * time.Hour))
		p := dailyPeak(day) * metering.Power(30+70*min(local.Hour(), 23-local.Hour())/11) / 100 / 100 * 100
		missing := day == 60 || day == 61
		slot := demand.Slot{State: demand.Measured, Energy: metering.Energy(p) / 4}
		if missing {
			slot = demand.Slot{}
		}
		r.Load.Slots = append(r.Load.Slots, slot)
		if local.Hour() == 12 && local.Minute() == 0 {
			d := papers.Day{Date: local.Format(time.DateOnly)}
			if !missing {
				d.Max = &p
			}
			days = append(days, d)
		}
	}
	set := reclaim.Default()
	u, err := y.Use(s, r, set)
	if err != nil {
		t.Fatal(err)
	}
	f := reclaim.Judge(s, u, set)
	digest := reclaim.Digest{Count: len(r.Load.Slots) - 192, SHA256: reclaim.Hash{0x3b, 0x0f}}
	return year{finding: f, evidence: reclaim.NewEvidence(f, r, digest), record: r, digest: digest, days: days}
}

// dailyPeak is the greatest power of a day of the story.
func dailyPeak(day int) metering.Power {
	switch {
	case day == 200:
		return 2900 * kW
	case day%12 == 5:
		return 1950 * kW
	case day%7 >= 5:
		return 700 * kW
	}
	return metering.Power(1500+20*(day%18)) * kW
}

// steps are the whole of a case, by the days of the zone.
func steps(t testing.TB, y year) []papers.Step {
	loc := zone(t)
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 30, 0, 0, loc)
	}
	two := func(e reclaim.Event) papers.Step { return papers.Step{Event: e, Approver: "Оспанов Б."} }
	plan := &reclaim.Plan{Term: reclaim.Term{Days: 60}, Milestones: []reclaim.Milestone{
		{What: "Ввод второй печи обжига", Days: 30}, {What: "Выход на 2 400 кВт в течение пяти рабочих дней", Days: 55}}}
	basis := "п. 4.3 договора № 8 от 15.01.2021"
	return []papers.Step{
		{Event: reclaim.Event{Kind: reclaim.Open, At: at(7, 2, 9), By: "Сейтова А.", Document: "Протокол № 3 от 02.07.2026",
			Evidence: y.evidence.SHA256, Volume: y.finding.Volume.Returnable, Allowed: y.finding.Use.Allowed}},
		two(reclaim.Event{Kind: reclaim.Notice, At: at(7, 3, 10), By: "Сейтова А.", Document: "Исх. № 112 от 03.07.2026", Basis: basis}),
		{Event: reclaim.Event{Kind: reclaim.Explain, At: at(7, 20, 16), By: "Сейтова А.", Document: "Вх. № 87 от 20.07.2026"}},
		two(reclaim.Event{Kind: reclaim.Warning, At: at(8, 4, 11), By: "Сейтова А.", Document: "Исх. № 131 от 04.08.2026", Basis: basis, Plan: plan}),
		{Event: reclaim.Event{Kind: reclaim.Missed, At: at(9, 7, 9), By: "Сейтова А.", Document: "Акт осмотра № 5 от 07.09.2026"}},
		{Event: reclaim.Event{Kind: reclaim.Missed, At: at(10, 1, 9), By: "Сейтова А.", Document: "Акт осмотра № 6 от 01.10.2026", Milestone: 1}},
		two(reclaim.Event{Kind: reclaim.Sanction, At: at(10, 2, 12), By: "Сейтова А.", Document: "Решение № 9 от 02.10.2026", Basis: "п. 4.4 договора № 8 от 15.01.2021",
			Measures: []reclaim.Measure{reclaim.ReservationFee, reclaim.NonFirm}}),
		two(reclaim.Event{Kind: reclaim.Terminate, At: time.Date(2027, 1, 4, 15, 0, 0, 0, loc), By: "Сейтова А.", Document: "Решение № 1 от 04.01.2027", Basis: "п. 4.5 договора № 8 от 15.01.2021"}),
		two(reclaim.Event{Kind: reclaim.InRegister, At: time.Date(2027, 1, 5, 10, 0, 0, 0, loc), By: "Сейтова А.", Document: "Изменение № 1 к ТУ № 14",
			Remains: y.finding.Use.Allowed - y.finding.Volume.Returnable}),
	}
}

// caseAfter is the case after some of its steps.
func caseAfter(t testing.TB, y year, list []papers.Step) papers.Case {
	t.Helper()
	terms := reclaim.DefaultTerms(metering.Calendar{}, zone(t))
	var events []reclaim.Event
	for _, s := range list {
		events = append(events, s.Event)
	}
	state, err := reclaim.Replay(events, terms)
	if err != nil {
		t.Fatal(err)
	}
	return papers.Case{
		Zone: papers.Zone{Name: "ИЗ «Актобе»", Location: zone(t), Demo: true}, ID: "ТУ-2026-003", Resident: "Керамика-1",
		Place: papers.Place{Name: "Ф-35-1 Керамика-1", Path: []string{"ВЛ-110 «Каратагай»", "Т-1", "1 секция 35 кВ"}, VoltageKV: 35},
		State: state, Steps: list, Terms: terms, Evidence: y.evidence.Text, Days: y.days, Program: "asue 0.7",
	}
}

// season is a report with every class, the season before, and cases.
func season(t testing.TB, y year) papers.Season {
	loc := zone(t)
	power := func(kw metering.Power) *metering.Power { p := kw * kW; return &p }
	first := papers.RowOf(y.finding, y.evidence.SHA256, "Керамика-1", "Ф-35-1 Керамика-1")
	first.Case = "ТУ-2026-003"
	rows := []papers.Row{first,
		{Key: "chem-1", Resident: "Химия-1", Node: "Ф-10-101 Химия-1", Allowed: 5000 * kW, Class: reclaim.Idle, Need: power(40), Retained: power(46), Returnable: power(4950), Coverage: 9900},
		{Key: "plast-1", Resident: "Пластик-1", Node: "Ф-10-105 Пластик-1", Allowed: 2000 * kW, Class: reclaim.Normal, Need: power(1720), Retained: power(1978), Returnable: power(0), Coverage: 9950},
		{Key: "metal-2", Resident: "Металл-2", Node: "Ф-10-210 Металл-2", Allowed: 6000 * kW, Class: reclaim.Insufficient, Coverage: 7200, EnoughFrom: time.Date(2026, 11, 26, 0, 0, 0, 0, loc)},
		{Key: "gas-1", Resident: "Газ-1", Node: "Ф-10-115 Газ-1", Allowed: 6000 * kW, Class: reclaim.Grace, Need: power(300), Coverage: 9800},
	}
	before := []papers.Row{first, rows[1], rows[2], {Key: "log-1", Resident: "Логистика-1", Node: "ТП-2 Логистика-1", Allowed: 400 * kW, Class: reclaim.Underused, Need: power(100), Returnable: power(250)}}
	before[1].Class, before[1].Returnable, before[2].Allowed = reclaim.Underused, power(3000), 1900*kW
	node := func(name string, depth int, of ...int) papers.NodeSum {
		n := papers.NodeSum{Name: name, Depth: depth}
		for _, i := range of {
			n.Add(rows[i])
		}
		return n
	}
	due := time.Date(2026, 10, 4, 0, 0, 0, 0, loc)
	return papers.Season{
		Zone: papers.Zone{Name: "ИЗ «Актобе»", Location: loc, Demo: true}, From: time.Date(2025, 7, 1, 0, 0, 0, 0, loc), To: time.Date(2026, 7, 1, 0, 0, 0, 0, loc),
		Minutes: 30, Rules: "use 1", Rows: rows,
		Nodes:  []papers.NodeSum{node("ВЛ-110 «Каратагай»", 0, 0, 1, 2, 3, 4), node("1 секция 35 кВ", 1, 0), node("1 секция 10 кВ", 1, 1, 2, 4), node("2 секция 10 кВ", 1, 3)},
		Cases:  []papers.CaseLine{{ID: "ТУ-2026-003", Resident: "Керамика-1", Node: "Ф-35-1 Керамика-1", Stage: reclaim.Warned, Since: time.Date(2026, 8, 4, 11, 0, 0, 0, loc), Deadline: &due, Volume: 750 * kW}},
		Before: &papers.Before{To: time.Date(2026, 4, 1, 0, 0, 0, 0, loc), Rows: before}, Program: "asue 0.7",
	}
}
