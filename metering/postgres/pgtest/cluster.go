//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a server with its own data. Its methods may be called by one
// goroutine at a time, Database by any.
type Cluster struct {
	Password string // of the user "asue", who may do everything

	dir      string
	port     int
	settings []string
	account  *account
	process  *exec.Cmd
	ended    chan struct{} // closed when the process is gone
	log      *tail
	count    atomic.Int64
}

// startTime is how long making or starting a cluster may take on a busy machine.
const startTime = 2 * time.Minute

// Start makes a cluster and starts it. settings are of the kind "fsync=on"; by
// default nothing waits for the disk.
func Start(settings ...string) (*Cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	c := &Cluster{Password: rand.Text(), settings: settings}
	if c.account, err = unprivileged(); err != nil {
		return nil, err
	}
	if c.dir, err = os.MkdirTemp("", "asue-pg-"); err != nil {
		return nil, err
	}
	if err := c.initialize(bin); err != nil {
		return nil, errors.Join(err, c.Remove())
	}
	if err := c.Resume(); err != nil {
		return nil, errors.Join(err, c.Remove())
	}
	return c, nil
}

// programs is the newest folder of the server's programs.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if path, err := exec.LookPath("postgres"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed: run make setup, or install the package postgresql")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func (c *Cluster) initialize(bin string) error {
	secret := filepath.Join(c.dir, "password")
	if err := os.WriteFile(secret, []byte(c.Password+"\n"), 0o600); err != nil {
		return err
	}
	if err := c.account.own(c.dir, secret); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", c.data(), "-U", "asue", "--pwfile", secret,
		"-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync")
	c.account.dress(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Resume starts the server after Stop or Crash, where it was: same port, same
// data.
func (c *Cluster) Resume() error {
	bin, err := programs()
	if err != nil {
		return err
	}
	for range 5 { // somebody else may take the port that was free a moment ago
		port := c.port
		if port == 0 {
			if port, err = freePort(); err != nil {
				return err
			}
		}
		if err = c.run(bin, port); err == nil {
			c.port = port
			return nil
		}
	}
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (c *Cluster) run(bin string, port int) error {
	args := []string{"-D", c.data(), "-p", strconv.Itoa(port)}
	base := []string{"listen_addresses=127.0.0.1", "unix_socket_directories=" + c.dir, "lc_messages=C", "logging_collector=off", "fsync=off", "full_page_writes=off", "max_connections=100"}
	for _, s := range append(base, c.settings...) {
		args = append(args, "-c", s)
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	c.account.dress(cmd)
	logs, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	c.log, c.ended = &tail{}, make(chan struct{})
	if err := startBound(cmd); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	c.process = cmd
	ready := make(chan struct{})
	go func() {
		defer close(c.ended)
		c.log.follow(logs, ready)
		_ = cmd.Wait()
	}()
	select {
	case <-ready:
		return nil
	case <-c.ended:
		return fmt.Errorf("postgres ended: %s", c.log)
	case <-time.After(startTime):
		return errors.Join(fmt.Errorf("postgres is not ready after %v: %s", startTime, c.log), c.Crash())
	}
}

// tail keeps the last lines of the server's log.
type tail struct{ lines []string }

func (t *tail) follow(r io.Reader, ready chan struct{}) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if t.lines = append(t.lines, lines.Text()); len(t.lines) > 30 {
			t.lines = t.lines[1:]
		}
		if strings.Contains(lines.Text(), "ready to accept connections") && ready != nil {
			close(ready)
			ready = nil
		}
	}
}

func (t *tail) String() string { return strings.Join(t.lines, "\n") }

// Address is host and port.
func (c *Cluster) Address() string { return fmt.Sprintf("127.0.0.1:%d", c.port) }

// DSN names a database of the cluster.
func (c *Cluster) DSN(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("asue", c.Password), Host: c.Address(), Path: "/" + database}
	return u.String()
}

// Database makes a new, empty database and returns its DSN.
func (c *Cluster) Database(ctx context.Context) (string, error) {
	name := fmt.Sprintf("zone_%d", c.count.Add(1))
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		return "", fmt.Errorf("make a database: %w", err)
	}
	return c.DSN(name), nil
}

// Stop ends the server in order.
func (c *Cluster) Stop() error { return c.end(os.Interrupt) }

// Crash ends the server as a power cut would.
func (c *Cluster) Crash() error { return c.end(quit) }

func (c *Cluster) end(with os.Signal) error {
	if c.process == nil {
		return nil
	}
	if err := c.process.Process.Signal(with); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.ended:
		return nil
	case <-time.After(startTime):
		return fmt.Errorf("postgres does not end: %s", c.log)
	}
}

// Remove ends the server and deletes its data.
func (c *Cluster) Remove() error { return errors.Join(c.Crash(), os.RemoveAll(c.dir)) }
