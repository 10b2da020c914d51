// Package site reads the site file: what a plant is. It turns the YAML text into
// the words of package metering and reports every fault of the file at once,
// each with its place, the rule and the remedy.
//
// It must not know how anything is reached or run: no ports, timings, passwords or
// keys. Those belong to the configuration of a process; only an actuator that hangs
// on no communication line has its address here. Nor does it know the time of day:
// it never says that something has expired.
//
// # The file
//
// One UTF-8 YAML document of at most 1 MiB, of plain keys, lists and single
// values: no anchors, aliases, tags or merge keys. Unknown and duplicate keys
// are errors. examples/aktobe/site.yaml is a complete one with comments; Schema
// gives the JSON Schema that editors complete and check with.
//
// How values are written:
//
//	id           up to 64 Latin letters, digits, '-', '_', '.'; the first is a letter or digit
//	power        number, unit: 29.7 MW, 450 kW, 570 W; exact to the watt; a decimal point
//	limit        a power, or the word unlimited; no key at all means "not stated"; 0 W is zero
//	voltage      110 kV, 400 V             length      17 km, 300 m
//	resistance   0.159 ohm/km              rated       63 MVA, 250 kVA
//	current      600 A, 1.25 kA            share       10.5 %, 15 %
//	reactance    0.405 ohm/km              susceptance 2.81 uS/km
//	loss         290 kW, 570 W             angle       -1.5 deg
//	ratio        600/5, 10000/100, or the word direct
//	energy       12345.6 kWh, MWh, Wh; reactive: kvarh, Mvarh, varh
//	time         2026-01-15: the first instant of that day in the site's zone;
//	             or with time and offset, 2026-01-15T12:30:00+05:00
//	volume       12345.678 m3, 300 L; exact to the litre
//	flow         20000 m3/h, 4500 m3/day; also L/h, L/day
//	pulse        10 L, 0.01 m3, 1 Wh; exact to a thousandth of L or Wh
//	factor       -1, 2, 1/3
//	duration     40m, 1h30m; of actuators also with seconds: 90s
//	day          2026-03-21, of the site's zone
//	time of day  "07:00-19:00" in quotes, from quarter to quarter of an hour; a day
//	             ends at "24:00"
//	switch       true or false
//
// A period runs from "from" (inclusive) to "to" (exclusive); without "to" until
// further notice.
//
// Keys (* must be there):
//
//	version*              1
//	site*                 id*, name*, time_zone* (IANA: Asia/Aqtobe)
//	sources*[]            supply lines; the first available one feeds the site
//	  id*, name*
//	  node*               node of kind source where the line begins
//	  contract            limit: declared power at the site's input; an available source has one
//	  available*          switch: may be counted on today
//	  note                why not
//	nodes*[]              the network; each node but a source has one parent
//	  id*, name*
//	  kind*               source, input, transformer, section, feeder, own-needs
//	  parent              node that feeds it in the normal state
//	  voltage*            nominal; of a transformer its high side
//	  limit               greatest power through the node
//	  limit_mva           greatest apparent power: 63 MVA; the measured power factor makes
//	                      a limit of power of it
//	  limit_a             greatest current
//	  line                at a source or feeder: length*, resistance* (active, per km), conductor
//	  transformer         at a transformer: rated*, no_load_loss*, load_loss* (powers)
//	residents[]
//	  id*, name*
//	  trade*              ceramics, data-centre, plastics, chemistry, logistics, offices, metal,
//	                      building-materials, gas
//	  state*              working, in-realisation, idle (technical conditions and no load)
//	  commissioned        since when it draws
//	  conditions[]        technical conditions (ТУ); those in force at one time add up
//	    id*, node*, power*, category* (1..3), document*, from*, to
//	    non_firm          power above that which may be curtailed at any time
//	    voltage           at which it is connected
//	    legal_basis       clause of a contract or the law
//	    stages[]          growth that the resident has bound itself to, ascending by due:
//	                      power*, due*, milestones* (1..99), document*; no right yet
//	  armour              броня: technological with technological_for, emergency*, act*, valid_to
//	  simulation          for the software zone only: peak*, power_factor* (0.5..1),
//	                      rebound (1..2; by trade if absent)
//	lines[]               communication lines: id*, name
//	points[]              metering points
//	  id*, name*
//	  node*               of the electric network; points of other media have none
//	  role*               input, transformer, section, feeder, resident, own-needs, technical, check
//	  resident            of a boundary (role resident) and of its check point
//	  medium              electricity (if absent), gas, drinking-water, process-water, sewage
//	  class               of the validation rules that hold here: see validation
//	  checks              of a check point: the billing point beside which it stands
//	  disconnected[]      from*, to: times of confirmed disconnection
//	  faulty[]            from*, to: times of faulty metering that an act confirms
//	meters[]              devices
//	  id*
//	  model*              id of a register map
//	  serial*             as on the nameplate
//	  line*               on which it answers
//	  unit*               Modbus unit id there, 1..247
//	  accuracy*           0.2S, 0.2, 0.5S, 0.5, 1, 2, A, B, C
//	  verified_to         time until which its verification (поверка) holds
//	  installs[]          where it stands and stood; none: in stock
//	    point*
//	    ct*               ratio, as installed, whether or not the meter counts it in by itself;
//	                      at points of electricity only
//	    vt                ratio; absent: direct. Above 1 kV there must be one
//	    ct_class, vt_class              0.1, 0.2S, 0.2, 0.5S, 0.5, 1, 3, 5, 10
//	    ct_verified_to, vt_verified_to  as for the meter
//	    pulse             what a count stands for, where the register map does not know it
//	    act               number and date
//	    from, to          absent: since the beginning, until further notice
//	    start_readings    of the act, by channel (A+, A-, R+, R-; gas, drinking-water,
//	                      process-water, sewage), at the primary side
//	    end_readings      likewise; only with "to"
//	virtual[]             points without a meter, sums of others; no ring of them
//	  id*, name*, node
//	  role                resident, transformer, section, feeder, own-needs, technical (if absent)
//	  resident            for the role resident and for share_of
//	  medium              as of points; every term is of it
//	  terms*[]            each one of
//	    of                point, metered or virtual
//	    loss_of           transformer or line with a passport: its calculated loss
//	    share_of          node: the resident's share of what is lost below it
//	    and channel, factor (1 if absent), from, to
//	validation[]          rule sets; one is in force for a class at a time
//	  name*               findings carry it
//	  class               of points; absent: for all others
//	  from, to
//	  values              parameters that differ from the rules' own, by name:
//	                      {spike: 180 %, zero_run: 2h, floor: 100 kW}; in the units that
//	                      people use, or a number alone
//	  off[]               rules that are not applied
//	calendar
//	  holidays[]          days off that fall on any weekday
//	  workdays[]          weekends on which work is done
//	tariffs[]             id*, name*, from, to
//	  zones*[]            each quarter of an hour of each kind of day lies in exactly one
//	    name*             several entries may have the same
//	    days[]            workday, saturday, sunday, holiday; absent: all
//	    spans*[]          times of day
//	media[]               what the zone may take: medium*, limit* (a flow)
//	agents[]              programs that write to actuators: id*, name
//	actuators[]           devices by which loads are moved
//	  id*, name*
//	  kind*               setpoint, relay, breaker
//	  resident*           whose load
//	  node*               where it hangs; of a breaker the feeder that it switches
//	  point               whose power shows the effect; absent: the device's own word counts
//	  agent*              that alone writes to it; all outputs of a device have one
//	  address*            id of a line, or tcp://host:port
//	  unit*               Modbus unit id there, 1..247
//	  model*              id of the device's map
//	  channel             output of the device, from 1 (if absent)
//	  power               rated power of what a relay or breaker switches (*); of a
//	                      set-point its greatest value (that of most if absent)
//	  importance*         1, the first to go, to 9
//	  mode                off, monitor, advisory (if absent), confirm, auto: the most that is
//	                      allowed; of a breaker confirm at most
//	  least*, most*       hard band of a set-point: not below the armour, not above the
//	                      technical conditions there
//	  failsafe*           of a set-point, in its band
//	  min_on, min_off     of a relay or breaker: 15m if absent
//	  max_off             2h if absent
//	  per_hour            operations, 4 if absent
//	limits[]              other limits for a time; the lowest that holds counts
//	  node, source        one of them
//	  limit*
//	  from, to
//	  days[]              monday .. sunday; absent: all
//	  hours               time of day; absent: the whole day
//	  document*           or who has ordered it
//	promises[]            limits to come; they permit nothing until they have come true
//	  scenario*           optimistic, base, late
//	  node*
//	  limit*
//	  from*               of one node and scenario ascending
//	  document*           or who has promised it
//	network               data for calculations of flows and voltages; buses of the model are
//	                      the nodes at which its elements end, all below draws at the nearest
//	  feeds*[]            of each source: source*, voltage* (held at the sending end), station
//	                      (feeds of one stand on one busbar), angle, angle_known, short_circuit
//	                      (apparent power), r_to_x, meter (bus where the contract is measured)
//	  lines*[]            circuits: id*, name, from*, to*, length*, conductor, towers (what
//	                      circuits share); resistance, reactance, susceptance, current: those
//	                      of the table of conductors if absent
//	  transformers[]      of three windings
//	    node*, buses*     the node, and the buses of HV, MV, LV around it
//	    voltages*, powers*               rated, of HV, MV, LV
//	    uk*, uk_base      of HV–MV, HV–LV, MV–LV; at the power of hv (if absent) or of the pair
//	    load_loss*, no_load_loss*, no_load_current*
//	    tap               step*, min*, max*, position, holds (mv, lv if absent), target*,
//	                      band* (to either side), blocked
//	    cooling           ONAN, ONAF (if absent), OFAF
//	  switches[]          id*, name, kind* (breaker, disconnector), between* (two buses), closed*
//	                      (in the normal state), current, point (whose meter sees it)
//	  transfers[]         АВР: id*, name, watch*, reserve*, open, close*, after*, out
//	  scenarios[]         ways to feed the site: id*, name*, sources*, open, close, parallel, note
//	  voltages[]          permitted: nominal*, min*, max*, highest (of the equipment)
//	  plan                load of studies: power_factor*, shares*[] (node*, part*, 100 % in all)
//	  recovery            load after a transfer, in times of that before (1 if absent)
//	  and of every element but scenarios
//	    provenance[]      of (keys; absent: all others), basis* (measured, passport, assumed),
//	                      source*, date
//	    valid_from, valid_to
//
// # A changed meter
//
// The old meter's install gets "to" and end_readings, the new meter is another
// entry of meters with an install at the same point, "from" and start_readings.
// Both may have the same unit id, because they are never connected at once. Where
// the acts give no readings, or leave a time between the two, energy is estimated:
// the file is taken with a warning.
//
// # What others know
//
// Which register maps there are and what they count, and which parameters the
// validation rules have, comes in as Options; what is not told is not checked.
//
// # Faults
//
// An Error refuses the file, a Warning is most likely a mistake, an Info is worth
// knowing. What follows from another fault is not reported again. Every kind of
// fault is shown by a case in testdata/faults; its Code is stable.
//
// # Another key
//
// It is one entry in a form (format.go and its sisters) and one line in build
// (build.go): reading, schema, suggestions and the message for a missing key come
// from the form.
package site
