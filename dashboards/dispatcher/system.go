package dispatcher

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// System is how the program itself stands, as whoever plugs it together knows it. It must be
// safe for concurrent use.
type System interface {
	// Status is quick and asks no store; what is not known of a part is absent.
	Status(ctx context.Context) SystemStatus
	// Lines are those that this process polls, ascending by id; of lines that another process
	// polls nothing is known here.
	Lines() []SystemLine
	// Configuration is what runs, held against the files as they stand now. Secrets are hidden.
	Configuration(ctx context.Context) (Configuration, error)
	// Difference holds two kept versions of a file against each other; ErrUnknown for one that
	// is not kept, or versions of different files.
	Difference(ctx context.Context, from, to string) (Difference, error)
	// Backup is what is known of the last one.
	Backup(ctx context.Context) (BackupState, error)
}

// SystemStatus is how the program stands at one moment.
type SystemStatus struct {
	Time     time.Time       `json:"time" doc:"server time, UTC"`
	Wall     time.Time       `json:"wall" doc:"the machine's clock, UTC; another time than time where the clock of the run is warped"`
	TimeZone string          `json:"time_zone"`
	Speed    float64         `json:"speed" doc:"seconds of server time per second"`
	Version  string          `json:"version"`
	Began    time.Time       `json:"began" doc:"start of this process"`
	Parts    []SystemPart    `json:"parts" doc:"what must work, and what people should know of; what does not work first"`
	Process  []SystemProcess `json:"processes" doc:"that take part, this one first"`
	Stores   []SystemStore   `json:"stores"`
	Backup   BackupAge       `json:"backup"`
}

// SystemPart is a part of the program.
type SystemPart struct {
	Name  string `json:"name" example:"series"`
	State string `json:"state" enum:"ok,note,wrong" doc:"note: it is done without; wrong: the process is not ready"`
	Text  string `json:"text,omitempty" doc:"what is wrong, and what to do"`
}

// SystemProcess is a process of the site.
type SystemProcess struct {
	Name    string     `json:"name"`
	Roles   []string   `json:"roles"`
	Version string     `json:"version,omitempty"`
	Online  *bool      `json:"online,omitempty" doc:"absent where nobody says it"`
	Since   *time.Time `json:"since,omitempty" doc:"start of the process"`
	HeardAt *time.Time `json:"heard_at,omitempty" doc:"its latest word; of a collector or agent, or the balancer's report"`
	This    bool       `json:"this,omitempty" doc:"the process that answers"`
}

// SystemStore is something that keeps data.
type SystemStore struct {
	Name  string       `json:"name" enum:"ledger,series,outbox,disk"`
	Kind  string       `json:"kind,omitempty" example:"sqlite"`
	State string       `json:"state" enum:"ok,note,wrong"`
	Text  string       `json:"text,omitempty" doc:"what is wrong, or weak, and what to do"`
	Facts []SystemFact `json:"facts" doc:"figures, in the order in which they are read"`
}

// SystemFact is one figure of a store. One of Value, At and Text is there.
type SystemFact struct {
	Name  string     `json:"name" example:"bytes"`
	Value *float64   `json:"value,omitempty"`
	Unit  string     `json:"unit,omitempty" enum:"bytes,s,1" doc:"of value"`
	At    *time.Time `json:"at,omitempty"`
	Text  string     `json:"text,omitempty"`
}

// BackupAge is how old the last backup is.
type BackupAge struct {
	MadeAt *time.Time `json:"made_at,omitempty" doc:"by the machine's clock; absent: none was made"`
	Late   bool       `json:"late" doc:"it is older than it may be, which is an alarm"`
	LateAt *time.Time `json:"late_at,omitempty" doc:"from when on the alarm is raised, or has been"`
}

// SystemLine is a communication line.
type SystemLine struct {
	ID          string            `json:"id"`
	Name        string            `json:"name,omitempty"`
	URL         string            `json:"url,omitempty" doc:"for engineers and administrators"`
	Polled      bool              `json:"polled" doc:"by this process; nothing else is known of a line that is not"`
	Down        bool              `json:"down,omitempty" doc:"without connection now"`
	LoadPct     *float64          `json:"load_pct,omitempty" doc:"part of the line's time that is taken, over some ten seconds"`
	Requests    *LineRequests     `json:"requests,omitempty" doc:"since the line was taken into service"`
	Overruns    uint64            `json:"overruns,omitempty" doc:"reads left out because they were late by more than their period"`
	Reconnects  uint64            `json:"reconnects,omitempty"`
	LateAnswers uint64            `json:"late_answers,omitempty" doc:"answers thrown away because they belonged to an older question"`
	DrainedB    uint64            `json:"drained_bytes,omitempty" doc:"bytes that nobody had asked for"`
	Tracing     bool              `json:"tracing,omitempty" doc:"frames are kept: GET /api/v1/lines/{line}/trace"`
	MeterCount  int               `json:"meters" doc:"of the site file"`
	Meters      []SystemLineMeter `json:"-"`
}

// LineRequests counts transactions by what came of them.
type LineRequests struct {
	OK          uint64 `json:"ok"`
	Exceptions  uint64 `json:"exceptions" doc:"refused by the meter"`
	Failures    uint64 `json:"failures" doc:"no answer, or none that can be used"`
	Unreachable uint64 `json:"unreachable" doc:"the line was down"`
}

// SystemLineMeter is a meter as the line that polls it knows it.
type SystemLineMeter struct {
	ID          string
	Requests    LineRequests
	Answered    time.Time // zero if it never did
	Failing     bool
	BreakerOpen bool
	Reason      string // of the last failure
	Identity    string
	Standing    string // quality that follows from the identity, with why
	StandingWhy string
	ClockOffset *time.Duration
	Exchanges   uint64
	Implausible uint64
	Disagrees   string
}

func (s *Server) openSystem(api huma.API) {
	get(api, "system", "How the program stands: processes, stores, clock, backup", s.getSystem)
	get(api, "system/meters", "Every meter: where it stands, how it answers, who it says it is", s.getSystemMeters)
	get(api, "system/lines", "Communication lines with load and errors", s.getSystemLines)
	get(api, "system/configuration", "What runs, against the files as they stand now; versions that were in force", s.getConfiguration)
	get(api, "system/configuration/difference", "Two versions of a configuration file, by line and in words", s.getDifference)
	get(api, "system/backup", "The last backup: where it lies, what is in it, when the next one is due", s.getBackup)
	s.openUsers(api)
}

var errNoSystem = huma.Error503ServiceUnavailable("nobody says how this process stands: it was put together without")

func (s *Server) getSystem(ctx context.Context, _ *nothing) (*answer[SystemStatus], error) {
	if s.cfg.System == nil {
		return nil, errNoSystem
	}
	v := s.cfg.System.Status(ctx)
	v.Time, v.Wall, v.TimeZone, v.Speed = s.cfg.Now().UTC(), s.cfg.Wall().UTC(), s.cfg.Site.Location.String(), s.cfg.Speed
	v.Parts, v.Process, v.Stores = append([]SystemPart{}, v.Parts...), append([]SystemProcess{}, v.Process...), append([]SystemStore{}, v.Stores...)
	return &answer[SystemStatus]{v}, nil
}

func (s *Server) getBackup(ctx context.Context, _ *nothing) (*answer[BackupState], error) {
	if s.cfg.System == nil {
		return nil, errNoSystem
	}
	v, err := s.cfg.System.Backup(ctx)
	if err != nil {
		return nil, s.storeError("backup", err)
	}
	v.Notes = append([]string{}, v.Notes...)
	return &answer[BackupState]{v}, nil
}

// BackupState is what is known of the last backup.
type BackupState struct {
	BackupAge
	Dir      string     `json:"dir,omitempty" doc:"where it was laid"`
	Present  *bool      `json:"present,omitempty" doc:"whether it lies there now, as far as this process may look; absent if it may not"`
	Ledger   string     `json:"ledger,omitempty" doc:"kind of the ledger in it"`
	Verified bool       `json:"verified" doc:"the copy of the ledger was verified before the backup counted"`
	Series   string     `json:"series,omitempty" doc:"copied, or why not"`
	Files    int        `json:"files,omitempty"`
	Bytes    int64      `json:"bytes,omitempty"`
	Version  string     `json:"version,omitempty" doc:"of the program that made it"`
	Notes    []string   `json:"notes" doc:"what a person ought to know of it"`
	Command  string     `json:"command" doc:"that makes the next one"`
	Restore  string     `json:"restore,omitempty" doc:"that puts it back"`
	Looked   *time.Time `json:"looked_at,omitempty" doc:"when this was looked at, by the machine's clock"`
}

// Configuration is what runs, and which versions there were.
type Configuration struct {
	Files    []ConfigFile    `json:"files" doc:"the process file first"`
	Versions []ConfigVersion `json:"versions" doc:"that were in force, newest first"`
	More     bool            `json:"more,omitempty" doc:"there were older ones, too"`
}

// ConfigFile is a file of the configuration.
type ConfigFile struct {
	Kind    string     `json:"kind" enum:"process,site"`
	Path    string     `json:"path,omitempty" doc:"absent where the program made it by itself"`
	Text    string     `json:"text" doc:"as it was when the program started; secrets are hidden"`
	Version string     `json:"version" doc:"SHA-256 of the file's bytes"`
	Began   time.Time  `json:"began" doc:"when it was read"`
	Read    *time.Time `json:"read_again,omitempty" doc:"when it was read again while running"`
	Now     *FileNow   `json:"now,omitempty" doc:"the file as it stands; absent where there is none to look at"`
}

// FileNow is a file as it stands, against what runs.
type FileNow struct {
	Version string      `json:"version,omitempty"`
	Changed bool        `json:"changed"`
	At      *time.Time  `json:"at,omitempty" doc:"when it was written, by the machine's clock"`
	Faults  string      `json:"faults,omitempty" doc:"why the program would not start on it; as asue check says it"`
	Restart []string    `json:"restart,omitempty" doc:"what of it takes effect with the next start only"`
	Diff    *Difference `json:"difference,omitempty" doc:"of what runs and what stands there"`
}

// ConfigVersion is a version that was in force.
type ConfigVersion struct {
	Version string    `json:"version" doc:"SHA-256 of the file's bytes"`
	Kind    string    `json:"kind" enum:"process,site"`
	From    time.Time `json:"from" doc:"when the program took it over first"`
	Record  uint64    `json:"record" doc:"of the audit, which vouches for it"`
	Bytes   int64     `json:"bytes"`
	Running bool      `json:"running,omitempty"`
	Kept    bool      `json:"kept" doc:"its text is there and is what the audit says"`
}

// Difference is what differs between two texts.
type Difference struct {
	From  string       `json:"from" doc:"version"`
	To    string       `json:"to" doc:"version"`
	Words []ConfigWord `json:"words" doc:"by object"`
	Lines []DiffLine   `json:"lines" doc:"changed lines with what stands around; a line of op gap stands between stretches"`
	Fault string       `json:"fault,omitempty" doc:"why there are no words: one of the texts is no YAML"`
}

// ConfigWord is one change in words.
type ConfigWord struct {
	Kind  string `json:"kind" doc:"key of the file under which the object stands" example:"residents"`
	ID    string `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
	Field string `json:"field,omitempty" doc:"path within the object; absent: all of it" example:"conditions.tu-7.power"`
	From  string `json:"from,omitempty" doc:"absent: it was not there"`
	To    string `json:"to,omitempty" doc:"absent: it is there no more"`
}

// DiffLine is a line of a difference.
type DiffLine struct {
	Op   string `json:"op" enum:"same,removed,added,gap"`
	Old  int    `json:"old,omitempty"`
	New  int    `json:"new,omitempty"`
	Text string `json:"text"`
}

func (s *Server) getConfiguration(ctx context.Context, _ *nothing) (*answer[Configuration], error) {
	if s.cfg.System == nil {
		return nil, errNoSystem
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	v, err := s.cfg.System.Configuration(ctx)
	if err != nil {
		return nil, s.storeError("configuration", err)
	}
	v.Files, v.Versions = append([]ConfigFile{}, v.Files...), append([]ConfigVersion{}, v.Versions...)
	return &answer[Configuration]{v}, nil
}

func (s *Server) getDifference(ctx context.Context, in *struct {
	Strict strict
	From   string `query:"from" required:"true" pattern:"^[0-9a-f]{64}$" doc:"version that was in force before"`
	To     string `query:"to" required:"true" pattern:"^[0-9a-f]{64}$" doc:"version that was in force afterwards"`
}) (*answer[Difference], error) {
	if s.cfg.System == nil {
		return nil, errNoSystem
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	v, err := s.cfg.System.Difference(ctx, in.From, in.To)
	if errors.Is(err, ErrUnknown) {
		return nil, huma.Error404NotFound("configuration: " + err.Error())
	}
	if err != nil {
		return nil, s.storeError("configuration", err)
	}
	v.Words, v.Lines = append([]ConfigWord{}, v.Words...), append([]DiffLine{}, v.Lines...)
	return &answer[Difference]{v}, nil
}
