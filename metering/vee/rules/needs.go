package rules

import "asue/metering"

func lacks(missing bool, what string) string {
	if missing {
		return what
	}
	return ""
}

func needSiblings(c *Case) string { return lacks(len(c.Siblings) == 0, "other channels of the point") }
func needTotals(c *Case) string   { return lacks(len(c.Totals) == 0, "a total to add up to") }
func needMaxPower(c *Case) string { return lacks(c.MaxPower <= 0, "what the point can carry") }
func needUsage(c *Case) string    { return lacks(c.Usage == nil, "statistics of what is usual") }
func needEvents(c *Case) string {
	return lacks(len(c.Derivation.Events) == 0, "events of the register")
}

func needWitnesses(c *Case) string {
	return lacks(len(c.Witnesses) == 0, "what the meter says beside its registers")
}

func needWitnessesOrEvents(c *Case) string {
	return lacks(len(c.Witnesses) == 0 && len(c.Derivation.Events) == 0, "what the meter says beside its registers")
}

func needPower(c *Case) string {
	if c.Channel != metering.ChannelActiveImport {
		return "power of this channel"
	}
	return needWitnesses(c)
}

func needInactive(c *Case) string {
	return lacks(len(c.Point.Disconnected)+len(c.Idle) == 0, "times of disconnection or without a contract")
}

func needActive(c *Case) string {
	if !isReactive(c.Channel) {
		return "a reactive channel"
	}
	return lacks(activeSibling(c) < 0, "the point's active channel")
}

func needCheck(c *Case) string {
	switch {
	case len(c.Check) == 0:
		return "a check meter"
	case c.Accuracy <= 0 || c.CheckAccuracy <= 0:
		return "the accuracy of both chains"
	}
	return ""
}

func needDeclared(c *Case) string {
	if c.Channel != metering.ChannelActiveImport {
		return "a declared power of this channel"
	}
	return lacks(len(c.Declared) == 0, "a declared power")
}

func needVerified(c *Case) string {
	return lacks(len(c.Verified) == 0, "dates of verification")
}

func isReactive(ch metering.Channel) bool {
	return ch == metering.ChannelReactiveImport || ch == metering.ChannelReactiveExport
}

// activeSibling is the index of the sibling whose energy goes with this reactive
// channel, -1 if there is none.
func activeSibling(c *Case) int {
	for i, s := range c.Siblings {
		if s.Channel == metering.ChannelActiveImport && isReactive(c.Channel) {
			return i
		}
	}
	return -1
}
