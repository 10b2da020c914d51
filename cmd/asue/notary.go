package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/keyfile"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/audit"
	"asue/metering/clock"
)

// Files of the data folder.
const (
	auditKeyFile   = "keys/audit.key"
	checkpointFile = "audit-checkpoints.txt"
)

// notary seals the audit: it signs checkpoints, keeps them in the ledger and in a
// file, and says them in the log, which goes to another host where one is set up.
type notary struct {
	ledger  metering.AuditLog
	key     ed25519.PrivateKey
	file    string
	clock   clock.Clock
	version string
	log     *slog.Logger
	last    metering.AuditCheckpoint
}

// addNotary lets the audit begin with the program's start and end with its end.
func (p *process) addNotary(ctx context.Context, ledger metering.Ledger) error {
	key, err := keyfile.LoadOrMake(p.Path(auditKeyFile))
	if err != nil {
		return err
	}
	n := &notary{ledger: ledger, key: key, file: p.Path(checkpointFile), clock: p.Clock, version: version, log: p.Log.With("part", "notary")}
	if err := n.say(ctx, "start"); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	p.Add(node.StageStores, node.As("notary", n.run))
	return nil
}

// say appends what the program itself does.
func (n *notary) say(ctx context.Context, kind string) error {
	_, err := n.ledger.Append(ctx, metering.AuditRecord{At: n.clock.Now(), Actor: "system", Kind: kind, Text: "asue " + n.version})
	return err
}

// notaryRound is how often the notary looks; lastWord how long it may take at the
// end.
const (
	notaryRound = 10 * time.Second
	lastWord    = 5 * time.Second
)

func (n *notary) run(ctx context.Context) error {
	for {
		if err := n.round(ctx, false); err != nil && ctx.Err() == nil {
			n.log.Error("the audit is not sealed, trying again", "err", err)
		}
		wall := clock.Clock{}
		if wall.Sleep(ctx, notaryRound) != nil {
			break
		}
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	if err := errors.Join(n.say(late, "stop"), n.round(late, true)); err != nil {
		n.log.Error("the audit is not sealed at the end", "err", err)
	}
	return ctx.Err()
}

// round makes a checkpoint if one is due, or whenever there is something to seal.
func (n *notary) round(ctx context.Context, now bool) error {
	head, err := n.ledger.Audit(ctx, metering.AuditQuery{Limit: 1})
	if err != nil || len(head) == 0 {
		return err
	}
	at := n.clock.Now()
	if head[0].Seq <= n.last.Seq || !now && !audit.Due(n.last, head[0].Seq, at) {
		return nil
	}
	c := audit.Sign(audit.LinkOf(head[0]), at, n.key)
	if err := n.ledger.AddCheckpoint(ctx, c); err != nil {
		return err
	}
	line := audit.Line(c)
	n.log.Info("audit checkpoint", "line", line)
	if err := appendLine(n.file, line); err != nil {
		return err
	}
	n.last = c
	return nil
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}

// witnessOf collects what the audit of a data folder is held against: the folder's
// own key and checkpoints, and those that are named beside them.
func witnessOf(data, keyFile, checkpoints string) (audit.Witness, error) {
	var w audit.Witness
	own := keyfile.PublicName(filepath.Join(data, auditKeyFile))
	keys, err := keyfile.ReadPublic(orElse(keyFile, own))
	switch {
	case err == nil:
		w.Keys = slices.Collect(maps.Values(keys))
	case keyFile != "" || !errors.Is(err, fs.ErrNotExist):
		return w, cli.Usagef("public key of the audit: %v", err)
	}
	for _, file := range []string{filepath.Join(data, checkpointFile), checkpoints} {
		if file == "" {
			continue
		}
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) && file != checkpoints {
			continue
		}
		if err != nil {
			return w, cli.Usagef("checkpoints of the audit: %v", err)
		}
		if file != checkpoints { // the end of a line that a crash has cut is no line
			text = text[:strings.LastIndexByte(string(text), '\n')+1]
		}
		list, err := audit.ParseLines(string(text))
		if err != nil {
			return w, fmt.Errorf("checkpoints of the audit: %s: %w", file, err)
		}
		w.Checkpoints = append(w.Checkpoints, list...)
	}
	return w, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
