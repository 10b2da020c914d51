package dispatcher

import (
	"slices"
	"strings"

	"asue/metering"
)

// Access says who may use a route.
type Access string

// Kinds of access. What is not in this list is shut to everybody.
const (
	Open     Access = "open"     // whoever reaches the port, before signing in too
	Viewer   Access = "viewer"   // whoever may look: every role, and anybody if the page is open to look at
	DemoOnly Access = "demo"     // the same, but only in the demo
	SignedIn Access = "signed"   // every role, signed in
	Ordering Access = "ordering" // who may give some order; which ones stands in orderRules
	Auditing Access = "auditing" // who may read the audit
	Journal  Access = "journal"  // who may read what the balancer decided and people ordered
	// Casework is for who may read cases and their papers, Caseworking for who may do
	// something in the office of technical conditions.
	Casework    Access = "casework"
	Caseworking Access = "caseworking"
	Alarming    Access = "alarming" // who may answer alarms, write the log and have the shift
	// Keeping is for who may read the configuration and where backups lie, Administering for
	// who may see accounts and lock them.
	Keeping       Access = "keeping"
	Administering Access = "administering"
	Operator      Access = "operator" // the program's own keepers: /metrics, /healthz, /readyz; whoever reaches the port
	Own           Access = "own"      // who carries a resident's token, for the numbers of that resident
	OwnDoor       Access = "own-door" // the page of residents and its door: whoever reaches the port
	Desk          Access = "desk"     // the desk of a collector's lines: engineers, and programs on this machine
)

// rights says which role may what. A role that does not stand in a row may not.
func rights() map[Access][]metering.Role {
	everybody := metering.Roles()
	return map[Access][]metering.Role{
		Viewer:   everybody,
		DemoOnly: everybody,
		SignedIn: everybody,
		Ordering: {metering.RoleDispatcher, metering.RoleEngineer, metering.RoleAdmin},
		Auditing: {metering.RoleAuditor, metering.RoleAdmin},
		Journal:  {metering.RoleDispatcher, metering.RoleEngineer, metering.RoleAdmin, metering.RoleAuditor},
		Alarming: {metering.RoleDispatcher, metering.RoleEngineer},
		Desk:     {metering.RoleEngineer, metering.RoleAdmin},

		Casework:    {metering.RoleEngineer, metering.RoleAdmin, metering.RoleAuditor},
		Caseworking: {metering.RoleEngineer, metering.RoleAdmin},

		Keeping:       {metering.RoleEngineer, metering.RoleAdmin},
		Administering: {metering.RoleAdmin},
	}
}

// allows reports whether a visitor may.
func (a Access) allows(v visitor) bool {
	if v.token != "" { // who carries a resident's token is a resident, and nothing else
		return a == OwnDoor || a == Own && v.pass != nil
	}
	switch a {
	case Open, OwnDoor, Operator:
		return true
	case SignedIn: // also to choose another password
		return v.Name != ""
	case Viewer, DemoOnly:
		return v.mayLook()
	case Desk:
		if v.local {
			return true
		}
	}
	return v.Name != "" && !v.MustChange && slices.Contains(rights()[a], v.Role)
}

// words are the roles for people.
func (a Access) words() string {
	if a == Own {
		return "residents with a token"
	}
	var list []string
	for _, r := range rights()[a] {
		list = append(list, string(r))
	}
	return strings.Join(list, ", ")
}
