package fakezone

import (
	"fmt"
	"slices"
	"time"

	"asue/balancing/reclaim"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

// past is a step that was taken so many days ago.
type past struct {
	days int
	e    reclaim.Event
}

var plan = &reclaim.Plan{Term: reclaim.Term{Days: 90}, Milestones: []reclaim.Milestone{{What: "пуск второй линии", Days: 30}, {What: "загрузка 60 %", Days: 60}, {What: "загрузка 80 %", Days: 90}}}

// pasts are the cases that lie at the invented office already, one at every stage.
var pasts = [][]past{
	{{3, of(reclaim.Open)}},
	{{20, of(reclaim.Open)}, {18, of(reclaim.Notice)}},
	{{60, of(reclaim.Open)}, {50, of(reclaim.Notice)}, {20, of(reclaim.Dispute)}},
	{{120, of(reclaim.Open)}, {119, of(reclaim.Notice)}, {70, reclaim.Event{Kind: reclaim.Warning, Plan: plan}}, {45, reclaim.Event{Kind: reclaim.Met, Milestone: 0}}, {5, reclaim.Event{Kind: reclaim.Missed, Milestone: 1}}},
	{{260, of(reclaim.Open)}, {259, of(reclaim.Notice)}, {220, reclaim.Event{Kind: reclaim.Warning, Plan: plan}}, {95, reclaim.Event{Kind: reclaim.Sanction, Measures: []reclaim.Measure{reclaim.NonFirm}}}},
	{{30, of(reclaim.Open)}, {29, of(reclaim.Notice)}, {10, reclaim.Event{Kind: reclaim.Offer, Volume: 350 * metering.Kilowatt}}},
	{{90, of(reclaim.Open)}, {89, of(reclaim.Notice)}, {80, of(reclaim.CloseCase)}},
}

func of(k reclaim.Kind) reclaim.Event { return reclaim.Event{Kind: k} }

// history opens the books, and lays the cases of the past in.
func (o *Office) history() {
	now := o.now()
	o.posts = append(o.posts, dispatcher.PoolPosting{Seq: 1, Recorded: now.AddDate(-1, 0, 0), Document: "реестр техусловий на начало учёта", Basis: "устав зоны, п. 5",
		Entries: []string{"GRID → SUPPLY, ПС «Индустриальная»: 46 MW, 01.01.2024", "SUPPLY, ПС «Индустриальная» → FIRM Керамика-1, Ф-11: 3.1 MW, 01.01.2024"}})
	for i, steps := range pasts {
		least := int64(350_000)
		if i == len(pasts)-1 {
			least = 250_000
		}
		n := slices.IndexFunc(o.uses, func(u *use) bool { return u.row.Case == "" && u.row.ReclaimW != nil && *u.row.ReclaimW >= least })
		if n >= 0 { // a small zone has fewer cases
			o.lay(o.uses[n], steps, now)
		}
	}
	until := now.AddDate(0, 0, 41)
	o.wishes = []dispatcher.PoolApplication{
		{ID: "З-2026-901", Name: "Алюминий-2", Node: "f2", PowerW: 300_000, Status: "waiting", At: now.AddDate(0, -2, 0), Score: 74, ScoreWhy: []string{"jobs: 30 (60 на МВт)", "readiness: 24 (3 вехи из 4)", "flexibility: 10", "date: 10"}},
		{ID: "З-2026-902", Name: "Пластик-9", Node: "f1", PowerW: 800_000, Status: "reserved", At: now.AddDate(0, -3, 0), Until: &until, Score: 61, ScoreWhy: []string{"jobs: 25", "investment: 21", "date: 15"}},
	}
}

// lay takes the steps of a case of the past.
func (o *Office) lay(u *use, steps []past, now time.Time) {
	var f *file
	for _, s := range steps {
		at := now.AddDate(0, 0, -s.days)
		if s.e.Kind == reclaim.Open {
			f = o.begin(u, at, "engineer", fmt.Sprintf("заключение № %d", len(o.cases)+11))
			continue
		}
		e := s.e
		e.At, e.By, e.Document, e.Basis = at, "engineer", fmt.Sprintf("№ %d от %s", len(f.events)+40, at.Format("02.01.2006")), "п. 4.2 договора присоединения"
		next, err := f.state.Apply(e, o.terms)
		if err != nil {
			panic(fmt.Sprintf("BUG: the invented case of %s: %v", u.row.Name, err))
		}
		o.take(f, next, e, "admin")
	}
}
