package site

import (
	"time"

	"asue/metering"
	"asue/metering/form"
)

// originDraft is what every element of the network says of itself: where its figures
// come from, and when it is part of the network.
type originDraft struct {
	provenance given[[]given[provenanceDraft]]
	from, to   given[time.Time]
}

type provenanceDraft struct {
	of     given[[]given[string]]
	basis  given[metering.Basis]
	source given[string]
	date   given[string]
}

// withOrigin adds the keys of an origin to the form of an element, whose own keys are
// what a provenance may speak of.
func withOrigin[T any](x *known, f form.Form[T], origin func(*T) *originDraft) form.Form[T] {
	f.Fields = append(f.Fields,
		form.Key("provenance", form.May, form.ListOf(provenanceForm(f.Keys()).Kind(), "provenances"), "where the figures come from; shown beside every result that rests on them",
			func(d *T) *given[[]given[provenanceDraft]] { return &origin(d).provenance }),
		form.Key("valid_from", form.May, moment(x), "part of the network from this time on; absent: since the beginning",
			func(d *T) *given[time.Time] { return &origin(d).from }),
		form.Key("valid_to", form.May, moment(x), "no longer part of the network at this time; absent: until further notice",
			func(d *T) *given[time.Time] { return &origin(d).to }),
	)
	return f
}

func provenanceForm(keys []string) form.Form[provenanceDraft] {
	type draft = provenanceDraft
	bases := []metering.Basis{metering.BasisMeasured, metering.BasisPassport, metering.BasisAssumed}
	return form.Form[draft]{Name: "a provenance", Fields: []form.Field[draft]{
		form.Key("of", form.May, form.ListOf(form.Word("key of the element", keys), "keys of the element"), "the keys of which it speaks; absent: all of which no other provenance of the element speaks",
			func(d *draft) *given[[]given[string]] { return &d.of }),
		form.Key("basis", form.Must, form.Word("basis", bases), "measured (by a test or a meter), passport (nameplate, project document, act), assumed (a handbook or a guess)",
			func(d *draft) *given[metering.Basis] { return &d.basis }),
		form.Key("source", form.Must, form.Sentence(), "document, act, standard and clause, or who has assumed it", func(d *draft) *given[string] { return &d.source }),
		form.Key("date", form.May, calendarDay(), "date of the source, or of the look into it: 2026-01-15", func(d *draft) *given[string] { return &d.date }),
	}}
}
