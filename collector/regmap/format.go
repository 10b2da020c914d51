package regmap

import (
	"time"

	"asue/metering/form"
)

// The forms below are the file format: every key, whether it must be there, what
// it holds and what it means. The package comment says more of each.

// given is a value of the file and the node that it came from.
type given[V any] = form.Given[V]

func document() form.Document {
	return form.Document{
		Noun:     "a model file",
		Keys:     "the model file: id, revision, vendor, registers and so on",
		TooLarge: "a model file describes one family of meters",
		Empty:    "a model file describes one family of meters",
		Start:    "copy the file of a similar meter from models",
	}
}

type modelDraft struct {
	id        given[string]
	revision  given[int]
	vendor    given[string]
	devices   given[[]given[string]]
	verified  given[bool]
	sources   given[[]given[string]]
	notes     given[[]given[string]]
	function  given[uint8]
	order     given[Order]
	limits    given[limitsDraft]
	missing   given[[]form.Pair[string, []given[uint64]]]
	sunSpec   given[int]
	archive   given[archiveDraft]
	registers given[[]given[registerDraft]]
}

// modelForm is the form of the file whose model has this id.
func modelForm(id string) form.Form[modelDraft] {
	texts := func(what string) form.Kind[[]given[string]] { return form.ListOf(form.Sentence(), what) }
	return form.Form[modelDraft]{Name: "the model file", Fields: []form.Field[modelDraft]{
		form.Key("id", form.Must, form.Identifier[string]("write id: "+id), "the file's name without .yaml; site files name models by it",
			func(d *modelDraft) *given[string] { return &d.id }),
		form.Key("revision", form.Must, whole[int]("a revision", 1, 1e6), "1 at first, raised with every change; snapshots name the map by which they were read",
			func(d *modelDraft) *given[int] { return &d.revision }),
		form.Key("vendor", form.Must, form.Sentence(), "who makes the meter", func(d *modelDraft) *given[string] { return &d.vendor }),
		form.Key("devices", form.Must, texts("devices"), "a list of type names, as on the nameplates",
			func(d *modelDraft) *given[[]given[string]] { return &d.devices }),
		form.Key("verified", form.May, form.YesNo(), "true once a reading was compared with a real device's display",
			func(d *modelDraft) *given[bool] { return &d.verified }),
		form.Key("sources", form.Must, texts("sources"), "a list of where each fact comes from: document and page, project and file",
			func(d *modelDraft) *given[[]given[string]] { return &d.sources }),
		form.Key("notes", form.May, texts("notes"), "oddities, and what was left out and why",
			func(d *modelDraft) *given[[]given[string]] { return &d.notes }),
		form.Key("function", form.May, whole[uint8]("a function code that reads", 3, 4), "function code to read with; 3 if absent",
			func(d *modelDraft) *given[uint8] { return &d.function }),
		form.Key("order", form.May, named("order of words", orders), "words of a long value; big if absent",
			func(d *modelDraft) *given[Order] { return &d.order }),
		form.Key("limits", form.May, limitsForm().Kind(), "what one request may ask, and how fast",
			func(d *modelDraft) *given[limitsDraft] { return &d.limits }),
		form.Key("not_available", form.May, form.MapOf(form.Word("type of integers", []string{"u16", "i16", "u32", "i32", "u64", "i64"}), codes(), "bit patterns for each type"),
			"bit patterns for \"no value\", by type: {u16: [0xFFFF]}", func(d *modelDraft) *given[[]form.Pair[string, []given[uint64]]] { return &d.missing }),
		form.Key("sunspec", form.May, whole[int]("a number of a SunSpec model", 2, 65534), "number of the SunSpec model that this is the map of; addresses are offsets from its id register then",
			func(d *modelDraft) *given[int] { return &d.sunSpec }),
		form.Key("archive", form.May, archiveForm().Kind(), "the meter's own memory of its counters at the ends of past intervals",
			func(d *modelDraft) *given[archiveDraft] { return &d.archive }),
		form.Key("registers", form.Must, form.ListOf(registerForm().Kind(), "registers"), "the values of the meter; a model without them cannot be read",
			func(d *modelDraft) *given[[]given[registerDraft]] { return &d.registers }),
	}}
}

type limitsDraft struct {
	maxRegisters given[int]
	maxHole      given[int]
	even         given[bool]
	noRead       given[[]given[Span]]
	minPeriod    given[time.Duration]
	response     given[time.Duration]
	gap          given[time.Duration]
}

func limitsForm() form.Form[limitsDraft] {
	pause := form.Duration(0, time.Minute)
	return form.Form[limitsDraft]{Name: "the limits", Fields: []form.Field[limitsDraft]{
		form.Key("max_registers", form.May, whole[int]("a number of registers in a read", 1, 125), "most registers of a read; 125 if absent",
			func(d *limitsDraft) *given[int] { return &d.maxRegisters }),
		form.Key("max_hole", form.May, whole[int]("a number of unused registers", 0, 125), "most unused registers that a joined read carries along; 60 if absent",
			func(d *limitsDraft) *given[int] { return &d.maxHole }),
		form.Key("even", form.May, form.YesNo(), "true if reads start at even addresses with even counts",
			func(d *limitsDraft) *given[bool] { return &d.even }),
		form.Key("no_read", form.May, form.ListOf(span(), "ranges of addresses"), "addresses that no read may touch: [31..48]",
			func(d *limitsDraft) *given[[]given[Span]] { return &d.noRead }),
		form.Key("min_period", form.May, pause, "how often the meter renews its values: 200ms",
			func(d *limitsDraft) *given[time.Duration] { return &d.minPeriod }),
		form.Key("response", form.May, pause, "longest time to an answer", func(d *limitsDraft) *given[time.Duration] { return &d.response }),
		form.Key("gap", form.May, pause, "pause that the meter needs between requests", func(d *limitsDraft) *given[time.Duration] { return &d.gap }),
	}}
}
