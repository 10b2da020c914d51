package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPageInBrowser drives the page of a running demo in Chromium. The demo runs
// ten times as fast, so that a peak needs a minute instead of ten.
func TestPageInBrowser(t *testing.T) {
	data := t.TempDir()
	url, _ := startDemo(t, "--speed", "10", "--days", "2", "--data", data)
	shot := filepath.Join(t.TempDir(), "page.png")
	if kept := os.Getenv("ASUE_SCREENSHOT"); kept != "" {
		shot = kept
	}
	browse(t, "run.mjs", "ASUE_URL="+url, "ASUE_DATA="+data, "ASUE_PROGRAM="+program, "ASUE_E2E_WAIT=240", "ASUE_SCREENSHOT="+shot)
	if info, err := os.Stat(shot); err != nil || info.Size() < 10_000 {
		t.Errorf("screenshot: %v", err)
	}
}

// TestMeteringInBrowser drives the views of metering over a ledger that was
// prepared: a day with every grade, missing days, findings, balances, gas.
func TestMeteringInBrowser(t *testing.T) { browseInvented(t, "metering.mjs") }

// TestControlInBrowser drives the view of control: persons sign in, order and
// approve over a balancer that proposes, obeys, refuses and falls silent.
func TestControlInBrowser(t *testing.T) { browseInvented(t, "control.mjs") }

// TestNetworkInBrowser drives the diagram, suppositions beside it and the badge of
// readiness over a network whose lines are lost and whose states grow old.
func TestNetworkInBrowser(t *testing.T) { browseInvented(t, "network.mjs") }

// TestCapacityInBrowser drives the view of technical conditions over an office that has
// every class and a case at every stage, which two persons carry to their end.
func TestCapacityInBrowser(t *testing.T) { browseInvented(t, "capacity.mjs") }

// TestCapacityOfTheDemo carries the case of one resident of a running demo through the
// page, in the hands of two engineers: from what was found in a year of intervals to a
// changed limit in the balancer, kilowatts in the pool and a printed act.
func TestCapacityOfTheDemo(t *testing.T) {
	const password = "за двумя подписями\n"
	data := t.TempDir()
	url, _ := startDemo(t, "--year=true", "--speed", "5", "--days", "2", "--data", data)
	for _, name := range []string{"writer", "signer"} {
		cmd := exec.Command(program, "user", "add", name, "--role", "engineer", "--data", data, "--password-stdin", "--must-change=false")
		cmd.Stdin = strings.NewReader(password)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("asue user add %s: %v\n%s", name, err, out)
		}
	}
	shots := t.TempDir()
	if kept := os.Getenv("ASUE_SCREENSHOTS"); kept != "" {
		shots = kept
	}
	browse(t, "capacity-demo.mjs", "ASUE_URL="+url, "ASUE_ENGINEERS=writer,signer", "ASUE_PASSWORD="+strings.TrimSpace(password), "ASUE_E2E_WAIT=240", "ASUE_SCREENSHOTS="+shots)
}

// TestAlarmsInBrowser drives the view and the bar of alarms: acknowledged while active, put
// aside with why, out of service, a shift that begins, the horn, figures and history.
func TestAlarmsInBrowser(t *testing.T) { browseInvented(t, "alarms.mjs") }

// TestLogInBrowser drives the operator's log: entries by template, a correction, one stream
// with alarms, and the shift handed over by two signatures at one screen.
func TestLogInBrowser(t *testing.T) { browseInvented(t, "log.mjs") }

// TestReportsInBrowser drives the view of reports: which one, of when, in which language,
// to print and to take along.
func TestReportsInBrowser(t *testing.T) { browseInvented(t, "reports.mjs") }

// TestManyWindowsInBrowser opens more windows than HTTP/1.1 allows connections.
func TestManyWindowsInBrowser(t *testing.T) { browseInvented(t, "tabs.mjs") }

// TestOwnPageInBrowser drives the page of a resident: a token behind # or in the form, one
// that is revoked, a silent server, a file to take along, three languages on a phone.
func TestOwnPageInBrowser(t *testing.T) { browseInvented(t, "own.mjs") }

// TestShiftInBrowser drives the page of the shift and what stands around every view: the
// eight pages, the keys, the strip of alarms that holds still, three languages, a phone.
func TestShiftInBrowser(t *testing.T) { browseInvented(t, "shift.mjs") }

// TestKioskInBrowser drives a wall screen where nobody may look without signing in: it
// comes in by its key, asks nobody for anything, and is shut when its key is replaced.
func TestKioskInBrowser(t *testing.T) { browseInvented(t, "kiosk.mjs", "-shut") }

// TestSystemInBrowser drives the view of the system: the meter that is silent, lines and
// stores, what was changed in the site file since the start, an account that is locked.
func TestSystemInBrowser(t *testing.T) { browseInvented(t, "system.mjs") }

// TestResidentsInBrowser drives the list of residents and the page of one resident.
func TestResidentsInBrowser(t *testing.T) { browseInvented(t, "residents.mjs") }

// browseInvented runs browser stories over the invented zone; args are its server's.
// They run two at a time: most of their time they wait for what a person would see.
func browseInvented(t *testing.T, stories string, args ...string) {
	t.Helper()
	t.Parallel()
	server := filepath.Join(t.TempDir(), "devserver")
	if out, err := exec.Command("go", "build", "-o", server, "asue/dashboards/dispatcher/internal/devserver").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	listen := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	start(t, "devserver", server, append([]string{"-listen", listen}, args...)...).await("http://"+listen, 30*time.Second)
	shots := t.TempDir()
	if kept := os.Getenv("ASUE_SCREENSHOTS"); kept != "" {
		shots = kept
	}
	browse(t, stories, "ASUE_URL=http://"+listen, "ASUE_E2E_WAIT=60", "ASUE_SCREENSHOTS="+shots)
}

// browse runs browser stories of the page and fails the test with them.
func browse(t *testing.T, stories string, env ...string) {
	t.Helper()
	web, err := filepath.Abs("../../../dashboards/dispatcher/web")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "e2e/"+stories)
	cmd.Dir = web
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("the page's stories failed: %v (run `make setup` if a tool is missing)", err)
	}
}

// startDemo starts asue demo on free ports, without its year, and waits until it is live.
func startDemo(t *testing.T, args ...string) (url, broker string) {
	t.Helper()
	http, mqtt := freePort(t), freePort(t)
	url, broker = fmt.Sprintf("http://127.0.0.1:%d", http), fmt.Sprintf("127.0.0.1:%d", mqtt)
	start(t, "demo", program, append([]string{
		"demo", "--http", fmt.Sprintf("127.0.0.1:%d", http), "--broker", broker, "--data", t.TempDir(), "--year=false",
	}, args...)...)
	eventually(t, "live numbers on the page", 30*time.Second, func() bool {
		var overview struct {
			PowerW *int64 `json:"power_w"`
		}
		return tryJSON(url+"/api/v1/overview", &overview) == nil && overview.PowerW != nil
	})
	return url, broker
}
