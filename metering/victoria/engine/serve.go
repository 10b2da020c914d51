package engine

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/VictoriaMetrics/app/vminsert"
	"github.com/VictoriaMetrics/VictoriaMetrics/app/vmselect"
	"github.com/VictoriaMetrics/VictoriaMetrics/app/vmstorage"
	"github.com/VictoriaMetrics/VictoriaMetrics/lib/appmetrics"

	"asue/metering/victoria"
)

func serve(ctx context.Context, listener net.Listener, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Parent != nil {
		go func() {
			_, _ = io.Copy(io.Discard, o.Parent)
			cancel()
		}()
	}
	run := rand.Text()
	server := &http.Server{Handler: handler(run, o.Token), ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	if err := announce(o.Announce, victoria.Announcement{Listening: listener.Addr().String(), Run: run}); err != nil {
		server.Close()
		<-done
		return err
	}
	select {
	case err := <-done:
		return fmt.Errorf("store: serve: %w", err)
	case <-ctx.Done():
	}
	patience, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if err := server.Shutdown(patience); err != nil {
		server.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("store: serve: %w", err)
	}
	return nil
}

func handler(run, token string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/ping", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(victoria.RunHeader, run)
		_, _ = io.WriteString(w, "OK")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Token "+token)) != 1 {
			http.Error(w, "this store answers to the process that started it only", http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/metrics" {
			appmetrics.WritePrometheusMetrics(w)
			return
		}
		if !vminsert.RequestHandler(w, r) && !vmselect.RequestHandler(w, r) && !vmstorage.RequestHandler(w, r) {
			http.NotFound(w, r)
		}
	})
	return mux
}
