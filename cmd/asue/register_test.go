package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/exchange"

	"github.com/xuri/excelize/v2"
)

// registerZone is a zone with an empty ledger and three accounts, whose password is
// their name twice.
func registerZone(t *testing.T) (dir, process string) {
	t.Helper()
	dir = t.TempDir()
	site, err := os.ReadFile(conditionsSite)
	if err != nil {
		t.Fatal(err)
	}
	process = filepath.Join(dir, "asue.yaml")
	for name, text := range map[string]string{"site.yaml": string(site), "asue.yaml": "site: site.yaml\ndata: data\nroles: [metering]\nbroker: {url: mqtt://127.0.0.1:1}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o750); err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]string{"a.omarova": "engineer", "t.bekov": "admin", "d.looks": "dispatcher"} {
		if out, code := runAsue(t, name+" "+name+"\n", "user", "add", name, "--role", role, "-c", process, "--password-stdin", "--must-change=false"); code != 0 {
			t.Fatal(out)
		}
	}
	return dir, process
}

// TestRegisterCommand: the register goes out as a table, comes back changed, and is
// signed by a second person; what stands in the ledger then is what everybody reads.
func TestRegisterCommand(t *testing.T) {
	dir, process := registerZone(t)
	f := func(want int, in string, args ...string) string {
		t.Helper()
		out, code := runAsue(t, in, append(append([]string{"register"}, args...), "-c", process)...)
		if code != want {
			t.Fatalf("asue register %v exits with %d:\n%s", args, code, out)
		}
		return out
	}
	says := func(text string, parts ...string) {
		t.Helper()
		for _, p := range parts {
			if !strings.Contains(text, p) {
				t.Errorf("nothing says %q:\n%s", p, text)
			}
		}
	}
	says(f(0, "", "list"), "tu-overreserved", "Overreserved", "3 MW", "2022-01-01", "D-overreserved")

	// Out, and back as it is: nothing is to be done.
	file := filepath.Join(dir, "register.csv")
	f(0, "", "export", file)
	says(f(0, "", "import", file, "--from", "2026-12-01", "--dry-run"), "the register says the same")

	// One less, one more, one that is gone.
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\r\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "ТУ;tu-overreserved;") {
			lines[i] = strings.Replace(line, "3000,000", "2250", 1)
		}
		if rest, ok := strings.CutPrefix(line, "ТУ;tu-unmetered;"); ok {
			lines[i] = "отзыв;tu-unmetered;" + rest
		}
	}
	columns := strings.Count(lines[0], ";")
	row := func(cells ...string) string {
		return strings.Join(cells, ";") + strings.Repeat(";", columns+1-len(cells))
	}
	lines = append(lines, row("ТУ", "tu-new", "Overreserved", "", "f-overreserved", "", "газ", "", "", "500"))
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	order := []string{"import", file, "--from", "2026-12-01", "--document", "Order 7", "--legal-basis", "contract 3.2"}
	says(f(0, "", append(order, "--dry-run")...), "change tu-overreserved of Overreserved, from 2026-12-01, by Order 7\n  firm: 3 MW → 2.25 MW", "issue tu-new", "withdraw tu-unmetered",
		"nothing was recorded: 3 acts would be")
	inZone(t, process, func(ctx context.Context, ledger metering.Ledger) error {
		deeds, err := ledger.Deeds(ctx, 0, 10)
		if len(deeds) > 0 {
			t.Errorf("a dry run has recorded %+v", deeds)
		}
		return err
	})

	// It needs two persons with the role, and the password of the second.
	says(complaint(t, append(append([]string{"register"}, order...), "-c", process)...), "--author is missing")
	f(cli.ExitUsage, "", append(order, "--author", "t.bekov", "--approver", "t.bekov")...)
	refused := func(want string, more ...string) {
		t.Helper()
		args := append(append([]string{"register"}, order...), "-c", process)
		says(complaint(t, append(args, more...)...), want)
	}
	refused("engineers and admins decide", "--author", "d.looks")
	refused("there is no account", "--author", "nobody")
	wrong := filepath.Join(dir, "wrong")
	if err := os.WriteFile(wrong, []byte("t.bekov\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("not the password of t.bekov", "--author", "a.omarova", "--approver", "t.bekov", "--password-file", wrong)
	order = append(order, "--author", "a.omarova", "--approver", "t.bekov", "--password-stdin")
	says(f(0, "t.bekov t.bekov\n", order...), "3 acts are recorded in deed 2")
	says(f(0, "", append(order[:4:4], "--dry-run")...), "the register says the same")

	says(f(0, "", "list", "--at", "2026-12-01"), "2.25 MW", "500 m3/hour gas")
	if now := f(0, "", "list", "--at", "2026-11-30"); strings.Contains(now, "2.25 MW") || !strings.Contains(now, "tu-unmetered") {
		t.Errorf("it holds too early:\n%s", now)
	}
	says(f(0, "", "history", "tu-overreserved"), "2022-01-01  issue at f-overreserved, 3 MW  by D-overreserved  (site file)",
		"2026-12-01  change at f-overreserved, 2.25 MW  by Order 7, contract 3.2", "by a.omarova, signed by t.bekov")
	f(cli.ExitFailed, "", "history", "tu-nothing")

	var view dispatcher.RegisterView
	if err := json.Unmarshal([]byte(f(0, "", "list", "--at", "2026-12-01", "--json")), &view); err != nil {
		t.Fatal(err)
	}
	if n := len(view.History) - len(view.Entries); n != 2 { // the old version, and the one that is gone
		t.Errorf("%d versions of history beside those in force", n)
	}
	inZone(t, process, func(ctx context.Context, ledger metering.Ledger) error {
		deeds, err := ledger.Deeds(ctx, 0, 10)
		if err != nil || len(deeds) != 2 || deeds[1].Kind != "register.act" || deeds[1].Author != "a.omarova" || deeds[1].Approver != "t.bekov" {
			t.Errorf("%+v, %v", deeds, err)
		}
		records, err := ledger.Audit(ctx, metering.AuditQuery{Kind: "capacity.register.act", Limit: 10})
		if err != nil || len(records) != 1 || !strings.HasPrefix(records[0].Actor, "os:") || !strings.Contains(records[0].Text, "signed by t.bekov") {
			t.Errorf("%+v, %v", records, err)
		}
		return err
	})
}

// TestRegisterDraft: without an approver the acts wait.
func TestRegisterDraft(t *testing.T) {
	dir, process := registerZone(t)
	file := filepath.Join(dir, "register.csv")
	if err := os.WriteFile(file, []byte("condition,resident,\"firm, kW\"\ntu-idle,idle,1000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code := runAsue(t, "", "register", "import", file, "-c", process, "--from", "2026-12-01", "--document", "Order 7", "--legal-basis", "b", "--author", "a.omarova")
	if code != 0 || !regexp.MustCompile(`draft D-1 of 1 acts waits`).MatchString(out) {
		t.Fatalf("%d: %s", code, out)
	}
	if out, _ := runAsue(t, "", "register", "list", "-c", process, "--at", "2027-01-01"); !strings.Contains(out, "2 MW") || strings.Contains(out, "Order 7") {
		t.Errorf("a draft is in force:\n%s", out)
	}
}

// TestRegisterFaults: all faults of a file at once, with their cells; nothing is recorded.
func TestRegisterFaults(t *testing.T) {
	dir, process := registerZone(t)
	file := filepath.Join(dir, "register.csv")
	text := "condition;resident;node;firm, kW;from\ntu-idle;nobody;f-idle;1000;\ntu-spiky;spiky;f-spiky;много;soon\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code := runAsue(t, "", "register", "import", file, "-c", process, "--dry-run")
	for _, want := range []string{"row 2, column B: \"nobody\"", "row 3, column D", "row 3, column E: \"soon\""} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing says %q:\n%s", want, out)
		}
	}
	if code != cli.ExitUsage {
		t.Errorf("exit code %d", code)
	}
	// Less than the armour: the register refuses it, at its row.
	if err := os.WriteFile(file, []byte("condition;resident;firm, kW\ntu-spiky;spiky;1400\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := runAsue(t, "", "register", "import", file, "-c", process, "--from", "2026-12-01", "--document", "O", "--legal-basis", "b", "--dry-run"); code != cli.ExitUsage || !strings.Contains(out, "row 2: from 2026-12-01 on an armour of 1.5 MW stands above firm power of 1.4 MW") {
		t.Errorf("%d: %s", code, out)
	}
	// More than the books have: the office refuses it.
	if err := os.WriteFile(file, []byte("condition;resident;firm, kW\ntu-spiky;spiky;90000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := runAsue(t, "", "register", "import", file, "-c", process, "--from", "2026-12-01", "--document", "O", "--legal-basis", "b", "--dry-run"); code != cli.ExitFailed || !strings.Contains(out, "refused: ") {
		t.Errorf("%d: %s", code, out)
	}
}

// TestRegisterExport: Excel's file in every language has its headings, and comes back.
func TestRegisterExport(t *testing.T) {
	dir, process := registerZone(t)
	for lang, heading := range map[exchange.Lang]string{exchange.Russian: "Номер ТУ", exchange.Kazakh: "ТШ нөмірі", exchange.English: "Condition"} {
		file := filepath.Join(dir, string(lang)+".xlsx")
		if out, code := runAsue(t, "", "register", "export", file, "-c", process, "--lang", string(lang), "--at", "2026-07-01"); code != 0 {
			t.Fatal(out)
		}
		book, err := excelize.OpenFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := book.GetCellValue(book.GetSheetList()[0], "B1"); got != heading || err != nil {
			t.Errorf("%s: B1 is %q, %v", lang, got, err)
		}
		if out, code := runAsue(t, "", "register", "import", file, "-c", process, "--from", time.Now().Format(time.DateOnly), "--dry-run"); code != 0 || !strings.Contains(out, "the register says the same") {
			t.Errorf("%s: %d: %s", lang, code, out)
		}
	}
	if out, code := runAsue(t, "", "register", "export", "register.pdf", "-c", process); code != cli.ExitUsage {
		t.Errorf("%d: %s", code, out)
	}
}
