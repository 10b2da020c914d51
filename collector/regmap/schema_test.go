package regmap_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"asue/collector/regmap"
)

// The committed schema is the one that the program gives.
func TestSchemaFile(t *testing.T) {
	const file = "model.schema.json"
	if *rewrite {
		if err := os.WriteFile(file, regmap.Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(regmap.Schema())); diff != "" {
		t.Errorf("%s is old (renew it with -rewrite): %s", file, diff)
	}
}

// Every key that a model file may have is in the schema, with its description, and
// the files that use each key once have no other.
func TestSchemaKnowsEveryKey(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(regmap.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	var known, used []string
	collectSchema("", schema, &known)
	for _, text := range []string{everything, sunSpecEverything} {
		var file any
		if err := yaml.Unmarshal([]byte(text), &file); err != nil {
			t.Fatal(err)
		}
		collectFile("", file, &used)
	}
	seen := map[string]bool{}
	for _, k := range used {
		seen[k] = true
	}
	for _, k := range known {
		if !seen[k] {
			t.Errorf("no test file has %s", k)
		}
		delete(seen, k)
	}
	for k := range seen {
		t.Errorf("the schema lacks %s", k)
	}
}

func collectSchema(path string, node map[string]any, keys *[]string) {
	if items, ok := node["items"].(map[string]any); ok {
		collectSchema(path, items, keys)
	}
	properties, _ := node["properties"].(map[string]any)
	for k, p := range properties {
		*keys = append(*keys, path+"."+k)
		collectSchema(path+"."+k, p.(map[string]any), keys)
	}
}

func collectFile(path string, node any, keys *[]string) {
	switch n := node.(type) {
	case []any:
		for _, v := range n {
			collectFile(path, v, keys)
		}
	case map[string]any:
		for k, v := range n {
			*keys = append(*keys, path+"."+k)
			if k != "not_available" { // its keys are types
				collectFile(path+"."+k, v, keys)
			}
		}
	}
}
