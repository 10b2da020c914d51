package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestPageInBrowser drives the page of a running demo in Chromium. The demo runs
// ten times as fast, so that a peak needs a minute instead of ten.
func TestPageInBrowser(t *testing.T) {
	url, _ := startDemo(t, "--speed", "10", "--days", "2")
	web, err := filepath.Abs("../../../dashboards/dispatcher/web")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "e2e/run.mjs")
	cmd.Dir = web
	shot := filepath.Join(t.TempDir(), "page.png")
	if kept := os.Getenv("ASUE_SCREENSHOT"); kept != "" {
		shot = kept
	}
	cmd.Env = append(os.Environ(), "ASUE_URL="+url, "ASUE_E2E_WAIT=240", "ASUE_SCREENSHOT="+shot)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("the page's stories failed: %v (run `make setup` if a tool is missing)", err)
	}
	if info, err := os.Stat(shot); err != nil || info.Size() < 10_000 {
		t.Errorf("screenshot: %v", err)
	}
}

// startDemo starts asue demo on free ports and waits until it is live.
func startDemo(t *testing.T, args ...string) (url, broker string) {
	t.Helper()
	http, mqtt := freePort(t), freePort(t)
	url, broker = fmt.Sprintf("http://127.0.0.1:%d", http), fmt.Sprintf("127.0.0.1:%d", mqtt)
	start(t, "demo", program, append([]string{
		"demo", "--http", fmt.Sprintf("127.0.0.1:%d", http), "--broker", broker, "--data", t.TempDir(),
	}, args...)...)
	eventually(t, "live numbers on the page", 30*time.Second, func() bool {
		var overview struct {
			PowerW *int64 `json:"power_w"`
		}
		return tryJSON(url+"/api/v1/overview", &overview) == nil && overview.PowerW != nil
	})
	return url, broker
}
