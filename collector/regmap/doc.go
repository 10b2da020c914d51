// Package regmap knows the registers of meters: which Modbus registers hold
// what, how to read them in few requests, and how words become readings and
// back. Each family of meters is one file of data, models/<id>.yaml.
//
// Everything here is pure: words in, readings out. The package must not know
// sockets, serial lines, time, retries, unit ids, meters' names or who polls.
//
// # Values
//
// Readings are in the base unit of their quantity, at the primary side. Counters
// carry their exact count beside the float value: integer counters pass no float
// on any way, and float counters are cut into counts by one law (counter.go). A
// meter that says "no value", and a content that the register cannot have, come
// back as readings with their quality and reason; every value is finite.
//
// Encode is the inverse of Decode and makes the simulator's meters.
//
// # The model file
//
// A file is one YAML mapping, read strictly by package form: unknown fields are
// refused, and every fault of every file is told at once, with its place.
// format.go has the fields in the program's words.
//
//	id             the file's name without .yaml; the site file names models by it
//	revision       from 1, raised with every change; snapshots carry id@revision
//	vendor         who makes the meter
//	devices        type names, as on the nameplates
//	verified       true once a reading was compared with a real device's display
//	sources        where each fact comes from: document and page, project and file
//	notes          oddities, and what was left out and why
//	function       3 (default) or 4: the function code to read with
//	order          words of a long value: big (default), little; for four words
//	               also big-halves (2 1 4 3) and swapped-halves (3 4 1 2)
//	limits         what one request may ask, and how fast:
//	  max_registers  most registers of a read (125)
//	  max_hole       most unused registers that a joined read carries along (60)
//	  even           true if reads start at even addresses with even counts
//	  no_read        addresses that no read may touch: [31..48]
//	  min_period     how often the meter renews its values: 200ms
//	  response       longest time to an answer
//	  gap            pause that the meter needs between requests
//	not_available  bit patterns for "no value", by type: {u16: [0xFFFF]}; floats
//	               that are not finite always say so
//	registers      a list of:
//	  name           a quantity's code (p, u_ab, ea_imp: metering.QuantityOf), or
//	                 any other name for identification and settings. ct_prim, ct_sec,
//	                 vt_prim, vt_sec, ct_ratio and vt_ratio are understood by Ratios
//	  quantity       the code, where the name must be another one
//	  addr           address on the wire, from 0, decimal or 0x…
//	  type           u16 i16 u32 i32 u64 i64 f32 f64, u32+u16 (count and residual),
//	                 ascii (with length, in registers)
//	  unit, scale    one of the register's number is scale (1) × unit; V, A, W, var,
//	                 VA, Wh, varh, VAh also with k and M, Hz, % and 1
//	  quantum        size of a count, in the unit, of a counter kept as a float: so
//	                 large that the float still tells it at the register's usual state
//	  radix          of u32+u16: residual counts in one main count
//	  parts          number of values in a row (tariffs) that add up
//	  modulus        counts at which a counter starts anew; by default what its
//	                 integer type can hold, never for 64 bits and floats
//	  ratio          primary (default) or secondary side of the transformers
//	  kind           total (default), tariff or partial; only a total is a quantity
//	  coding         4q-pf: Schneider's four-quadrant power factor
//	  group          fast, energy, slow or ident; follows from the quantity
//	  read_alone     true if it must be read in a request of its own
//	  expect         contents that these devices are known to have here
//	  marker         true for the register that tells this meter from others
//	  function, order, not_available, note   for this register only
//	  unsure         why the facts are in doubt; such a register is never read
//
// # Add a meter model
//
//  1. Copy the file of a similar meter to models/<vendor>-<type>.yaml; set id,
//     revision: 1, verified: false.
//  2. Write its registers from the vendor's document, addresses as on the wire.
//  3. Name the document and page of every fact under sources; leave out, or mark
//     unsure, what you did not see.
//  4. Write testdata/<id>.yaml: words from the document's examples and the readings
//     they stand for, computed by hand (testdata/README.md).
//  5. go test ./collector/regmap
//  6. Compare three values with the display of a real meter, set verified: true.
package regmap
