package dispatcher_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// schemas are the named schemas of a document. They are read here anew, and not by the
// library that has written them: a dumb twin of it.
type schemas map[string]any

// faults are the places at which a value is not of a schema. A word of the schema that is
// not understood is a fault too: nothing is passed over in silence.
func (s schemas) faults(schema, value any) []string { return s.at("", schema, value) }

func (s schemas) at(place string, schema, value any) (found []string) {
	rules, _ := schema.(map[string]any)
	fault := func(format string, args ...any) {
		found = append(found, strings.TrimPrefix(place+": ", ": ")+fmt.Sprintf(format, args...))
	}
	for _, word := range []string{"properties", "required", "items"} {
		if rules[word] != nil && rules["type"] == nil {
			fault("%s without a type", word)
		}
	}
	for word, rule := range rules {
		switch word {
		case "$ref":
			name := strings.TrimPrefix(rule.(string), "#/components/schemas/")
			if s[name] == nil {
				fault("there is no schema %v", rule)
			}
			found = append(found, s.at(place, s[name], value)...)
		case "type":
			if !isOf(rule, value) {
				fault("%.60v is not of type %v", value, rule)
			}
		case "enum":
			if value != nil && !slices.Contains(rule.([]any), value) {
				fault("%v is none of %v", value, rule)
			}
		case "properties":
			object, _ := value.(map[string]any)
			for name, field := range object {
				if known, there := rule.(map[string]any)[name]; there {
					found = append(found, s.at(place+"."+name, known, field)...)
				}
			}
		case "additionalProperties":
			object, _ := value.(map[string]any)
			known, _ := rules["properties"].(map[string]any)
			for name, field := range object {
				if _, there := known[name]; there {
					continue
				}
				if rule == false {
					fault("%q is not in the schema", name)
				} else if rule != true {
					found = append(found, s.at(place+"."+name, rule, field)...)
				}
			}
		case "required":
			object, ok := value.(map[string]any)
			for _, name := range rule.([]any) {
				if _, there := object[name.(string)]; ok && !there {
					fault("%v is missing", name)
				}
			}
		case "items":
			list, _ := value.([]any)
			for i, entry := range list {
				found = append(found, s.at(fmt.Sprintf("%s[%d]", place, i), rule, entry)...)
			}
		case "minItems", "maxItems":
			if list, ok := value.([]any); ok && (word == "minItems") == (float64(len(list)) < rule.(float64)) && float64(len(list)) != rule {
				fault("%d entries, %s is %v", len(list), word, rule)
			}
		case "minLength", "maxLength":
			if text, ok := value.(string); ok && (word == "minLength") == (float64(utf8.RuneCountInString(text)) < rule.(float64)) && float64(utf8.RuneCountInString(text)) != rule {
				fault("%d letters, %s is %v", utf8.RuneCountInString(text), word, rule)
			}
		case "minimum", "maximum":
			if x, ok := value.(float64); ok && (word == "minimum" && x < rule.(float64) || word == "maximum" && x > rule.(float64)) {
				fault("%v, %s is %v", x, word, rule)
			}
		case "format":
			if text, ok := value.(string); ok && rule == "date-time" {
				if _, err := time.Parse(time.RFC3339, text); err != nil {
					fault("%q is no time", text)
				}
			}
		case "description", "title", "default", "examples", "readOnly", "contentEncoding", "contentMediaType", "pattern":
		default:
			fault("the word %q of a schema is not understood", word)
		}
	}
	return found
}

func isOf(kind, value any) bool {
	if kinds, several := kind.([]any); several {
		return slices.ContainsFunc(kinds, func(k any) bool { return isOf(k, value) })
	}
	switch x := value.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && x == math.Trunc(x)
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

// The judge of the other tests sees what is wrong.
func TestSchemaSeesWhatIsWrong(t *testing.T) {
	s := schemas{"Load": map[string]any{
		"type": "object", "required": []any{"w"}, "additionalProperties": false,
		"properties": map[string]any{
			"w": map[string]any{"type": "integer", "minimum": 0.0}, "at": map[string]any{"type": "string", "format": "date-time"},
			"list": map[string]any{"type": []any{"array", "null"}, "items": map[string]any{"type": "string", "enum": []any{"a", "b"}, "maxLength": 1.0}, "maxItems": 2.0},
		},
	}}
	f := func(value any, want int) {
		t.Helper()
		if found := s.faults(map[string]any{"$ref": "#/components/schemas/Load"}, value); len(found) != want {
			t.Errorf("%v has the faults %q, want %d", value, found, want)
		}
	}
	f(map[string]any{"w": 1.0, "list": nil}, 0)
	f(map[string]any{"w": 1.0, "list": []any{"a", "b"}, "at": "2026-11-21T00:00:00Z"}, 0)
	f(map[string]any{}, 1)
	f(map[string]any{"w": 1.5}, 1)
	f(map[string]any{"w": -1.0}, 1)
	f(map[string]any{"w": "1"}, 1)
	f(map[string]any{"w": 1.0, "more": 1.0}, 1)
	f(map[string]any{"w": 1.0, "at": "noon"}, 1)
	f(map[string]any{"w": 1.0, "list": []any{"a", "c", 1.0}}, 4) // none of a and b twice, of another type, too many
	f("load", 1)
	if found := s.faults(map[string]any{"oneOf": 1}, 1.0); len(found) != 1 {
		t.Errorf("a word that is not understood is passed over: %v", found)
	}
}
