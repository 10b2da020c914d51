package office

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim"
)

// Cases lists all cases as they stand at a time: open ones first, by deadline, then those
// without one; then the others, the youngest first.
func (o *Office) Cases(at time.Time) []File {
	list := make([]File, 0, len(o.files))
	for _, f := range o.files {
		list = append(list, o.view(f, at))
	}
	slices.SortStableFunc(list, func(a, b File) int {
		switch {
		case over(a) != over(b):
			return compareBool(over(a), over(b))
		case over(a):
			return cmp.Or(b.Case.Last.Compare(a.Case.Last), strings.Compare(b.ID, a.ID))
		case (a.Deadline == nil) != (b.Deadline == nil):
			return compareBool(a.Deadline == nil, b.Deadline == nil)
		case a.Deadline != nil && !a.Deadline.Equal(*b.Deadline):
			return a.Deadline.Compare(*b.Deadline)
		}
		return cmp.Or(a.Case.Since.Compare(b.Case.Since), strings.Compare(a.ID, b.ID))
	})
	return list
}

func over(f File) bool {
	return f.Case.Stage == reclaim.Returned || f.Case.Stage == reclaim.Closed
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Case is a case as it stands at a time; false if there is none of that id.
func (o *Office) Case(id string, at time.Time) (File, bool) {
	i := o.find(id)
	if i < 0 {
		return File{}, false
	}
	return o.view(o.files[i], at), true
}

// view is a file with what follows from the time. A case is taken up anew by OpenCase, so
// that is not among what is possible.
func (o *Office) view(f *file, at time.Time) File {
	v := f.File
	v.Nodes, v.Events, v.Approvers, v.Evidence = slices.Clone(v.Nodes), slices.Clone(v.Events), slices.Clone(v.Approvers), slices.Clone(v.Evidence)
	if end, ok := f.Case.Deadline(o.config.Terms); ok {
		v.Deadline = &end
	}
	v.Possible = slices.DeleteFunc(f.Case.Possible(at, o.config.Terms), func(k reclaim.Kind) bool { return k == reclaim.Open || k == reclaim.ReopenCase })
	v.Lacks = f.Case.Lacks()
	return v
}

// Drafts lists the drafts that wait, in the order in which they were written, each with
// why it could not be signed at a time. What the balancer reports is asked only when one
// is signed.
func (o *Office) Drafts(at time.Time) []DraftFile {
	list := slices.Clone(o.drafts)
	for i := range list {
		d := &list[i]
		if _, err := o.reckon(signatures{author: d.Author, approver: someone}, later(at.UTC(), o.last), d.Action); err != nil {
			d.Fault = err.Error()
		}
	}
	return list
}

// Applications lists all applications as they are at a time, by score, then by the time at
// which they were entered.
func (o *Office) Applications(at time.Time) []Application {
	list := make([]Application, 0, len(o.queue))
	for _, n := range o.queue {
		list = append(list, now(n, at))
	}
	slices.SortStableFunc(list, func(a, b Application) int {
		return cmp.Or(cmp.Compare(b.Score.Points, a.Score.Points), a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
	})
	return list
}
