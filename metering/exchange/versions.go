package exchange

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"asue/metering"
)

// A file of versions carries intervals from one ledger into another with nothing lost:
// every version of each with its energy, uncertainty, grade, method, flags, reason and
// when it was recorded, and the audit's records that say when residents were held back.
// What rests on them, like the evidence of a finding, is the same there, bit for bit.
//
// It is lines of JSON: a head that names the format, then intervals of one point, channel
// and UTC day on each line and records of the audit, and an end with the number of lines
// before it and the SHA-256 of them, line ends included:
//
//	{"format":"asue versions 1","site":"zone","from":"2025-06-30T19:00:00Z","to":"2026-06-30T19:00:00Z"}
//	{"point":"F-12","channel":"A+","intervals":[{"start":"2025-06-30T19:00:00Z","versions":[{"energy":12500,"grade":"A","method":"register","recorded_at":"2025-06-30T19:16:02.031Z"}]}]}
//	{"held":{"at":"2025-08-09T06:15:00Z","resident":"r-07","text":"…","detail":"{…}"}}
//	{"end":2,"sha256":"…"}
const versionsFormat = "asue versions 1"

// VersionsHead is the first line: of which site, and which time, [From, To).
type VersionsHead struct {
	Format string          `json:"format"`
	Site   metering.SiteID `json:"site"`
	From   time.Time       `json:"from"`
	To     time.Time       `json:"to"`
}

// versionsLine is any line but the first: what is set says which.
type versionsLine struct {
	Point     metering.PointID `json:"point,omitempty"`
	Channel   string           `json:"channel,omitempty"`
	Intervals []versionedAt    `json:"intervals,omitempty"`
	Held      *heldLine        `json:"held,omitempty"`
	End       *int             `json:"end,omitempty"`
	SHA256    string           `json:"sha256,omitempty"`
}

type versionedAt struct {
	Start    time.Time     `json:"start"`
	Versions []versionLine `json:"versions"` // ascending, from version 1 on
}

type versionLine struct {
	Energy      metering.Energy `json:"energy,omitempty"`
	Uncertainty metering.Energy `json:"uncertainty,omitempty"`
	Grade       string          `json:"grade"`
	Method      string          `json:"method"`
	Flags       []string        `json:"flags,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	RecordedAt  time.Time       `json:"recorded_at"`
}

type heldLine struct {
	At       time.Time `json:"at"`
	Resident string    `json:"resident"`
	Text     string    `json:"text,omitempty"`
	Detail   string    `json:"detail,omitempty"` // JSON
}

// VersionsWriter writes a file of versions. Close ends it; without that it is refused.
type VersionsWriter struct {
	w     *bufio.Writer
	sum   hash.Hash
	lines int
}

// NewVersionsWriter begins a file with its head; Format is filled in.
func NewVersionsWriter(w io.Writer, head VersionsHead) (*VersionsWriter, error) {
	v := &VersionsWriter{w: bufio.NewWriterSize(w, 256<<10), sum: sha256.New()}
	head.Format, head.From, head.To = versionsFormat, head.From.UTC(), head.To.UTC()
	return v, v.line(head)
}

func (v *VersionsWriter) line(what any) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	v.lines++
	v.sum.Write(text)
	_, err = v.w.Write(text)
	return err
}

// Intervals writes intervals of one point and channel, each with all of its versions,
// ascending from 1.
func (v *VersionsWriter) Intervals(list [][]metering.Interval) error {
	if len(list) == 0 {
		return nil
	}
	l := versionsLine{Point: list[0][0].Point, Channel: list[0][0].Channel.String()}
	for _, versions := range list {
		at := versionedAt{Start: versions[0].Start.UTC()}
		for i, iv := range versions {
			if iv.Point != l.Point || iv.Channel.String() != l.Channel || !iv.Start.Equal(at.Start) || iv.Version != i+1 {
				return fmt.Errorf("write versions: point %s channel %v at %s: version %d stands in place %d", iv.Point, iv.Channel, iv.Start.UTC().Format(time.RFC3339), iv.Version, i+1)
			}
			at.Versions = append(at.Versions, versionLine{
				Energy: iv.Energy, Uncertainty: iv.Uncertainty, Grade: iv.Grade.String(), Method: iv.Method.String(), Flags: iv.Flags.Names(),
				Reason: iv.Reason, RecordedAt: iv.RecordedAt.UTC(),
			})
		}
		l.Intervals = append(l.Intervals, at)
	}
	return v.line(l)
}

// Held writes a record of the audit that says when a resident was held back.
func (v *VersionsWriter) Held(r metering.AuditRecord) error {
	return v.line(versionsLine{Held: &heldLine{At: r.At.UTC(), Resident: r.Subject, Text: r.Text, Detail: r.Detail}})
}

// Close writes the end.
func (v *VersionsWriter) Close() error {
	end := v.lines
	text, err := json.Marshal(versionsLine{End: &end, SHA256: hex.EncodeToString(v.sum.Sum(nil))})
	if err != nil {
		return err
	}
	if _, err := v.w.Write(append(text, '\n')); err != nil {
		return err
	}
	return v.w.Flush()
}

// VersionsTaker is told what a file of versions holds, line by line. An error ends the
// reading.
type VersionsTaker struct {
	Head      func(VersionsHead) error
	Intervals func([][]metering.Interval) error
	Held      func(metering.AuditRecord) error // without Actor and Kind
}

// mostVersionsLine bounds a line: a day of one channel whose intervals were all changed
// a dozen times.
const mostVersionsLine = 4 << 20

// ErrCutShort says that a file of versions has no end, or another one than was written.
var ErrCutShort = errors.New("the file is not whole: it was cut short or changed since it was written")

// ReadVersions reads a file of versions. It fails at the first fault, with its line, and
// with ErrCutShort at the end where the lines are not those that were written; what was
// taken before must not be kept then.
func ReadVersions(r io.Reader, take VersionsTaker) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), mostVersionsLine)
	sum := sha256.New()
	for n := 0; in.Scan(); n++ {
		text := in.Bytes()
		ended, err := readVersionsLine(text, n, sum, take)
		if err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		if ended {
			if in.Scan() || in.Err() != nil {
				return fmt.Errorf("line %d: %w", n+2, ErrCutShort)
			}
			return nil
		}
		sum.Write(text)
		sum.Write([]byte{'\n'})
	}
	if err := in.Err(); err != nil {
		return err
	}
	return ErrCutShort
}

func readVersionsLine(text []byte, n int, sum hash.Hash, take VersionsTaker) (ended bool, err error) {
	if n == 0 {
		var head VersionsHead
		if err := strictly(text, &head); err != nil || head.Format != versionsFormat {
			return false, fmt.Errorf("%.80q: want a head of the format %q", text, versionsFormat)
		}
		return false, take.Head(head)
	}
	var l versionsLine
	if err := strictly(text, &l); err != nil {
		return false, err
	}
	switch {
	case l.End != nil:
		if *l.End != n || l.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
			return false, ErrCutShort
		}
		return true, nil
	case l.Held != nil:
		return false, take.Held(metering.AuditRecord{At: l.Held.At, Subject: l.Held.Resident, Text: l.Held.Text, Detail: l.Held.Detail})
	}
	list, err := l.intervals()
	if err != nil {
		return false, err
	}
	return false, take.Intervals(list)
}

// intervals reads them, or says what is wrong.
func (l versionsLine) intervals() ([][]metering.Interval, error) {
	ch, ok := metering.ChannelNamed(l.Channel)
	if !ok || l.Point == "" || len(l.Intervals) == 0 {
		return nil, fmt.Errorf("point %q, channel %q, %d intervals: want a point, a channel and intervals", l.Point, l.Channel, len(l.Intervals))
	}
	var list [][]metering.Interval
	for _, at := range l.Intervals {
		if len(at.Versions) == 0 {
			return nil, fmt.Errorf("the interval of %s has no version", at.Start.Format(time.RFC3339))
		}
		var versions []metering.Interval
		for i, v := range at.Versions {
			iv := metering.Interval{Point: l.Point, Channel: ch, Start: at.Start.UTC(), Version: i + 1, Energy: v.Energy, Uncertainty: v.Uncertainty,
				Reason: v.Reason, RecordedAt: v.RecordedAt.UTC()}
			flags, known := metering.FlagsNamed(v.Flags)
			method, named := metering.MethodNamed(v.Method)
			grade, graded := gradeNamed(v.Grade)
			if !known || !named || !graded || v.RecordedAt.IsZero() {
				return nil, fmt.Errorf("the interval of %s, version %d: grade %.20q, method %.40q, flags %.80q, recorded %v: one of them is not known here",
					at.Start.Format(time.RFC3339), i+1, v.Grade, v.Method, v.Flags, v.RecordedAt)
			}
			iv.Flags, iv.Method, iv.Grade = flags, method, grade
			versions = append(versions, iv)
		}
		list = append(list, versions)
	}
	return list, nil
}

// gradeNamed finds a grade by its letter.
func gradeNamed(letter string) (metering.Grade, bool) {
	for _, g := range []metering.Grade{metering.Actual, metering.FinalGrade, metering.Substitute, metering.Estimated, metering.Null} {
		if g.String() == letter {
			return g, true
		}
	}
	return 0, false
}

// strictly decodes JSON that has no field but those that are known.
func strictly(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}
