// Package broker is the MQTT server inside asue: github.com/mochi-mqtt/server/v2
// as a protocol front end with bounds on everything.
//
// It must not know what topics and payloads mean. It keeps nothing on disk: what
// it holds is gone when it stops, on purpose. The collector keeps a batch until
// the ledger has it, whatever the broker has said meanwhile, so a broker that
// forgets costs a repetition and a broker that claims to remember gains nothing.
//
// # Who may connect
//
// On a loopback address everybody may, unless users are named. On any other
// address users must be named, and each has the rights that are written down for
// it, and no others.
//
// # Bounds
//
// A packet larger than MaxPacket ends its connection and is counted; so does a
// connection that says nothing for ten seconds, or one too many. A client that
// does not acknowledge gets no more than MaxInflight messages; what would be
// sent beyond is dropped and counted.
//
// # Where it differs from the library
//
// The packet ids of the two directions are kept apart for subscriptions (see
// ids), so that a client with unacknowledged messages can come back.
package broker
