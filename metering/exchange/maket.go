package exchange

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"

	"asue/metering"
	"asue/metering/vee"
)

// Maket is one day of layout 80020, as metering systems of Russia and Kazakhstan
// hand it to each other: XML in windows-1251, one file for each local day, numbers
// of messages that only grow, half hours in whole kWh or kvarh.
//
// Source: the layout as maket80020, ElectroPrognizer and XML80020ReportLibrary
// read and write it.
type Maket struct {
	Head   MaketHead
	Points []MaketPoint
}

// MaketHead is what a message says of itself.
type MaketHead struct {
	Class      string // "80020"; others are read by nobody here
	Number     int64  // grows with every message of the sender
	Created    time.Time
	Day        time.Time // midnight of the local day
	SenderName string
	SenderINN  string // number of the taxpayer: ИНН, БИН
	AreaName   string
	AreaINN    string
	AreaZone   string // "1"; what receiver and sender have agreed on
}

// MaketPoint is a measuring point with the code that the receiver knows it by.
type MaketPoint struct {
	Code, Name string
	Channels   []MaketChannel
}

// MaketChannel is one channel of a day. Periods whose energy is not known are
// left out: a zero would be one.
type MaketChannel struct {
	Channel metering.Channel // A+ to R-
	Periods []MaketPeriod
}

// MaketPeriod is a half hour.
type MaketPeriod struct {
	Start      time.Time
	Value      int64 // kWh or kvarh
	Commercial bool  // false: not to be used for settlement (status 1)
}

// HalfHours makes the periods of one channel that start in [from, to) of its base
// intervals, which are ascending and begin where the sums have to agree from: at
// the first of the local month.
//
// Each value is the difference of the energy since that beginning, rounded to the
// nearest kWh, so that what is cut off in one half hour comes in another. A day's
// or a month's sum therefore differs from the energy by less than 1 kWh, however
// many periods it has. A half hour is commercial when both quarters are graded
// Actual or Final. unknown counts half hours of [from, to) that lack a quarter or
// are negative.
func HalfHours(intervals []metering.Interval, from, to time.Time, zone *time.Location) (periods []MaketPeriod, unknown int) {
	var sum int64
	for i := 0; i < len(intervals); {
		start, end := vee.HalfHour.Bounds(intervals[i].Start, zone)
		energy, known, commercial := int64(0), 0, true
		for ; i < len(intervals) && intervals[i].Start.Before(end); i++ {
			iv := intervals[i]
			if iv.Grade == metering.Null {
				continue
			}
			known++
			energy += int64(iv.Energy)
			commercial = commercial && (iv.Grade == metering.Actual || iv.Grade == metering.FinalGrade)
		}
		if known < int(end.Sub(start)/metering.BasePeriod) || energy < 0 {
			continue
		}
		before := nearestThousand(sum)
		sum += energy
		if !start.Before(from) && start.Before(to) {
			periods = append(periods, MaketPeriod{Start: start, Value: nearestThousand(sum) - before, Commercial: commercial})
		}
	}
	return periods, int(to.Sub(from)/(2*metering.BasePeriod)) - len(periods)
}

func nearestThousand(v int64) int64 { return (v + 500) / 1000 }

// FileName is the name by which receivers know the file:
// 80020_<INN>_<YYYYMMDD>_<number>.xml.
func (m Maket) FileName() string {
	return fmt.Sprintf("80020_%s_%s_%d.xml", m.Head.SenderINN, m.Head.Day.Format("20060102"), m.Head.Number)
}

// Encode writes the message. Letters that windows-1251 has not, the Kazakh Ә Ғ Қ
// Ң Ө Ұ Ү Һ among them, are written as character references. Times are those of
// the zone of Head.Day.
func (m Maket) Encode(w io.Writer) error {
	e := maketEncoder{w: bufio.NewWriter(w), zone: m.Head.Day.Location()}
	h := m.Head
	e.line(`<?xml version="1.0" encoding="windows-1251"?>`)
	e.line(`<message class="80020" version="2" number="%d">`, h.Number)
	e.line(` <datetime>`)
	e.line(`  <timestamp>%s</timestamp>`, h.Created.In(e.zone).Format("20060102150405"))
	e.line(`  <daylightsavingtime>%d</daylightsavingtime>`, daylight(h.Day))
	e.line(`  <day>%s</day>`, h.Day.Format("20060102"))
	e.line(` </datetime>`)
	e.line(` <sender>`)
	e.line(`  <name>%s</name>`, escapeXML(h.SenderName))
	e.line(`  <inn>%s</inn>`, escapeXML(h.SenderINN))
	e.line(` </sender>`)
	e.line(` <area timezone="%s">`, escapeXML(h.AreaZone))
	e.line(`  <name>%s</name>`, escapeXML(h.AreaName))
	e.line(`  <inn>%s</inn>`, escapeXML(h.AreaINN))
	for _, p := range m.Points {
		e.line(`  <measuringpoint code="%s" name="%s">`, escapeXML(p.Code), escapeXML(p.Name))
		for _, c := range p.Channels {
			e.channel(c)
		}
		e.line(`  </measuringpoint>`)
	}
	e.line(` </area>`)
	e.line(`</message>`)
	if e.err != nil {
		return fmt.Errorf("write layout 80020: %w", e.err)
	}
	return e.w.Flush()
}

type maketEncoder struct {
	w    *bufio.Writer
	zone *time.Location
	err  error
}

// maketChannels describe the channels as the layout's users do.
var maketChannels = map[metering.Channel]string{
	metering.ChannelActiveImport:   "акт. прием",
	metering.ChannelActiveExport:   "акт. отдача",
	metering.ChannelReactiveImport: "реакт. прием",
	metering.ChannelReactiveExport: "реакт. отдача",
}

func (e *maketEncoder) channel(c MaketChannel) {
	e.line(`   <measuringchannel code="%02d" desc="%s">`, c.Channel, maketChannels[c.Channel])
	for _, p := range c.Periods {
		status, summer := 1, ""
		if p.Commercial {
			status = 0
		}
		start, end := p.Start.In(e.zone), p.Start.Add(2*metering.BasePeriod).In(e.zone)
		if firstOfTwo(start) {
			summer = ` summer="1"`
		}
		e.line(`    <period start="%s" end="%s"%s><value status="%d">%d</value></period>`,
			start.Format("1504"), end.Format("1504"), summer, status, p.Value)
	}
	e.line(`   </measuringchannel>`)
}

// firstOfTwo reports whether the wall clock shows the time once more later.
func firstOfTwo(t time.Time) bool {
	_, offset := t.Zone()
	at := moments(t.Unix()+int64(offset), t.Location(), false)
	return len(at) == 2 && at[0] == t.Unix()
}

// daylight is 0 in winter, 1 in summer, 2 on a day on which the clock is set.
func daylight(day time.Time) int {
	next := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, day.Location())
	_, a := day.Zone()
	_, b := next.Zone()
	switch {
	case a != b:
		return 2
	case day.IsDST():
		return 1
	}
	return 0
}

// line writes a line in windows-1251.
func (e *maketEncoder) line(format string, args ...any) {
	if e.err != nil {
		return
	}
	for _, r := range fmt.Sprintf(format, args...) + "\n" {
		if b, ok := charmap.Windows1251.EncodeRune(r); ok {
			e.err = e.w.WriteByte(b)
		} else {
			_, e.err = fmt.Fprintf(e.w, "&#%d;", r)
		}
		if e.err != nil {
			return
		}
	}
}

// escapeXML escapes what XML reserves, and leaves out what it cannot carry.
func escapeXML(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\t', r == '\n', r == '\r':
			fmt.Fprintf(&b, "&#%d;", r)
		case r < 0x20, r == 0xfffd, r == 0xfffe, r == 0xffff:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
