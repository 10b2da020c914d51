package table

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"asue/balancing/reclaim/register"
	"asue/metering"
	"asue/metering/exchange"
)

// cells are those of a row, read by what their columns are about. Each reports its own
// faults.
type cells struct {
	*reader
	line int
	list []string
}

// at is the cell of a field; empty where the file has no such column, or nothing in it.
func (c *cells) at(f field) string {
	i, ok := c.said[f]
	if !ok || i >= len(c.list) || c.grid.Absent(c.list[i]) {
		return ""
	}
	return c.grid.Text(c.list[i])
}

func (c *cells) fault(f field, value, code, what, remedy string) {
	column := -1
	if i, ok := c.said[f]; ok {
		column = i
	}
	c.reader.fault(c.line, column, value, code, what, remedy)
}

func (c *cells) record() (record, bool) {
	text := c.at(fRecord)
	if text == "" {
		return rCondition, true
	}
	what, ok := records[exchange.Heading(text)]
	if !ok {
		c.fault(fRecord, text, "unknown-word", "is no record of a register", "write condition, stage, withdraw, armour, commissioned or grace")
	}
	return what, ok
}

// act is the row as an act by itself.
func (c *cells) act(what record) register.Act {
	a := register.Act{Condition: c.text(fCondition), From: c.moment(fFrom), Basis: c.text(fBasis), Document: c.text(fDocument)}
	a.Resident = c.whose()
	switch what {
	case rCondition:
		a.Kind = register.Issue
		c.named(a.Condition)
		a.Terms = c.terms()
	case rWithdraw:
		a.Kind = register.Withdraw
		c.named(a.Condition)
	case rArmour:
		a.Kind, a.Condition = register.Armour, ""
		a.Protected = &register.Protected{Technological: c.power(fTechnological), TechnologicalFor: time.Duration(c.scaled(fTechFor, 0)) * time.Minute,
			Emergency: c.power(fEmergency), Until: c.until()}
	case rCommission:
		a.Kind, a.Condition = register.Commission, ""
		if a.From.IsZero() && c.at(fFrom) == "" {
			c.fault(fFrom, "", "empty", "since when the resident draws is not stated", "write the day")
		}
	case rGrace:
		a.Kind, a.Condition, a.Months = register.Grace, "", int(c.whole(fMonths))
		if c.at(fMonths) == "" {
			c.fault(fMonths, "", "empty", "a grace without its months", "write how many months")
		}
	}
	return a
}

func (c *cells) named(id string) {
	if id == "" {
		c.fault(fCondition, "", "empty", "the condition is not named", "write its number")
	}
}

func (c *cells) whose() metering.ResidentID {
	text := c.at(fResident)
	if text == "" {
		c.fault(fResident, "", "empty", "the resident is not named", "write its id or its name")
		return ""
	}
	id, ok := c.resident(text)
	if !ok {
		c.fault(fResident, text, "unknown-resident", "is no resident of the site file, or the name of several", "write the id of one")
	}
	return id
}

func (c *cells) terms() *register.Terms {
	t := &register.Terms{Firm: c.power(fFirm), NonFirm: c.power(fNonFirm), Voltage: float64(c.scaled(fVoltage, 3)) / 1e6, Until: c.until()}
	if text := c.at(fNode); text != "" {
		id, ok := c.node(text)
		if !ok {
			c.fault(fNode, text, "unknown-node", "is no node of the site file, or the name of several", "write the id of one")
		}
		t.Node = id
	}
	if text := c.at(fMedium); text != "" {
		medium, ok := media[exchange.Heading(text)]
		if !ok {
			c.fault(fMedium, text, "unknown-word", "is no medium", "write electricity, gas, drinking-water, process-water or sewage")
		}
		if t.Medium = medium; medium == metering.Electricity {
			t.Medium = ""
		}
	}
	t.Category, t.Flow = c.category(), c.flow()
	return t
}

// until is the first moment at which something is not in force any more.
func (c *cells) until() time.Time {
	if c.at(fThrough) == "" {
		return c.moment(fUntil)
	}
	last := c.moment(fThrough)
	if last.IsZero() {
		return last
	}
	local := last.In(c.site.Location)
	if local.Hour() != 0 || local.Minute() != 0 || local.Second() != 0 {
		c.fault(fThrough, c.at(fThrough), "bad-time", "is a time of day where the last day belongs", "write a day, or head the column \"ends on\"")
	}
	return time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, c.site.Location).UTC()
}

func (c *cells) category() metering.Category {
	text := strings.ToUpper(c.at(fCategory))
	if text == "" {
		return 0
	}
	for n, spellings := range [][]string{1: {"1", "I", "І"}, 2: {"2", "II", "ІІ"}, 3: {"3", "III", "ІІІ"}} { // Latin and Cyrillic
		for _, s := range spellings {
			if text == s {
				return metering.Category(n)
			}
		}
	}
	c.fault(fCategory, text, "bad-number", "is no reliability category", "write 1, 2 or 3")
	return 0
}

// flow is what stands in the one of its columns that says something.
func (c *cells) flow() *register.Flow {
	var flow *register.Flow
	for _, f := range []field{fFlow, fFlow + "h", fFlow + "day"} {
		text := c.at(f)
		if text == "" {
			continue
		}
		if flow != nil {
			c.fault(f, text, "twice", "is a second flow", "leave that of an hour, or that of a day")
			return nil
		}
		n, u, ok := c.number(f, fFlow, text, 0)
		if !ok {
			return nil
		}
		flow = &register.Flow{Litres: metering.Energy(n), Per: map[string]time.Duration{"h": time.Hour, "day": 24 * time.Hour}[u.per]}
	}
	return flow
}

func (c *cells) power(f field) metering.Power { return metering.Power(c.scaled(f, 0)) }

// scaled is a number in 10^-more of its base unit, 0 if nothing is said.
func (c *cells) scaled(f field, more int) int64 {
	text := c.at(f)
	if text == "" {
		return 0
	}
	n, _, _ := c.number(f, f, text, more)
	return n
}

// number reads a number with its unit, which stands in the heading or behind it. of is
// what its units are of.
func (c *cells) number(f, of field, text string, more int) (int64, unit, bool) {
	u, ok := c.units[c.said[f]]
	digits := strings.TrimRightFunc(text, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsSpace(r) || r == '/' || r == '³' || r == '.'
	})
	if of == fFlow { // м3/ч ends its first part in a digit
		if i := strings.IndexFunc(text, unicode.IsLetter); i > 0 {
			digits = strings.TrimSpace(text[:i])
		}
	}
	if own := exchange.Heading(text[len(digits):]); own != "" {
		if u, ok = unitsOf(of)[own]; !ok {
			c.fault(f, text, "bad-unit", "is no number in a unit of it", "write a number in "+exampleOf(of))
			return 0, unit{}, false
		}
	}
	if !ok {
		c.fault(f, text, "no-unit", "is in no unit: neither heading nor cell says one", "write "+exampleOf(of)+" into the heading")
		return 0, unit{}, false
	}
	n, err := c.grid.Decimal(digits, u.power+more)
	if err != nil {
		c.fault(f, text, "bad-number", err.Error(), "write digits with at most one decimal comma or point, like 1234,5, no finer than a watt or a litre")
		return 0, unit{}, false
	}
	return n, u, true
}

// whole is a whole number without a unit, 0 if nothing is said.
func (c *cells) whole(f field) int64 {
	text := c.at(f)
	if text == "" {
		return 0
	}
	n, err := c.grid.Decimal(text, 0)
	if err != nil || n < 0 || n > 1000 {
		c.fault(f, text, "bad-number", "is no whole number from 0 to 1000", "write digits alone")
		return 0
	}
	return n
}

func (c *cells) moment(f field) time.Time {
	text := c.at(f)
	if text == "" {
		return time.Time{}
	}
	t, ok := c.grid.Moment(text, c.site.Location)
	if !ok {
		c.fault(f, text, "bad-time", "is no day", "write 31.01.2026 or 2026-01-31")
	}
	return t
}

// text is a text of at most what a deed keeps.
func (c *cells) text(f field) string {
	text := c.at(f)
	if len(text) > metering.DeedTextMost {
		c.fault(f, text, "too-long", fmt.Sprintf("has %d bytes, more than %s", len(text), strconv.Itoa(metering.DeedTextMost)), "shorten it")
		return ""
	}
	return text
}
