package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/guard"
	"asue/metering"
)

func TestWrongUse(t *testing.T) {
	dir := t.TempDir()
	collector := filepath.Join(dir, "asue.yaml")
	if err := os.WriteFile(collector, []byte("roles: [balancer]\nsite: ''\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{}, {"-c", filepath.Join(dir, "none.yaml")}, {"-c", collector}, {"status", "x"}, {"--clock", "noon", "-c", collector}} {
		if code := cli.Execute(context.Background(), newRoot(), args); code != cli.ExitUsage {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
	var help bytes.Buffer
	root := newRoot()
	root.SetOut(&help)
	if code := cli.Execute(context.Background(), root, []string{"--help"}); code != 0 || !strings.Contains(help.String(), "asue-agent status") {
		t.Errorf("help: %d, %s", code, help.String())
	}
}

func TestStatus(t *testing.T) {
	limit, open := 600*metering.Kilowatt, false
	view := guard.View{Agent: "agent-1", Connected: true, Silence: 2.4, Term: 3, Trouble: "no space left", Actuators: []guard.ActuatorView{
		{ID: "SP-1", Kind: "setpoint", Readable: true, Now: "at most 600 kW", Limit: &limit, Guarding: metering.GuardNormal, Command: "c-17", Left: 840.2,
			Band: &guard.Band{Least: 200 * metering.Kilowatt, Most: 1500 * metering.Kilowatt, FailSafe: 800 * metering.Kilowatt}},
		{ID: "R-3", Kind: "relay", Readable: true, Now: "open", Closed: &open, Guarding: metering.GuardAlarm, Text: "its lease is over\x1b[2J"},
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/agent" {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(view) // a test's own client
	}))
	defer server.Close()
	var out bytes.Buffer
	if err := status(context.Background(), &out, server.URL+"/", false); err != nil {
		t.Fatal(err)
	}
	want := `agent agent-1  connected  term 3  balancer heard 2s ago
no command is carried out: no space left
ACTUATOR  KIND      NOW     GUARDING  COMMAND  LEFT   BAND                             
SP-1      setpoint  600 kW  -         c-17     14m0s  200 kW…1.5 MW, fail-safe 800 kW  
R-3       relay     open    alarm                                                      its lease is over�[2J
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	if err := status(context.Background(), &out, server.URL, true); err != nil || !json.Valid(out.Bytes()) {
		t.Errorf("%s, %v", out.String(), err)
	}
	for _, base := range []string{"http://127.0.0.1:1", server.URL + "/other", "::"} {
		if err := status(context.Background(), &out, base, false); err == nil || !strings.Contains(err.Error(), base) && !strings.Contains(err.Error(), "--url") {
			t.Errorf("%s: %v", base, err)
		}
	}
}
