package reports

import "asue/metering/balance"

// BalanceSheet is the imbalance of every part of the network, actual and permitted.
type BalanceSheet struct {
	Head
	Report balance.Report
}

func (b BalanceSheet) compose(w *words) page {
	p := page{Title: w.say("balance.title"), Tables: []table{b.parts(w)}, Notes: []string{w.say("note.permitted"), w.say("note.partial")}}
	if days := b.days(w); len(days.Rows) > 0 {
		p.Tables = append(p.Tables, days)
	}
	if suspects := b.suspects(w); len(suspects.Rows) > 0 {
		p.Tables = append(p.Tables, suspects)
		p.Notes = append(p.Notes, w.say("note.suspects"))
	}
	return p
}

func (b BalanceSheet) parts(w *words) table {
	t := table{Name: w.say("balance.table"), Strong: map[int]bool{}, Fixed: 1, Columns: []column{
		{w.say("col.node"), 36, 0}, {w.say("col.in"), 15, 1}, {w.say("col.out"), 15, 1}, {w.say("col.own"), 17, 1}, {w.say("col.losses"), 13, 1},
		{w.say("col.imbalance"), 14, 1}, {w.say("col.actual"), 11, 3}, {w.say("col.permitted"), 12, 3}, {w.say("col.intervals"), 11, 0}, {w.say("col.verdict"), 22, 0},
	}}
	for i, e := range b.Report.Balances {
		r := e.Total
		row := []value{textOf(b.name(e.Subject, w))}
		if r.Intervals == 0 {
			for range 7 {
				row = append(row, unknown())
			}
		} else {
			row = append(row, kwh(r.In), kwh(r.Out), kwh(r.OwnNeeds), kwh(r.Losses), kwh(r.Imbalance), parts(r.ActualPercent), parts(r.PermittedPercent))
		}
		t.Rows = append(t.Rows, append(row, textOf(w.say("balance.of", "n", w.decimal(int64(r.Intervals), 0, 0), "all", w.decimal(int64(r.Expected), 0, 0))), textOf(verdict(r, w))))
		t.Strong[i] = e.Subject.ID == balance.Zone || e.Subject.ID == balance.Substation
	}
	return t
}

// days are the local days of every part that were looked at as a whole.
func (b BalanceSheet) days(w *words) table {
	t := table{Name: w.say("balance.days"), Fixed: 2, Columns: []column{
		{w.say("col.node"), 40, 0}, {w.say("col.day"), 16, 0}, {w.say("col.in"), 18, 1}, {w.say("col.imbalance"), 18, 1}, {w.say("col.actual"), 14, 3}, {w.say("col.permitted"), 14, 3}, {w.say("col.verdict"), 24, 0},
	}}
	for _, e := range b.Report.Balances {
		for _, d := range e.Days {
			if len(e.Days) < 2 { // one day says what the table above says
				continue
			}
			said := "verdict.within"
			switch {
			case d.Beyond:
				said = "verdict.beyond"
			case !d.Complete:
				said = "verdict.partial"
			}
			t.Rows = append(t.Rows, []value{textOf(b.name(e.Subject, w)), dayOf(d.From), kwh(d.In), kwh(d.Imbalance), parts(d.ActualPercent), parts(d.PermittedPercent), textOf(w.say(said))})
		}
	}
	return t
}

// suspects are the flows whose error would explain what is beyond.
func (b BalanceSheet) suspects(w *words) table {
	t := table{Name: w.say("balance.suspects"), Fixed: 1, Columns: []column{{w.say("col.node"), 40, 0}, {w.say("col.point"), 40, 0}, {w.say("col.channel"), 12, 0}, {w.say("col.score"), 14, 2}}}
	for _, e := range b.Report.Balances {
		for _, c := range e.Culprits {
			t.Rows = append(t.Rows, []value{textOf(b.name(e.Subject, w)), textOf(string(c.Point)), textOf(c.Channel), parts(c.Score)})
		}
	}
	return t
}

func (b BalanceSheet) name(s balance.Subject, w *words) string {
	switch s.ID {
	case balance.Zone:
		return w.say("balance.zone")
	case balance.Substation:
		return w.say("balance.substation")
	}
	if s.Name == "" {
		return string(s.ID)
	}
	return s.Name
}

func verdict(r balance.Result, w *words) string {
	switch {
	case r.Intervals == 0:
		return w.say("verdict.unknown")
	case r.Alarming:
		return w.say("verdict.beyond")
	case r.Beyond:
		return w.say("verdict.doubtful")
	case !r.Complete:
		return w.say("verdict.partial")
	}
	return w.say("verdict.within")
}
