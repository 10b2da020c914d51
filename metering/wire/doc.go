// Package wire turns what travels between asue's processes into bytes and back:
// batches of snapshots from a collector, the acknowledgements that let it forget
// them, the wish to have them again, a collector's state, and the live values that people listen to. It also
// knows the topics.
//
// It must not know who sends or what happens next.
//
// # Envelope, version 1
//
// A message is a CBOR map (RFC 8949) with small integers as keys, in core
// deterministic encoding: shortest integers and floats, ascending keys, definite
// lengths, no tags. A key that a reader does not know is skipped, so maps may
// grow; arrays are fixed. A reader refuses a version that it does not know with
// ErrVersion: version goes up only when an old key changes its meaning. Every
// message begins
//
//	0  version  uint   1
//	1  kind     uint   1 batch, 2 ack, 3 replay, 4 replay-answer
//
// and a batch goes on
//
//	2  site       text
//	3  collector  text
//	4  epoch      uint   64 random bits, made with the collector's outbox
//	5  seq        uint   from 1, without gaps
//	6  line       text
//	7  sealed     uint   ms since 1970-01-01 UTC
//	8  mono       int    µs on the collector's monotonic clock at sealed
//	9  boot       uint   64 random bits, made at the collector's start
//	10 class      uint   1 billing, 2 telemetry
//	11 lost       array of [from, to]         absent if nothing was lost
//	12 models     array of text               the models named in 13
//	13 snapshots  array of snapshot           absent in a loss record
//
// with each snapshot
//
//	0  meter      text
//	1  model      uint   index into models; absent: the model is not known
//	2  before     int    ms from the snapshot to sealed
//	3  took       int    µs the transaction lasted
//	4  mono       int    µs from the snapshot to the batch's mono
//	5  clock      uint   ms since 1970 on the meter's own clock; absent: not read
//	6  quality    uint   metering.Quality; absent: good
//	7  reason     text   absent: none
//	8  quantities bytes  metering.Quantity of each reading, one byte each
//	9  values     array of float, of the readings that carry an explicit value
//	10 counts     array of [index, raw, step, flags]     index into quantities
//	11 notes      array of [index, quality, flags, text] readings that are not
//	              simply good
//
// The flags of a count are 1 "counts at the secondary side" and 2 "the value is
// raw × step / 1000 and not repeated in values". The flag of a note is 1 "there
// is no value". An ack goes on
//
//	4  epoch      uint
//	5  contiguous uint   everything up to here is in the ledger
//	6  highest    uint
//	7  missing    array of [from, to]
//
// A replay, which asks a collector to send again what it still keeps, and its answer
// go on
//
//	2  id         text                      2  id       text
//	3  issued     uint  ms since 1970       3  batches  uint  that will be sent
//	4  from       uint  ms; absent: by seq  4  from     uint  seq; absent: none
//	5  to         uint  ms; absent: now     5  to       uint  seq
//	6  from seq   uint  absent: by time     6  refused  text  why; absent: it is not
//	7  to seq     uint  absent: the last
//
// # For people
//
// The same messages exist as JSON objects with names for keys, one object per
// reading, times as RFC 3339 and 64-bit identities as 16 hexadecimal digits.
// DecodeBatch and the others tell the two by the first byte: "{" opens JSON.
//
// # Limits
//
// MaxPayload and its companions hold for both forms and both directions, and are
// checked before anything of that size is allocated. MQTT carries a payload and
// its topic in one packet; MaxPayload leaves room for the topic in a packet of
// 256 KiB, which is what the embedded broker takes.
package wire
