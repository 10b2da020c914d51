package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// PlainMux serves what every process has: metrics, health and readiness.
func (n *Node) PlainMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", &n.Metrics)
	mux.HandleFunc("GET /healthz", ServeAlive)
	mux.HandleFunc("GET /readyz", n.Health.ServeReady)
	return mux
}

// Serve opens the node's port at once and adds a part that serves the handler
// there. Config.HTTP has then the port that was given.
func (n *Node) Serve(h http.Handler) error {
	listener, err := net.Listen("tcp", n.Config.HTTP)
	if err != nil {
		return fmt.Errorf("http %s: %w; stop the other program or choose another address with --http or `http:`", n.Config.HTTP, err)
	}
	n.Config.HTTP = listener.Addr().String()
	server := &http.Server{
		Handler:           http.NewCrossOriginProtection().Handler(h),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	n.Log.Info("http listens", "url", "http://"+listener.Addr().String())
	n.Add(StagePage, As("http", func(ctx context.Context) error {
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(listener) }()
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
		}
		patience, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(patience); err != nil {
			_ = server.Close() // live streams do not end by themselves
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return ctx.Err()
	}))
	return nil
}
