package pool

import (
	"fmt"

	"asue/metering"
)

// Kind is what kilowatts on an account are.
type Kind string

// Kinds of accounts.
const (
	KindGrid     Kind = "GRID"     // outside: where capacity comes from; the one account below zero
	KindSupply   Kind = "SUPPLY"   // of the zone, not given out
	KindPool     Kind = "POOL"     // free to be given out
	KindFirm     Kind = "FIRM"     // of a resident
	KindNonFirm  Kind = "NONFIRM"  // of a resident, may be curtailed
	KindReserved Kind = "RESERVED" // for an application, until a day
	KindHeld     Kind = "HELD"     // in dispute
	KindDemoted  Kind = "DEMOTED"  // of a resident, was firm, may be curtailed by a sanction
	KindLoss     Kind = "LOSS"     // losses and own needs
)

// Account is where kilowatts are. Accounts need not be opened.
type Account struct {
	Kind Kind            `json:"kind"`
	Node metering.NodeID `json:"node,omitempty"` // where they are drawn; none for GRID
	// Owner is a resident, an application or a case; none for GRID, SUPPLY, POOL and LOSS.
	Owner string `json:"owner,omitempty"`
}

// Grid is the account outside.
func Grid() Account { return Account{Kind: KindGrid} }

// Supply is what the zone has at a node and has not given out.
func Supply(node metering.NodeID) Account { return Account{KindSupply, node, ""} }

// Free is the pool at a node: what was freed there, or opened for use.
func Free(node metering.NodeID) Account { return Account{KindPool, node, ""} }

// Firm is a resident's firm power at a node.
func Firm(resident metering.ResidentID, node metering.NodeID) Account {
	return Account{KindFirm, node, string(resident)}
}

// NonFirm is a resident's power at a node that may be curtailed.
func NonFirm(resident metering.ResidentID, node metering.NodeID) Account {
	return Account{KindNonFirm, node, string(resident)}
}

// Demoted is what was a resident's firm power until a sanction: it may be curtailed, and
// counts as committed, since the sanction may be lifted.
func Demoted(resident metering.ResidentID, node metering.NodeID) Account {
	return Account{KindDemoted, node, string(resident)}
}

// Reserved is what is reserved for an application at a node.
func Reserved(application string, node metering.NodeID) Account {
	return Account{KindReserved, node, application}
}

// Held is what a resident and the zone dispute about.
func Held(resident metering.ResidentID, node metering.NodeID) Account {
	return Account{KindHeld, node, string(resident)}
}

// Loss is what is lost or used by the station at a node.
func Loss(node metering.NodeID) Account { return Account{KindLoss, node, ""} }

// String is "FIRM r-07 at f-3".
func (a Account) String() string {
	text := string(a.Kind)
	if a.Owner != "" {
		text += " " + a.Owner
	}
	if a.Node != "" {
		text += " at " + string(a.Node)
	}
	return text
}

// committed reports whether kilowatts on the account count at ceilings.
func (a Account) committed() bool {
	switch a.Kind {
	case KindFirm, KindReserved, KindHeld, KindDemoted, KindLoss:
		return true
	}
	return false
}

// fault says what is wrong with an account; empty if nothing is.
func (a Account) fault(known map[metering.NodeID]int) string {
	_, there := known[a.Node]
	owned := a.Owner != ""
	switch a.Kind {
	case KindGrid:
		if a.Node != "" || owned {
			return fmt.Sprintf("%v: the grid has neither node nor owner", a)
		}
		return ""
	case KindSupply, KindPool, KindLoss:
		if owned {
			return fmt.Sprintf("%v: such an account has no owner", a)
		}
	case KindFirm, KindNonFirm, KindReserved, KindHeld, KindDemoted:
		if !owned {
			return fmt.Sprintf("%v: name its owner", a)
		}
	default:
		return fmt.Sprintf("%v: there is no such kind of account", a)
	}
	if !there {
		return fmt.Sprintf("%v: node %q is not known", a, a.Node)
	}
	return ""
}

// moves are the ways that kilowatts may go. Others have no meaning that a paper could
// bear out.
var moves = map[[2]Kind]string{
	{KindGrid, KindSupply}:   "capacity is declared",
	{KindSupply, KindGrid}:   "capacity is given up",
	{KindSupply, KindPool}:   "opened for allotment",
	{KindPool, KindSupply}:   "withdrawn from allotment",
	{KindSupply, KindFirm}:   "issued before the books began",
	{KindSupply, KindLoss}:   "set aside for losses",
	{KindLoss, KindSupply}:   "no longer lost",
	{KindPool, KindReserved}: "reserved",
	{KindReserved, KindPool}: "reservation given back",
	{KindPool, KindFirm}:     "allotted",
	{KindFirm, KindPool}:     "returned",
	{KindFirm, KindHeld}:     "held in dispute",
	{KindHeld, KindFirm}:     "dispute won by the resident",
	{KindHeld, KindPool}:     "dispute lost by the resident",
	{KindFirm, KindDemoted}:  "made non-firm by a sanction",
	{KindDemoted, KindFirm}:  "sanction lifted",
	{KindDemoted, KindPool}:  "returned after a sanction",
	{KindGrid, KindNonFirm}:  "allotted, may be curtailed",
	{KindNonFirm, KindGrid}:  "given up",
}
