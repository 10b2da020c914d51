// Package wire turns what travels between asue's processes into bytes and back:
// batches of snapshots from a collector, and the acknowledgements that let it
// forget them. It also knows the topics.
//
// It must not know who sends or what happens next.
package wire
