package registers

import (
	"context"
	"fmt"
	"time"

	"asue/collector/device"
)

// archive reads a meter's own memory of past registers.
type archive struct{ meter *Meter }

// newArchive is the archive of a meter whose map has one, or nil.
func newArchive(m *Meter) device.Archive {
	if m.plan.model.Archive == nil {
		return nil
	}
	return &archive{m}
}

// Period is that of the records.
func (a *archive) Period() time.Duration { return a.meter.plan.model.Archive.Period }

// At asks which record is the newest and looks for the one that is wanted from
// there.
func (a *archive) At(ctx context.Context, end time.Time) (device.Record, bool, error) {
	m, model := a.meter, a.meter.plan.model
	m.borrow()
	defer m.giveBack()
	newestBlock, _ := model.NewestBlock()
	words, err := m.read(ctx, &newestBlock)
	if err != nil {
		return device.Record{}, false, err
	}
	newest, ok, err := model.NewestRecord(words)
	if err != nil || !ok {
		return device.Record{}, false, err
	}
	for search := model.Archive.Search(newest, end); ; {
		k, more := search.Next()
		if !more {
			return device.Record{}, false, nil
		}
		block := model.Archive.Block(k)
		words, err := m.read(ctx, &block)
		if err != nil {
			return device.Record{}, false, err
		}
		record, written, err := model.Archive.Decode(words, m.ct, m.vt)
		if err != nil {
			return device.Record{}, false, fmt.Errorf("archive record %d: %w", k, err)
		}
		if search.Take(record.At, written) {
			return record, true, nil
		}
	}
}
