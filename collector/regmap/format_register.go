package regmap

import (
	"math"
	"math/big"
	"slices"

	"asue/metering"
	"asue/metering/form"
)

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
	pulse     given[bool]
	parts     given[int]
	coding    given[Coding]
	kind      given[Kind]
	group     given[Group]
	readAlone given[bool]
	missing   given[[]given[uint64]]
	expect    given[[]given[int64]]
	guard     given[guardDraft]
	exponent  given[string]
	clock     given[Clock]
	marker    given[bool]
	note      given[string]
	unsure    given[string]
}

func registerForm() form.Form[registerDraft] {
	return form.Form[registerDraft]{Name: "a register", Fields: slices.Concat(valueFields(), []form.Field[registerDraft]{
		form.Key("addr", form.Must, whole[uint16]("an address", 0, 65535), "address on the wire, from 0, decimal or 0x…",
			func(d *registerDraft) *given[uint16] { return &d.addr }),
		form.Key("function", form.May, whole[uint8]("a function code that reads", 3, 4), "function code to read with; the model's if absent",
			func(d *registerDraft) *given[uint8] { return &d.function }),
		form.Key("length", form.May, whole[int]("a length in registers", 1, 125), "length of a text, in registers",
			func(d *registerDraft) *given[int] { return &d.length }),
		form.Key("coding", form.May, named("coding", codings), "4q-pf: Schneider's four-quadrant power factor",
			func(d *registerDraft) *given[Coding] { return &d.coding }),
		form.Key("kind", form.May, named("kind of register", kinds), "what a counter stands for; only a total is a quantity",
			func(d *registerDraft) *given[Kind] { return &d.kind }),
		form.Key("group", form.May, named("group", groups), "how often it is read; follows from the quantity if absent",
			func(d *registerDraft) *given[Group] { return &d.group }),
		form.Key("pulse", form.May, form.YesNo(), "true for a counter of pulses, of which only the install says what they stand for",
			func(d *registerDraft) *given[bool] { return &d.pulse }),
		form.Key("read_alone", form.May, form.YesNo(), "true if it must be read in a request of its own",
			func(d *registerDraft) *given[bool] { return &d.readAlone }),
		form.Key("expect", form.May, form.ListOf(whole[int64]("a content", math.MinInt64, math.MaxInt64), "contents"), "contents that these devices are known to have here: [15270]",
			func(d *registerDraft) *given[[]given[int64]] { return &d.expect }),
		form.Key("guard", form.May, guardForm().Kind(), "contents that this setting must have for other registers to mean what the map says",
			func(d *registerDraft) *given[guardDraft] { return &d.guard }),
		form.Key("scale_factor", form.May, form.Identifier[string]("name a register"), "name of the register whose content x multiplies this value by 10^x",
			func(d *registerDraft) *given[string] { return &d.exponent }),
		form.Key("clock", form.May, named("form of a clock", clocks), "unix or ymdhms: the meter's own clock, in UTC",
			func(d *registerDraft) *given[Clock] { return &d.clock }),
		form.Key("marker", form.May, form.YesNo(), "true for the register that tells this meter from others",
			func(d *registerDraft) *given[bool] { return &d.marker }),
		form.Key("unsure", form.May, form.Sentence(), "why the facts are in doubt; such a register is never read",
			func(d *registerDraft) *given[string] { return &d.unsure }),
	})}
}

// valueFields are those that a register shares with one of an archive's record.
func valueFields() []form.Field[registerDraft] {
	return []form.Field[registerDraft]{
		form.Key("name", form.Must, form.Identifier[string]("rename it"), "a quantity's code (p, u_ab, ea_imp), or another name for identification and settings",
			func(d *registerDraft) *given[string] { return &d.name }),
		form.Key("quantity", form.May, quantity(), "the quantity's code, where the name must be another one",
			func(d *registerDraft) *given[metering.Quantity] { return &d.quantity }),
		form.Key("type", form.Must, named("type", types), "how the value lies in its registers: u16, i32, f32, ascii or another",
			func(d *registerDraft) *given[Type] { return &d.kindOf }),
		form.Key("order", form.May, named("order of words", orders), "words of a long value; the model's if absent",
			func(d *registerDraft) *given[Order] { return &d.order }),
		form.Key("scale", form.May, decimal(), "one of the register's number is scale × unit; 1 if absent",
			func(d *registerDraft) *given[*big.Rat] { return &d.scale }),
		form.Key("unit", form.May, form.Sentence(), "V, A, W, var, VA, Wh, varh, VAh also with k and M, L, m3, Hz, % and 1",
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
		form.Key("not_available", form.May, codes(), "bit patterns for \"no value\" of this register: [0xFFFF]",
			func(d *registerDraft) *given[[]given[uint64]] { return &d.missing }),
		form.Key("note", form.May, form.Sentence(), "anything worth knowing", func(d *registerDraft) *given[string] { return &d.note }),
	}
}

type guardDraft struct {
	equals  given[[]given[int64]]
	why     given[string]
	affects given[[]given[metering.Quantity]]
}

func guardForm() form.Form[guardDraft] {
	return form.Form[guardDraft]{Name: "a guard", Fields: []form.Field[guardDraft]{
		form.Key("equals", form.Must, form.ListOf(whole[int64]("a content", math.MinInt64, math.MaxInt64), "contents"), "contents with which the map holds: [1]",
			func(d *guardDraft) *given[[]given[int64]] { return &d.equals }),
		form.Key("why", form.Must, form.Sentence(), "what depends on it", func(d *guardDraft) *given[string] { return &d.why }),
		form.Key("affects", form.Must, form.ListOf(quantity(), "quantities"), "quantities that mean something else otherwise: [p, ea_imp]",
			func(d *guardDraft) *given[[]given[metering.Quantity]] { return &d.affects }),
	}}
}
