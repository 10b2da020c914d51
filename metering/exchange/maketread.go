package exchange

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

const (
	maxMaket = 256 << 20 // bytes
	maxDepth = 16        // of elements
)

// maketReader walks through the elements of a message of layout 80020.
type maketReader struct {
	c    *collector
	p    *pacer
	dec  *xml.Decoder
	head MaketHead
	day  int64 // of the wall clock; -1 before it was told
	dst  string
	path []string
	text strings.Builder

	code    string // of the point under way
	point   metering.PointID
	channel metering.Channel
	chCode  string
	period  struct {
		from, to string
		summer   bool
		row      int
		status   string
	}
	others map[string]int
}

// readMaket reads a message into a collector. Values are taken for kWh and kvarh
// unless the options name another unit.
func readMaket(c *collector, p *pacer, r io.Reader) (*MaketHead, error) {
	m := &maketReader{c: c, p: p, dec: xml.NewDecoder(r), day: -1, others: map[string]int{}}
	m.dec.CharsetReader = charsetNamed
	c.sheets = append(c.sheets, "")
	c.sheet, c.l = &sheet{}, &layout{}
	for {
		t, err := m.dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			row, _ := m.dec.InputPos()
			m.c.faults.add(Fault{Row: row, Code: "bad-xml", What: err.Error(), Remedy: "ask the sender for the file again"})
			break
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(m.path) == maxDepth {
				return nil, fmt.Errorf("elements are nested more than %d deep: this is no layout 80020", maxDepth)
			}
			m.path = append(m.path, t.Name.Local)
			m.text.Reset()
			m.start(t)
			if err := p.step(); err != nil {
				return nil, err
			}
		case xml.CharData:
			if m.text.Len() < 4096 {
				m.text.Write(t)
			}
		case xml.EndElement:
			m.end(t.Name.Local, strings.TrimSpace(m.text.String()))
			m.text.Reset()
			m.path = m.path[:len(m.path)-1]
			if c.n > maxValues {
				return nil, errManyValues
			}
		}
	}
	if m.head.Class == "" && c.faults.Len() == 0 {
		c.faults.add(Fault{Code: "no-message", What: "the file has no element message", Remedy: "bring a file of layout 80020"})
	}
	for name, n := range m.others {
		c.notes.say("%d elements %s were not read: measuring points only are", n, name)
	}
	if m.head.Class == "80020" {
		c.notes.say("layout 80020, message %d of %s for %s", m.head.Number, m.head.SenderINN, m.head.Day.Format(time.DateOnly))
	}
	return &m.head, nil
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (m *maketReader) start(e xml.StartElement) {
	switch e.Name.Local {
	case "message":
		m.head.Class = attr(e, "class")
		m.head.Number, _ = strconv.ParseInt(attr(e, "number"), 10, 64) // said in the notes only
		if m.head.Class != "80020" {
			m.fault("bad-class", m.head.Class, "is another layout", "bring a file of layout 80020")
		}
	case "area":
		m.head.AreaZone = attr(e, "timezone")
	case "measuringpoint":
		m.startPoint(attr(e, "code"), attr(e, "name"))
	case "measuringchannel":
		m.chCode, m.period.from = attr(e, "code"), ""
		ch, ok := channelOf(m.chCode)
		if m.channel = ch; !ok || ch > metering.ChannelReactiveExport {
			m.channel = 0
			m.fault("unknown-channel", m.chCode, "is no channel of layout 80020", "the codes are 01 A+, 02 A-, 03 R+ and 04 R-")
		}
	case "period":
		m.period.from, m.period.to = attr(e, "start"), attr(e, "end")
		m.period.summer = attr(e, "summer") == "1"
		m.period.row, _ = m.dec.InputPos()
	case "value":
		m.period.status = attr(e, "status")
	case "accountpoint", "deliverypoint", "deliverygroup", "peretok":
		m.others[e.Name.Local]++
	}
}

// startPoint finds a point by its code, or by its name if nobody has said what the
// code means.
func (m *maketReader) startPoint(code, name string) {
	m.code = code
	var ok bool
	if m.point, ok = m.c.o.Points.Find(code); ok {
		return
	}
	if m.point, ok = m.c.o.Points.Find(name); !ok {
		m.fault("unknown-point", code+" "+name, "is the code of no point of the site", "say which point it is with --codes")
	}
}

func (m *maketReader) end(name, text string) {
	parent := ""
	if n := len(m.path); n > 1 {
		parent = m.path[n-2]
	}
	switch name {
	case "day":
		if day, rest, ok := parseDate(text); ok && rest == "" {
			m.day = day
			d := time.Unix(day*daySeconds, 0).UTC()
			m.head.Day = time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, m.c.o.Zone)
		} else {
			m.fault("bad-time", text, "is no day", "write it as 20260131")
		}
	case "timestamp":
		if t, err := time.ParseInLocation("20060102150405", text, m.c.o.Zone); err == nil {
			m.head.Created = t
		}
	case "daylightsavingtime":
		m.dst = text
	case "name", "inn":
		m.party(parent, name, text)
	case "value":
		if parent == "period" {
			m.value(text)
		}
	case "measuringpoint":
		m.point, m.code = "", ""
	case "measuringchannel":
		m.channel, m.chCode = 0, ""
	}
}

func (m *maketReader) party(parent, name, text string) {
	into := map[string]*string{"sender name": &m.head.SenderName, "sender inn": &m.head.SenderINN, "area name": &m.head.AreaName, "area inn": &m.head.AreaINN}[parent+" "+name]
	if into != nil {
		*into = text
	}
}

// value takes the value of a period in.
func (m *maketReader) value(text string) {
	if m.point == "" || m.channel == 0 {
		return // told at the point or channel
	}
	if m.day < 0 {
		m.fault("bad-time", "", "the day is told after the first value, or not at all", "the element datetime comes first")
		m.day = 0
		return
	}
	from, ok1 := parseClock(m.period.from)
	to, ok2 := parseClock(m.period.to)
	if to == 0 {
		to = daySeconds
	}
	if !ok1 || !ok2 || to <= from && !m.period.summer && m.dst != "2" {
		m.fault("bad-time", m.period.from+"-"+m.period.to, "is no period", "write start=\"0000\" end=\"0030\"")
		return
	}
	d := datum{at: m.day*daySeconds + from, to: m.day*daySeconds + to, row: int32(m.period.row), grade: metering.Actual, flags: hasEnd}
	if at := moments(d.at, m.c.o.Zone, false); len(at) == 2 && m.dst == "2" {
		d.flags |= fixedAt
		if d.at = at[1]; m.period.summer {
			d.at = at[0]
		}
	}
	switch m.period.status {
	case "", "0":
	case "1":
		d.grade = metering.Substitute
	default:
		m.fault("unknown-quality", m.period.status, "is no status", "0 is commercial, 1 is not")
		return
	}
	m.number(d, text)
}

func (m *maketReader) number(d datum, text string) {
	u := m.c.o.unit
	if u.dim == 0 || !u.fits(m.channel) {
		u = unit{"kWh", activeEnergy, 3}
		if m.channel >= metering.ChannelReactiveImport {
			u = unit{"kvarh", reactiveEnergy, 3}
		}
	}
	if medium := m.c.o.Points.mediumOf(m.point); medium != metering.Electricity {
		m.fault("bad-channel", string(m.point), fmt.Sprintf("meters %s", medium), "layout 80020 carries electricity")
		return
	}
	before := m.c.faults.Len()
	resolution, ok := m.c.number(&d, text, u, []string{text}, m.period.row, 0)
	if !ok {
		if list := m.c.faults.List; m.c.faults.Len() > before && len(list) > 0 {
			list[len(list)-1].Column = m.where()
		}
		return
	}
	s := m.c.seriesOf(m.point, m.channel)
	s.data = append(s.data, d)
	if s.resolution == 0 || resolution < s.resolution {
		s.resolution = resolution
	}
	m.c.n++
}

// where is the place of a fault as a person finds it in the file.
func (m *maketReader) where() string {
	text := "message"
	if m.code != "" {
		text = "measuringpoint " + m.code
	}
	if m.chCode != "" {
		text += ", measuringchannel " + m.chCode
	}
	if m.period.from != "" && m.chCode != "" {
		text += ", period " + m.period.from
	}
	return text
}

func (m *maketReader) fault(code, value, what, remedy string) {
	row, _ := m.dec.InputPos()
	m.c.faults.add(Fault{Row: row, Column: m.where(), Value: value, Code: code, What: what, Remedy: remedy})
}
