package catalogue

import (
	_ "embed"
	"fmt"
	"slices"
	"time"

	"asue/metering/alarm"
	"asue/metering/form"
)

//go:embed catalogue.yaml
var builtIn []byte

// Languages are those that every kind has its texts in.
func Languages() []string { return []string{"ru", "kk", "en"} }

// BuiltIn is the catalogue that comes with the program.
func BuiltIn() []alarm.Definition {
	list, faults := Parse("catalogue.yaml", builtIn)
	if faults.Err() != nil {
		panic("BUG: the built-in catalogue of alarms: " + faults.Error())
	}
	return list
}

// Text is the file of the built-in catalogue, to begin one's own with.
func Text() []byte { return slices.Clone(builtIn) }

// Schema is the JSON Schema (draft 2020-12) of a catalogue, for editors that complete and
// check while typing.
func Schema() []byte {
	return form.Schema(fileForm().Kind(), "asue: catalogue of alarms", "Kinds of alarms: what causes each, what comes of it, what the dispatcher does, and how soon.")
}

// Parse reads a catalogue; file is its name for the faults. Definitions are in the
// order of the file, nil exactly when one of the faults is an error.
func Parse(file string, src []byte) ([]alarm.Definition, form.Faults) {
	r := form.NewReport(file)
	root, ok := r.Parse(form.Document{
		Noun: "a catalogue of alarms", Keys: "alarms: a list of kinds", TooLarge: fmt.Sprintf("a dispatcher knows %d kinds by heart at most", alarm.MostKinds),
		Empty: "nobody would ever be alarmed", Start: "copy the built-in catalogue",
	}, src)
	if !ok {
		return nil, r.Finish()
	}
	d, complete := fileForm().Read(r, root)
	if complete {
		d.check(r)
	}
	faults := r.Finish()
	if faults.Err() != nil {
		return nil, faults
	}
	return d.build(), faults
}

type given[V any] = form.Given[V]

type fileDraft struct{ alarms given[[]given[kindDraft]] }

type kindDraft struct {
	kind     given[alarm.Kind]
	priority given[alarm.Priority]
	onDelay  given[time.Duration]
	offDelay given[time.Duration]
	respond  given[time.Duration]
	horn     given[time.Duration]
	passes   given[bool]
	behind   given[[]given[alarm.Kind]]
	together given[togetherDraft]
	texts    [3]given[textDraft]
}

type togetherDraft struct {
	kind    given[alarm.Kind]
	group   given[string]
	atLeast given[int]
	share   given[float64]
}

type textDraft struct{ title, cause, consequence, action given[string] }

func fileForm() form.Form[fileDraft] {
	return form.Form[fileDraft]{Name: "the catalogue", Fields: []form.Field[fileDraft]{
		form.Key("alarms", form.Must, form.ListOf(kindForm().Kind(), "kinds of alarms"), "the kinds of alarms", func(d *fileDraft) *given[[]given[kindDraft]] { return &d.alarms }),
	}}
}

func kindForm() form.Form[kindDraft] {
	delay := form.Duration(0, 24*time.Hour)
	f := form.Form[kindDraft]{Name: "a kind of alarm", Fields: []form.Field[kindDraft]{
		form.Key("kind", form.Must, form.Identifier[alarm.Kind]("write a name like meter-silent"), "its name", func(d *kindDraft) *given[alarm.Kind] { return &d.kind }),
		form.Key("priority", form.Must, form.Word("priority", alarm.Priorities()), "high, medium or low", func(d *kindDraft) *given[alarm.Priority] { return &d.priority }),
		form.Key("on_delay", form.May, delay, "how long it has to be so before it is an alarm", func(d *kindDraft) *given[time.Duration] { return &d.onDelay }),
		form.Key("off_delay", form.May, delay, "how long it has to be gone before it has returned", func(d *kindDraft) *given[time.Duration] { return &d.offDelay }),
		form.Key("time_to_respond", form.Must, form.Duration(time.Second, 30*24*time.Hour), "how soon somebody has to have done something: what asks for nothing is a line in the log",
			func(d *kindDraft) *given[time.Duration] { return &d.respond }),
		form.Key("horn", form.May, form.Duration(5*time.Second, time.Hour), "after how long the horn sounds again while nobody answers; no sound if absent", func(d *kindDraft) *given[time.Duration] { return &d.horn }),
		form.Key("passes", form.May, form.YesNo(), "true if it needs no answer once it is over", func(d *kindDraft) *given[bool] { return &d.passes }),
		form.Key("behind", form.May, form.ListOf(form.Identifier[alarm.Kind]("write the name of a kind"), "kinds that explain it"), "kinds that explain it: while one is so, this one is counted and not announced",
			func(d *kindDraft) *given[[]given[alarm.Kind]] { return &d.behind }),
		form.Key("together", form.May, togetherForm().Kind(), "when many of them become one alarm", func(d *kindDraft) *given[togetherDraft] { return &d.together }),
	}}
	for i, lang := range Languages() {
		f.Fields = append(f.Fields, form.Key(lang, form.Must, textForm().Kind(), "its texts in this language", func(d *kindDraft) *given[textDraft] { return &d.texts[i] }))
	}
	return f
}

func togetherForm() form.Form[togetherDraft] {
	return form.Form[togetherDraft]{Name: "together", Fields: []form.Field[togetherDraft]{
		form.Key("kind", form.Must, form.Identifier[alarm.Kind]("write the name of a kind"), "kind of the one alarm", func(d *togetherDraft) *given[alarm.Kind] { return &d.kind }),
		form.Key("group", form.Must, form.Word("group", []string{"line", "collector", "node"}), "what they have in common", func(d *togetherDraft) *given[string] { return &d.group }),
		form.Key("at_least", form.Must, form.Integer("a number of alarms", 2, 1000), "how many it takes", func(d *togetherDraft) *given[int] { return &d.atLeast }),
		form.Key("share", form.May, form.Fraction("a share", 0, 1), "and what share of the group", func(d *togetherDraft) *given[float64] { return &d.share }),
	}}
}

func textForm() form.Form[textDraft] {
	return form.Form[textDraft]{Name: "the texts", Fields: []form.Field[textDraft]{
		form.Key("title", form.Must, form.Sentence(), "one line of the list", func(d *textDraft) *given[string] { return &d.title }),
		form.Key("cause", form.Must, form.Sentence(), "what causes it", func(d *textDraft) *given[string] { return &d.cause }),
		form.Key("consequence", form.Must, form.Sentence(), "what comes of it if nobody acts", func(d *textDraft) *given[string] { return &d.consequence }),
		form.Key("operator_action", form.Must, form.Sentence(), "what the dispatcher does", func(d *textDraft) *given[string] { return &d.action }),
	}}
}

// check holds kinds against each other. What is wrong with one kind by itself the form
// has said; circles, which have no one place, are told at the list.
func (d fileDraft) check(r *form.Report) {
	sound := true
	refuse := func(n *form.Node, code, what, why, remedy string) {
		sound = false
		r.Refuse(n, form.Found(code, what, why, remedy))
	}
	known := map[alarm.Kind]bool{}
	for _, k := range d.alarms.V {
		if known[k.V.kind.V] {
			refuse(k.V.kind.At, "twice", fmt.Sprintf("%q is there twice", k.V.kind.V), "one of them would never be used", "give each a name of its own")
		}
		known[k.V.kind.V] = true
	}
	if n := len(d.alarms.V); n > alarm.MostKinds {
		refuse(d.alarms.At, "too-many", fmt.Sprintf("%d kinds", n), fmt.Sprintf("at most %d can be known by heart", alarm.MostKinds), "put together what is answered in the same way")
	}
	names := func(k given[alarm.Kind], own alarm.Kind) {
		if k.OK && (!known[k.V] || k.V == own) {
			refuse(k.At, "no-such-kind", fmt.Sprintf("%q", k.V), "no other kind of the catalogue has that name", "write one of "+fmt.Sprint(d.kinds()))
		}
	}
	for _, k := range d.alarms.V {
		for _, b := range k.V.behind.V {
			names(b, k.V.kind.V)
		}
		if k.V.together.OK {
			names(k.V.together.V.kind, k.V.kind.V)
		}
	}
	if sound {
		if err := alarm.Check(d.build(), Languages()); err != nil {
			refuse(d.alarms.At, "not-whole", err.Error(), "kinds that explain each other are never announced", "take one of the two out")
		}
	}
}

func (d fileDraft) kinds() []alarm.Kind {
	var list []alarm.Kind
	for _, k := range d.alarms.V {
		list = append(list, k.V.kind.V)
	}
	slices.Sort(list)
	return list
}

func (d fileDraft) build() []alarm.Definition {
	var list []alarm.Definition
	for _, k := range d.alarms.V {
		def := alarm.Definition{Kind: k.V.kind.V, Priority: k.V.priority.V, OnDelay: k.V.onDelay.V, OffDelay: k.V.offDelay.V,
			Respond: k.V.respond.V, Horn: k.V.horn.V, Passes: k.V.passes.V, Texts: map[string]alarm.Text{}}
		for _, b := range k.V.behind.V {
			def.Behind = append(def.Behind, b.V)
		}
		if t := k.V.together; t.OK {
			def.Together = &alarm.Together{Kind: t.V.kind.V, Group: t.V.group.V, AtLeast: t.V.atLeast.V, Share: t.V.share.V}
		}
		for i, lang := range Languages() {
			text := k.V.texts[i].V
			def.Texts[lang] = alarm.Text{Title: text.title.V, Cause: text.cause.V, Consequence: text.consequence.V, Action: text.action.V}
		}
		list = append(list, def)
	}
	return list
}
