package papers_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"asue/dashboards/papers"
)

// Every page is well formed, runs nothing and fetches nothing.
func TestPagesAreWholeInThemselves(t *testing.T) {
	for name, d := range every(t) {
		for _, lang := range papers.Langs() {
			page := html(t, d, lang)
			elements := map[string]int{}
			dec := xml.NewDecoder(strings.NewReader(page))
			for {
				token, err := dec.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s.%s: %v", name, lang, err)
				}
				if e, ok := token.(xml.StartElement); ok {
					elements[e.Name.Local]++
					for _, a := range e.Attr {
						if n := a.Name.Local; n == "src" || n == "href" || strings.HasPrefix(n, "on") {
							t.Errorf("%s.%s: <%s %s>", name, lang, e.Name.Local, n)
						}
					}
				}
			}
			if elements["script"]+elements["link"]+elements["img"]+elements["iframe"] > 0 {
				t.Errorf("%s.%s: %v", name, lang, elements)
			}
			if elements["h1"] != 1 || elements["table"] == 0 {
				t.Errorf("%s.%s: %d titles, %d tables", name, lang, elements["h1"], elements["table"])
			}
			if strings.Contains(page, "url(") || strings.Contains(page, "@import") {
				t.Errorf("%s.%s: its style fetches something", name, lang)
			}
		}
	}
}

// ТУ also means telecontrol: a paper spells it out before it uses the letters. The
// numbers of cases begin with them, and are names.
func TestTechnicalConditionsAreSpelledOutFirst(t *testing.T) {
	spelled := map[papers.Lang]string{papers.Russian: "(ТУ)", papers.Kazakh: "(ТШ)", papers.English: "(TU)"}
	for name, d := range every(t) {
		for lang, want := range spelled {
			page := regexp.MustCompile(`ТУ-2026-003`).ReplaceAllString(html(t, d, lang), "")
			page = page[strings.Index(page, "<body>"):]
			first := strings.Index(page, strings.Trim(want, "()"))
			if first < 1 || !strings.HasPrefix(page[first-1:], want) {
				t.Errorf("%s.%s: the first is …%.60s…", name, lang, page[max(first-20, 0):])
			}
		}
	}
}

// Every step against the resident says the same things: basis, document, finding,
// arithmetic, checksum, how to check it, rights.
func TestEveryStepSaysWhatItMust(t *testing.T) {
	y := yearOf(t)
	documents := every(t)
	for _, name := range []string{"notice", "warning", "sanction"} {
		page := strings.NewReplacer(`<span class="name">`, "", "</span>", "").Replace(html(t, documents[name], papers.Russian))
		for _, want := range []string{
			"Правовое основание: п.\u00a04.", "Документ: ", "включительно", "Потребность резидента", "2\u00a0242,5", "750", y.evidence.SHA256.String(),
			"asue conditions -c asue.yaml --verify", "дать пояснения", "оспорить", "добровольно вернуть", "24 месяцев", "ДЕМО", "Ф-35-1 Керамика-1", "35 кВ",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("the %s does not say %q", name, want)
			}
		}
	}
}

// Names are texts, whatever stands in them.
func TestNamesAreEscaped(t *testing.T) {
	y := yearOf(t)
	c := caseAfter(t, y, steps(t, y)[:2])
	c.Resident, c.Zone.Name, c.Zone.Demo = `<script>alert(1)</script>`, `"; } body { display: none } </style><b>`, false
	page := html(t, papers.Paper{Kind: papers.Notice, Case: c}, papers.English)
	if strings.Contains(page, "<script") || strings.Count(page, "</style>") != 1 || strings.Contains(page, "<b>\"") {
		t.Error("a name has become part of the page")
	}
	if strings.Contains(page, "DEMO") {
		t.Error("a zone that is no demo bears its mark")
	}
}
