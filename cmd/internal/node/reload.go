package node

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// listenForReload calls OnReload for each SIGHUP. A reload that fails changes
// nothing and is logged.
func (n *Node) listenForReload(ctx context.Context) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-signals:
			if err := n.OnReload(); err != nil {
				n.Log.Error("the configuration is not taken; everything goes on with the old one", "err", err)
			}
		}
	}
}
