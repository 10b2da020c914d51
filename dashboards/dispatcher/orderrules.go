package dispatcher

import (
	"slices"

	"asue/metering"
)

// orderRule says who may give an order of a kind, who may be its second person,
// and what it must say.
type orderRule struct {
	kind    metering.OrderKind
	give    []metering.Role
	approve []metering.Role // of orders that need two persons; another person than the first
	needs   []string        // fields of the order
	may     []string        // further fields
	// hurry takes the order without the password given again: it only ever stops
	// something.
	hurry bool
}

// selects reports whether an order of this kind is given in two steps, select and
// execute, on the ground of an instruction. What only stops something, or declines what
// was proposed, is not.
func (r orderRule) selects() bool { return !r.hurry && r.kind != metering.OrderReject }

// orderRules is the part of the table of roles that is about orders. What does not
// stand here cannot be ordered.
func orderRules() []orderRule {
	const dispatcher, engineer, admin = metering.RoleDispatcher, metering.RoleEngineer, metering.RoleAdmin
	shift := []metering.Role{dispatcher, engineer}
	anyone := []metering.Role{dispatcher, engineer, admin}
	return []orderRule{
		{kind: metering.OrderArm, give: []metering.Role{dispatcher, admin}, approve: anyone},
		{kind: metering.OrderDisarm, give: anyone, hurry: true},
		{kind: metering.OrderMode, give: anyone, needs: []string{"mode"}, may: []string{"actuator"}},
		{kind: metering.OrderKill, give: anyone, hurry: true},
		{kind: metering.OrderUnkill, give: []metering.Role{dispatcher, admin}, approve: anyone},
		{kind: metering.OrderConfirm, give: shift, approve: shift, needs: []string{"proposal"}},
		{kind: metering.OrderReject, give: shift, needs: []string{"proposal"}},
		{kind: metering.OrderPin, give: shift, needs: []string{"resident", "power_w", "expires"}},
		{kind: metering.OrderExclude, give: shift, needs: []string{"actuator", "expires"}},
		{kind: metering.OrderLimit, give: shift, needs: []string{"node", "power_w", "expires"}},
		{kind: metering.OrderInhibit, give: shift, needs: []string{"expires"}},
		{kind: metering.OrderRelease, give: shift, needs: []string{"override"}},
		{kind: metering.OrderRestore, give: shift, approve: shift, needs: []string{"actuator"}},
		{kind: metering.OrderBand, give: []metering.Role{engineer}, approve: anyone, needs: []string{"actuator", "band"}},
	}
}

func orderRuleOf(kind metering.OrderKind) (orderRule, bool) {
	for _, r := range orderRules() {
		if r.kind == kind {
			return r, true
		}
	}
	return orderRule{}, false
}

// ordersOf are the kinds of orders that a role may give.
func ordersOf(role metering.Role) []string {
	var kinds []string
	for _, r := range orderRules() {
		if slices.Contains(r.give, role) {
			kinds = append(kinds, string(r.kind))
		}
	}
	return kinds
}
