package aktobe

import (
	"bytes"
	"fmt"
)

// WithAkzhar returns the example's site file as it may read once the line from «Акжар 2»
// has been restored: both circuits are available and stand ready. What each may carry is
// invented, as everything about residents is.
func WithAkzhar() []byte {
	text := Site()
	for _, change := range restored {
		if n := bytes.Count(text, []byte(change.from)); n != 1 {
			panic(fmt.Sprintf("BUG: the example's site file has %d times %q", n, change.from))
		}
		text = bytes.Replace(text, []byte(change.from), []byte(change.to), 1)
	}
	return text
}

// restored is what the site file says of Akzhar today, and what it would say then.
var restored = []struct{ from, to string }{
	{`    available: false # договорная мощность не известна, поэтому contract не указан
    note: Не в работе. Восстановление — стратегия 2026–2028, основные электротехнические работы в 2027 году.
`, `    contract: 9 MW # ДЕМО: вымышлена, настоящая мощность цепи не известна
    available: true
    note: "ДЕМО: как если бы линия уже восстановлена и стояла в резерве под напряжением."
`},
	{`    available: false
    note: Не в работе, на общих опорах с цепью 1. Восстановление вместе с ней.
`, `    contract: 9 MW # ДЕМО: вымышлена
    available: true
    note: "ДЕМО: как если бы линия уже восстановлена. На общих опорах с цепью 1."
`},
	{`limits:
  # «Акжар», цепь 1: в аварию на неё переводят зону, пока «Каратагай» отключён. 12 МВт —
  # вымышлены, только для показа: настоящий предел не известен.
  - {source: akzhar-1, limit: 12 MW, document: "ДЕМО: предел на время аварии, вымышлен"}
`, `limits: []
`},
	{`promises:
  - {scenario: optimistic, node: kar, limit: 38.7 MW, from: 2027-07-01, document: "ДЕМО: одна цепь «Акжара», вымышлено"}
  - {scenario: optimistic, node: kar, limit: 47.7 MW, from: 2027-10-01, document: "ДЕМО: обе цепи «Акжара», вымышлено"}
  - {scenario: base, node: kar, limit: 38.7 MW, from: 2027-10-01, document: "ДЕМО: одна цепь «Акжара», вымышлено"}
  - {scenario: base, node: kar, limit: 47.7 MW, from: 2028-01-01, document: "ДЕМО: обе цепи «Акжара», вымышлено"}
  - {scenario: late, node: kar, limit: 38.7 MW, from: 2028-04-01, document: "ДЕМО: одна цепь «Акжара», вымышлено"}
  - {scenario: late, node: kar, limit: 47.7 MW, from: 2028-10-01, document: "ДЕМО: обе цепи «Акжара», вымышлено"}
`, `promises: [] # они сбылись
`},
}
