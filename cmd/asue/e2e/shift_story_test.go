package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestShiftStoryInBrowser is a dispatcher's shift against the whole system: taken over, morning
// peak, acknowledged, selected, executed and seen, Каратагай lost and back, handed over by
// two signatures, all of it in the log; and nothing of it can have been changed. Time goes
// twice as fast: a proposal then waits half a minute for a person.
func TestShiftStoryInBrowser(t *testing.T) {
	data, listen, broker := t.TempDir(), fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	demo := start(t, "demo", program, "demo", "--akzhar", "--speed", "2", "--days", "1", "--year=false", "--http", listen, "--broker", broker, "--data", data)
	url := "http://" + listen
	eventually(t, "live numbers on the page", 60*time.Second, func() bool {
		var overview struct {
			PowerW *int64 `json:"power_w"`
		}
		return tryJSON(url+"/api/v1/overview", &overview) == nil && overview.PowerW != nil
	})
	const password = "смена за сменой"
	var persons []string
	for _, name := range []string{"first", "second"} {
		cmd := exec.Command(program, "user", "add", name, "--role", "dispatcher", "--data", data, "--password-stdin", "--must-change=false")
		cmd.Stdin = strings.NewReader(password + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("asue user add %s: %v\n%s", name, err, out)
		}
		persons = append(persons, name+":"+password)
	}
	shots := t.TempDir()
	if kept := os.Getenv("ASUE_SCREENSHOTS"); kept != "" {
		shots = kept
	}
	browse(t, "shift-story.mjs", "ASUE_URL="+url, "ASUE_SHIFT="+strings.Join(persons, ","), "ASUE_E2E_WAIT=180", "ASUE_SCREENSHOTS="+shots)
	if code := demo.stop(time.Minute); code != 0 {
		t.Errorf("the demo ended with %d", code)
	}
	if out, errs, code := run(t, "verify", "--data", data); code != 0 {
		t.Errorf("asue verify: exit code %d\n%s%s", code, out, errs)
	}
}
