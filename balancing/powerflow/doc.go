// Package powerflow tells what flows in a three-phase network and at what voltage:
// buses, branches and sources in, voltages, currents, loading and losses out.
//
// It must not know meters, residents, contracts, files, or why somebody asks. It is
// pure: the same network gives the same bytes, and nothing depends on the time of
// day or on the order of a map.
//
// # Model
//
// Balanced, one phase for all three. Impedances are in per unit on the base power of
// the network and the base voltage of the bus; Line, ThreeWinding and Source make
// them of what passports and project documents state. A branch is a two-port with
// an ideal transformer at its FROM end: with t = a·e^jφ, ys = 1/(r+jx),
//
//	yff = (ys + jb/2 + ym)/a²   yft = −ys/t*
//	ytf = −ys/t                 ytt = ys + jb/2
//
// so that r, x and b are referred to the TO side, as in the manual of MATPOWER. Loads
// draw constant power; positive is drawn. Generators feed in; positive is fed in.
//
// # Topology
//
// Buses joined by closed switches are one node (union-find), never a small impedance,
// which would spoil the figures. What hangs together by branches is an island. An
// island is alive if it has a slack: a source that holds voltage and angle. Any other
// island is dead: nobody there holds voltage and frequency, even if a generator is
// connected. Several slacks in one island are several sources whose angles are taken
// as given; Result says so (AnglesAssumed), because a degree more or less moves
// megawatts.
//
// # Solution
//
// Newton–Raphson in polar form on blocks of two by two, one block for each pair of
// neighbouring nodes, eliminated in an order of least degree that is found once. Each
// island is solved for itself. A step that makes things worse is halved. What does
// not converge from a flat start, or arrives below 0.7 of the set voltage, begins
// again where the linear network stands, in which loads are admittances, and then
// from no load in steps, each from the last (continuation): an answer that is reached
// so lies on the branch that the network really works on.
package powerflow
