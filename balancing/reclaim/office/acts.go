package office

import (
	"fmt"
	"slices"

	"asue/balancing/reclaim/register"
	"asue/metering"
)

// ActsOf are the acts of the register that a deed has brought about, for who follows the
// register alone: register.Replay takes them in the order of the deeds. Most deeds have
// none. A deed that this release does not understand whole is an error: it may have
// changed a right.
func ActsOf(d metering.Deed) ([]register.Act, error) {
	if !slices.Contains(Kinds(), Kind(d.Kind)) {
		return nil, fmt.Errorf("deed %d: this release does not know deeds of kind %q: a newer one has written it, use that", d.Seq, d.Kind)
	}
	b, err := bodyOf(d.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("deed %d (%s, %s): %w", d.Seq, d.Kind, d.Document, err)
	case Kind(d.Kind) == Draft, Kind(d.Kind) == Drop:
		return nil, nil
	case b.Effects == nil:
		return nil, fmt.Errorf("deed %d (%s, %s): its body has no effects", d.Seq, d.Kind, d.Document)
	}
	return signed(*b.Effects, d).Acts, nil
}
