package papers

import (
	"embed"
	"fmt"
	"html/template"
	"io"
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
		"show":   w.show,
		"right":  func(v value) bool { return v.kind == number },
		"isDash": func(v value) bool { return v.kind == none },
		"width":  func(c column) string { return fmt.Sprintf("%.2f%%", float64(c.Span)*100/12) },
		"strong": func(t *table, row int) bool { return t.Strong[row] },
	}
}
