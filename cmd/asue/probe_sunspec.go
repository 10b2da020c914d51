package main

import (
	"context"
	"errors"
	"fmt"

	"asue/collector/regmap"
)

// blocks are the reads of a model where its map lies in the unit.
func (p probe) blocks(ctx context.Context, m *regmap.Model) ([]regmap.Block, error) {
	plan := m.Plan(regmap.Groups()...)
	if m.SunSpec == 0 {
		return plan, nil
	}
	base, err := p.place(ctx, m)
	if err != nil {
		return nil, err
	}
	for i, b := range plan {
		if plan[i], err = b.At(base); err != nil {
			return nil, notPlaced{err}
		}
	}
	return plan, nil
}

// notPlaced says that the unit answers and does not have the model.
type notPlaced struct{ error }

func (n notPlaced) Unwrap() error { return n.error }

// place finds where a SunSpec model lies by walking the device's chain of models.
// An error that is not notPlaced says that nobody answers.
func (p probe) place(ctx context.Context, m *regmap.Model) (uint16, error) {
	why := notPlaced{fmt.Errorf("no SunSpec device: the marker SunS stands at none of %v", regmap.SunSpecBases())}
	for _, base := range regmap.SunSpecBases() {
		marker, err := p.pair(ctx, base)
		if err != nil && !errors.As(err, new(notPlaced)) {
			return 0, err
		}
		if err != nil || marker != regmap.SunSpecMarker() {
			continue
		}
		at, err := p.walk(ctx, m.SunSpecWalk(base))
		if err == nil || !errors.As(err, &why) {
			return at, err
		}
	}
	return 0, why
}

// walk follows one chain to the model that is looked for.
func (p probe) walk(ctx context.Context, w *regmap.SunSpecWalk) (uint16, error) {
	for {
		header, err := p.pair(ctx, w.Header())
		if err != nil {
			return 0, err
		}
		found, err := w.Take(header[0], header[1])
		if err != nil {
			return 0, notPlaced{err}
		}
		if found {
			return w.Header(), nil
		}
	}
}

// pair reads two registers. That the meter refuses to read them is notPlaced.
func (p probe) pair(ctx context.Context, at uint16) ([2]uint16, error) {
	words, err := p.line.Read(ctx, uint8(p.unit), 3, at, 2)
	if code, refused := exceptionCode(err); refused && !nobodyBehind(code) {
		return [2]uint16{}, notPlaced{err}
	}
	if err != nil {
		return [2]uint16{}, err
	}
	return [2]uint16(words), nil
}
