// Package study says what a site's network does: what flows where and at what
// voltage, what an outage leads to, and what a reserve could carry.
//
// It makes the model of package powerflow from the words of metering.Network, asks it,
// and answers in the words of metering.NetworkState. It must not know the control
// loop, stores, files, the wire, or the time of day: the moment of a model and every
// measured value are handed in.
//
//	m, err := study.New(site, at)                   // all faults of the data at once
//	state, err := m.Solve(study.Setting{Scenario: "C"}, m.Loads(60))
//	for _, c := range m.N1(study.Setting{}, m.Loads(29.7)) { … }
//	live := m.Live(); state = live.Step(measured)   // warm, every tick
//
// # Buses
//
// Nodes that an element of the network names are buses. Whatever hangs below them in
// the forest draws at the nearest one above it. Buses joined by closed switches are
// one; a transformer is in or out as a whole.
//
// # Three moments of an outage
//
//	before   right after it: tap changers stand where they stood, no transfer has acted
//	after    transfers have acted; taps still stand, load that was dark comes back
//	         Recovery times what it was; emergency ratings
//	later    after the time that an overload is permitted: tap changers have moved, the
//	         load is what it was; continuous ratings, or those that the Setting asks for
//
// Each ends as exactly one of diverged, islanded, violated, secure, the first that
// holds. Nothing is left out because it did not converge.
//
// # What a result rests on
//
// Assumed lists every figure behind a state that nobody has measured or read from a
// passport, with angles between feeds ("δ = 0 assumed"), sources that are not available
// yet ("after restoration") and bands that nobody has stated; Inputs is a digest of
// the network's data, the setting and the loads. The same input gives the same bytes.
package study
