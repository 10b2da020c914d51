package registers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"asue/collector/device"
	"asue/collector/regmap"
)

// sentinel is a block of known content: what a meter answers to it tells whether
// answers and questions still belong together.
//
// It is the model's marker register, or else the shortest block of the
// identification. Its content is what it was when it was last read without
// suspicion; before the first time, what two reads in a row agree on. A meter
// without such a block gets a block of another length than the one that is wanted:
// the bus refuses an answer of the wrong length, so that an owed one is used up.
type sentinel struct {
	block *regmap.Block // nil: the model has nothing that stays the same
	known []uint16      // its content; nil if it was never read
}

func newSentinel(p *Plan) sentinel {
	if b, ok := p.model.Marker(); ok {
		return sentinel{block: &b}
	}
	var best *regmap.Block
	for i := range p.blocks {
		b := &p.blocks[i]
		if b.Group == device.Ident && constant(b) && (best == nil || b.Count < best.Count) {
			best = b
		}
	}
	return sentinel{block: best}
}

// constant reports whether a block's content stays the same: a clock moves.
func constant(b *regmap.Block) bool {
	return !slices.ContainsFunc(b.Registers, func(r *regmap.Register) bool { return r.Clock != regmap.NoClock })
}

// learn remembers the content when the block is read in the course of things.
func (s *sentinel) learn(b *regmap.Block, words []uint16) {
	if s.block != nil && b.Address == s.block.Address && b.Count == s.block.Count && b.Function == s.block.Function {
		s.known = append(s.known[:0], words...)
	}
}

// errDoubt: the unit answers, and not what it must.
var errDoubt = errors.New("the answer may belong to an earlier question")

// clear reads the sentinel and trusts the unit again if it is as it must be.
func (s *sentinel) clear(ctx context.Context, m *Meter, base uint16) error {
	if s.block == nil {
		return s.flush(ctx, m, base)
	}
	words, err := m.fetch(ctx, s.block, base)
	if err == nil && s.known == nil {
		first := slices.Clone(words)
		if words, err = m.fetch(ctx, s.block, base); err == nil && slices.Equal(first, words) {
			s.known = first
		}
	}
	switch kind, refused := device.RefusalOf(err); {
	case refused && kind == device.Unknown:
		// A refusal has another length than any answer: nothing is owed any more.
		s.block, s.known = nil, nil
	case err != nil:
		return fmt.Errorf("marker of %s: %w", m.Address(), err)
	case !slices.Equal(words, s.known):
		// A meter that was changed looks the same. Only its next two answers tell:
		// what is known is forgotten, and agreed upon anew.
		s.known = nil
		return fmt.Errorf("marker of %s has other contents than before: %w", m.Address(), errDoubt)
	}
	m.bus.Trust(m.unit)
	return nil
}

// flush asks for the two shortest blocks of different lengths in turn: an owed
// answer cannot fit both.
func (s *sentinel) flush(ctx context.Context, m *Meter, base uint16) error {
	var lengths []*regmap.Block
	for i := range m.plan.blocks {
		b := &m.plan.blocks[i]
		if !slices.ContainsFunc(lengths, func(o *regmap.Block) bool { return o.Count == b.Count }) {
			lengths = append(lengths, b)
		}
	}
	slices.SortFunc(lengths, func(a, b *regmap.Block) int { return int(a.Count) - int(b.Count) })
	for _, b := range lengths[:min(2, len(lengths))] {
		_, err := m.fetch(ctx, b, base)
		if _, refused := device.RefusalOf(err); err != nil && !refused {
			return fmt.Errorf("trial read of %s: %w", m.Address(), err)
		}
	}
	m.bus.Trust(m.unit)
	return nil
}
