// Package modbusd serves a simulated zone as Modbus meters and actuators: one
// listener per line, many unit ids behind each, every meter with the register map of
// its model. Foreign clients (mbpoll, a SCADA) read it like real meters.
//
// Register images are written from a snapshot of the world and copied under a
// lock when they are asked for: a block is of one instant. All images are renewed
// once a Tick, and one that is older than Age when it is asked for right then: on
// a busy machine ticks come late, and a meter that shows old registers would lie
// about the time of its reading.
//
// A map of SunSpec lies in a chain as devices have it (sunspec.go); scale factors
// follow from the transformers, so that the load fits (exponents.go); settings are
// as the maps want them. A meter whose model has an archive keeps its counters at
// the end of each quarter of an hour from the world's start on (archive.go).
//
// The package must not know load shapes, collectors and controllers.
//
// # What a request gets
//
//   - function 3 or 4, as the model file says: the registers. Holes between two
//     registers of a map that one request can span read as 0.
//   - an address outside the map, or one that the model forbids to read: exception 2
//   - more registers than the model gives in one request, or none: exception 3
//   - any other function, writes above all: exception 1; only modules are written
//   - a unit id that stands for no meter: exception 11, as gateways answer
//   - a meter that is silent: nothing at all; the connection stays
//
// Actuators answer on the line of their address under their unit id, as modules that
// can be written (module.go, operate.go): many on one listener. What they show is of
// the moment at which it is asked for. The journal keeps what they have taken.
//
// A line can be served in RTU frames too, on its port or on a serial port; see
// Server.ServeRTU for what differs.
//
// # Why not a library's server
//
// The server of simonvetter/modbus cannot play these meters: it listens by itself and does not tell which port the
// kernel chose; its handler must answer, so one silent meter would block its
// whole gateway or close it; and Stop returns while connections are still being
// served. An own server is two small files, and the two clients of the tests
// (goburrow/modbus and the collector's own) both stay independent of it.
package modbusd
