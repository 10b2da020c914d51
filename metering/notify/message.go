package notify

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/alarm"
)

// Lang is the language of a message.
type Lang string

// Languages.
const (
	Russian Lang = "ru"
	Kazakh  Lang = "kk"
	English Lang = "en"
)

// Langs lists the languages of messages.
func Langs() []Lang { return []Lang{Russian, Kazakh, English} }

// Place is where the alarms are: the site, its kinds of alarms, and whether its data are
// invented.
type Place struct {
	Site  *metering.Site
	Kinds []alarm.Definition
	Demo  bool
}

// MessageVersion is the version of the form of Message. New fields may come within it.
const MessageVersion = 1

// Message is an event in words. As JSON it is what a webhook gets.
type Message struct {
	Version int         `json:"version"`
	Key     string      `json:"key"` // the same again is the same message
	Event   What        `json:"event"`
	At      time.Time   `json:"at"` // when it happened, UTC
	Site    MessageSite `json:"site"`
	Demo    bool        `json:"demo,omitempty"` // the data are invented
	// Alarm is absent in a test.
	Alarm    *MessageAlarm `json:"alarm,omitempty"`
	Language Lang          `json:"language"`
	Subject  string        `json:"subject"` // one line that says it
	Title    string        `json:"title"`   // of the kind
	About    string        `json:"about,omitempty"`
	Text     []Line        `json:"text"`
}

// MessageSite is the site of a message.
type MessageSite struct {
	ID   metering.SiteID `json:"id"`
	Name string          `json:"name"`
}

// MessageAlarm is the alarm of a message, for programs.
type MessageAlarm struct {
	ID       alarm.ID       `json:"id"`
	Kind     alarm.Kind     `json:"kind"`
	Subject  string         `json:"subject"`
	Priority alarm.Priority `json:"priority"`
	Active   bool           `json:"active"`
	// Announced is when it was announced, Until when it returned; RespondBy when it has
	// to be acknowledged.
	Announced time.Time      `json:"announced"`
	RespondBy time.Time      `json:"respond_by"`
	Until     time.Time      `json:"until,omitzero"`
	Times     int            `json:"times,omitempty"`   // how often it has come
	Members   int            `json:"members,omitempty"` // how many it stands for
	Args      map[string]any `json:"args,omitempty"`
}

// Line is a line of a message's text; Name is empty where it speaks for itself.
type Line struct {
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
}

// Write puts an event into words. An unknown language is Russian.
func Write(e Event, p Place, lang Lang) Message {
	w, known := tongues[lang]
	if !known {
		lang, w = Russian, tongues[Russian]
	}
	m := Message{Version: MessageVersion, Key: e.Key(), Event: e.What, At: e.At.UTC(), Language: lang, Demo: p.Demo,
		Site: MessageSite{p.Site.ID, p.Site.Name}}
	if m.Site.Name == "" {
		m.Site.Name = string(p.Site.ID)
	}
	clock := func(t time.Time) string { return t.In(p.Site.Location).Format("02.01.2006 15:04:05") }
	say := func(name, text string) {
		if text != "" {
			m.Text = append(m.Text, Line{name, text})
		}
	}
	if p.Demo {
		say("", w.demo)
	}
	if e.What == Test {
		m.Title = w.test
		m.Subject = fmt.Sprintf("%s: %s", m.Site.Name, w.test)
		say("", w.testText)
		say(w.at, clock(e.At))
		return m
	}
	a := e.Alarm
	m.Alarm = &MessageAlarm{ID: a.ID, Kind: a.Kind, Subject: a.Subject, Priority: a.Priority, Active: a.Active,
		Announced: e.Announced.UTC(), RespondBy: e.Announced.Add(e.Respond).UTC(), Until: a.Until.UTC(), Times: a.Times, Members: a.Members, Args: a.Args}
	text := textOf(p, a, string(lang), w.unknown)
	m.Title, m.About = text.Title, about(p.Site, a, w)
	head := m.Title
	if m.About != "" {
		head += " · " + m.About
	}
	m.Subject = fmt.Sprintf("%s %s%s: %s", w.priority[a.Priority], m.Site.Name, w.event[e.What], head)
	say(w.head[e.What], head)
	say(w.since, clock(e.Announced))
	switch e.What {
	case Returned:
		say(w.until, clock(e.At))
	case Escalated:
		say(w.late, w.span(e.Respond))
		if !a.Active {
			say("", w.overUnseen)
		}
	case Raised:
		say(w.within, w.span(e.Respond))
	}
	if a.Times > 1 {
		say(w.times, fmt.Sprint(a.Times))
	}
	if e.What != Returned {
		say(w.cause, text.Cause)
		say(w.consequence, text.Consequence)
		say(w.action, text.Action)
	}
	return m
}

// textOf are the texts of an alarm's kind with what it is about filled in.
func textOf(p Place, a alarm.Alarm, lang, unknown string) alarm.Text {
	for _, d := range p.Kinds {
		if d.Kind != a.Kind {
			continue
		}
		t := d.Texts[lang]
		for _, s := range []*string{&t.Title, &t.Cause, &t.Consequence, &t.Action} {
			*s = filled(*s, a.Args, unknown)
		}
		return t
	}
	return alarm.Text{Title: string(a.Kind)}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

func filled(text string, args map[string]any, unknown string) string {
	return placeholder.ReplaceAllStringFunc(text, func(in string) string {
		if v, known := args[in[1:len(in)-1]]; known {
			return fmt.Sprint(v)
		}
		return unknown
	})
}

// about is what an alarm is about, by the name that people know; empty for the zone.
func about(site *metering.Site, a alarm.Alarm, w words) string {
	name := a.Subject[strings.LastIndexByte(a.Subject, '/')+1:]
	switch a.Subject {
	case "zone", "balancer", "backup":
		name = ""
	}
	if r, ok := site.Resident(metering.ResidentID(name)); ok && r.Name != "" {
		name = r.Name
	} else if p, ok := site.Point(metering.PointID(name)); ok && p.Name != "" {
		name = p.Name
	}
	if point, ok := a.Args["point"].(string); ok {
		if p, ok := site.Point(metering.PointID(point)); ok && p.Name != "" {
			point = p.Name
		}
		name += " · " + point
	}
	if a.Members > 0 {
		name += " · " + fmt.Sprintf(w.members, a.Members)
	}
	return strings.TrimPrefix(name, " · ")
}
