package dispatcher

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// ResidentFigures is what the books have of a resident's month, beside its live power.
type ResidentFigures struct {
	ID       string       `json:"id"`
	Last     *QuarterMean `json:"last,omitempty" doc:"the youngest quarter of an hour whose energy is known at every billing point"`
	Highest  *QuarterMean `json:"highest,omitempty" doc:"the greatest of the month, of measured quarters only: it may be billed"`
	StoodIn  *QuarterMean `json:"stood_in,omitempty" doc:"a greater one that was substituted or estimated: it sets no maximum"`
	Known    int          `json:"known" doc:"quarters of the month whose energy is known"`
	Expected int          `json:"expected" doc:"quarters of the month that are over, while a meter stood there"`
	Estimate int          `json:"stood_in_count" doc:"of known: substituted or estimated"`
}

// QuarterMean is the mean power of a quarter of an hour.
type QuarterMean struct {
	PowerW int64     `json:"power_w"`
	Start  time.Time `json:"start"`
	Grade  string    `json:"grade" doc:"the worst of its points: A, F, S, E"`
}

// ResidentFiguresList is the answer of /api/v1/residents/figures.
type ResidentFiguresList struct {
	Time      time.Time         `json:"time" doc:"when the books were read"`
	Month     string            `json:"month" example:"2026-11"`
	Residents []ResidentFigures `json:"residents" doc:"in the order of the site file; those with a billing point of electricity"`
}

type figuresQuestion struct {
	Strict strict
	Month  string `query:"month" maxLength:"7" doc:"of the site's zone; the present one if left out" example:"2026-11"`
}

// Resolve is called by huma.
func (in *figuresQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.read(j)
	return j.faults
}

func (in *figuresQuestion) read(j *judge) time.Time {
	_, month := (&demandQuestion{Month: in.Month}).read(j)
	return month
}

func (s *Server) openResidents(api huma.API) {
	get(api, "residents/figures", "Of every resident: the last quarter of an hour, the month's maximum, completeness", s.getResidentFigures)
	huma.Register(api, huma.Operation{
		OperationID: "get-residents-csv", Method: http.MethodGet, Path: "/api/v1/residents.csv",
		Summary: "Every resident with live load, quality and the figures of a month, as a table",
		Responses: map[string]*huma.Response{"200": {
			Description: "the table, with a row of names", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}},
		}},
	}, s.getResidentsCSV)
}

// figuresCache keeps what was read last for a few seconds, so that many open pages cost one
// question.
type figuresCache struct {
	mu    sync.Mutex // held while asking: one question at a time is enough
	kept  ResidentFiguresList
	until time.Time // by the clock of people
}

// figuresServe is how long what was read serves again.
const figuresServe = 15 * time.Second

func (s *Server) getResidentFigures(ctx context.Context, in *figuresQuestion) (*answer[ResidentFiguresList], error) {
	list, err := s.residentFigures(ctx, in.read(s.judge()))
	if err != nil {
		return nil, err
	}
	return &answer[ResidentFiguresList]{list}, nil
}

func (s *Server) residentFigures(ctx context.Context, month time.Time) (ResidentFiguresList, error) {
	if s.cfg.Ledger == nil {
		return ResidentFiguresList{}, noLedger()
	}
	s.figures.mu.Lock()
	defer s.figures.mu.Unlock()
	name := month.In(s.cfg.Site.Location).Format("2006-01")
	if s.figures.kept.Month == name && s.cfg.Wall().Before(s.figures.until) {
		return s.figures.kept, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	now := s.cfg.Now().UTC()
	list := ResidentFiguresList{Time: now, Month: name, Residents: []ResidentFigures{}}
	end := month.In(s.cfg.Site.Location).AddDate(0, 1, 0).UTC()
	if now.Before(end) {
		end = now.Truncate(metering.BasePeriod)
	}
	for _, r := range s.cfg.Site.Residents {
		points := pointsOf(s.cfg.Site, r.ID, metering.ChannelActiveImport)
		if len(points) == 0 {
			continue
		}
		f, err := s.figuresOf(ctx, r.ID, points, month, end)
		if err != nil {
			return list, s.storeError("residents", err)
		}
		list.Residents = append(list.Residents, f)
	}
	s.figures.kept, s.figures.until = list, s.cfg.Wall().Add(figuresServe)
	return list, nil
}

// figuresOf reads one resident's quarters in [from, to). A quarter counts when every point at
// which a meter stood then has an energy.
func (s *Server) figuresOf(ctx context.Context, id metering.ResidentID, points []metering.PointID, from, to time.Time) (ResidentFigures, error) {
	f := ResidentFigures{ID: string(id)}
	if !from.Before(to) {
		return f, nil
	}
	base, err := s.cfg.Ledger.Intervals(ctx, metering.IntervalQuery{Points: points, Channels: []metering.Channel{metering.ChannelActiveImport}, From: from, To: to})
	if err != nil {
		return f, err
	}
	var stood []metering.Period
	for _, p := range points {
		if period, ever := metered(s.cfg.Site, p); ever {
			stood = append(stood, period)
		}
	}
	for at := from; at.Before(to); at = at.Add(metering.BasePeriod) {
		due := 0
		for _, p := range stood {
			if p.Holds(at) {
				due++
			}
		}
		known, grade := 0, byte('A')
		var sum metering.Energy
		for ; len(base) > 0 && !base[0].Start.After(at); base = base[1:] {
			if g := byte(base[0].Grade); base[0].Start.Equal(at) && strings.IndexByte(cellGrades[:4], g) >= 0 {
				known, sum, grade = known+1, sum+base[0].Energy, worse(grade, g)
			}
		}
		if due == 0 {
			continue
		}
		if f.Expected++; known < due {
			continue
		}
		f.Known++
		q := &QuarterMean{PowerW: int64(sum) * int64(time.Hour/metering.BasePeriod), Start: at, Grade: string(grade)}
		f.Last = q
		if grade == 'S' || grade == 'E' {
			f.Estimate++
			f.StoodIn = greater(f.StoodIn, q)
		} else {
			f.Highest = greater(f.Highest, q)
		}
	}
	if f.StoodIn != nil && f.Highest != nil && f.StoodIn.PowerW <= f.Highest.PowerW {
		f.StoodIn = nil
	}
	return f, nil
}

func worse(a, b byte) byte {
	if strings.IndexByte(cellGrades, b) > strings.IndexByte(cellGrades, a) {
		return b
	}
	return a
}

func greater(a, b *QuarterMean) *QuarterMean {
	if a == nil || b.PowerW > a.PowerW {
		return b
	}
	return a
}

type residentsFile struct {
	Strict strict
	figuresQuestion
	Style string `query:"style" default:"plain" enum:"plain,excel" doc:"plain: commas, as RFC 4180 has it; excel: a byte order mark and semicolons, as Excel in Russian and Kazakh wants them"`
}

var residentColumns = []string{
	"at_utc", "resident", "name", "trade", "state", "declared_w", "power_w", "power_at_utc", "load_pct", "quality", "freshness", "reason",
	"quarter_start_utc", "quarter_mean_w", "quarter_grade", "month", "month_max_w", "month_max_start_utc", "quarters_known", "quarters_expected", "quarters_stood_in",
}

// getResidentsCSV is the list of residents as a table. Numbers are whole units, and nothing
// stands where a number is not known.
func (s *Server) getResidentsCSV(ctx context.Context, in *residentsFile) (*csvAnswer, error) {
	figures, err := s.residentFigures(ctx, in.read(s.judge()))
	if err != nil {
		return nil, err
	}
	if v := visitorOf(ctx); v.session != nil {
		what := metering.AuditRecord{Kind: "export.residents", Subject: figures.Month, Text: fmt.Sprintf("%d residents", len(s.cfg.Site.Residents))}
		if err := s.record(ctx, s.sessions.view(v.session).account, what); err != nil {
			return nil, err
		}
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	if in.Style == "excel" {
		buf.WriteString("\ufeff")
		w.Comma, w.UseCRLF = ';', true
	}
	w.Write(residentColumns) // a bytes.Buffer does not fail
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now().UTC()
	for i, state := range s.residents {
		r := s.resident(i, s.residentLive(state, now), now)
		var f ResidentFigures
		if k := slices.IndexFunc(figures.Residents, func(f ResidentFigures) bool { return f.ID == r.ID }); k >= 0 {
			f = figures.Residents[k]
		}
		w.Write(residentRow(r, f, figures.Month, now, in.Style == "excel"))
	}
	w.Flush()
	return &csvAnswer{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="residents_` + local(now, s.cfg.Site.Location)[:10] + `.csv"`, Body: buf.Bytes()}, nil
}

func residentRow(r Resident, f ResidentFigures, month string, now time.Time, comma bool) []string {
	load := ""
	if r.LoadPct != nil {
		load = strconv.FormatFloat(*r.LoadPct, 'f', 1, 64)
	}
	if comma {
		load = strings.Replace(load, ".", ",", 1)
	}
	last, highest := cmp.Or(f.Last, &QuarterMean{}), cmp.Or(f.Highest, &QuarterMean{})
	power := func(q, there *QuarterMean) string {
		if there == nil {
			return ""
		}
		return strconv.FormatInt(q.PowerW, 10)
	}
	return []string{
		moment(now), harmless(r.ID), harmless(r.Name), r.Trade, r.State, strconv.FormatInt(r.AllowedW, 10), whole(r.PowerW), moment(r.At), load, r.Quality, string(r.Freshness), harmless(r.Reason),
		moment(last.Start), power(last, f.Last), last.Grade, month, power(highest, f.Highest), moment(highest.Start),
		strconv.Itoa(f.Known), strconv.Itoa(f.Expected), strconv.Itoa(f.Estimate),
	}
}
