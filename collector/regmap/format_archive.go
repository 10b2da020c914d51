package regmap

import (
	"time"

	"asue/metering/form"
)

type archiveDraft struct {
	period    given[time.Duration]
	records   given[int]
	address   given[uint16]
	words     given[int]
	function  given[uint8]
	newest    given[string]
	time      given[timeDraft]
	registers given[[]given[registerDraft]]
}

func archiveForm() form.Form[archiveDraft] {
	return form.Form[archiveDraft]{Name: "an archive", Fields: []form.Field[archiveDraft]{
		form.Key("period", form.Must, form.Duration(time.Minute, 24*time.Hour), "length of an interval: 15m",
			func(d *archiveDraft) *given[time.Duration] { return &d.period }),
		form.Key("records", form.Must, whole[int]("a number of records", 2, 65536), "how many records there is room for",
			func(d *archiveDraft) *given[int] { return &d.records }),
		form.Key("addr", form.Must, whole[uint16]("an address", 0, 65535), "address of record 0, on the wire",
			func(d *archiveDraft) *given[uint16] { return &d.address }),
		form.Key("words", form.Must, whole[int]("a length in registers", 1, 125), "registers of a record",
			func(d *archiveDraft) *given[int] { return &d.words }),
		form.Key("function", form.May, whole[uint8]("a function code that reads", 3, 4), "function code to read with; the model's if absent",
			func(d *archiveDraft) *given[uint8] { return &d.function }),
		form.Key("newest", form.Must, form.Identifier[string]("name a register"), "name of the register that holds the index, from 0, of the newest record",
			func(d *archiveDraft) *given[string] { return &d.newest }),
		form.Key("time", form.Must, timeForm().Kind(), "where a record says when its interval ended",
			func(d *archiveDraft) *given[timeDraft] { return &d.time }),
		form.Key("registers", form.Must, form.ListOf(recordForm().Kind(), "registers"), "the counters of a record",
			func(d *archiveDraft) *given[[]given[registerDraft]] { return &d.registers }),
	}}
}

type timeDraft struct {
	offset given[uint16]
	kindOf given[Type]
	order  given[Order]
	clock  given[Clock]
}

func timeForm() form.Form[timeDraft] {
	return form.Form[timeDraft]{Name: "the time of a record", Fields: []form.Field[timeDraft]{
		form.Key("offset", form.Must, whole[uint16]("an offset", 0, 124), "registers of the record before it",
			func(d *timeDraft) *given[uint16] { return &d.offset }),
		form.Key("type", form.Must, named("type", types), "how it lies in its registers",
			func(d *timeDraft) *given[Type] { return &d.kindOf }),
		form.Key("order", form.May, named("order of words", orders), "words of a long value; the model's if absent",
			func(d *timeDraft) *given[Order] { return &d.order }),
		form.Key("clock", form.Must, named("form of a clock", clocks), "unix or ymdhms, in UTC",
			func(d *timeDraft) *given[Clock] { return &d.clock }),
	}}
}

// recordForm is registerForm within a record, where there are no addresses.
func recordForm() form.Form[registerDraft] {
	return form.Form[registerDraft]{Name: "a register of a record", Fields: append(valueFields(),
		form.Key("offset", form.Must, whole[uint16]("an offset", 0, 124), "registers of the record before it",
			func(d *registerDraft) *given[uint16] { return &d.addr }),
	)}
}
