package reports

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageFile string

// pageTemplate is never executed itself: each report has a clone of it.
var pageTemplate = template.Must(template.New("page.html").Funcs((&words{}).funcs()).Parse(pageFile))

// writeHTML draws a page as one file that can be printed on A4: nothing in it is
// fetched, and nothing runs. Pages are numbered by browsers that know margin boxes (CSS
// Paged Media 3).
func writeHTML(w io.Writer, p page, in *words) error {
	t, err := pageTemplate.Clone()
	if err != nil {
		panic(fmt.Sprintf("BUG: the template of reports was executed itself: %v", err))
	}
	return t.Funcs(in.funcs()).Execute(w, p)
}

// funcs are what the template can ask.
func (w *words) funcs() template.FuncMap {
	return template.FuncMap{
		"say":   func(name string) string { return w.say(name) },
		"lang":  func() string { return string(w.lang) },
		"show":  w.show,
		"place": func(t table, column int) int { return t.Columns[column].Places },
		"right": func(v value) bool { return v.kind == number || v.kind == dash },
		"width": func(t table, c column) string {
			sum := 0
			for _, c := range t.Columns {
				sum += c.Width
			}
			return fmt.Sprintf("%.2f%%", float64(c.Width)*100/float64(sum))
		},
	}
}
