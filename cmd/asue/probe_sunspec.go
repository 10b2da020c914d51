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
	walk, err := p.place(ctx, m)
	if err != nil {
		return nil, err
	}
	for i, b := range plan {
		if plan[i], err = b.At(walk.Header()); err != nil {
			return nil, notPlaced{err}
		}
	}
	// Who the device is stands in the chain's common model.
	if at, ok := walk.Common(); ok {
		if common, err := regmap.SunSpecCommon().At(at); err == nil {
			plan = append([]regmap.Block{common}, plan...)
		}
	}
	return plan, nil
}

// notPlaced says that the unit answers and does not have the model.
type notPlaced struct{ error }

func (n notPlaced) Unwrap() error { return n.error }

// place finds where a SunSpec model lies by walking the device's chain of models
// to it.
// An error that is not notPlaced says that nobody answers.
func (p probe) place(ctx context.Context, m *regmap.Model) (*regmap.SunSpecWalk, error) {
	why := notPlaced{fmt.Errorf("no SunSpec device: the marker SunS stands at none of %v", regmap.SunSpecBases())}
	for _, base := range regmap.SunSpecBases() {
		marker, err := p.pair(ctx, base)
		if err != nil && !errors.As(err, new(notPlaced)) {
			return nil, err
		}
		if err != nil || marker != regmap.SunSpecMarker() {
			continue
		}
		walk := m.SunSpecWalk(base)
		err = p.walk(ctx, walk)
		if err == nil || !errors.As(err, &why) {
			return walk, err
		}
	}
	return nil, why
}

// walk follows one chain to the model that is looked for.
func (p probe) walk(ctx context.Context, w *regmap.SunSpecWalk) error {
	for {
		header, err := p.pair(ctx, w.Header())
		if err != nil {
			return err
		}
		found, err := w.Take(header[0], header[1])
		if err != nil {
			return notPlaced{err}
		}
		if found {
			return nil
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
