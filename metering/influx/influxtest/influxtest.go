// Package influxtest starts a real InfluxDB 1.8 for a test: the program that
// .ci/influxdb has built, with data of its own, on 127.0.0.1.
//
// The package must not know what is written or asked.
package influxtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Database is the database that Start makes.
const Database = "asue"

// patience is how long a start may take on a busy machine.
const patience = 2 * time.Minute

// Server is a running InfluxDB. Its methods may be called from any goroutine.
type Server struct {
	URL string // http://127.0.0.1:port
}

// Start starts a server that ends with the test. Without the program the test fails.
func Start(t testing.TB) *Server {
	t.Helper()
	program, err := find()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	address := freeAddress(t)
	config := filepath.Join(dir, "influxdb.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, settings, freeAddress(t), dir, address), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(program, "run", "-config", config)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	s := &Server{URL: "http://" + address}
	for deadline := time.Now().Add(patience); ; {
		if answer, err := http.Get(s.URL + "/ping"); err == nil {
			_ = answer.Body.Close()
			break
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("influxd has ended: %v\n%s", err, said.String())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("influxd does not answer within %v", patience)
		}
	}
	if _, err := s.Ask(`CREATE DATABASE "` + Database + `"`); err != nil {
		t.Fatal(err)
	}
	return s
}

// settings let it say nothing to anybody and keep everything in one folder.
const settings = `reporting-disabled = true
bind-address = "%s"
[meta]
  dir = "%[2]s/meta"
[data]
  dir = "%[2]s/data"
  wal-dir = "%[2]s/wal"
  index-version = "inmem"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "%[3]s"
  log-enabled = false
[logging]
  level = "error"
  suppress-logo = true
`

func find() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the test")
		}
		dir = up
	}
	program := filepath.Join(dir, ".cache/bin/influxd")
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("%w: run make setup, or .ci/influxdb", err)
	}
	return program, nil
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Series is one series of an answer: columns of each row, "time" in milliseconds first.
type Series struct {
	Name    string
	Tags    map[string]string
	Columns []string
	Values  [][]any
}

// Ask puts an InfluxQL question and returns the series of its answer.
func (s *Server) Ask(query string) ([]Series, error) {
	answer, err := http.PostForm(s.URL+"/query", url.Values{"db": {Database}, "epoch": {"ms"}, "q": {query}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	var said struct {
		Error   string
		Results []struct {
			Error  string
			Series []Series
		}
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	if said.Error != "" {
		return nil, errors.New(said.Error)
	}
	var all []Series
	for _, r := range said.Results {
		if r.Error != "" {
			return nil, errors.New(r.Error)
		}
		all = append(all, r.Series...)
	}
	return all, nil
}
