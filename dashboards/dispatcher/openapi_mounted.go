package dispatcher

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// What others serve through the page's port, for the document: cmd mounts it.

func object(required []string, properties map[string]*huma.Schema) *huma.Schema {
	return &huma.Schema{Type: "object", Properties: properties, Required: required}
}

// textsByName are texts by name.
func textsByName(about string) *huma.Schema {
	return &huma.Schema{Type: "object", Description: about, AdditionalProperties: aText}
}

func listOf(items *huma.Schema) *huma.Schema { return &huma.Schema{Type: "array", Items: items} }

var (
	aText   = &huma.Schema{Type: "string"}
	aNumber = &huma.Schema{Type: "number"}
	aCount  = &huma.Schema{Type: "integer"}
	aFlag   = &huma.Schema{Type: "boolean"}
	aTime   = &huma.Schema{Type: "string", Format: "date-time"}
)

// plain is an operation with one answer.
func plain(id, method, path, tag, summary, kind string, schema *huma.Schema, example any, params ...*huma.Param) *huma.Operation {
	return &huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{tag}, Parameters: params,
		Responses: map[string]*huma.Response{"200": {Description: "the answer", Content: map[string]*huma.MediaType{kind: {Schema: schema, Example: example}}}}}
}

func param(in, name, about string, required bool, schema *huma.Schema) *huma.Param {
	return &huma.Param{In: in, Name: name, Description: about, Required: required, Schema: schema}
}

// mounted are the operations that cmd mounts, by pattern, and the page of residents.
func mounted() map[string]*huma.Operation {
	line := param("path", "line", "a line of the collector in this process", true, aText)
	frames := param("query", "frames", "how many frames to keep, 1 to 10000", true, aCount)
	switched := object([]string{"line", "frames"}, map[string]*huma.Schema{"line": aText, "frames": aCount})
	list := []*huma.Operation{
		plain("get-own-page", http.MethodGet, "/own", "own", "The page of a resident, in three languages; a token behind # is taken into a cookie", "text/html", aText, "<!doctype html>…"),
		plain("healthz", http.MethodGet, "/healthz", "operation", "Whether the process is alive; asks nobody", "text/plain", aText, "ok\n"),
		plain("metrics", http.MethodGet, "/metrics", "operation", "Figures of the process in the text format of Prometheus", "text/plain", aText,
			"process_resident_memory_bytes 83554304\ngo_goroutines 57\n"),
		plain("get-lines", http.MethodGet, "/api/v1/lines", "desk", "The collector's lines and what their meters say of themselves", "application/json",
			listOf(object([]string{"id", "url", "down", "meters"}, map[string]*huma.Schema{
				"id": aText, "url": aText, "down": aFlag, "load_percent": aNumber, "overruns": aCount, "late_answers": aCount, "drained_bytes": aCount, "tracing": aFlag,
				"meters": listOf(object([]string{"id", "address", "failing", "standing"}, map[string]*huma.Schema{
					"id": aText, "address": aText, "last_success": aTime, "failing": aFlag, "breaker_open": aFlag, "reason": aText, "identity": aText, "standing": aText, "standing_why": aText,
					"clock_offset_seconds": aNumber, "energy_against_power": aText, "implausible_counters": aCount, "exchanges": aCount, "archive_records": aCount})),
			})),
			[]any{map[string]any{"id": "gw-1", "url": "tcp://10.0.0.5:502", "down": false, "load_percent": 12.5, "overruns": 0, "late_answers": 0, "drained_bytes": 0, "tracing": false,
				"meters": []any{map[string]any{"id": "m-1", "address": "1", "last_success": "2026-11-21T07:00:06Z", "failing": false, "breaker_open": false, "standing": "known", "implausible_counters": 0, "exchanges": 4711, "archive_records": 0}}}}),
		plain("get-trace", http.MethodGet, "/api/v1/lines/{line}/trace", "desk", "The last frames on the wire", "application/json",
			listOf(object([]string{"time", "text"}, map[string]*huma.Schema{"time": aTime, "text": aText})),
			[]any{map[string]any{"time": "2026-11-21T07:00:06Z", "text": "→ 01 04 0000 0002"}}, line),
		plain("begin-trace", http.MethodPut, "/api/v1/lines/{line}/trace", "desk", "Keep the frames of a line", "application/json", switched, map[string]any{"line": "gw-1", "frames": 500}, line, frames),
		plain("end-trace", http.MethodDelete, "/api/v1/lines/{line}/trace", "desk", "Keep them no longer", "application/json", switched, map[string]any{"line": "gw-1", "frames": 0}, line),
		plain("get-registers", http.MethodGet, "/api/v1/lines/{line}/registers", "desk", "Registers of a device, read between two polls", "application/json",
			object([]string{"unit", "function", "address", "words"}, map[string]*huma.Schema{"unit": aCount, "function": aCount, "address": aCount, "words": listOf(aCount)}),
			map[string]any{"unit": 1, "function": 4, "address": 52, "words": []int{17530, 32768}}, line,
			param("query", "unit", "0 to 255", true, aCount), param("query", "function", "3 or 4", true, aCount), param("query", "address", "from 0", true, aText), param("query", "count", "1 to 125", true, aCount)),
		plain("get-agent", http.MethodGet, "/api/v1/agent", "desk", "What the agent of this process does with its actuators", "application/json",
			object([]string{"agent", "at", "connected", "actuators"}, map[string]*huma.Schema{
				"agent": aText, "at": aTime, "connected": aFlag, "silence_seconds": aNumber, "term": aCount, "trouble": aText,
				"actuators": listOf(object([]string{"id", "kind", "readable", "now"}, map[string]*huma.Schema{
					"id": aText, "name": aText, "kind": aText, "readable": aFlag, "read": aTime, "now": aText, "limit_w": aCount, "closed": aFlag, "guarding": aText,
					"command": aText, "left_seconds": aNumber, "band": object(nil, map[string]*huma.Schema{"least_w": aCount, "most_w": aCount, "failsafe_w": aCount}), "text": aText})),
			}),
			map[string]any{"agent": "edge-1", "at": "2026-11-21T07:00:06Z", "connected": true, "silence_seconds": 0.4, "term": 7,
				"actuators": []any{map[string]any{"id": "relay-7", "name": "ступень 1", "kind": "relay", "readable": true, "now": "closed", "closed": true, "guarding": "normal"}}}),
	}
	ready := plain("readyz", http.MethodGet, "/readyz", "operation", "Whether the process does its work: its parts, each with why not", "application/json",
		object([]string{"ready", "checks"}, map[string]*huma.Schema{"ready": aFlag, "checks": textsByName("ok, or what is wrong"), "notes": textsByName("what is wrong, and is done without")}),
		map[string]any{"ready": true, "checks": map[string]any{"ledger": "ok", "broker": "ok"}})
	ready.Responses["503"] = &huma.Response{Description: "it does not; the body says what", Content: ready.Responses["200"].Content}
	byPattern := map[string]*huma.Operation{ready.Method + " " + ready.Path: ready}
	for _, op := range list {
		byPattern[op.Method+" "+op.Path] = op
	}
	return byPattern
}

// document adds a route to the document if it is one of those that are known.
func document(doc *huma.OpenAPI, pattern string) {
	op := mounted()[pattern]
	if op == nil {
		return
	}
	access := Operator
	if strings.HasPrefix(op.Path, "/api/v1/lines") {
		access = Desk
	}
	explainRefusals(op, access)
	doc.AddOperation(op)
}
