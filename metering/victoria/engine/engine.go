// Package engine is the series store's own process: VictoriaMetrics 1.130.0
// linked in, answering on a loopback port. It is the body of the hidden command
// `asue store`, which the program starts as a child of itself.
//
// VictoriaMetrics reads about 200 global flags from flag.CommandLine and ends
// the process when it finds damage, so it must never run in a process that does
// anything else. Run sets its flags; nobody else may parse flag.CommandLine
// there, and the arguments of asue never reach it.
//
// The package must not know what the samples mean, who writes and who asks.
package engine

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/VictoriaMetrics/VictoriaMetrics/app/vminsert"
	"github.com/VictoriaMetrics/VictoriaMetrics/app/vmselect"
	"github.com/VictoriaMetrics/VictoriaMetrics/app/vmstorage"
	"github.com/VictoriaMetrics/VictoriaMetrics/lib/logger"
	"github.com/VictoriaMetrics/VictoriaMetrics/lib/storage"

	"asue/metering/victoria"
	"asue/metering/victoria/engine/hush"
)

// Everything that this package imports has been initialised by now; see hush.
var _ = hush.Speak()

// Defaults of Options.
const (
	DefaultRetention = 5 * 366 * 24 * time.Hour
	DefaultMemory    = 256 << 20
)

// Options of the store process.
type Options struct {
	// Dir is the folder of the data. It is made if it is missing, and locked: a
	// second store on it ends with an error.
	Dir string
	// Listen is a loopback address, port 0 for one that the kernel chooses. Empty
	// is 127.0.0.1:0.
	Listen string
	// Retention is how long samples are kept, at least a day. 0 is
	// DefaultRetention. Older samples are dropped in silence when they come.
	Retention time.Duration
	// MemoryBytes bounds the engine's caches; the heap's soft limit is twice as
	// much. 0 is DefaultMemory.
	MemoryBytes int64
	// Token, if set, must come with every request but /ping and /health as
	// "Authorization: Token …", so that nothing else on this machine, a browser
	// least of all, can write or delete.
	Token string
	// Announce, if set, gets one line of JSON (victoria.Announcement) when the store answers.
	Announce io.Writer
	// Parent, if set, is read to its end, which stops the store: the parent
	// process holds the other end of this pipe, so the store never outlives it.
	// A child of victoria.Supervisor gets os.Stdin here, os.Stdout in Announce and
	// the value of victoria.TokenVariable in Token.
	Parent io.Reader
}

// Run serves until ctx ends or the parent is gone, then writes everything to
// disk and returns nil. It may be called once in the life of a process, and
// only by one that is there for nothing else. Where VictoriaMetrics itself finds
// no way on (a damaged part, a locked folder), it writes the reason to stderr as
// JSON and ends the process.
func Run(ctx context.Context, o Options) error {
	o, err := o.complete()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("store: %w (take another port, or 0 for any free one)", err)
	}
	defer listener.Close()
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return fmt.Errorf("store: make the data folder: %w", err)
	}
	if err := flag.CommandLine.Parse(o.flags()); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	debug.SetGCPercent(30) // as VictoriaMetrics's own main does: it allocates little
	debug.SetMemoryLimit(2 * o.MemoryBytes)

	logger.InitNoLogFlags()
	if err := tidy(o.Dir); err != nil {
		return err
	}
	storage.SetDedupInterval(time.Millisecond)
	storage.SetDataFlushInterval(2 * time.Second)
	vmstorage.Init(func([]storage.MetricRow) {}) // there is no query cache to be reset
	vmselect.Init()
	vminsert.Init()

	err = serve(ctx, listener, o)

	vminsert.Stop()
	vmstorage.Stop()
	vmselect.Stop()
	return err
}

func (o Options) complete() (Options, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.MemoryBytes == 0 {
		o.MemoryBytes = DefaultMemory
	}
	host, _, err := net.SplitHostPort(o.Listen)
	ip := net.ParseIP(host)
	switch {
	case o.Dir == "":
		return o, fmt.Errorf("store: no data folder is named")
	case err != nil:
		return o, fmt.Errorf("store: listen address: %w", err)
	case host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return o, fmt.Errorf("store: %s is not a loopback address; to reach it from outside use the query address of the page", o.Listen)
	case o.Retention < 24*time.Hour:
		return o, fmt.Errorf("store: retention %v is shorter than a day", o.Retention)
	case o.MemoryBytes < 32<<20:
		return o, fmt.Errorf("store: %d bytes of memory are too few, give at least 32 MiB", o.MemoryBytes)
	}
	return o, nil
}

func (o Options) flags() []string {
	return []string{
		"-storageDataPath=" + o.Dir,
		"-retentionPeriod=" + strconv.FormatInt(int64(o.Retention/time.Hour), 10) + "h", // one month by default
		"-search.latencyOffset=1s",  // 30 s by default, which hides fresh values
		"-search.disableCache=true", // late data is daily bread here, and would reset it each time
		"-search.maxUniqueTimeseries=500000",
		"-memory.allowedBytes=" + strconv.FormatInt(o.MemoryBytes, 10),
		"-loggerFormat=json",
	}
}

func announce(w io.Writer, a victoria.Announcement) error {
	if w == nil {
		return nil
	}
	if err := json.NewEncoder(w).Encode(a); err != nil {
		return fmt.Errorf("store: tell the parent the address: %w", err)
	}
	return nil
}
