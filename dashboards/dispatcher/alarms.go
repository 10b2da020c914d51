package dispatcher

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/alarm"
)

// Alarms is the book of alarms as the page asks it. It must be safe for concurrent use.
type Alarms interface {
	// Board is what stands in the book now; it is quick and asks no store.
	Board() AlarmBoard
	// Act does what a person wants, and nothing that could not be recorded. It fails with
	// alarm.ErrNoAlarm or alarm.ErrRefused, wrapped with the remedy.
	Act(ctx context.Context, who metering.Account, act AlarmAct) error
	// Figures are those of a time, reckoned from the record.
	Figures(ctx context.Context, from, to time.Time) (alarm.Figures, error)
	// Kinds are the definitions, in the order of the catalogue.
	Kinds() []alarm.Definition
}

// AlarmBoard is the book of alarms at one moment.
type AlarmBoard struct {
	Version uint64        `json:"version" doc:"changes with the content"`
	Time    time.Time     `json:"time"`
	Alarms  []AlarmView   `json:"alarms" doc:"those that are announced first, by priority, the youngest first; then what is hidden"`
	Horn    []alarm.Sound `json:"horn" doc:"what sounds now, the highest priority first; every is in ns"`
}

// AlarmView is an alarm with the state that follows from its bits.
type AlarmView struct {
	alarm.Alarm
	State alarm.State `json:"state" enum:"unacknowledged,acknowledged,returned,shelved,suppressed,out-of-service"`
	// DueAt is until when somebody has to have done something.
	DueAt time.Time `json:"due_at" doc:"beginning and time to respond"`
}

// AlarmSummary is what every page shows of alarms.
type AlarmSummary struct {
	Version uint64                 `json:"version" doc:"of /api/v1/alarms"`
	Unacked map[alarm.Priority]int `json:"unacked,omitempty" doc:"announced and not acknowledged, by priority"`
	Active  map[alarm.Priority]int `json:"active,omitempty" doc:"announced and still so, by priority"`
	Hidden  int                    `json:"hidden,omitempty" doc:"shelved, suppressed or out of service"`
	HornS   float64                `json:"horn_s,omitempty" doc:"after how many seconds the horn sounds again; absent: silence"`
}

// Summary counts what every page shows.
func (b AlarmBoard) Summary() AlarmSummary {
	s := AlarmSummary{Version: b.Version, Unacked: map[alarm.Priority]int{}, Active: map[alarm.Priority]int{}}
	for _, a := range b.Alarms {
		switch {
		case a.Hidden():
			s.Hidden++
		default:
			if a.Unacked {
				s.Unacked[a.Priority]++
			}
			if a.Active {
				s.Active[a.Priority]++
			}
		}
	}
	for _, h := range b.Horn {
		if every := h.Every.Seconds(); s.HornS == 0 || every < s.HornS {
			s.HornS = every
		}
	}
	return s
}

// AlarmAct is what a person does with an alarm.
type AlarmAct struct {
	Act     string    `json:"act" enum:"acknowledge,shelve,shelve-once,unshelve,take-out,put-back,comment,silence,begin-shift"`
	Alarm   alarm.ID  `json:"alarm,omitempty" maxLength:"256" doc:"of all but silence and begin-shift" example:"meter-silent/m-17"`
	Until   time.Time `json:"until,omitzero" doc:"of shelve, shelve-once, take-out"`
	Seconds int       `json:"seconds,omitempty" minimum:"0" maximum:"3600" doc:"of silence"`
	Why     string    `json:"why,omitempty" maxLength:"1000" doc:"of shelve, shelve-once and take-out; the text of a comment"`
}

// AlarmKind is a kind of alarm for people, in one language.
type AlarmKind struct {
	Kind        alarm.Kind     `json:"kind"`
	Priority    alarm.Priority `json:"priority" enum:"high,medium,low"`
	RespondS    float64        `json:"time_to_respond_s"`
	Title       string         `json:"title"`
	Cause       string         `json:"cause"`
	Consequence string         `json:"consequence"`
	Action      string         `json:"action" doc:"what the dispatcher does"`
}

type alarmKinds struct {
	Kinds []AlarmKind `json:"kinds"`
}

func (s *Server) openAlarms(api huma.API) {
	get(api, "alarms", "Alarms that stand, are put aside or suppressed, and the horn", s.getAlarms)
	get(api, "alarms/kinds", "Kinds of alarms: cause, consequence, action, time to respond", s.getAlarmKinds)
	get(api, "alarms/figures", "How many alarms there were, and of what use (ISA-18.2, EEMUA 191)", s.getAlarmFigures)
	huma.Register(api, huma.Operation{
		OperationID: "act-on-alarm", Method: http.MethodPost, Path: "/api/v1/alarms/acts", MaxBodyBytes: 16 << 10,
		Summary: "Acknowledge, put aside, take out of service, comment, silence the horn", Tags: []string{"alarms"},
	}, s.postAlarmAct)
}

var errNoAlarms = huma.Error503ServiceUnavailable("this process keeps no alarms: the one with the roles metering and dispatcher does")

func (s *Server) getAlarms(context.Context, *nothing) (*answer[AlarmBoard], error) {
	if s.cfg.Alarms == nil {
		return nil, errNoAlarms
	}
	return &answer[AlarmBoard]{s.cfg.Alarms.Board()}, nil
}

func (s *Server) getAlarmKinds(_ context.Context, in *struct {
	Strict strict
	Lang   string `query:"lang" enum:"ru,kk,en" default:"ru"`
}) (*answer[alarmKinds], error) {
	if s.cfg.Alarms == nil {
		return nil, errNoAlarms
	}
	list := alarmKinds{Kinds: []AlarmKind{}}
	for _, d := range s.cfg.Alarms.Kinds() {
		t := d.Texts[in.Lang]
		list.Kinds = append(list.Kinds, AlarmKind{d.Kind, d.Priority, d.Respond.Seconds(), t.Title, t.Cause, t.Consequence, t.Action})
	}
	return &answer[alarmKinds]{list}, nil
}

func (s *Server) getAlarmFigures(ctx context.Context, in *struct {
	Strict strict
	Days   int `query:"days" default:"30" minimum:"1" maximum:"400" doc:"days up to now"`
}) (*answer[alarm.Figures], error) {
	if s.cfg.Alarms == nil {
		return nil, errNoAlarms
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	to := s.cfg.Now().UTC()
	f, err := s.cfg.Alarms.Figures(ctx, to.AddDate(0, 0, -in.Days), to)
	if err != nil {
		return nil, s.storeError("alarms", err)
	}
	return &answer[alarm.Figures]{f}, nil
}

func (s *Server) postAlarmAct(ctx context.Context, in *struct {
	Strict strict
	Body   AlarmAct
}) (*answer[AlarmBoard], error) {
	if s.cfg.Alarms == nil {
		return nil, errNoAlarms
	}
	if v := visitorOf(ctx); s.cfg.Wall().Sub(s.sessions.view(v.session).compared) > checkEvery {
		return nil, huma.Error503ServiceUnavailable("your account cannot be compared with the ledger now: the log says why")
	}
	who := s.sessions.view(visitorOf(ctx).session).account
	err := s.cfg.Alarms.Act(ctx, who, in.Body)
	switch {
	case errors.Is(err, alarm.ErrNoAlarm):
		return nil, huma.Error404NotFound(err.Error())
	case errors.Is(err, alarm.ErrRefused):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return nil, s.storeError("alarms", err)
	}
	return &answer[AlarmBoard]{s.cfg.Alarms.Board()}, nil
}

// alarmSummary is nil where no alarms are kept.
func (s *Server) alarmSummary() *AlarmSummary {
	if s.cfg.Alarms == nil {
		return nil
	}
	summary := s.cfg.Alarms.Board().Summary()
	return &summary
}

// sameAlarms reports whether two summaries say the same.
func sameAlarms(a, b *AlarmSummary) bool {
	return a == b || a != nil && b != nil && a.Version == b.Version && a.HornS == b.HornS
}
