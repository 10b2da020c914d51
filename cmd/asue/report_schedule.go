package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"asue/cmd/internal/settings"
	"asue/dashboards/reports"
	"asue/metering"
	"asue/metering/vee"
)

// reportSchedule draws up the reports that the process file asks for. Its memory is the
// folders: what is there is not made again, so that a restart makes none twice, and a
// file that is deleted is drawn up anew.
type reportSchedule struct {
	*reporter
	list    []settings.Report
	log     *slog.Logger
	outside *outside // by which reports are mailed; nil if none is
}

const (
	reportEvery = time.Minute // of the wall clock
	// reportRipe is how long after the end of its time a report is drawn up: validation
	// has judged the last intervals by then.
	reportRipe = time.Hour
)

// run looks once a minute what is due, until ctx ends.
func (s *reportSchedule) run(ctx context.Context) error {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		for _, r := range s.list {
			switch path, err := s.draw(ctx, r); {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				s.log.Error("a report cannot be drawn up: it is tried again in a minute", "report", r.Kind, "folder", r.Folder, "err", err)
			case path != "":
				s.log.Info("a report is drawn up", "file", path)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// draw draws up the last report that is due, unless it is there. It returns the path of
// what it has written, or nothing.
func (s *reportSchedule) draw(ctx context.Context, r settings.Report) (path string, err error) {
	order := reportOrder{kind: reports.Kind(r.Kind), period: lastEnded(r.Every, s.now().Add(-reportRipe), s.site.Location), block: 30 * time.Minute}
	path = filepath.Join(r.Folder, reportName(order, r.Format, r.Lang, s.site.Location))
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			s.mail(r, order, path) // unless that was done when it was drawn up
		}
		return "", err
	}
	report, err := s.report(ctx, order)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(r.Folder, 0o750); err != nil {
		return "", fmt.Errorf("make the folder of reports: %w", err)
	}
	err = writeWhole(path, io.Discard, func(w io.Writer) error {
		return reports.Write(w, report, reports.Format(r.Format), reports.Lang(r.Lang))
	})
	if err == nil {
		s.mail(r, order, path)
	}
	return path, err
}

// lastEnded is the last local day, week from Monday or month that has ended at a time.
func lastEnded(every string, now time.Time, loc *time.Location) metering.Period {
	if every == "month" {
		end, _ := vee.Month.Bounds(now, loc)
		start, _ := vee.Month.Bounds(end.Add(-1), loc)
		return metering.Period{From: start, To: end}
	}
	y, m, d := now.In(loc).Date()
	days := 1
	if every == "week" {
		d -= (int(now.In(loc).Weekday()) + 6) % 7
		days = 7
	}
	return metering.Period{From: time.Date(y, m, d-days, 0, 0, 0, 0, loc).UTC(), To: time.Date(y, m, d, 0, 0, 0, 0, loc).UTC()}
}
