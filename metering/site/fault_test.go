package site_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"asue/metering/site"
)

func TestFaultsAsAnError(t *testing.T) {
	fault := func(s site.Severity, line int) site.Fault {
		return site.Fault{File: "site.yaml", Line: line, Column: 3, Path: "nodes[1].limit", Severity: s, Code: "bad-unit",
			What: "power is odd", Why: "because", Remedy: "change it", Snippet: "  limit: 4", Caret: 3}
	}
	f := func(faults site.Faults, want string) {
		t.Helper()
		err := faults.Err()
		if got := fmt.Sprint(err); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		var as site.Faults
		if err != nil && (!errors.As(fmt.Errorf("read: %w", err), &as) || len(as) != len(faults)) {
			t.Error("the list does not come out of the error again")
		}
	}
	first := "site.yaml:7:3: error: nodes[1].limit: power is odd"
	f(nil, "<nil>")
	f(site.Faults{fault(site.Info, 1), fault(site.Warning, 2)}, "<nil>")
	f(site.Faults{fault(site.Warning, 2), fault(site.Error, 7)}, first)
	f(site.Faults{fault(site.Error, 7), fault(site.Error, 8), fault(site.Error, 9)}, first+" (and 2 more errors)")

	text, err := json.Marshal(fault(site.Error, 7))
	if err != nil || !strings.Contains(string(text), `"Path":"nodes[1].limit"`) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestSnippetOfALongLine shows the piece of a long line around the place, with
// the caret under its character.
func TestSnippetOfALongLine(t *testing.T) {
	long := strings.Replace(good(t), "name: Feeder 1", "name: "+strings.Repeat("Фидер ", 100)+"1", 1)
	long = strings.Replace(long, "limit: 4 MW", "limit: 4 MVA", 1)
	_, faults := site.Parse("site.yaml", []byte(long), models)
	if len(faults) != 1 {
		t.Fatal(faults.String())
	}
	f := faults[0]
	if got := string([]rune(f.Snippet)[f.Caret-1:]); len([]rune(f.Snippet)) > 120 || !strings.HasPrefix(got, "4 MVA}") {
		t.Errorf("the caret stands before %q in %q", got, f.Snippet)
	}
}
