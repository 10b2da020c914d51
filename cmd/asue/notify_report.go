package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"asue/cmd/internal/settings"
	"asue/dashboards/reports"
	"asue/metering/notify/mail"
	"asue/metering/notify/post"
)

// reportLetter is a report on its way by mail.
type reportLetter struct {
	Path    string `json:"path"`
	Subject string `json:"subject"`
	Lang    string `json:"lang"`
}

// reportWays are the addresses that get reports, each with a queue of its own: an alarm
// does not wait behind a workbook.
func (o *outside) reportWays(list []settings.Report) []post.Destination {
	var to []string
	for _, r := range list {
		to = append(to, r.Mail...)
	}
	slices.Sort(to)
	var ways []post.Destination
	for _, address := range slices.Compact(to) {
		ways = append(ways, post.Destination{Name: reportWay(address), Send: func(ctx context.Context, letters []post.Letter) error {
			return o.mailReport(ctx, address, letters[0])
		}})
	}
	return ways
}

func reportWay(address string) string { return "report:" + address }

// attached is what a mail says whose report comes with it.
var attached = map[string]string{"ru": "Отчёт приложен к письму: ", "kk": "Есеп хатқа тіркелген: ", "en": "The report is attached: "}

func (o *outside) mailReport(ctx context.Context, to string, l post.Letter) error {
	var r reportLetter
	if err := json.Unmarshal(l.Body, &r); err != nil {
		return fmt.Errorf("%w: a report that cannot be read: %w", post.ErrRefused, err)
	}
	name := filepath.Base(r.Path)
	return o.mailer.Send(ctx, mail.Mail{Key: l.Key, To: to, Subject: r.Subject, Lang: r.Lang,
		Text: []mail.Paragraph{{Text: r.Subject}, {Text: attached[r.Lang] + name}}, Files: []mail.File{{Name: name, Path: r.Path}}})
}

// mail sends a report that is in its folder to those who get it, once. Who has got it is
// known to the post: a file that is drawn up anew goes to nobody twice.
func (s *reportSchedule) mail(r settings.Report, o reportOrder, path string) {
	var letters []post.Letter
	for _, to := range r.Mail {
		key := "report " + filepath.Base(path)
		if s.outside.post.Knows(reportWay(to), key) {
			continue
		}
		loc := s.site.Location
		when := o.period.From.In(loc).Format("02.01.2006")
		if last := o.period.To.Add(-time.Second).In(loc).Format("02.01.2006"); last != when {
			when += "–" + last
		}
		name := s.site.Name
		if name == "" {
			name = string(s.site.ID)
		}
		letters = append(letters, post.Letter{To: reportWay(to), Key: key, At: time.Now(), Body: mustJSON(reportLetter{Path: path, Lang: r.Lang,
			Subject: fmt.Sprintf("%s: %s, %s", name, reports.Title(o.kind, reports.Lang(r.Lang)), when)})})
	}
	if len(letters) > 0 {
		s.outside.post.Put(letters, nil)
	}
}
