// Package audit is the chain in which the acts of persons are kept: the form of a
// record that is hashed, how records follow each other, signed checkpoints, the seals
// of decisions about capacity, and the check of all of it. It is pure.
//
// It must not know where records and checkpoints are kept, who may act, nor the
// time of day.
//
// # The chain
//
// The hash of a record is
//
//	SHA-256( hash of the record before, 32 bytes, zeros for the first ‖ canonical form )
//
// and the canonical form, version 1, is, whole numbers with the highest byte first:
//
//	offset  size  what
//	0       1     version of the form: 1
//	1       8     Seq
//	9       8     At, Unix milliseconds, two's complement
//	17      4+n   Actor: length in bytes, then UTF-8
//	        4+n   Role
//	        4+n   Kind
//	        4+n   Subject
//	        4+n   Text
//	        4+n   Detail: canonical JSON, or nothing
//	        32    Snapshot, zeros if there is none
//
// Every text carries its length, so that no two records have one form. JSON is
// canonical with its keys sorted by their bytes, no space between tokens, numbers
// as they were written, and the escapes of Go's encoding/json without those for
// HTML.
//
// # Checkpoints
//
// A chain that was rewritten from some record to its end is whole again, and so is
// one whose end was cut off. A checkpoint is signed by Ed25519 over
//
//	"asue audit checkpoint 1\n" ‖ Seq, 8 bytes ‖ At, 8 bytes ‖ hash, 32 bytes
//
// One is made for every 1,000 records and 5 minutes after the last one if there
// are new records (Due). As a line of text, to be kept on another host:
//
//	asue-audit-checkpoint-1 SEQ TIME HASH KEY SIGNATURE
//
// with the time by RFC 3339 to the millisecond, hash and key in hexadecimal and
// the signature in base64.
//
// # Deeds
//
// Decisions about capacity (metering.Deed) are kept beside the audit. The record that
// is written with them seals them: its kind begins with "capacity.", and its Detail is
//
//	{"deeds":[FIRST,LAST],"sha256":"HEX"}
//
// with the SHA-256 of the canonical forms of the deeds FIRST to LAST one after
// another. The canonical form of a deed, version 1, is
//
//	offset  size  what
//	0       1     version of the form: 1
//	1       8     Seq
//	9       8     At, Unix milliseconds, two's complement
//	17      4+n   Kind: length in bytes, then UTF-8
//	        4+n   Subject
//	        4+n   Author
//	        4+n   Approver
//	        4+n   Basis
//	        4+n   Document
//	        4+n   Body: canonical JSON
//
// It says itself where it ends, so that no two lists of deeds have one form. The SHA-256
// of one deed's form is kept beside it and tells which deed was damaged; the seal tells
// of those that were written anew with it. Seals follow each other without a gap: a deed
// that no record of the audit speaks of was added by somebody else.
package audit
