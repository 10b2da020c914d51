package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"asue/balancing/reclaim/register"
	"asue/metering"
)

// differences are what two sets of terms do not have in common.
func (p *planner) differences(a, b register.Terms) []Change {
	return compared([]Change{
		{"node", string(a.Node), string(b.Node)}, {"medium", string(a.Medium), string(b.Medium)},
		{"firm", watts(a.Firm), watts(b.Firm)}, {"non-firm", watts(a.NonFirm), watts(b.NonFirm)}, {"flow", flowing(a.Flow), flowing(b.Flow)},
		{"voltage", kilovolts(a.Voltage), kilovolts(b.Voltage)}, {"category", number(int(a.Category)), number(int(b.Category))},
		{"until", p.moment(a.Until), p.moment(b.Until)}, {"stages", p.staged(a.Stages), p.staged(b.Stages)},
	})
}

func compared(list []Change) []Change {
	return slices.DeleteFunc(list, func(c Change) bool { return c.Was == c.Is })
}

func watts(p metering.Power) string {
	if p == 0 {
		return ""
	}
	return p.String()
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// kilovolts is a voltage to the thousandth of a volt, finer than any paper.
func kilovolts(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(int64(v*1e6+0.5))/1e6, 'f', -1, 64) + " kV"
}

func flowing(f *register.Flow) string {
	if f == nil {
		return ""
	}
	per := "h"
	if f.Per == 24*time.Hour {
		per = "day"
	}
	return strconv.FormatFloat(float64(f.Litres)/1000, 'f', -1, 64) + " m3/" + per
}

func lasting(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// moment is a time to the second, as a file has it: a day for a local midnight.
func (p *planner) moment(t time.Time) string {
	local := t.In(p.zone)
	switch {
	case t.IsZero():
		return ""
	case local.Hour() == 0 && local.Minute() == 0 && local.Second() == 0:
		return local.Format(time.DateOnly)
	}
	return local.Format(time.RFC3339)
}

func (p *planner) staged(list []register.Stage) string {
	var text []string
	for _, s := range list {
		text = append(text, fmt.Sprintf("%v by %s, milestones %d, %s", s.Power, p.moment(s.Due), s.Milestones, strings.TrimSpace(s.Document)))
	}
	return strings.Join(text, "; ")
}
