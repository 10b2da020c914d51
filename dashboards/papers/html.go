package papers

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strings"
)

//go:embed page.html
var pageFile embed.FS

// pageTemplate is never executed itself: each language has a clone of it.
var pageTemplate = template.Must(template.New("page.html").Funcs((&words{}).funcs()).ParseFS(pageFile, "page.html"))

// HTML writes a document as one file that can be printed on A4: nothing in it is
// fetched, and nothing runs. Pages are numbered by browsers that know margin boxes
// (CSS Paged Media 3), Chromium since 131 among them.
//
// It fails on an unknown language, a document that does not hold together, and where w
// does.
func HTML(w io.Writer, d Document, lang Lang) error {
	p, in, err := composed(d, lang)
	if err != nil {
		return err
	}
	t, err := pageTemplate.Clone()
	if err != nil {
		panic(fmt.Sprintf("BUG: the template of pages was executed itself: %v", err))
	}
	if err := t.Funcs(in.funcs()).Execute(w, p); err != nil {
		return fmt.Errorf("write a paper as HTML: %w", err)
	}
	return nil
}

// funcs are what the template can ask.
func (w *words) funcs() template.FuncMap {
	return template.FuncMap{
		"say":    func(name string) string { return w.say(name) },
		"lang":   func() string { return string(w.lang) },
		"show":   func(v value) template.HTML { return kept(typeset(w.show(v))) },
		"kept":   kept,
		"right":  func(v value) bool { return v.kind == number },
		"width":  func(t *table, c column) string { return fmt.Sprintf("%.2f%%", float64(c.Span)*100/float64(t.spans())) },
		"short":  func(t *table) bool { return len(t.Rows) <= 6 },
		"strong": func(t *table, row int) bool { return t.Strong[row] },
	}
}

// kept is a text in which a name with a number, "ТУ-2026-003", stays on one line. All of
// it is escaped.
func kept(s string) template.HTML {
	var b strings.Builder
	last := 0
	for _, at := range names.FindAllStringIndex(s, -1) {
		b.WriteString(template.HTMLEscapeString(s[last:at[0]]) + `<span class="name">` + template.HTMLEscapeString(s[at[0]:at[1]]) + `</span>`)
		last = at[1]
	}
	b.WriteString(template.HTMLEscapeString(s[last:]))
	return template.HTML(b.String()) // escaped piece by piece
}

// names are short words of letters and digits with hyphens.
var names = regexp.MustCompile(`[\pL\pN]{1,20}(-[\pL\pN]{1,20}){0,3}-\pN{1,4}`)
