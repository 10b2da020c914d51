package dispatcher

import (
	"slices"
	"time"
)

// NoticeView is a notice as JSON carries it.
type NoticeView struct {
	ID       string         `json:"id"`
	At       time.Time      `json:"at" doc:"when it came to be as it is: began, changed or passed"`
	Kind     string         `json:"kind" doc:"chooses the text in each language"`
	Severity string         `json:"severity" enum:"alarm,warning,info"`
	Active   bool           `json:"active" doc:"false once the cause has passed"`
	Args     map[string]any `json:"args,omitempty" doc:"numbers and names of the text; units stand in the names"`
	Text     string         `json:"text" doc:"the text in Russian, ready to read"`
}

// noticeList keeps notices, newest first, bounded.
type noticeList struct {
	max     int
	version int // changes with the content
	list    []Notice
}

func (l *noticeList) put(n Notice) {
	l.version++
	if i := slices.IndexFunc(l.list, func(o Notice) bool { return o.ID == n.ID }); i >= 0 {
		l.list[i] = n
	} else {
		l.list = append(l.list, n)
	}
	slices.SortStableFunc(l.list, func(a, b Notice) int { return b.At.Compare(a.At) })
	for len(l.list) > l.max {
		l.list = slices.Delete(l.list, l.victim(), l.victim()+1)
	}
}

// victim is the oldest notice whose cause has passed, or the oldest of all.
func (l *noticeList) victim() int {
	for i := len(l.list) - 1; i >= 0; i-- {
		if !l.list[i].Active {
			return i
		}
	}
	return len(l.list) - 1
}

func (s *Server) noticeViews() []NoticeView {
	views := make([]NoticeView, len(s.notices.list))
	for i, n := range s.notices.list {
		views[i] = NoticeView{
			ID: n.ID, At: n.At.UTC(), Kind: n.Kind, Severity: n.Severity, Active: n.Active, Args: n.Args,
			Text: s.words.notice(n, s.cfg.Site.Location),
		}
	}
	return views
}
