// Package wire turns what travels between asue's processes into bytes and back:
// batches of snapshots from a collector, the acknowledgements that let it forget
// them, the wish to have them again, a collector's state, the conversation of
// balancer, agents and people, and the live values that people listen to. It also
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
//	1  kind     uint   1 batch, 2 ack, 3 replay, 4 replay-answer, 5 sealed,
//	                   6 allotment, 7 outcome, 8 beat, 9 order
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
// # Control
//
// What is obeyed travels sealed: allotments by the balancer, orders by the page.
//
//	2  key        bytes  8, the beginning of the public key's SHA-256
//	3  payload    bytes  a whole message of kind 6 or 9
//	4  signature  bytes  64, Ed25519 over "asue/v1/allotment" or "asue/v1/order",
//	                     a zero byte, and the payload
//
// An allotment and an order go on
//
//	2  id         text   absent in a bare beat  2  id        text
//	3  verb       uint   metering.Verb          3  order     text
//	4  agent      text                          4  time      uint  ms
//	5  actuator   text                          5  expires   uint  ms; absent: never
//	6  device     text   metering.ActuatorKind  6  reason    text
//	7  want       [limit W, position]           7  by        array of approval
//	8  expect     [limit W, position]           8  proposal  text
//	9  mode       uint   metering.Mode          9  override  text
//	10 emergency  bool                          10 actuator  text
//	11 term       uint                          11 resident  text
//	12 seq        uint                          12 node      text
//	13 boot       uint   of the agent's beat    13 mode      uint
//	14 nonce      uint   of the agent's beat    14 power     uint  W
//	15 issued     uint   ms                     15 band      as in 21
//	16 ttl        uint   ms
//	17 lease      uint   ms
//	18 reason     text
//	19 snapshot   bytes  SHA-256
//	20 approvals  array of [user, role, ms]
//	21 band       [least W, most W, fail-safe W]
//
// where everything that has its zero value is absent except 3, 4 and 11 to 16. An
// outcome and a beat of an agent, which are not sealed, go on
//
//	2  id        text                           2  agent     text
//	3  agent     text                           3  boot      uint
//	4  actuator  text                           4  nonce     uint
//	5  stage     text                           5  time      uint  ms
//	6  refusal   text                           6  term      uint
//	7  text      text                           7  seq       uint
//	8  time      uint  ms                       8  states    array of state
//	9  seen      [limit W, position]
//	10 term      uint
//
// with each state
//
//	0  actuator  text
//	1  time      uint  ms of the youngest read; absent: never
//	2  readable  bool
//	3  now       [limit W, position]
//	4  guarding  text
//	5  command   text
//	6  left      uint  ms of the lease
//	7  band      [least W, most W, fail-safe W]
//	8  text      text
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
