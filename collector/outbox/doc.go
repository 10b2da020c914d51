// Package outbox is the durable queue between the poller and the ledger: what
// was appended stays until somebody says that it may be forgotten, whatever
// happens to the process in between.
//
// A batch is opaque bytes with a sequence number. Numbers count from 1 without a
// gap within an epoch; the epoch is drawn at random when the file is made, so
// that a lost disk can never reuse numbers. Two classes share the queue: billing
// is never dropped; telemetry goes, oldest first, when the size budget is
// reached. Every number that is gone for good stays known as a gap until the
// ledger has been told.
//
// # On disk
//
// One SQLite file in WAL mode with synchronous=FULL, held exclusively:
//
//	meta        one row: version, epoch, last number given, highest number acknowledged, CRC
//	batch       seq, class, at (ms), crc, payload
//	gap         from, to, at (ms), reason, crc
//	quarantine  rows whose CRC does not match, kept for a person to look at
//
// crc is CRC-32C over epoch, seq, at (big-endian u64 each), class (u8), payload;
// that of a gap takes from for seq, 0 for class, to (u64) and reason for payload. It
// is absent from gaps that a program before 0.2 wrote.
//
// Beside it lies NAME.mark: the epoch and the last number in two slots of 32
// bytes, written in turn after each commit without waiting for the disk:
//
//	0   "AOM1"   4   zero   8  epoch u64   16  last u64   24  generation u32   28  CRC-32C of 0..28
//
// SQLite drops whatever follows a damaged frame of its log in silence; the mark
// shows that this has happened, and numbers given before are never given again.
//
// NAME.reserve takes room on the volume, to be given up for billing batches when the
// disk is full.
//
// # Damage
//
// Open never refuses to start because of what is in the file. A row that fails
// its CRC goes to quarantine. A file with a broken structure is moved aside, and
// every row that can still be read is carried over; so are sound rows behind a
// damaged frame of the log. A new epoch begins only if neither the file nor the mark
// can tell the old one. Lost numbers become gaps, and a message names them. Where
// it is not sure how far numbers were given, a million of them are passed over and
// told lost. Verify tells of the same without changing anything.
//
// The package must not know what the bytes mean, who wants them, or how they
// travel.
package outbox
