package settings

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/form"
)

// checker holds the parts of a process file against each other.
type checker struct {
	*form.Report
	root *form.Node
	d    *processDraft
	cfg  Config // what the draft means, defaults included
}

func checkProcess(r *form.Report, root *form.Node, d *processDraft, cfg Config) {
	c := &checker{Report: r, root: root, d: d, cfg: cfg}
	rolesKnown := c.checkRoles()
	c.checkHTTP()
	c.checkBroker(rolesKnown)
	c.checkPeriods()
	c.checkLines(rolesKnown)
	c.checkLedger(rolesKnown)
	c.checkSeries()
	c.checkAgent(rolesKnown)
	c.checkPage(rolesKnown)
	c.checkAlarms(rolesKnown)
	c.checkReports(rolesKnown)
	c.checkLog(rolesKnown)
	c.checkNotify(rolesKnown)
	c.checkHomeAssistant(rolesKnown)
}

// at is the first node of several that the file states, or the whole file.
func (c *checker) at(nodes ...*form.Node) *form.Node {
	for _, n := range nodes {
		if n != nil {
			return n
		}
	}
	return c.root
}

// checkRoles reports whether the roles could all be read.
func (c *checker) checkRoles() bool {
	roles := c.d.roles
	known := !roles.Stated() || roles.OK
	seen := map[Role]*form.Node{}
	for _, r := range roles.V {
		if !r.OK {
			known = false
			continue
		}
		if first, twice := seen[r.V]; twice {
			c.Refuse(r.At, form.Found("duplicate-role", fmt.Sprintf("the role %q stands twice", r.V),
				fmt.Sprintf("it stands in line %d already; a process has a role or not", first.At.Line), "delete one of the two"))
			continue
		}
		seen[r.V] = r.At
	}
	switch {
	case roles.OK && len(roles.V) == 0:
		c.Refuse(roles.At, form.Found("no-roles", "the list of roles is empty", "a process without a role would do nothing",
			"name some of "+form.Listed(roleNames())+", or delete the key for all but \"agent\""))
		return false
	case known && c.cfg.Has(RoleDispatcher) && !c.cfg.Has(RoleMetering):
		c.Refuse(seen[RoleDispatcher], form.Found("dispatcher-without-metering", "the role \"dispatcher\" without \"metering\"",
			"the page answers from the ledger, which the process that does the metering has", "add \"metering\", or move \"dispatcher\" to that process"))
	}
	return known
}

func roleNames() []string {
	var names []string
	for _, r := range AllRoles() {
		names = append(names, string(r))
	}
	return names
}

func (c *checker) checkHTTP() {
	http := c.d.http
	if http.OK && !http.V.none && !http.V.Loopback() {
		c.Warn(http.At, form.Found("open-http", fmt.Sprintf("page and API on %s are open to everybody who reaches this machine", http.V),
			"there is no encryption: what is shown can be read on the way, and nobody can sign in from another machine",
			fmt.Sprintf("listen on 127.0.0.1:%d behind a reverse proxy with TLS, and name it under \"hosts\"", http.V.Port)))
	}
	listen := c.d.broker.V.listen
	if !http.OK || !listen.OK || http.V.none || listen.V.Port == 0 || http.V.Port != listen.V.Port {
		return
	}
	if http.V.Host == listen.V.Host || everywhere(http.V.Host) || everywhere(listen.V.Host) {
		c.Refuse(listen.At, form.Found("same-address", fmt.Sprintf("page and broker both on port %d", listen.V.Port),
			"a port has one listener", "give one of the two another port; MQTT's usual one is 1883"))
	}
}

// checkPage tells of settings of a page that is not there, and of one that is open.
func (c *checker) checkPage(rolesKnown bool) {
	anonymous, http := c.d.page.V.anonymous, c.d.http
	switch {
	case !anonymous.Stated():
	case rolesKnown && !c.cfg.Has(RoleDispatcher):
		c.Warn(anonymous.At, form.Found("unused", "settings of the page in a process without the role \"dispatcher\"", "it has no page", "delete them, or add the role"))
	case anonymous.V == "viewer" && http.OK && !http.V.none && !http.V.Loopback():
		c.Warn(anonymous.At, form.Found("open-page", fmt.Sprintf("whoever reaches %s may look at everything", http.V),
			"the page is not for this machine alone, and anonymous is \"viewer\"", "write \"anonymous: none\", or delete the key"))
	}
}

// everywhere reports whether a host means every address of the machine.
func everywhere(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }

func (c *checker) checkBroker(rolesKnown bool) {
	b := c.d.broker.V
	embedded := c.cfg.Has(RoleBroker) && !b.url.Stated()
	switch {
	case b.url.Stated() && b.listen.Stated():
		c.Refuse(b.listen.At, form.Found("two-brokers", "both \"listen\" and \"url\"",
			"\"listen\" is of the embedded broker, \"url\" means another one instead of it", "delete one of the two"))
	case b.listen.OK && !b.listen.V.Loopback() && embedded:
		c.Refuse(b.listen.At, form.Found("open-broker", fmt.Sprintf("the embedded broker on %s is open to everybody who reaches this machine", b.listen.V),
			"it has no users here, and whoever reaches it could send readings and orders",
			fmt.Sprintf("listen on 127.0.0.1:%d; for several machines run a broker with users, such as Mosquitto, and name it with \"url\"", b.listen.V.Port)))
	case rolesKnown && !c.cfg.Has(RoleBroker) && !b.url.Stated():
		c.Warn(c.at(b.listen.At, c.d.roles.At), form.Found("no-broker", fmt.Sprintf("no broker is named; this process will look for one at %s", c.cfg.Broker.Listen),
			"it has not the role \"broker\", and \"url\" is absent", "write \"url: mqtt://HOST:1883\" under \"broker\""))
	case rolesKnown && c.d.roles.Stated() && c.cfg.Has(RoleBroker) && b.url.Stated():
		c.Warn(b.url.At, form.Found("unused", "the role \"broker\" together with \"url\"", "with another broker none is embedded", "take the role out of the list"))
	}
	c.checkSignIn(b, embedded)
}

func (c *checker) checkSignIn(b brokerDraft, embedded bool) {
	switch {
	case b.passwordFile.Stated() && !b.user.Stated():
		c.Refuse(b.passwordFile.At, form.Found("password-without-user", "a password without a user", "a broker asks for both", "add \"user\""))
	case b.user.Stated() && !b.passwordFile.Stated() && b.url.Stated() && !strange(c.d.broker.At, brokerForm()):
		c.Warn(b.user.At, form.Found("user-without-password", "a user without a password", "most brokers ask for both", "put the password into a file and add \"password_file\""))
	}
	if at := c.statedOf(b.user.At, b.passwordFile.At); at != nil && embedded {
		c.Warn(at, form.Found("unused", "user and password for the embedded broker", "on a loopback address it asks nobody for a name",
			"delete them, or name the other broker with \"url\""))
	}
	if !b.url.OK || !b.passwordFile.Stated() {
		return
	}
	if u, err := url.Parse(b.url.V); err == nil && u.Scheme == "mqtt" && !(form.Address{Host: u.Hostname()}).Loopback() {
		c.Warn(b.url.At, form.Found("clear-password", fmt.Sprintf("the password goes to %s in clear text", u.Hostname()),
			"mqtt:// is not encrypted; everybody on the way can read it", fmt.Sprintf("write %q if that broker has TLS", "mqtts://"+u.Hostname()+":8883")))
	}
}

// statedOf is the first of some nodes that the file states, else nil.
func (c *checker) statedOf(nodes ...*form.Node) *form.Node {
	if n := c.at(nodes...); n != c.root {
		return n
	}
	return nil
}

func (c *checker) checkPeriods() {
	d := c.d.collector.V
	if d.fast.Stated() && !d.fast.OK {
		return
	}
	fast := c.cfg.Collector.Fast
	longer := func(name string, g given[time.Duration]) {
		switch {
		case !g.OK:
		case g.V < fast:
			c.Warn(g.At, form.Found("odd-period", fmt.Sprintf("%s every %s, and fast values every %s only", name, form.FormatDuration(g.V), form.FormatDuration(fast)),
				"\"fast\" is meant for what is read most often", "exchange the two, or make them equal"))
		case g.V%fast != 0:
			c.Warn(g.At, form.Found("odd-period", fmt.Sprintf("%s every %s, which is no multiple of %s", name, form.FormatDuration(g.V), form.FormatDuration(fast)),
				"reads of one meter would drift against each other and could not be joined", fmt.Sprintf("write a multiple of %s: %s", form.FormatDuration(fast), form.FormatDuration((g.V+fast-1)/fast*fast))))
		}
	}
	longer("counters", d.energy)
	longer("the rest", d.slow)
	if timeout := c.cfg.Collector.Timeout; timeout > 3*fast && (d.timeout.OK || !d.timeout.Stated()) {
		if at := c.statedOf(d.timeout.At, d.fast.At); at != nil {
			c.Warn(at, form.Found("long-timeout", fmt.Sprintf("a timeout of %s with a period of %s", form.FormatDuration(timeout), form.FormatDuration(fast)),
				fmt.Sprintf("one silent meter would cost its line %d turns of the others", (timeout+fast-1)/fast), fmt.Sprintf("write a timeout of %s or less", form.FormatDuration(3*fast))))
		}
	}
}

func (c *checker) checkLines(rolesKnown bool) {
	lines := c.d.collector.V.lines
	if lines.OK {
		c.checkLineIDs(lines.V)
		c.checkLineAddresses(lines.V)
	}
	polled := slices.ContainsFunc(lines.V, func(p form.Pair[metering.LineID, string]) bool { return p.Value.V != elsewhere })
	switch collects := c.cfg.Has(RoleCollector); {
	case !rolesKnown || lines.Stated() && !lines.OK || c.linesMayBeMisspelt():
	case collects && !polled:
		c.Refuse(c.at(lines.At, c.d.collector.At, c.d.roles.At), form.Found("no-lines", "the role \"collector\" without a line to poll",
			"it would read no meter", "write \"lines\" under \"collector\", each line of the site file with its address, like gw-1: tcp://192.168.1.20:502; or take \"collector\" out of \"roles\""))
	case !collects && polled:
		c.Warn(lines.At, form.Found("unused", "lines in a process without the role \"collector\"", "nobody polls them here", "add the role \"collector\", or delete the lines"))
	}
}

// linesMayBeMisspelt reports whether something that could not be read may have
// been meant to name lines; it is reported already.
func (c *checker) linesMayBeMisspelt() bool {
	if collector := c.d.collector; collector.Stated() {
		if collector.At.Shape != form.Mapping {
			return true
		}
		if strange(collector.At, collectorForm()) {
			return true
		}
	}
	return strange(c.root, processForm())
}

// strange reports whether a mapping has keys that its form does not.
func strange[T any](n *form.Node, f form.Form[T]) bool {
	return slices.ContainsFunc(n.Entries, func(e form.Entry) bool { return !f.Knows(e.Key) })
}

// checkLineIDs warns of lines that people would take for the same.
func (c *checker) checkLineIDs(lines []form.Pair[metering.LineID, string]) {
	folded := map[string]metering.LineID{}
	for _, l := range lines {
		fold := strings.ToLower(string(l.ID.V))
		if other, same := folded[fold]; same && l.ID.OK {
			c.Warn(l.ID.At, form.Found("similar-id", fmt.Sprintf("the lines %q and %q differ in capitals only", other, l.ID.V),
				"people take them for the same", "make them differ in a letter or a digit, here and in the site file"))
		}
		folded[fold] = l.ID.V
	}
}

func (c *checker) checkLineAddresses(lines []form.Pair[metering.LineID, string]) {
	taken := map[string]form.Pair[metering.LineID, string]{}
	for _, l := range lines {
		if !l.Value.OK || l.Value.V == elsewhere {
			continue
		}
		address, _, _ := strings.Cut(l.Value.V, "?") // settings do not make it another line
		_, address, _ = strings.Cut(address, "://")  // nor does the way of framing
		if !strings.HasPrefix(address, "/") {        // the path of a serial port has capitals
			address = strings.ToLower(strings.TrimSuffix(address, "/"))
		}
		if first, twice := taken[address]; twice {
			c.Refuse(l.Value.At, form.Found("shared-address", fmt.Sprintf("the lines %q and %q have the same address", first.ID.V, l.ID.V),
				fmt.Sprintf("it stands in line %d already; two pollers of one gateway get each other's answers", first.Value.At.At.Line),
				"correct the address, or make them one line in the site file"))
			continue
		}
		taken[address] = l
	}
}

func (c *checker) checkSeries() {
	s := c.d.series.V
	if s.queryURL.Stated() && !s.url.Stated() {
		c.Refuse(s.queryURL.At, form.Found("query-without-url", "\"query_url\" without \"url\"", "it says where the store of \"url\" answers queries; the built-in one needs neither", "add \"url\", or delete \"query_url\""))
	}
	if !s.url.Stated() {
		return
	}
	for name, at := range map[string]*form.Node{"retention": s.retention.At, "memory": s.memory.At} {
		if at != nil {
			c.Warn(at, form.Found("unused", fmt.Sprintf("%q together with \"url\"", name), "it is a setting of the built-in store; an outside one has its own", "set it in that store, and delete it here"))
		}
	}
}
