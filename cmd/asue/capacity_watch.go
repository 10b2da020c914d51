package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/metering"
)

// registerWatch follows the register of technical conditions: the site file says how it
// began, deeds in the ledger what has changed since. Those of this process who go by what
// residents may draw hear of each change, wherever it was recorded. While the ledger
// cannot be read, or says what this release does not understand, the rights that were
// known last go on to hold. Its methods may be called from any goroutine; of nil, a
// process without a ledger, site, changes and follow say that nothing changes.
type registerWatch struct {
	ledger metering.Deeds
	file   *metering.Site
	log    *slog.Logger
	woken  chan struct{}
	later  []string // what goes by rights and takes them over with the next start only

	reading  sync.Mutex         // one reader at a time; guards what is read
	register *register.Register // nil: the site file does not make one

	mu     sync.Mutex // guards all below
	known  rightsKnown
	hears  []chan struct{}
	warned time.Time // of the wall clock
	stats  registerStats
}

// rightsKnown are the rights of a site as they follow from a deed of the ledger.
type rightsKnown struct {
	site *metering.Site
	deed uint64 // the last one
	read bool   // the ledger has been read; before, the site file's rights are known
}

type registerStats struct {
	acts, failures int64
	failure        string    // of the last look; empty if it went well
	since          time.Time // of the wall clock: since when looks fail
}

// The ledger is asked registerEvery of the wall clock. A start waits registerPatience for
// the first answer, and a ledger that does not answer is told of every registerWarn.
const (
	registerEvery    = 5 * time.Second
	registerPatience = 5 * time.Second
	registerWarn     = 10 * time.Minute
	registerPage     = 500 // deeds at once
)

// watchRegister lets the process follow the register in a ledger.
func (p *process) watchRegister(ctx context.Context, ledger metering.Deeds) {
	w := newRegisterWatch(p.Site, ledger, p.Log.With("part", "register"))
	w.later = p.rightsLater()
	p.register = w
	first, cancel := context.WithTimeout(ctx, registerPatience)
	defer cancel()
	w.look(first)
	p.Metrics.Register(w.metrics)
	p.Health.Note("register", w.trouble)
	p.Add(node.StageDeciders, node.As("register", w.run))
}

// rightsLater names what of this process goes by what residents may draw, and reads it at
// a start only.
func (p *process) rightsLater() (list []string) {
	if p.Config.Has(settings.RoleMetering) {
		list = append(list, "bounds of forecasts for residents without a past")
	}
	if p.demo != nil {
		list = append(list, "the simulated zone")
	}
	return list
}

func newRegisterWatch(site *metering.Site, ledger metering.Deeds, log *slog.Logger) *registerWatch {
	w := &registerWatch{ledger: ledger, file: site, log: log, woken: make(chan struct{}, 1), known: rightsKnown{site: site}}
	r, err := register.Open(site)
	if err != nil {
		w.log.Error("the technical conditions of the site file make no register: what the ledger has recorded since does not count", "err", err)
		w.fail(err)
		return w
	}
	w.register = r
	return w
}

// siteWithRights is a site as the register stands in a ledger, for a command. The site
// file's rights do for one that no register can be made of.
func siteWithRights(ctx context.Context, site *metering.Site, ledger metering.Deeds) (*metering.Site, error) {
	w := newRegisterWatch(site, ledger, slog.New(slog.DiscardHandler))
	w.look(ctx)
	if err := w.trouble(); err != nil && w.register != nil {
		return nil, fmt.Errorf("register of technical conditions: %w", err)
	}
	return w.rights().site, nil
}

// rights are those that are known now.
func (w *registerWatch) rights() rightsKnown {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known
}

// site is the site of a process with the rights that are known now: the site file's,
// where it has no ledger.
func (w *registerWatch) site(p *process) *metering.Site {
	if w == nil {
		return p.Site
	}
	return w.rights().site
}

// changes tells that there are other rights than before, or a younger deed.
func (w *registerWatch) changes() <-chan struct{} {
	if w == nil {
		return nil
	}
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hears = append(w.hears, c)
	return c
}

// follow tells take of each change of rights until ctx ends.
func (w *registerWatch) follow(take func(*metering.Site)) func(context.Context) error {
	var told *metering.Site
	news := w.changes()
	if w != nil {
		told = w.rights().site
	}
	return func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-news:
				if site := w.rights().site; site != told {
					told = site
					take(site)
				}
			}
		}
	}
}

// wake asks for a look at once: somebody in this process has recorded deeds.
func (w *registerWatch) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

func (w *registerWatch) run(ctx context.Context) error {
	timer := time.NewTicker(registerEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-w.woken:
		}
		wait, cancel := context.WithTimeout(ctx, registerEvery)
		w.look(wait)
		cancel()
	}
}

// look reads what has been recorded since the last look.
func (w *registerWatch) look(ctx context.Context) {
	w.reading.Lock()
	defer w.reading.Unlock()
	if w.register == nil {
		return
	}
	acts, deed, err := w.recorded(ctx, w.rights().deed)
	if err != nil {
		w.fail(err)
		return
	}
	w.take(acts, deed)
}

// recorded are the acts of the deeds after one, and the last of those. All of them are
// understood, or it is an error.
func (w *registerWatch) recorded(ctx context.Context, after uint64) (acts []register.Act, last uint64, err error) {
	for {
		deeds, err := w.ledger.Deeds(ctx, after, registerPage)
		if err != nil {
			return nil, 0, fmt.Errorf("deeds after %d: %w", after, err)
		}
		for _, d := range deeds {
			if d.Seq != after+1 {
				return nil, 0, fmt.Errorf("deed %d follows deed %d: one is missing", d.Seq, after)
			}
			list, err := office.ActsOf(d)
			if err != nil {
				return nil, 0, err
			}
			acts, after = append(acts, list...), d.Seq
		}
		if len(deeds) < registerPage {
			return acts, after, nil
		}
	}
}

// take lets what was recorded hold.
func (w *registerWatch) take(acts []register.Act, deed uint64) {
	if len(acts) > 0 {
		w.register = w.register.Replay(acts...)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.known
	if w.known.deed, w.known.read = deed, true; len(acts) > 0 {
		w.known.site = register.Site(w.file, w.register)
		w.stats.acts += int64(len(acts))
		w.log.Info("the register has changed", "acts", len(acts), "deed", deed)
		if before.read { // else everything begins with it
			for _, what := range w.later {
				w.log.Info("a change takes effect with the next start only", "what", what)
			}
		}
	}
	if w.stats.failure != "" {
		w.log.Info("the register can be read again", "deed", deed, "failed_since", w.stats.since)
	}
	w.stats.failure, w.stats.since, w.warned = "", time.Time{}, time.Time{}
	if w.known == before {
		return
	}
	for _, c := range w.hears {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// fail keeps what is known, and says why there is nothing newer.
func (w *registerWatch) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.stats.failures++
	w.stats.failure = err.Error()
	if w.stats.since.IsZero() {
		w.stats.since = now
	}
	if w.warned.IsZero() || now.Sub(w.warned) >= registerWarn {
		w.warned = now
		w.log.Warn("the register cannot be read: the rights that were known last go on to hold", "err", err, "deed", w.known.deed, "since", w.stats.since)
	}
}

// trouble is why the register is not up to date; nil if it is.
func (w *registerWatch) trouble() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stats.failure == "" {
		return nil
	}
	return fmt.Errorf("what is known follows from deed %d; since %s: %s", w.known.deed, w.stats.since.UTC().Format(time.RFC3339), w.stats.failure)
}

func (w *registerWatch) metrics(e node.Emitter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e.Gauge("asue_register_deed", "Last deed of the ledger that the rights known here follow from.", float64(w.known.deed))
	e.Gauge("asue_register_readable", "1 while the register can be read and understood.", node.Truth(w.stats.failure == ""))
	e.Counter("asue_register_acts_total", "Acts of the register that were taken over.", float64(w.stats.acts))
	e.Counter("asue_register_failures_total", "Looks at the register that failed; the rights known before went on to hold.", float64(w.stats.failures))
}
