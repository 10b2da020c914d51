package victoria

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrStoreRuns says that a store works on a folder and cannot be asked for a snapshot.
var ErrStoreRuns = errors.New("a series store works on this folder, and its snapshots cannot be asked for: stop the program that started it, or take the backup as its user")

// snapshotTime bounds the making of one snapshot; its files are links.
const snapshotTime = 2 * time.Minute

// ServeSnapshots lets other processes of the same user have snapshots of the store, by
// HTTP on a socket in the file system, until ctx ends. It returns nil then. POST / makes
// one and answers with its name, DELETE /NAME takes it away.
func (s *Supervisor) ServeSnapshots(ctx context.Context, socket string) error {
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a killed process
		return fmt.Errorf("snapshots of the series store: %w", err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return fmt.Errorf("snapshots of the series store: %w", err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return errors.Join(err, listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) { s.snapshot(w, r, "create") })
	mux.HandleFunc("DELETE /{name}", func(w http.ResponseWriter, r *http.Request) {
		s.snapshot(w, r, "delete?snapshot="+r.PathValue("name"))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // the file of the socket goes with it
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// snapshot passes a question on to the store.
func (s *Supervisor) snapshot(w http.ResponseWriter, r *http.Request, what string) {
	ctx, cancel := context.WithTimeout(r.Context(), snapshotTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.BaseURL()+"/snapshot/"+what, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := s.transport.RoundTrip(q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, io.LimitReader(answer.Body, 64<<10)) // the other process has gone; nobody to tell
}

// CopyFolder copies the folder of a store into a new one, in which a store can begin: a
// snapshot of one moment if the store runs, asked for at the socket of ServeSnapshots,
// or the folder as it lies if none does.
func CopyFolder(ctx context.Context, folder, socket, to string) (err error) {
	client := &http.Client{Timeout: snapshotTime, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}}}
	name, err := askSnapshot(ctx, client, http.MethodPost, "")
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
		return copyAtRest(ctx, folder, to)
	}
	if err != nil {
		return err
	}
	defer func() {
		_, gone := askSnapshot(context.WithoutCancel(ctx), client, http.MethodDelete, name)
		err = errors.Join(err, gone)
	}()
	return copyParts(ctx, filepath.Join(folder, "snapshots", name), to)
}

func askSnapshot(ctx context.Context, client *http.Client, method, name string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://asue-store/"+name, nil)
	if err != nil {
		return "", err
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return "", err
	}
	var said struct{ Status, Snapshot, Msg string }
	if err := json.Unmarshal(text, &said); err != nil || said.Status != "ok" {
		return "", fmt.Errorf("snapshot of the series store: %s: %s", answer.Status, text)
	}
	if method == http.MethodPost && (said.Snapshot == "" || !filepath.IsLocal(said.Snapshot)) {
		return "", fmt.Errorf("snapshot of the series store: it is called %q", said.Snapshot)
	}
	return said.Snapshot, nil
}

// copyAtRest copies a folder on which no store works, and holds the store's own lock
// meanwhile.
func copyAtRest(ctx context.Context, folder, to string) (err error) {
	f, err := os.Open(filepath.Join(folder, "flock.lock"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := lock(f); err != nil {
		return fmt.Errorf("%s: %w", folder, ErrStoreRuns)
	}
	return copyParts(ctx, folder, to)
}

// copyParts copies what a store needs to begin with. A snapshot has links in place of two
// of the folders.
func copyParts(ctx context.Context, from, to string) error {
	for _, part := range []string{"data/small", "data/big", "indexdb", "metadata"} {
		source, err := filepath.EvalSymlinks(filepath.Join(from, filepath.FromSlash(part)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := copyTree(ctx, source, filepath.Join(to, filepath.FromSlash(part))); err != nil {
			return fmt.Errorf("copy %s: %w", part, err)
		}
	}
	return nil
}

// copyTree copies folders and files, but for the snapshots of others.
func copyTree(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case d.IsDir() && d.Name() == "snapshots" && path != from:
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o750)
		case !d.Type().IsRegular():
			return nil
		}
		return copyOne(path, target)
	})
}

func copyOne(from, to string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err == nil {
		_, err = io.Copy(w, r)
		if err == nil {
			err = w.Sync()
		}
		err = errors.Join(err, w.Close())
	}
	return errors.Join(err, r.Close())
}
