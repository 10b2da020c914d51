package metering

import (
	"fmt"
	"math"
	"time"
)

const maxSeq = 1<<63 - 1

// Check is what every ledger asks of a commit before it writes any of it. Its
// error is ErrRefused with the fault in words. Refused are:
//
//   - a batch without a collector or with a number of 0 or above 2^63-1, and a
//     lost range likewise or one that runs backward;
//   - an interval without a point, with an unknown channel, or that does not start
//     at a multiple of BasePeriod;
//   - a span or witness without a meter, off the grid, or with a reading outside
//     its period; a span without a reading, out of order, or with a count that is
//     negative or without a step;
//   - findings about nothing, or about a point and a node at once, and one among
//     them that is about something else, has no rule or severity, begins outside
//     the stretch, ends before it begins, or has a figure that is not finite;
//   - an act without id, author, reason or changes, or with a change that no
//     interval could be, that is not marked FlagManual, or whose grade is none of
//     Substitute, FinalGrade and Null.
func (c Commit) Check() error {
	for i := range c.Batches {
		if id := c.Batches[i].ID; id.Collector == "" || id.Seq == 0 || id.Seq > maxSeq {
			return refuse("batch %+v: collector and a sequence number of 1 or more are needed", id)
		}
	}
	for id, r := range c.Lost {
		if id.Collector == "" || r.From == 0 || r.To < r.From || r.To > maxSeq {
			return refuse("lost range %d to %d of collector %q", r.From, r.To, id.Collector)
		}
	}
	for i := range c.Spans {
		if err := c.Spans[i].check(); err != nil {
			return err
		}
	}
	for i := range c.Witnesses {
		if err := c.Witnesses[i].check(); err != nil {
			return err
		}
	}
	for i := range c.Intervals {
		if err := c.Intervals[i].check(); err != nil {
			return err
		}
	}
	for i := range c.Findings {
		if err := c.Findings[i].check(); err != nil {
			return err
		}
	}
	for i := range c.Acts {
		if err := c.Acts[i].check(); err != nil {
			return err
		}
	}
	return nil
}

func (i *Interval) check() error {
	switch {
	case i.Point == "":
		return refuse("interval of %v without a point", i.Start)
	case i.Channel.Quantity() == 0:
		return refuse("interval of point %s at %v: unknown %v", i.Point, i.Start, i.Channel)
	case !aligned(i.Start):
		return refuse("interval of point %s %v: start %v is not a multiple of %v", i.Point, i.Channel, i.Start, BasePeriod)
	}
	return nil
}

func (s *RegisterSpan) check() error {
	switch {
	case s.Meter == "":
		return refuse("register span of %v without a meter", s.Start)
	case !aligned(s.Start):
		return refuse("span of meter %s %v: start %v is not a multiple of %v", s.Meter, s.Quantity, s.Start, BasePeriod)
	case len(s.Readings) == 0:
		return refuse("span of meter %s %v at %v without a reading", s.Meter, s.Quantity, s.Start)
	}
	for i, r := range s.Readings {
		switch {
		case r.At.Before(s.Start) || !r.At.Before(s.End()):
			return refuse("span of meter %s %v: reading of %v does not lie in the period of %v", s.Meter, s.Quantity, r.At, s.Start)
		case r.Count.Raw < 0 || r.Count.Step <= 0 || r.Took < 0:
			return refuse("span of meter %s %v: reading of %v: count %+v took %v", s.Meter, s.Quantity, r.At, r.Count, r.Took)
		case i > 0 && s.Readings[i-1].Compare(r) >= 0:
			return refuse("span of meter %s %v at %v: its readings are not in ascending order", s.Meter, s.Quantity, s.Start)
		}
	}
	return nil
}

func (w *Witness) check() error {
	switch {
	case w.Meter == "":
		return refuse("witness of %v without a meter", w.Start)
	case !aligned(w.Start):
		return refuse("witness of meter %s: start %v is not a multiple of %v", w.Meter, w.Start, BasePeriod)
	}
	for _, p := range w.Powers {
		if p.At.Before(w.Start) || !p.At.Before(w.End()) {
			return refuse("witness of meter %s: power of %v does not lie in the period of %v", w.Meter, p.At, w.Start)
		}
	}
	return nil
}

func (f *Findings) check() error {
	if (f.Point == "") == (f.Node == "") {
		return refuse("findings of %v to %v: about point %q and node %q: exactly one is needed", f.From, f.To, f.Point, f.Node)
	}
	for i := range f.List {
		if err := f.List[i].check(f); err != nil {
			return err
		}
	}
	return nil
}

func (f *Finding) check(among *Findings) error {
	what := fmt.Sprintf("finding %q of %s%s %v at %v", f.Rule, f.Point, f.Node, f.Channel, f.From)
	switch {
	case f.Rule == "":
		return refuse("%s: has no rule", what)
	case f.Severity < Info || f.Severity > Termination:
		return refuse("%s: unknown %v", what, f.Severity)
	case f.Point != among.Point || f.Node != among.Node || f.Channel != among.Channel:
		return refuse("%s: among those about %s%s %v", what, among.Point, among.Node, among.Channel)
	case f.From.UnixMilli() < among.From.UnixMilli() || f.From.UnixMilli() >= among.To.UnixMilli():
		return refuse("%s: among those of %v to %v", what, among.From, among.To)
	case f.To.UnixMilli() < f.From.UnixMilli():
		return refuse("%s: ends before, at %v", what, f.To)
	}
	for _, n := range f.Numbers {
		if math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
			return refuse("%s: %s is %v", what, n.Name, n.Value)
		}
	}
	return nil
}

func (a *Act) check() error {
	if a.ID == "" || a.Author == "" || a.Reason == "" || len(a.Changes) == 0 {
		return refuse("act %q of %q for %q with %d changes: id, author, reason and a change are needed", a.ID, a.Author, a.Reason, len(a.Changes))
	}
	for i := range a.Changes {
		after := &a.Changes[i].After
		if err := after.check(); err != nil {
			return fmt.Errorf("act %s: %w", a.ID, err)
		}
		switch {
		case after.Flags&FlagManual == 0:
			return refuse("act %s: point %s %v at %v is not marked as set by an act", a.ID, after.Point, after.Channel, after.Start)
		case after.Grade != Substitute && after.Grade != FinalGrade && after.Grade != Null:
			return refuse("act %s: point %s %v at %v: grade %v is not a substitute's", a.ID, after.Point, after.Channel, after.Start, after.Grade)
		}
	}
	return nil
}

// Check is what every ledger asks of a settlement before it makes one.
func (s Settlement) Check() error {
	switch {
	case s.ID == "" || s.Author == "":
		return refuse("settlement %q of %q: id and author are needed", s.ID, s.Author)
	case !s.From.Before(s.To):
		return refuse("settlement %s: its end %v is not after its start %v", s.ID, s.To, s.From)
	}
	return nil
}

func aligned(t time.Time) bool { return t.Equal(PeriodStart(t)) }

func refuse(format string, args ...any) error {
	return fmt.Errorf("ledger: "+format+": %w", append(args, ErrRefused)...)
}
