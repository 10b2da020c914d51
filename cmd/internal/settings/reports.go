package settings

import (
	"fmt"

	"asue/metering/form"
)

// Report is a report that is drawn up by itself.
type Report struct {
	Kind   string // daily, profile, balance, peaks, alarms
	Every  string // day, week or month: the time that each is about
	Folder string // where the files go
	Lang   string // ru, kk or en
	Format string // html, xlsx or csv
	// Mail is who gets each one by mail, with the file attached.
	Mail []string
}

type reportDraft struct {
	kind, every, folder, lang, format given[string]
	mail                              given[[]given[string]]
}

func reportForm() form.Form[reportDraft] {
	return form.Form[reportDraft]{Name: "a report", Fields: []form.Field[reportDraft]{
		form.Key("kind", form.Must, verbatim(form.Word("report", []string{"daily", "profile", "balance", "peaks", "alarms"})), "which report: the daily sheet, load profile, balances, peaks or alarms",
			func(d *reportDraft) *given[string] { return &d.kind }),
		form.Key("every", form.Must, verbatim(form.Word("time", []string{"day", "week", "month"})), "how long a time each report is about; it is drawn up an hour after that has ended",
			func(d *reportDraft) *given[string] { return &d.every }),
		form.Key("folder", form.Must, verbatim(pathKind()), "folder for the files, which is made if it is not there; relative to this file",
			func(d *reportDraft) *given[string] { return &d.folder }),
		setting("lang", form.Word("language", []string{"ru", "kk", "en"}), "language of the report: ru",
			func(d *reportDraft) *given[string] { return &d.lang }),
		setting("format", form.Word("format", []string{"html", "xlsx", "csv"}), "kind of file: html, which prints on A4, or xlsx if it goes by mail",
			func(d *reportDraft) *given[string] { return &d.format }),
		setting("mail", form.ListOf(verbatim(mailAddress()), "addresses"), "who gets each one by mail, with the file attached; the server stands under \"notify\"",
			func(d *reportDraft) *given[[]given[string]] { return &d.mail }),
	}}
}

func (d *reportDraft) build() Report {
	usual := "html"
	if d.mail.Stated() {
		usual = "xlsx" // a reader of mail opens it, and reckons on
	}
	return Report{Kind: d.kind.V, Every: d.every.V, Folder: d.folder.V, Lang: d.lang.Or("ru"), Format: d.format.Or(usual), Mail: values(d.mail)}
}

// checkReports tells of reports in a process that draws up none, and of a daily sheet of
// more than a day.
func (c *checker) checkReports(rolesKnown bool) {
	reports := c.d.reports
	if reports.Stated() && rolesKnown && !c.cfg.Has(RoleDispatcher) {
		c.Warn(reports.At, form.Found("unused", "reports in a process without the role \"dispatcher\"", "the process with the page draws them up", "move them there, or add the role"))
	}
	for _, r := range reports.V {
		if every := r.V.every; every.OK && r.V.kind.V == "daily" && every.V != "day" {
			c.Refuse(every.At, form.Found("daily-sheet", fmt.Sprintf("a daily sheet every %s", every.V), "the daily sheet is about one day", "write \"day\", or another kind of report"))
		}
	}
}
