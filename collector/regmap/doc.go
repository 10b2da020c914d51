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
// # Reading a meter
//
// PlanFor cuts the registers of the polled groups into blocks, as cheap as the line
// allows; where answers have no tag, of different lengths. AppendDecode makes
// readings of a block's words. Identification gathers those of group ident and
// tells who the meter is, which of its settings change the meaning of other
// registers, and what makes it look like another device.
//
// The blocks of a SunSpec map are relative to a model of the device's chain:
// SunSpecWalk finds it, Block.At moves them there. An Archive is read record by
// record: NewestBlock, then Search.
//
// # The model file
//
// A file is one YAML mapping, read strictly by package form: unknown fields are
// refused, and every fault of every file is told at once, with its place.
// format.go and its sisters have the fields in the program's words.
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
//	sunspec        number of the SunSpec model that this is the map of; addresses are
//	               offsets from its id register then
//	archive        the meter's memory of its counters, see below
//	registers      a list of:
//	  name           a quantity's code (p, u_ab, ea_imp: metering.QuantityOf), or
//	                 any other name for identification and settings. ct_prim, ct_sec,
//	                 vt_prim, vt_sec, ct_ratio and vt_ratio are understood by Ratios
//	  quantity       the code, where the name must be another one
//	  addr           address on the wire, from 0, decimal or 0x…
//	  type           u16 i16 u32 i32 u64 i64 f32 f64, u32+u16 (count and residual),
//	                 ascii (with length, in registers)
//	  unit, scale    one of the register's number is scale (1) × unit; V, A, W, var,
//	                 VA, Wh, varh, VAh also with k and M, L, m3, Hz, % and 1
//	  quantum        size of a count, in the unit, of a counter kept as a float: so
//	                 large that the float still tells it at the register's usual state
//	  radix          of u32+u16: residual counts in one main count
//	  pulse          true for an integer counter of pulses, of which only the install
//	                 says what one stands for; scale × unit holds where it says nothing
//	  parts          number of values in a row (tariffs) that add up
//	  modulus        counts at which a counter starts anew; by default what its
//	                 integer type can hold, never for 64 bits and floats
//	  ratio          primary (default) or secondary side of the transformers
//	  kind           total (default), tariff or partial; only a total is a quantity
//	  coding         4q-pf: Schneider's four-quadrant power factor
//	  group          fast, energy, slow or ident; follows from the quantity. profile
//	                 is for registers that are read with the archive only
//	  read_alone     true if it must be read in a request of its own
//	  expect         contents that these devices are known to have here; another one
//	                 means another device, or one that nobody has listed
//	  guard          a setting on which the meaning of other registers depends:
//	                 {equals: [1], why: "in mode A export counts as import", affects:
//	                 [ea_imp, ea_exp]}. Other contents do not make the meter another
//	                 one, but what is affected cannot be trusted
//	  scale_factor   name of another register of this file, i16 or u16, whose content
//	                 x multiplies the value by 10^x, -10 ≤ x ≤ 10; 0x8000 in an i16
//	                 says that there is none, and then there is no value. Both are
//	                 always read in one block. A counter's step follows from it
//	  clock          the meter's own clock, if the source says that it is UTC: unix
//	                 (seconds, in i32, u32, i64 or u64) or ymdhms (six registers u16
//	                 or i16, the year in full or since 2000)
//	  marker         true for a register whose content never changes, the shortest
//	                 one: it tells this meter from others, or where it has no expect,
//	                 from another one on the line. Product id, ident code, serial
//	                 number; a setting where there is nothing else
//	  function, order, not_available, note   for this register only
//	  unsure         why the facts are in doubt; such a register is never read
//
//	archive        records of one shape side by side, written in turn, that plain
//	               reads of function 3 or 4 give; each holds the counters as they
//	               stood at the end of an interval:
//	  period         length of the intervals, a part of a day: 15m
//	  records        how many there is room for
//	  addr, words    address of record 0, registers of a record
//	  function       to read with; the model's if absent
//	  newest         name of the register, of group profile, that holds the index of
//	                 the newest record, from 0
//	  time           when the interval ended: {offset: 0, type: u32, clock: unix}
//	  registers      counters as above, with offset in the record in the place of
//	                 addr; each counts as the register of its quantity does
//
// model.schema.json is this format for editors.
//
// # What is left out
//
// A memory that shows a record only after something was written to the meter (ABB
// B2x and A4x, Powermonitor 1000, Entes MPR) or by a function of the maker's own
// (Siemens PAC3200T, 0x64) is out of reach: this program has no function that
// writes. SATEC PM130 has no model: its 16-bit registers are parts of a range that
// depends on settings by a formula that no source at hand states, how the two words
// of an energy combine is not stated either, and of the 32-bit table only the
// beginning is known.
//
// # Add a meter model
//
//  1. Copy the file of a similar meter to models/<vendor>-<type>.yaml; set id,
//     revision: 1, verified: false.
//  2. Write its registers from the vendor's document, addresses as on the wire.
//  3. Ask the document what changes the meaning of a register: a setting (guard),
//     an exponent (scale_factor), the transformers (ratio).
//  4. Name the document and page of every fact under sources; leave out, or mark
//     unsure, what you did not see.
//  5. Write testdata/<id>.yaml: words from the document's examples and the readings
//     they stand for, computed by hand (testdata/README.md).
//  6. go test ./collector/regmap; with -rewrite it adds the plan of the model to
//     testdata/plans: look whether the blocks are what you would read.
//  7. Compare three values with the display of a real meter, set verified: true.
package regmap
