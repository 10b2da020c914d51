package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/exchange"
)

// zoneFolder has the example's files and an empty data folder; its process file
// comes back.
func zoneFolder(t *testing.T) (process string) {
	t.Helper()
	dir, _ := writeZone(t)
	cfg, err := readConfig(filepath.Join(dir, "asue.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(cfg.Data, 0o750); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "asue.yaml")
}

// asue runs a command line of these commands and returns what it printed.
func asue(t *testing.T, want int, args ...string) string {
	t.Helper()
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	if got := cli.Execute(context.Background(), root, args); got != want {
		t.Fatalf("asue %v exits with %d, want %d:\n%s", args, got, want, out.String())
	}
	return out.String()
}

func writeText(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// inLedger reads the current versions of a point's A+ on the last day of January.
func inLedger(t *testing.T, process string, point metering.PointID) []metering.Interval {
	t.Helper()
	cfg, err := readConfig(process)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := openLedger(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	from := time.Date(2026, 1, 30, 19, 0, 0, 0, time.UTC)
	list, err := ledger.Intervals(context.Background(), metering.IntervalQuery{Points: []metering.PointID{point}, Channels: []metering.Channel{metering.ChannelActiveImport}, From: from, To: from.Add(24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// examplePoints are two points of the example zone.
func examplePoints(t *testing.T, process string) (a, b metering.PointID) {
	t.Helper()
	_, plant, _, err := readZone(process)
	if err != nil {
		t.Fatal(err)
	}
	var list []metering.PointID
	for _, p := range plant.Points {
		if p.MediumOf() == metering.Electricity {
			list = append(list, p.ID)
		}
	}
	return list[0], list[1]
}

// TestImportStory: a file comes in, comes in again, is corrected, and every step
// says what it does.
func TestImportStory(t *testing.T) {
	process := zoneFolder(t)
	a, b := examplePoints(t, process)
	file := writeText(t, "january.csv", fmt.Sprintf("точка;канал;начало;конец;кВт·ч\n%s;A+;31.01.2026 00:00;31.01.2026 00:15;12,5\n%s;A+;31.01.2026 00:15;31.01.2026 00:30;13\n%s;A+;31.01.2026 00:00;31.01.2026 00:15;1\n", a, a, b))

	said := asue(t, 0, "import", "intervals", file, "-c", process, "--dry-run")
	if !strings.Contains(said, "new: 3") || !strings.Contains(said, "nothing was written") || len(inLedger(t, process, a)) != 0 {
		t.Fatalf("a dry run says\n%s", said)
	}
	asue(t, 0, "import", "intervals", file, "-c", process)
	if list := inLedger(t, process, a); len(list) != 2 || list[0].Energy != 12_500 || list[0].Grade != metering.Actual || list[0].Method != metering.MethodImported || list[0].Reason != "imported from january.csv" {
		t.Fatalf("the ledger has %+v", list)
	}
	said = asue(t, 0, "import", "intervals", file, "-c", process)
	if !strings.Contains(said, "the same: 3") || inLedger(t, process, a)[0].Version != 1 {
		t.Fatalf("the second time says\n%s", said)
	}

	corrected := writeText(t, "corrected.csv", fmt.Sprintf("точка;канал;начало;конец;кВт·ч\n%s;A+;31.01.2026 00:00;31.01.2026 00:15;12,6\n%s;A+;31.01.2026 00:30;31.01.2026 00:45;14\n", a, a))
	said = asue(t, cli.ExitFailed, "import", "intervals", corrected, "-c", process)
	if !strings.Contains(said, "the file says 12600 Wh (A, row 2, column E), the ledger 12500 Wh (A, imported)") || len(inLedger(t, process, a)) != 2 {
		t.Fatalf("a difference is told as\n%s", said)
	}
	replace := []string{"import", "intervals", corrected, "-c", process, "--replace", "--author", "Ахметова А. К.", "--reason", "profile read on site", "--document", "акт 17", "--json"}
	var reports []importReport
	if err := json.Unmarshal([]byte(asue(t, 0, replace...)), &reports); err != nil || len(reports) != 1 || reports[0].Outcome != importDone || reports[0].Act == "" || reports[0].Differing != 1 || reports[0].New != 1 {
		t.Fatalf("%v %+v", err, reports)
	}
	list := inLedger(t, process, a)
	if len(list) != 3 || list[0].Version != 2 || list[0].Energy != 12_600 || list[0].Grade != metering.Substitute || list[0].Flags&metering.FlagManual == 0 {
		t.Fatalf("the ledger has %+v", list)
	}
	// What a person has set stays, and the file says nothing else any more.
	if said := asue(t, 0, "import", "intervals", corrected, "-c", process); !strings.Contains(said, "the same: 2") {
		t.Fatalf("after the act:\n%s", said)
	}
}

// TestFaultyFilesChangeNothing: not even their good lines, nor other files'.
func TestFaultyFilesChangeNothing(t *testing.T) {
	process := zoneFolder(t)
	a, b := examplePoints(t, process)
	bad := writeText(t, "bad.csv", fmt.Sprintf("point,start,end,kWh\n%s,2026-01-31T00:00,2026-01-31T00:15,1\n%s,2026-01-31T00:15,2026-01-31T00:30,one\n", a, a))
	good := writeText(t, "good.csv", fmt.Sprintf("point,start,end,kWh\n%s,2026-01-31T00:00,2026-01-31T00:15,1\n", b))
	said := asue(t, cli.ExitUsage, "import", "intervals", bad, good, filepath.Join(t.TempDir(), "none.csv"), "-c", process)
	for _, want := range []string{"1 fault: nothing was written", `row 3, column D: "one" is no number`, "no such file", "good.csv: 1 interval "} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	if len(inLedger(t, process, a)) != 0 || len(inLedger(t, process, b)) != 1 {
		t.Errorf("the ledger has %v, %v", inLedger(t, process, a), inLedger(t, process, b))
	}
}

func TestImportWrongUse(t *testing.T) {
	process := zoneFolder(t)
	file := writeText(t, "x.csv", "point,start,end,kWh\n")
	for _, args := range [][]string{
		{}, {file}, {file, "-c", process, "--label", "middle"}, {file, "-c", process, "--zone", "Mars/Olympus"}, {file, "-c", process, "--point", "nobody"},
		{file, "-c", process, "--channel", "B+"}, {file, "-c", process, "--replace"}, {file, "-c", process, "--author", "x"}, {file, "-c", process, "--codes", file + ".none"}, {file, "-c", process + ".none"},
	} {
		asue(t, cli.ExitUsage, append([]string{"import", "intervals"}, args...)...)
	}
	asue(t, cli.ExitUsage, "import", "everything")
	asue(t, cli.ExitUsage, "export", "everything")
	asue(t, cli.ExitUsage, "import", "receipt")
	asue(t, 0, "import")
	asue(t, 0, "export")
}

func TestReceipt(t *testing.T) {
	accepted := writeText(t, "ok.xml", `<message class="80021" number="5"><sender><inn>77</inn></sender><reply status="0" number="1">fine</reply></message>`)
	refused := writeText(t, "no.xml", `<message class="80021" number="6"><reply status="2"/></message>`)
	if said := asue(t, 0, "import", "receipt", accepted); !strings.Contains(said, "receipt 5 of 77: accepted fine") {
		t.Error(said)
	}
	if said := asue(t, cli.ExitFailed, "import", "receipt", accepted, refused); !strings.Contains(said, "refused: unknown channels") {
		t.Error(said)
	}
	asue(t, cli.ExitFailed, "import", "receipt", writeText(t, "x.xml", "<a/>"))
}

// TestInterruptedImportLeavesNothing: Ctrl-C while a file is read.
func TestInterruptedImportLeavesNothing(t *testing.T) {
	process := zoneFolder(t)
	a, _ := examplePoints(t, process)
	var src strings.Builder
	src.WriteString("point,start,end,kWh\n")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 5000 {
		fmt.Fprintf(&src, "%s,%s,%s,1\n", a, at.Format(time.RFC3339), at.Add(metering.BasePeriod).Format(time.RFC3339))
		at = at.Add(metering.BasePeriod)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	o := importOptions{config: process}
	err := o.run(ctx, []string{writeText(t, "long.csv", src.String())}, &strings.Builder{}, os.Stderr)
	if err == nil || len(inLedger(t, process, a)) != 0 {
		t.Errorf("%v", err)
	}
}

// TestPlanTakesWhatTheLedgerLacks: an interval without an energy is filled, one
// with another energy is told.
func TestPlanTakesWhatTheLedgerLacks(t *testing.T) {
	iv := metering.Interval{Point: "F-1", Channel: 1, Energy: 5, Grade: metering.Actual}
	for want, current := range map[exchange.Verdict]metering.Interval{
		exchange.New:     {},
		exchange.Filled:  {Version: 1, Grade: metering.Null},
		exchange.Same:    {Version: 3, Energy: 5, Grade: metering.Actual, Method: metering.MethodRegister},
		exchange.Differs: {Version: 1, Energy: 5, Grade: metering.Estimated},
	} {
		if got := exchange.Judge(iv, current); got != want {
			t.Errorf("%+v: %v, want %v", current, got, want)
		}
	}
	for _, c := range []struct {
		current metering.Interval
		want    exchange.Verdict
	}{
		{metering.Interval{Version: 1, Grade: metering.Null, Flags: metering.FlagManual}, exchange.Differs},
		{metering.Interval{Version: 1, Energy: 6, Grade: metering.Actual}, exchange.Differs},
		{metering.Interval{Version: 1, Energy: 5, Grade: metering.Substitute, Flags: metering.FlagManual}, exchange.Same},
	} {
		if got := exchange.Judge(iv, c.current); got != c.want {
			t.Errorf("%+v: %v, want %v", c.current, got, c.want)
		}
	}
}
