package settings

import (
	"fmt"
	"slices"
	"strings"

	"asue/metering/form"
	"asue/metering/shift"
)

type logDraft struct {
	phrases given[[]given[phraseDraft]]
	require given[[]given[requireDraft]]
}

type phraseDraft struct{ name, template, object, text given[string] }

type requireDraft struct {
	template given[string]
	fields   given[[]given[string]]
}

func logForm() form.Form[logDraft] {
	templates := form.Word("template", templateNames())
	return form.Form[logDraft]{Name: "log", Fields: []form.Field[logDraft]{
		setting("phrases", form.ListOf(form.Form[phraseDraft]{Name: "a phrase", Fields: []form.Field[phraseDraft]{
			form.Key("name", form.Must, verbatim(form.Sentence()), "by which it is chosen", func(d *phraseDraft) *given[string] { return &d.name }),
			form.Key("template", form.Must, verbatim(templates), "the template that it fills in", func(d *phraseDraft) *given[string] { return &d.template }),
			setting("object", form.Sentence(), "equipment, to be gone on with", func(d *phraseDraft) *given[string] { return &d.object }),
			setting("text", form.Sentence(), "the text, to be gone on with", func(d *phraseDraft) *given[string] { return &d.text }),
		}}.Kind(), "phrases"), "wordings that the form of the log offers",
			func(d *logDraft) *given[[]given[phraseDraft]] { return &d.phrases }),
		setting("require", form.ListOf(form.Form[requireDraft]{Name: "a requirement", Fields: []form.Field[requireDraft]{
			form.Key("template", form.Must, verbatim(templates), "of which entries more is asked", func(d *requireDraft) *given[string] { return &d.template }),
			form.Key("fields", form.Must, form.ListOf(verbatim(form.Sentence()), "fields"), "what an entry must say: number, from, received, object, start, end",
				func(d *requireDraft) *given[[]given[string]] { return &d.fields }),
		}}.Kind(), "requirements"), "what entries of the log must say here besides what their template asks for",
			func(d *logDraft) *given[[]given[requireDraft]] { return &d.require }),
	}}
}

func templateNames() []string {
	var names []string
	for _, t := range shift.Templates() {
		if t != shift.Correction {
			names = append(names, string(t))
		}
	}
	return names
}

func (d *logDraft) build(h *shift.House) {
	for _, p := range d.phrases.V {
		h.Phrases = append(h.Phrases, p.V.build())
	}
	for _, r := range d.require.V {
		t := shift.Template(r.V.template.V)
		if h.Require == nil {
			h.Require = map[shift.Template][]string{}
		}
		for _, f := range r.V.fields.V {
			h.Require[t] = append(h.Require[t], f.V)
		}
	}
}

func (d *phraseDraft) build() shift.Phrase {
	return shift.Phrase{Name: d.name.V, Template: shift.Template(d.template.V), Object: d.object.V, Text: d.text.V}
}

// checkLog tells of phrases that fill in nothing, and of fields that a template has not.
func (c *checker) checkLog(rolesKnown bool) {
	log := c.d.log
	if log.Stated() && rolesKnown && !c.cfg.Has(RoleDispatcher) {
		c.Warn(log.At, form.Found("unused", "settings of the log in a process without the role \"dispatcher\"", "the process with the page keeps the operator's log", "move them there, or add the role"))
	}
	for _, p := range log.V.phrases.V {
		if !p.V.template.OK || !p.V.name.OK {
			continue
		}
		if fault := p.V.build().Fault(); fault != "" {
			c.Refuse(p.V.name.At, form.Found("phrase", fmt.Sprintf("the phrase %q cannot be offered", p.V.name.V), fault, "give it a text, or take it out"))
		}
	}
	for _, r := range log.V.require.V {
		if !r.V.template.OK {
			continue
		}
		may := shift.MayRequire(shift.Template(r.V.template.V))
		for _, f := range r.V.fields.V {
			if f.OK && !slices.Contains(may, f.V) {
				c.Refuse(f.At, form.Found("required-field", fmt.Sprintf("%q cannot be required of an entry %q", f.V, r.V.template.V),
					"it can be required to say "+strings.Join(may, ", "), "choose one of these; what the template asks for anyway need not be said"))
			}
		}
	}
}
