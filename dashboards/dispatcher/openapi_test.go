package dispatcher_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
)

var rewrite = flag.Bool("rewrite", false, "write the answers down as the examples of the document")

// document is what the server publishes at /api/openapi.json.
type document struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]any `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID          string                     `json:"operationId"`
	Summary     string                     `json:"summary"`
	Description string                     `json:"description"`
	Parameters  []map[string]any           `json:"parameters"`
	Body        *struct{ Content content } `json:"requestBody"`
	Responses   map[string]struct {
		Description string  `json:"description"`
		Content     content `json:"content"`
	} `json:"responses"`
}

type content map[string]struct {
	Schema  any `json:"schema"`
	Example any `json:"example"`
}

// wholeOffice is an office in which everything is there that can be asked.
func wholeOffice(t testing.TB) *ownOffice {
	t.Helper()
	people, err := fakezone.NewPeople(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	alarms, err := fakezone.NewAlarms(people, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	var zone *fakezone.Zone
	o := newOwnOffice(t, func(c *dispatcher.Config) {
		zone = fakezone.New(12, 24)
		c.Site, c.Ledger, c.Series, c.Scenarios = zone.Site(), zone, zone, zone
		zone.AddMedia()
		zone.Blemish()
		zone.AddActuators(noon)
		zone.AddNetwork()
		zone.Snapshots(noon)
		c.Balances, c.Demands, c.Alarms, c.Reports, c.Supposing = zone, zone, alarms, fakezone.Reports{Zone: zone}, zone.Suppose
		c.System = fakezone.System{Zone: zone, Now: func() time.Time { return noon }}
		c.Capacity = fakezone.NewOffice(zone, func() time.Time { return noon })
	})
	nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	for _, pattern := range mountedPatterns {
		o.Mount(pattern, nothing, dispatcher.Operator)
	}
	for range 70 {
		o.later(time.Second)
		o.Observe(zone.Snapshots(o.time()))
		o.SetControl(zone.Control(o.time()))
		o.Publish()
	}
	o.SetNetwork(zone.Network(o.time()))
	load := dispatcher.ForecastLoad{Method: "profile"}
	for i := range 96 {
		load.Blocks = append(load.Blocks, dispatcher.ForecastBlock{Start: noon.Truncate(30 * time.Minute).Add(time.Duration(i) * 30 * time.Minute), MeanW: 21_400_000, LowW: 20_100_000, HighW: 22_900_000, Q90W: 22_600_000})
	}
	o.SetForecast(&dispatcher.Forecast{At: o.time(), Block: 30 * time.Minute, Loads: []dispatcher.ForecastLoad{load}})
	for _, n := range zone.PastNotices(o.time()) {
		o.Notice(n)
	}
	o.Publish()
	return o
}

// mountedPatterns are those that cmd mounts and the document knows.
var mountedPatterns = []string{
	"GET /metrics", "GET /healthz", "GET /readyz", "GET /api/v1/agent", "GET /api/v1/lines", "GET /api/v1/lines/{line}/trace",
	"PUT /api/v1/lines/{line}/trace", "DELETE /api/v1/lines/{line}/trace", "GET /api/v1/lines/{line}/registers",
}

func published(t *testing.T, o *ownOffice) document {
	t.Helper()
	var doc document
	w := o.as(t, "viewer").do("GET", "/api/openapi.json", nil)
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatalf("%v: %.200s", err, w.Body)
	}
	return doc
}

// Every operation says what it is for, how it refuses, and shows an example of what it is
// asked and answers; every example is of its schema; every route of the API is there.
func TestOpenAPIExplainsEveryOperation(t *testing.T) {
	o := wholeOffice(t)
	doc := published(t, o)
	for _, r := range o.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		documented := strings.HasPrefix(path, "/api/v1/") || slices.Contains([]string{"/own", "/healthz", "/readyz", "/metrics"}, path)
		if _, there := doc.Paths[path][strings.ToLower(method)]; documented && !there {
			t.Errorf("%s is not in the document", r.Pattern)
		}
	}
	examples := 0
	check := schemas(doc.Components.Schemas)
	for path, ops := range doc.Paths {
		for method, op := range ops {
			where := strings.ToUpper(method) + " " + path
			if len(op.Summary) < 7 || op.ID == "" {
				t.Errorf("%s: summary %q", where, op.Summary)
			}
			refusals := 0
			for code, r := range op.Responses {
				if code >= "4" && code != "default" {
					if refusals++; len(r.Description) < 10 {
						t.Errorf("%s: %s is described as %q", where, code, r.Description)
					}
				}
				for kind, c := range r.Content {
					if c.Example == nil {
						continue
					}
					examples++
					for _, fault := range check.faults(c.Schema, c.Example) {
						t.Errorf("%s: example of %s %s: %s", where, code, kind, fault)
					}
				}
			}
			if refusals == 0 {
				t.Errorf("%s does not say how it refuses", where)
			}
			shown := slices.ContainsFunc(slices.Collect(maps.Keys(op.Responses["200"].Content)), func(kind string) bool { return op.Responses["200"].Content[kind].Example != nil })
			if !shown {
				t.Errorf("%s has no example of its answer: say in openapi_asked_test.go how it is asked, and run go test ./dashboards/dispatcher -run OpenAPI -rewrite", where)
			}
			if op.Body != nil {
				body := op.Body.Content["application/json"]
				if body.Example == nil {
					t.Errorf("%s has no example of its body", where)
				}
				for _, fault := range check.faults(body.Schema, body.Example) {
					t.Errorf("%s: example of the body: %s", where, fault)
				}
			}
		}
	}
	t.Logf("%d examples", examples)
}

// What is really answered is of the schema that is published for it.
func TestOpenAPIHolds(t *testing.T) {
	o := wholeOffice(t)
	doc := published(t, o)
	check := schemas(doc.Components.Schemas)
	asked := map[string]bool{}
	for _, q := range questions(t, o, doc) {
		method, path, _ := strings.Cut(q.pattern, " ")
		op, there := doc.Paths[path][strings.ToLower(method)]
		if !there {
			t.Errorf("%s is not in the document", q.pattern)
			continue
		}
		w := q.ask()
		if w.Code != 200 {
			t.Errorf("%s answers %d: %.300s", q.path, w.Code, w.Body)
			continue
		}
		asked[q.pattern] = true
		full := w.Header().Get("Content-Type")
		kind, _, err := mime.ParseMediaType(full)
		c, named := op.Responses["200"].Content[full]
		if !named {
			c, named = op.Responses["200"].Content[kind]
		}
		if err != nil || !named {
			t.Errorf("%s answers %q, the document knows %v", q.path, full, slices.Collect(maps.Keys(op.Responses["200"].Content)))
			continue
		}
		var answer any = w.Body.String()
		if kind == "application/json" {
			decodeInto(t, w.Body.String(), &answer)
			for _, fault := range check.faults(c.Schema, answer) {
				t.Errorf("%s: %s", q.path, fault)
			}
		}
		if *rewrite {
			keep(t, op.ID, dispatcher.Example{Path: q.path, Body: q.body, Kind: kind, Answer: short(t, answer)})
		}
	}
	for path, ops := range doc.Paths {
		for method := range ops {
			pattern := strings.ToUpper(method) + " " + path
			if !asked[pattern] && !slices.Contains(mountedPatterns, pattern) {
				t.Errorf("%s was not asked: say how in openapi_asked_test.go", pattern)
			}
		}
	}
	// A refusal is a problem as it is published.
	refused := o.as(t, "engineer").do("GET", "/api/v1/intervals?step=7m", nil)
	var problem any
	decodeInto(t, refused.Body.String(), &problem)
	for _, fault := range check.faults(map[string]any{"$ref": "#/components/schemas/ErrorModel"}, problem) {
		t.Errorf("a refusal: %s", fault)
	}
}

func keep(t *testing.T, id string, e dispatcher.Example) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(e); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("examples", id+".json"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// short is an answer as an example: of lists the first two entries, or six figures; of files
// the beginning.
func short(t *testing.T, v any) json.RawMessage {
	t.Helper()
	var cut func(v any) any
	cut = func(v any) any {
		switch x := v.(type) {
		case []any:
			most := 2
			if len(x) > 0 {
				switch x[0].(type) {
				case map[string]any, []any:
				default:
					most = 6 // figures of phases, windings and grades stay whole
				}
			}
			x = slices.Clone(x[:min(len(x), most)])
			for i := range x {
				x[i] = cut(x[i])
			}
			return x
		case map[string]any:
			for k, field := range x {
				x[k] = cut(field)
			}
			return x
		}
		return v
	}
	if text, ok := v.(string); ok {
		const most = 600
		if len(text) > most {
			for text = text[:most]; !utf8.ValidString(text); {
				text = text[:len(text)-1]
			}
			text += "…"
		}
		v = text
	}
	b, err := json.Marshal(cut(v))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// question is one request of an operation.
type question struct {
	pattern, path string
	body          json.RawMessage
	ask           func() *httptest.ResponseRecorder
}
