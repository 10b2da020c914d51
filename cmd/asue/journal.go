package main

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	"asue/balancing"
	"asue/metering"
)

// controlBooks are the parts of the ledger that control needs.
type controlBooks interface {
	metering.AuditLog
	metering.Leases
}

// journal puts the controller's decisions into the audit. The control loop never
// waits for it.
type journal struct {
	audit   metering.AuditLog
	log     *slog.Logger
	queue   chan []balancing.Entry
	dropped atomic.Int64
	written atomic.Int64
}

// journalDepth is how many ticks with decisions wait for a ledger that is slow; what
// is more is dropped and counted, and the log has it all the same.
const journalDepth = 4096

func newJournal(audit metering.AuditLog, log *slog.Logger) *journal {
	return &journal{audit: audit, log: log, queue: make(chan []balancing.Entry, journalDepth)}
}

// write queues the entries of one tick.
func (j *journal) write(entries []balancing.Entry) {
	if len(entries) == 0 {
		return
	}
	select {
	case j.queue <- entries:
	default:
		j.dropped.Add(int64(len(entries)))
		for _, e := range entries {
			j.log.Error("a decision is not in the audit: the ledger is too slow", "kind", e.Kind, "subject", e.Subject, "text", e.Text)
		}
	}
}

// run writes until ctx ends, and then what is still queued.
func (j *journal) run(ctx context.Context) error {
	for {
		select {
		case entries := <-j.queue:
			j.append(ctx, entries)
		case <-ctx.Done():
			j.rest()
			return ctx.Err()
		}
	}
}

func (j *journal) rest() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for len(j.queue) > 0 {
		j.append(ctx, <-j.queue)
	}
}

// append writes the entries of one tick, trying again while the ledger is away.
// The state that they share stands in the first one that is a decision; steps of a
// conversation name its hash only.
func (j *journal) append(ctx context.Context, entries []balancing.Entry) {
	var told [32]byte
	for _, e := range entries {
		var state []byte
		if e.Kind != balancing.EntryLease && e.Snapshot != told {
			state, told = e.State, e.Snapshot
		}
		r := auditOf(e, state)
		for {
			_, err := j.audit.Append(ctx, r)
			if err == nil {
				j.written.Add(1)
				break
			}
			j.log.Error("a decision is not in the audit yet", "kind", e.Kind, "subject", e.Subject, "text", e.Text, "err", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(journalRetry):
			}
		}
	}
}

const journalRetry = time.Second

// auditOf is an entry as a record of the audit. The state that the decision was
// taken on, if it is given, is in the detail as base64 of its deflated bytes (RFC
// 1951): a zone's state is tens of kilobytes, and a tenth of that so. The record's
// Snapshot is the SHA-256 of the bytes before.
func auditOf(e balancing.Entry, state []byte) metering.AuditRecord {
	detail := struct {
		Args  map[string]any `json:"args,omitempty"`
		State []byte         `json:"state_deflate,omitempty"`
	}{Args: e.Args}
	if len(state) > 0 {
		detail.State = deflate(state)
	}
	text, err := json.Marshal(detail)
	if err != nil {
		panic("BUG: a journal entry that is no JSON: " + err.Error())
	}
	kind := "control." + e.Kind
	if e.Kind == balancing.EntryLease {
		kind = "lease" // not among the decisions that people read
	}
	return metering.AuditRecord{At: e.At, Actor: "system", Kind: kind, Subject: e.Subject, Text: e.Text, Detail: string(text), Snapshot: e.Snapshot}
}

func deflate(data []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("BUG: a buffer cannot be written: " + err.Error())
	}
	return out.Bytes()
}
