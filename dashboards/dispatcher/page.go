package dispatcher

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"path"
	"strings"
)

// dist is the built page: index.html, app.css, favicon.svg, and the program in
// parts: app.js for the first view; metering.js, control.js, network.js, capacity.js, alarms.js, log.js, reports.js,
// trend.js, help.js, system.js and door.js with views.css (and capacity.css), which are loaded when they are needed; chunk.js that all
// share; their messages by part and language, as network.kk.json; stream.js, the worker that holds the live stream for all windows of a browser. own.html, own.js and own.css
// are the page of residents, which shares nothing. It is committed, so that Go alone builds the program.
//
//go:embed dist
var dist embed.FS

// page is the built page in memory, compressed once.
type page struct {
	index  []byte
	own    []byte // the page of residents
	bundle string // hash of all files
	assets map[string]asset
}

type asset struct {
	kind   string
	plain  []byte
	zipped []byte
	etag   string
}

// kinds are the content types of the built files by their extension.
var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".json": "application/json; charset=utf-8",
}

func loadPage() (*page, error) {
	p := &page{assets: map[string]asset{}}
	all := sha256.New()
	files, err := dist.ReadDir("dist")
	if err != nil {
		return nil, fmt.Errorf("dispatcher: embedded page: %w", err)
	}
	for _, f := range files { // in the order of their names
		b, err := dist.ReadFile("dist/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("dispatcher: embedded page: %w", err)
		}
		kind := kinds[path.Ext(f.Name())]
		if kind == "" {
			continue // index.html is served with what stands in it filled in
		}
		sum := sha256.Sum256(b)
		p.assets[f.Name()] = asset{kind: kind, plain: b, zipped: zip(b), etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		if kind != kinds[".svg"] {
			all.Write(b)
		}
	}
	p.bundle = hex.EncodeToString(all.Sum(nil)[:8])
	if p.index, err = dist.ReadFile("dist/index.html"); err != nil {
		return nil, fmt.Errorf("dispatcher: embedded page: %w", err)
	}
	if p.own, err = dist.ReadFile("dist/own.html"); err != nil {
		return nil, fmt.Errorf("dispatcher: embedded page: %w", err)
	}
	return p, nil
}

func zip(b []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is valid
	w.Write(b)                                              // a bytes.Buffer does not fail
	w.Close()
	return buf.Bytes()
}

func (s *Server) openPage() {
	s.router.HandleFunc("GET /{$}", s.serveIndex)
	for name := range s.page.assets {
		if path.Ext(name) != ".json" {
			s.router.HandleFunc("GET /"+name, s.serveAsset(name))
		}
	}
	s.router.HandleFunc("GET /i18n/{catalogue}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("catalogue")
		if a, ok := s.page.assets[name]; !ok || a.kind != kinds[".json"] {
			s.serveNowhere(w, r)
			return
		}
		s.serveAsset(name)(w, r)
	})
}

// boot is what the page begins with: who looks, and if he may look, what there is
// to see.
type boot struct {
	*Snapshot
	Me Me `json:"me"`
}

// serveIndex embeds a snapshot, so that the first view needs no further request
// and no script runs that is not ours: the snapshot is data, not code, and
// encoding/json escapes <, > and &.
func (s *Server) serveIndex(w http.ResponseWriter, r *http.Request) {
	v := visitorOf(r.Context())
	title, begin := "АСУЭ", boot{Me: s.me(v)}
	if v.mayLook() {
		snapshot := s.snapshot()
		title, begin.Snapshot = s.cfg.Site.Name, &snapshot
	}
	body := strings.NewReplacer(
		"{{lang}}", preferred(r.Header.Get("Accept-Language")),
		"{{title}}", html.EscapeString(title),
		"{{bundle}}", s.page.bundle,
		"{{boot}}", string(mustJSON(begin)),
	).Replace(string(s.page.index))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language")
	w.Write([]byte(body))
}

func (s *Server) serveAsset(name string) http.HandlerFunc {
	a := s.page.assets[name]
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "no-cache") // ask each time; the ETag makes the answer short
		h.Set("ETag", a.etag)
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			w.Write(a.zipped)
			return
		}
		w.Write(a.plain)
	}
}
