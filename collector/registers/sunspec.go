package registers

import (
	"context"
	"errors"
	"fmt"

	"asue/collector/device"
	"asue/collector/regmap"
)

// locator knows where a meter's map begins: at 0, or for a SunSpec device where
// its chain of models says.
type locator struct {
	found  bool
	base   uint16
	common uint16 // where the common model lies; 0: not told
	told   bool   // the common model was read since
}

// errNoSunSpec: the marker stands at none of the places where it may.
var errNoSunSpec = errors.New("the device does not speak SunSpec: \"SunS\" stands at none of the addresses 40000, 50000 and 0; correct the model in the site file")

// find returns the base of the meter's blocks. It walks the chain when that was
// not done since the meter was last away.
func (l *locator) find(ctx context.Context, m *Meter) (uint16, error) {
	if l.found || m.plan.model.SunSpec == 0 {
		return l.base, nil
	}
	var absent error
	kind := device.Unknown // all three are refused
	for _, base := range regmap.SunSpecBases() {
		marker := m.words[:2]
		err := m.ask(ctx, sunSpecFunction, base, marker)
		if refusal, refused := device.RefusalOf(err); refused && refusal == device.Unknown {
			absent = err
			continue
		}
		if err != nil {
			return 0, err
		}
		if [2]uint16(marker) != regmap.SunSpecMarker() {
			kind = device.Faulty // something else is there
			continue
		}
		return l.walk(ctx, m, base)
	}
	return 0, &refusal{errors.Join(errNoSunSpec, absent), kind}
}

// sunSpecFunction is the function by which every SunSpec device can be read.
const sunSpecFunction = 3

// walk follows the chain that begins at base.
func (l *locator) walk(ctx context.Context, m *Meter, base uint16) (uint16, error) {
	for w := m.plan.model.SunSpecWalk(base); ; {
		header := m.words[:2]
		if err := m.ask(ctx, sunSpecFunction, w.Header(), header); err != nil {
			return 0, fmt.Errorf("sunspec: model at %d: %w", w.Header(), err)
		}
		here, err := w.Take(header[0], header[1])
		if err != nil {
			return 0, &refusal{err, device.Faulty}
		}
		if here {
			l.found, l.base = true, w.Header()
			l.common, _ = w.Common()
			return l.base, nil
		}
	}
}

// forget makes the chain be walked anew: what answers next may be another device.
func (l *locator) forget() { *l = locator{} }

// introduce reads the common model once after each walk: it says whose device it is.
func (m *Meter) introduce(ctx context.Context) error {
	if m.place.told || m.place.common == 0 {
		return nil
	}
	b := regmap.SunSpecCommon()
	words, err := m.fetch(ctx, &b, m.place.common)
	if err != nil {
		return err
	}
	m.place.told = true
	return m.ident.Add(b, words)
}
