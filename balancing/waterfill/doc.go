// Package waterfill shares power fairly under nested limits, proves each answer
// before it gives it out, and chooses which loads to shed.
//
// It must not know stores, the wire, the time of day, who the residents are, or
// what becomes of its answers. All of it is pure: the same input gives the same
// answer, and nothing is kept between calls.
//
// Power is in whole kilowatts throughout, as int64 from 0 to MaxKW.
//
// # The rule
//
// Limits form a forest: source, transformers, sections, feeders. On them hang
// leaves: residents and fixed loads. A leaf of weight w that must have lo and
// could use up gets clamp(w·t, lo, up), t being the lowest level among the nodes
// on its way to the source; the level of a node is the highest at which what
// flows through it still fits. So whoever wants more and hangs under the same
// full node gets the same share of its weight, nobody can get more without
// somebody getting less who has no more already, and nothing that the limits let
// through is left over: the weighted max–min optimum, which is unique.
//
// What flows through a node is a sum of leaves, and so between two bends a
// straight line A + W·t with whole A and W. A level is therefore a fraction of
// two whole numbers, and everything is compared exactly: with no number above
// MaxKW and at most MaxLeaves leaves, A and W stay below 2^62 and every product
// that is compared below 2^124, which two machine words hold.
//
// # Tiers
//
// Solve shares in one go. Allot shares in tiers: what must not be cut (armour,
// fixed loads), then the firm part up to the technical conditions, class by
// class, then what is above them. Each tier is shared on what the ones before it
// have left, and rounded to whole kilowatts before the next one begins. A node
// that a tier has filled stays full to the kilowatt.
//
// # When it does not fit
//
// Where even the least does not fit, the node is reported with what is needed,
// what is allowed and what is missing; a part of the network that has such a
// node is frozen at a proposal that is marked Violating, and the rest is solved
// as if nothing had happened. It is never silent and never stops the others.
//
// # The certificate
//
// Every answer carries, for each leaf that gets less than it could use, the node
// that holds it down and that node's level. From these alone it is checked anew
// that the answer keeps all limits and is the optimum, whoever has computed it.
// What does not pass is not given out: ErrCertificate.
package waterfill
