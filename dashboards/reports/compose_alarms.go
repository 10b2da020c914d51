package reports

import (
	"slices"

	"asue/metering/alarm"
)

// AlarmSheet is what the dispatcher was alarmed by, and of what use that was.
type AlarmSheet struct {
	Head
	Figures     alarm.Figures
	Transitions []alarm.Transition // of the time, ascending; those that were announced are listed
	Kinds       []alarm.Definition // of the catalogue, for their titles
}

func (a AlarmSheet) compose(w *words) page {
	tables := []table{a.figures(w)}
	if len(a.Figures.Worst) > 0 {
		tables = append(tables, a.worst(w))
	}
	return page{Title: w.say("alarms.title"), Tables: append(tables, a.list(w)), Notes: []string{w.say("note.aims")}}
}

// figures are held against what ISA-18.2-2016 and EEMUA 191 aim at.
func (a AlarmSheet) figures(w *words) table {
	t := table{Name: w.say("alarms.figures"), Columns: []column{{w.say("col.figure"), 60, 0}, {w.say("col.value"), 20, 2}, {w.say("col.aim"), 30, 0}}}
	f := a.Figures
	add := func(name string, v value) {
		t.Rows = append(t.Rows, []value{textOf(w.say("figure." + name)), v, textOf(w.say("aim." + name))})
	}
	add("announced", whole(f.Announced))
	add("hour", parts(f.PerHour))
	add("ten", parts(f.Per10Min))
	add("most", whole(f.Most10Min))
	add("flood", parts(f.Flood*100))
	add("top", parts(f.Top*100))
	add("chattering", whole(len(f.Chattering)))
	add("fleeting", whole(len(f.Fleeting)))
	add("answered", parts(f.Answered*100))
	return t
}

func (a AlarmSheet) worst(w *words) table {
	t := table{Name: w.say("alarms.worst"), Columns: []column{{w.say("col.alarm"), 90, 0}, {w.say("col.times"), 20, 0}}}
	for _, c := range a.Figures.Worst {
		t.Rows = append(t.Rows, []value{textOf(a.alarm(c.Alarm, w)), whole(c.Times)})
	}
	return t
}

func (a AlarmSheet) list(w *words) table {
	t := table{Name: w.say("alarms.list"), Columns: []column{{w.say("col.when"), 20, 0}, {w.say("col.priority"), 16, 0}, {w.say("col.alarm"), 50, 0}, {w.say("col.subject"), 30, 0}}}
	for _, x := range a.Transitions {
		if x.Announced {
			t.Rows = append(t.Rows, []value{momentOf(x.At), textOf(w.named("priority."+string(x.Priority), string(x.Priority))), textOf(a.title(x.Kind, w)), textOf(x.Subject)})
		}
	}
	return t
}

// alarm is an alarm by its name: the title of its kind, and about what.
func (a AlarmSheet) alarm(id alarm.ID, w *words) string {
	for _, x := range a.Transitions {
		if x.ID == id {
			return a.title(x.Kind, w) + " · " + x.Subject
		}
	}
	return string(id)
}

func (a AlarmSheet) title(k alarm.Kind, w *words) string {
	i := slices.IndexFunc(a.Kinds, func(d alarm.Definition) bool { return d.Kind == k })
	if i < 0 || a.Kinds[i].Texts[string(w.lang)].Title == "" {
		return string(k)
	}
	return a.Kinds[i].Texts[string(w.lang)].Title
}
