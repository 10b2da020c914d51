package collector

import (
	"sync"

	"asue/metering/wire"
)

// handover takes batches from the lines without ever making them wait. It is
// bounded per class: when a class is full, its oldest batch goes and is counted.
// With a working disk it holds what came within one commit.
type handover struct {
	arrived chan struct{} // holds one token while there may be batches

	mu                    sync.Mutex
	billing, telemetry    []wire.Batch
	usual                 int // batches of telemetry taken last: so many come again
	maxBilling, maxTele   int
	lostBilling, lostTele uint64
}

func newHandover(maxBilling, maxTelemetry int) *handover {
	return &handover{arrived: make(chan struct{}, 1), maxBilling: maxBilling, maxTele: maxTelemetry}
}

func (h *handover) put(b wire.Batch) {
	h.mu.Lock()
	if b.Class == wire.Billing {
		h.billing = append(h.billing, b)
		h.lostBilling += bound(&h.billing, h.maxBilling)
	} else {
		if h.telemetry == nil {
			h.telemetry = make([]wire.Batch, 0, h.usual)
		}
		h.telemetry = append(h.telemetry, b)
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
func bound(list *[]wire.Batch, limit int) uint64 {
	over := len(*list) - limit
	if over <= 0 {
		return 0
	}
	*list = append((*list)[:0], (*list)[over:]...)
	return uint64(over)
}

// take empties the queue, billing first.
func (h *handover) take() (billing, telemetry []wire.Batch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	billing, telemetry = h.billing, h.telemetry
	if len(telemetry) > 0 {
		h.usual = len(telemetry)
	}
	h.billing, h.telemetry = nil, nil
	return billing, telemetry
}

// giveBack puts billing batches that could not be stored in front again, and
// counts the telemetry that went with them as lost.
func (h *handover) giveBack(billing, telemetry []wire.Batch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.billing = append(billing, h.billing...)
	h.lostBilling += bound(&h.billing, h.maxBilling)
	h.lostTele += uint64(len(telemetry))
}

func (h *handover) figures() (waiting int, lostBilling, lostTelemetry uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.billing) + len(h.telemetry), h.lostBilling, h.lostTele
}
