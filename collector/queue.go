package collector

import (
	"slices"
	"sync"

	"asue/metering/wire"
)

// handover takes batches from the lines without ever making them wait. It is
// bounded per class: when a class is full, its oldest batch goes and is counted.
// With a working disk it holds what came within one commit.
type handover struct {
	arrived chan struct{} // holds one token while there may be batches

	mu                    sync.Mutex
	billing, telemetry    []kept
	spare                 []kept // a list to be filled next
	maxBilling, maxTele   int
	lostBilling, lostTele uint64
}

// kept is a batch and what its snapshots lie in; nil if that is nobody else's.
type kept struct {
	wire.Batch
	in *slabs
}

func newHandover(maxBilling, maxTelemetry int) *handover {
	return &handover{arrived: make(chan struct{}, 1), maxBilling: maxBilling, maxTele: maxTelemetry}
}

// put takes a copy of a batch.
func (h *handover) put(b wire.Batch) {
	in := borrowSlabs()
	b.Snapshots = in.copy(b.Snapshots)
	h.mu.Lock()
	if b.Class == wire.Billing {
		h.billing = append(h.billing, kept{b, in})
		h.lostBilling += bound(&h.billing, h.maxBilling)
	} else {
		if h.telemetry == nil {
			h.telemetry, h.spare = h.spare, nil
		}
		h.telemetry = append(h.telemetry, kept{b, in})
		h.lostTele += bound(&h.telemetry, h.maxTele)
	}
	h.mu.Unlock()
	h.wake()
}

func (h *handover) wake() {
	select {
	case h.arrived <- struct{}{}:
	default:
	}
}

// bound cuts the oldest batches off and returns how many.
func bound(list *[]kept, limit int) uint64 {
	over := len(*list) - limit
	if over <= 0 {
		return 0
	}
	for _, k := range (*list)[:over] {
		k.in.giveBack()
	}
	*list = slices.Delete(*list, 0, over)
	return uint64(over)
}

// take empties the queue, billing first.
func (h *handover) take() (billing, telemetry []kept) {
	h.mu.Lock()
	defer h.mu.Unlock()
	billing, telemetry = h.billing, h.telemetry
	h.billing, h.telemetry = nil, nil
	return billing, telemetry
}

// done ends the use of what was taken: it is stored.
func (h *handover) done(billing, telemetry []kept) {
	for _, list := range [][]kept{billing, telemetry} {
		for _, k := range list {
			k.in.giveBack()
		}
		clear(list)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if cap(telemetry) > cap(h.spare) { // often there was none
		h.spare = telemetry[:0]
	}
}

// giveBack puts billing batches that could not be stored in front again, and
// counts the telemetry that was taken with them as lost.
func (h *handover) giveBack(billing, telemetry []kept) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.billing = append(billing, h.billing...)
	h.lostBilling += bound(&h.billing, h.maxBilling)
	h.lostTele += bound(&telemetry, 0)
}

func (h *handover) figures() (waiting int, lostBilling, lostTelemetry uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.billing) + len(h.telemetry), h.lostBilling, h.lostTele
}
