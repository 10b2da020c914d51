package main

import (
	"context"
	"testing"

	"asue/cmd/internal/cli"
)

func TestWrongUseIsExitCode2(t *testing.T) {
	for _, args := range [][]string{
		{"frobnicate"}, {"demo", "--nonsense"}, {"demo", "--speed", "0"}, {"demo", "--days", "-1"}, {"demo", "extra"},
		{"run"}, {"run", "-c", "testdata/there-is-no-such-file.yaml"}, {"run", "--clock", "noon", "-c", "x"},
		{"check"}, {"check", "testdata/there-is-no-such-file.yaml"}, {"store"}, {"probe"}, {"version", "now"},
		{"simulator", "--speed", "1e9"}, {"simulator", "--origin", "yesterday"}, {"demo", "--log-level", "loud"},
	} {
		if got := execute(context.Background(), args); got != cli.ExitUsage {
			t.Errorf("asue %v exits with %d, want %d", args, got, cli.ExitUsage)
		}
	}
}

func TestHelpAndVersionSucceed(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"demo", "--help"}, {"version"}, {"version", "--json"}, {"probe", "--models"}} {
		if got := execute(context.Background(), args); got != 0 {
			t.Errorf("asue %v exits with %d", args, got)
		}
	}
}
