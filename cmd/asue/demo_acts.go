package main

import (
	"context"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// acts are what the office of the demo has done, in order: a case at each stage of the
// procedure, a return that is complete, what was made of it, and who waits. Everything in
// it is invented.
func (d *demoOffice) acts(ctx context.Context) []demoAct {
	const (
		chemistry = "f10-103" // Химия-2 has returned of its own accord
		metal     = "f10-216" // Металл-3 stands; its sanction has just run out
		building  = "f10-111" // Стройматериалы-1 has missed a milestone of its plan
		standing  = "f10-218" // Химия-3 stands, too; it has days left to explain itself
		aluminium = "f10-109" // Алюминий-1 disputes
		waiting   = "f10-212" // a notice to Стройматериалы-2 waits for the second engineer
	)
	days := func(n int) reclaim.Term { return reclaim.Term{Days: n} }
	return []demoAct{
		{ago: 186, action: d.open(ctx, "chemistry-2", chemistry)},
		{ago: 185, action: d.commissioned("gas-2")},
		{ago: 180, action: d.step(chemistry, func(f office.File) reclaim.Event {
			return reclaim.Event{Kind: reclaim.Offer, Volume: f.Case.Volume}
		})},
		{ago: 176, action: d.step(chemistry, paper(reclaim.InRegister))},
		{ago: 172, action: d.step(chemistry, paper(reclaim.InContract))},
		{ago: 170, action: d.step(chemistry, paper(reclaim.InLimit))},

		{ago: 136, action: d.open(ctx, "metal-3", metal)},
		{ago: 135, action: d.step(metal, bare(reclaim.Notice))},
		{ago: 120, action: d.ceiling},
		{ago: 104, action: d.step(metal, warning(reclaim.Plan{Term: days(10), Milestones: []reclaim.Milestone{
			{What: "Договор на монтаж подстанции цеха", Days: 4}, {What: "Заявка на пробное включение", Days: 8},
		}}))},
		{ago: 100, action: d.apply(office.Application{Name: "Логистика-4 (ДЕМО)", Node: "s10-2", Power: 250 * metering.Kilowatt, Profile: "two-shifts", Jobs: 60, Investment: 900, Ready: 2})},
		{ago: 99, action: d.step(metal, missed(0))},
		{ago: 95, action: d.step(metal, missed(1))},
		{ago: 92, action: d.step(metal, func(office.File) reclaim.Event {
			return reclaim.Event{Kind: reclaim.Sanction, Measures: []reclaim.Measure{reclaim.ReservationFee, reclaim.NonFirm}}
		})},
		{ago: 85, action: d.applied("Логистика-4 (ДЕМО)", office.Action{Kind: office.Reserve, Until: d.at(-6), Basis: demoBasis,
			Why: "Химия-2 отказалась от первоочередного права на эти киловатты письмом ДЕМО-П-7 (вымышлено)"})},

		{ago: 60, action: d.open(ctx, "building-1", building)},
		{ago: 59, action: d.step(building, bare(reclaim.Notice))},
		{ago: 50, action: d.open(ctx, "aluminium-1", aluminium)},
		{ago: 48, action: d.step(aluminium, bare(reclaim.Notice))},
		{ago: 40, action: d.step(building, bare(reclaim.Explain))},
		{ago: 30, action: d.step(aluminium, bare(reclaim.Dispute))},
		{ago: 28, action: d.step(building, warning(reclaim.Plan{Term: days(60), Milestones: []reclaim.Milestone{
			{What: "Проект второй линии помола", Days: 14}, {What: "Договор поставки мельницы", Days: 40},
		}}))},
		{ago: 20, action: d.apply(office.Application{Name: "Пластик-6 (ДЕМО)", Node: "s10-1", Power: 1200 * metering.Kilowatt, Profile: "two-shifts", Flexible: 0.25, Jobs: 40, Investment: 600, Ready: 1})},
		{ago: 12, action: d.step(building, missed(0))},
		{ago: 10, action: d.open(ctx, "chemistry-3", standing)},
		{ago: 9, action: d.step(standing, bare(reclaim.Notice))},
		{ago: 3, action: d.open(ctx, "building-2", waiting)},
		{ago: 1, action: d.step(waiting, bare(reclaim.Notice)), unsigned: true},
	}
}

// bare is a step that says nothing but its kind.
func bare(k reclaim.Kind) func(office.File) reclaim.Event {
	return func(office.File) reclaim.Event { return reclaim.Event{Kind: k} }
}

// paper is one of the three papers of a return.
func paper(k reclaim.Kind) func(office.File) reclaim.Event {
	return func(f office.File) reclaim.Event {
		return reclaim.Event{Kind: k, Remains: f.Case.Allowed - f.Case.Volume}
	}
}

func warning(p reclaim.Plan) func(office.File) reclaim.Event {
	return func(office.File) reclaim.Event { return reclaim.Event{Kind: reclaim.Warning, Plan: &p} }
}

func missed(milestone int) func(office.File) reclaim.Event {
	return func(office.File) reclaim.Event { return reclaim.Event{Kind: reclaim.Missed, Milestone: milestone} }
}

// commissioned notes in the register since when a resident draws.
func (d *demoOffice) commissioned(resident metering.ResidentID) func(time.Time) (office.Action, error) {
	return func(time.Time) (office.Action, error) {
		since := d.habits.today.AddDate(0, 0, -youngSince).UTC()
		return office.Action{Kind: office.ChangeTerms, Basis: demoBasis, Acts: []register.Act{{Kind: register.Commission, Resident: resident, From: since}}}, nil
	}
}

// ceiling lets nobody have more at the supply line than was given out when the books were
// opened: what is returned may be given out again, and not a kilowatt more.
func (d *demoOffice) ceiling(at time.Time) (office.Action, error) {
	source, _ := d.site.Feeding()
	var given metering.Power
	for _, c := range d.site.Conditions {
		if c.To.IsZero() || c.To.After(at) {
			given += c.Power
		}
	}
	return office.Action{Kind: office.SetCeiling, Node: source.Node, Ceiling: &pool.Ceiling{Limit: metering.LimitOf(given)}, Basis: demoBasis,
		Why: "решение правления ДЕМО-Р-2 (вымышлено): выдано больше договорной мощности линии, возвращённое разрешено выдать вновь"}, nil
}

func (d *demoOffice) apply(n office.Application) func(time.Time) (office.Action, error) {
	return func(time.Time) (office.Action, error) { return office.Action{Kind: office.Apply, Newcomer: &n}, nil }
}
