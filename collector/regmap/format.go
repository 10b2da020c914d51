package regmap

import (
	"math"
	"math/big"
	"time"

	"asue/metering"
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

type registerDraft struct {
	name      given[string]
	quantity  given[metering.Quantity]
	addr      given[uint16]
	function  given[uint8]
	kindOf    given[Type]
	length    given[int]
	order     given[Order]
	scale     given[*big.Rat]
	unit      given[string]
	quantum   given[*big.Rat]
	secondary given[bool]
	modulus   given[int64]
	radix     given[int64]
	parts     given[int]
	coding    given[Coding]
	kind      given[Kind]
	group     given[Group]
	readAlone given[bool]
	missing   given[[]given[uint64]]
	expect    given[[]given[int64]]
	marker    given[bool]
	note      given[string]
	unsure    given[string]
}

func registerForm() form.Form[registerDraft] {
	return form.Form[registerDraft]{Name: "a register", Fields: []form.Field[registerDraft]{
		form.Key("name", form.Must, form.Identifier[string]("rename it"), "a quantity's code (p, u_ab, ea_imp), or another name for identification and settings",
			func(d *registerDraft) *given[string] { return &d.name }),
		form.Key("quantity", form.May, quantity(), "the quantity's code, where the name must be another one",
			func(d *registerDraft) *given[metering.Quantity] { return &d.quantity }),
		form.Key("addr", form.Must, whole[uint16]("an address", 0, 65535), "address on the wire, from 0, decimal or 0x…",
			func(d *registerDraft) *given[uint16] { return &d.addr }),
		form.Key("function", form.May, whole[uint8]("a function code that reads", 3, 4), "function code to read with; the model's if absent",
			func(d *registerDraft) *given[uint8] { return &d.function }),
		form.Key("type", form.Must, named("type", types), "how the value lies in its registers: u16, i32, f32, ascii or another",
			func(d *registerDraft) *given[Type] { return &d.kindOf }),
		form.Key("length", form.May, whole[int]("a length in registers", 1, 125), "length of a text, in registers",
			func(d *registerDraft) *given[int] { return &d.length }),
		form.Key("order", form.May, named("order of words", orders), "words of a long value; the model's if absent",
			func(d *registerDraft) *given[Order] { return &d.order }),
		form.Key("scale", form.May, decimal(), "one of the register's number is scale × unit; 1 if absent",
			func(d *registerDraft) *given[*big.Rat] { return &d.scale }),
		form.Key("unit", form.May, form.Sentence(), "V, A, W, var, VA, Wh, varh, VAh also with k and M, Hz, % and 1",
			func(d *registerDraft) *given[string] { return &d.unit }),
		form.Key("quantum", form.May, decimal(), "size of a count, in the unit, of a counter kept as a float",
			func(d *registerDraft) *given[*big.Rat] { return &d.quantum }),
		form.Key("ratio", form.May, named("side of the transformers", sides), "side of the transformers at which the value is; primary if absent",
			func(d *registerDraft) *given[bool] { return &d.secondary }),
		form.Key("modulus", form.May, whole[int64]("a number of counts", 2, 1<<62), "counts at which a counter starts anew",
			func(d *registerDraft) *given[int64] { return &d.modulus }),
		form.Key("radix", form.May, whole[int64]("a number of residual counts", 2, 65536), "of u32+u16: residual counts in one main count",
			func(d *registerDraft) *given[int64] { return &d.radix }),
		form.Key("parts", form.May, whole[int]("a number of parts", 2, 8), "number of values in a row (tariffs) that add up",
			func(d *registerDraft) *given[int] { return &d.parts }),
		form.Key("coding", form.May, named("coding", codings), "4q-pf: Schneider's four-quadrant power factor",
			func(d *registerDraft) *given[Coding] { return &d.coding }),
		form.Key("kind", form.May, named("kind of register", kinds), "what a counter stands for; only a total is a quantity",
			func(d *registerDraft) *given[Kind] { return &d.kind }),
		form.Key("group", form.May, named("group", groups), "how often it is read; follows from the quantity if absent",
			func(d *registerDraft) *given[Group] { return &d.group }),
		form.Key("read_alone", form.May, form.YesNo(), "true if it must be read in a request of its own",
			func(d *registerDraft) *given[bool] { return &d.readAlone }),
		form.Key("not_available", form.May, codes(), "bit patterns for \"no value\" of this register: [0xFFFF]",
			func(d *registerDraft) *given[[]given[uint64]] { return &d.missing }),
		form.Key("expect", form.May, form.ListOf(whole[int64]("a content", math.MinInt64, math.MaxInt64), "contents"), "contents that these devices are known to have here: [15270]",
			func(d *registerDraft) *given[[]given[int64]] { return &d.expect }),
		form.Key("marker", form.May, form.YesNo(), "true for the register that tells this meter from others",
			func(d *registerDraft) *given[bool] { return &d.marker }),
		form.Key("note", form.May, form.Sentence(), "anything worth knowing", func(d *registerDraft) *given[string] { return &d.note }),
		form.Key("unsure", form.May, form.Sentence(), "why the facts are in doubt; such a register is never read",
			func(d *registerDraft) *given[string] { return &d.unsure }),
	}}
}
