package papers

import (
	"fmt"
	"slices"
)

// Lang is a language of papers.
type Lang string

// Languages.
const (
	Russian Lang = "ru"
	Kazakh  Lang = "kk"
	English Lang = "en"
)

// Langs lists every language.
func Langs() []Lang { return []Lang{Russian, Kazakh, English} }

// Document is what can be written: a Paper or a Season.
type Document interface {
	// compose says what stands on it.
	compose(w *words) (page, error)
	zone() Zone
}

// Kind is which paper of a case.
type Kind string

// Papers of a case.
const (
	Notice   Kind = "notice"   // уведомление: what was found; the resident may explain
	Warning  Kind = "warning"  // предупреждение, with a corrective plan
	Sanction Kind = "sanction" // решение о мерах
	Act      Kind = "act"      // акт возврата, signed by both
	Evidence Kind = "evidence" // the figures on which all of them rest
)

// Kinds lists every kind, in the order of the procedure.
func Kinds() []Kind { return []Kind{Notice, Warning, Sanction, Act, Evidence} }

// Paper is one paper of a case.
type Paper struct {
	Kind Kind
	Case Case
}

func (p Paper) zone() Zone { return p.Case.Zone }

// compose fails on a kind that is none, and on a case that does not hold together.
func (p Paper) compose(w *words) (page, error) {
	write, ok := composers[p.Kind]
	if !ok {
		return page{}, fmt.Errorf("paper %q: use one of %v", p.Kind, Kinds())
	}
	f, err := p.Case.open()
	if err != nil {
		return page{}, fmt.Errorf("%s of case %s: %w", p.Kind, p.Case.ID, err)
	}
	return write(w, f), nil
}

var composers = map[Kind]func(*words, *file) page{
	Notice: composeNotice, Warning: composeWarning, Sanction: composeSanction, Act: composeAct, Evidence: composeEvidence,
}

// composed is a document as a page, in a language.
func composed(d Document, lang Lang) (page, *words, error) {
	if !slices.Contains(Langs(), lang) {
		return page{}, nil, fmt.Errorf("paper in language %q: use one of %v", lang, Langs())
	}
	zone := d.zone()
	if zone.Location == nil {
		return page{}, nil, fmt.Errorf("paper of %s: no time zone: dates follow the local clock", zone.Name)
	}
	w := &words{lang: lang, text: catalogues()[lang], loc: zone.Location}
	p, err := d.compose(w)
	p.Demo = zone.Demo
	return p, w, err
}
