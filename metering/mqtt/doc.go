// Package mqtt is the MQTT 3.1.1 client of asue: a Publisher that says truly
// whether the broker has taken a message, and a Subscriber that tells the broker
// that a message is done only after its reader has said so. It wraps
// github.com/eclipse/paho.mqtt.golang and keeps that library's traps inside.
//
// It must not know what topics and payloads mean, or what a collector, an
// ingest or a balancer is.
//
// # What a nil error of Publish means
//
// The broker has answered with PUBACK. That is flow control: brokers lose
// acknowledged messages when they crash, when a queue is full or when nobody is
// subscribed. Proof of arrival comes from the ledger, end to end.
//
// # The traps, and what is done about them
//
//   - With AutoReconnect the library completes the token of an interrupted QoS 1
//     publish without an error and without a PUBACK. So AutoReconnect is off, the
//     session clean, and each connection has a new client of its own.
//   - Publish of the library can block for ever on a half-open connection. Here
//     every write has a deadline, and a PUBACK that does not come in time ends
//     the connection.
//   - A message for which no handler is known is never acknowledged, and when the
//     broker's in-flight window is full of such messages the subscriber stalls for
//     good. So one handler for everything is in place before Connect.
//   - A handler that blocks stops the keep-alive. So it only puts the message
//     into a bounded channel.
//   - An acknowledgement sent after the connection was lost is dropped; the
//     broker sends the message again. Duplicates are normal.
//   - The embedded broker keeps the packet ids of both directions in one table
//     per client, so a client that both publishes and subscribes with QoS 1 can
//     lose redeliveries. A Publisher only publishes, a Subscriber only subscribes.
//
// Waiting for the network is done on the wall clock, whatever clock the run has:
// the other side is a machine.
package mqtt
