package settings

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"asue/collector/modbus"
	"asue/metering"
	"asue/metering/form"
)

// Agent is the role that alone may write to actuators.
type Agent struct {
	Name string // as the site file's actuators name it
	// Keys are files with the public keys of the balancers that it obeys; none:
	// keys/balancer.pub of the data folder, where a balancer of this process has it.
	Keys []string
	Log  string // folder of its memory; empty: "agent" in the data folder
	// Lines are where lines with actuators are reached; an actuator may have its own
	// address in the site file instead.
	Lines []Line
	// BreakerInEmergency lets a breaker be opened in mode auto without persons.
	BreakerInEmergency bool
}

// BalancerKey is the file of a balancer's public key in its data folder.
const BalancerKey = "keys/balancer.pub"

// KeyFiles are the files of the keys that are trusted.
func (c Config) KeyFiles() []string {
	if len(c.Agent.Keys) > 0 {
		return c.Agent.Keys
	}
	return []string{filepath.Join(c.Data, filepath.FromSlash(BalancerKey))}
}

// AgentLog is the folder of the agent's memory.
func (c Config) AgentLog() string {
	if c.Agent.Log != "" {
		return c.Agent.Log
	}
	return filepath.Join(c.Data, "agent")
}

// AddressOf is where an actuator is reached, empty if nobody says.
func (a Agent) AddressOf(x metering.Actuator) string {
	if strings.Contains(x.Address, "://") {
		return x.Address
	}
	for _, l := range a.Lines {
		if string(l.ID) == x.Address {
			return l.URL
		}
	}
	return ""
}

type agentDraft struct {
	name      given[string]
	keys      given[[]given[string]]
	log       given[string]
	lines     given[[]form.Pair[metering.LineID, string]]
	emergency given[bool]
}

func agentForm() form.Form[agentDraft] {
	line := form.Identifier[metering.LineID]("write the line's id as it stands in the site file")
	return form.Form[agentDraft]{
		Name: "the agent",
		Fields: []form.Field[agentDraft]{
			setting("name", form.Identifier[string]("write it in Latin letters, like agent-1"), "name of this agent, as the actuators of the site file name it: agent-1",
				func(d *agentDraft) *given[string] { return &d.name }),
			setting("keys", form.ListOf(verbatim(pathKind()), "files"), "public keys of the balancers that are obeyed; keys/balancer.pub in the data folder if the key is absent",
				func(d *agentDraft) *given[[]given[string]] { return &d.keys }),
			setting("log", pathKind(), "folder of the agent's own memory; \"agent\" in the data folder if the key is absent",
				func(d *agentDraft) *given[string] { return &d.log }),
			setting("lines", form.MapOf(line, verbatim(actuatorAddress()), "an address for each line with actuators"), "where each line with actuators of this agent is reached: tcp://host:port",
				func(d *agentDraft) *given[[]form.Pair[metering.LineID, string]] { return &d.lines }),
			setting("breaker_in_emergency", form.YesNo(), "whether a breaker may be opened without persons when the balancer says that it is an emergency; no if the key is absent",
				func(d *agentDraft) *given[bool] { return &d.emergency }),
		},
		Stranger: func(key string) *form.Finding {
			if key == "key" || key == "private_key" {
				return form.FoundSecret("secret-in-file", fmt.Sprintf("a secret under the key %q", key), "an agent has no key of its own; it checks the balancer's signatures",
					"name the file of the balancer's public key under \"keys\"")
			}
			return secretKey(key, "delete it: an agent has no secret but the broker's password_file")
		},
	}
}

// actuatorAddress is that of a device that is written to: Modbus/TCP alone.
func actuatorAddress() form.Kind[string] {
	return form.OfText(form.Object{"pattern": "^tcp://[^?]*$"}, "the address of a line", func(text string) (string, *form.Finding) {
		var bad *modbus.AddressError
		switch {
		case errors.As(modbus.CheckURL(text), &bad):
			return "", form.Found("bad-url", fmt.Sprintf("%q: %s", text, bad.What), "a device is reached exactly as it is set", "write it like tcp://192.168.1.30:502")
		case !strings.HasPrefix(text, "tcp://") || strings.Contains(text, "?"):
			return "", form.Found("bad-url", fmt.Sprintf("%q is no plain Modbus/TCP", text), "answers of RTU carry no number, and a late echo could be taken for the present one",
				"write it like tcp://192.168.1.30:502; put a gateway before a serial device")
		}
		return strings.TrimSuffix(text, "/"), nil
	})
}

func (d *agentDraft) build(c *Agent) {
	c.Name = d.name.Or(c.Name)
	for _, k := range d.keys.V {
		if k.OK {
			c.Keys = append(c.Keys, k.V)
		}
	}
	c.Log = d.log.Or("")
	for _, l := range d.lines.V {
		if l.ID.OK && l.Value.OK {
			c.Lines = append(c.Lines, Line{ID: l.ID.V, URL: l.Value.V})
		}
	}
	c.BreakerInEmergency = d.emergency.Or(false)
}

func (c *checker) checkAgent(rolesKnown bool) {
	a := c.d.agent
	if a.Stated() && rolesKnown && !c.cfg.Has(RoleAgent) {
		c.Warn(a.At, form.Found("unused", "an agent in a process without the role \"agent\"", "nobody writes to actuators here", "add the role \"agent\", or delete the section"))
	}
	if rolesKnown && c.cfg.Has(RoleAgent) && !c.cfg.Has(RoleBalancer) && !a.V.keys.Stated() && !strange(c.root, processForm()) {
		c.Refuse(c.at(a.At, c.d.roles.At), form.Found("agent-without-keys", "the role \"agent\" without a key that it trusts",
			"it would obey nobody; the balancer runs in another process, whose public key stands in its data folder as "+BalancerKey, "copy that file here and name it with \"keys\" under \"agent\""))
	}
	if a.V.emergency.OK && a.V.emergency.V {
		c.Warn(a.V.emergency.At, form.Found("breaker-without-persons", "breakers may be opened without persons", "in mode auto, when the balancer says that it is an emergency; they are closed by two persons as always",
			"leave it so only if the switching order of the site allows it"))
	}
}

// checkActuators holds an agent against the site: it has actuators there, each of
// them is reached somewhere, and each address is of a line that has some.
func (c Config) checkActuators(site *metering.Site) form.Faults {
	origin := c.origin
	if origin == nil {
		origin = c.madeUpOrigin()
	}
	r, d := origin.report.Again(), origin.draft.agent
	at := origin.root
	if d.At != nil {
		at = d.At
	}
	used := map[metering.LineID]bool{}
	n := 0
	for _, x := range site.Actuators {
		if x.Agent != metering.AgentID(c.Agent.Name) {
			continue
		}
		n++
		used[metering.LineID(x.Address)] = true
		if c.Agent.AddressOf(x) == "" {
			r.Refuse(at, form.Found("actuator-without-address", fmt.Sprintf("the actuator %q on the line %q has no address", x.ID, x.Address),
				"nobody could read or write it", fmt.Sprintf("add \"%s: tcp://HOST:502\" to the lines under \"agent\"", x.Address)))
		}
	}
	if n == 0 {
		r.Refuse(at, form.Found("agent-without-actuators", fmt.Sprintf("the site %q has no actuator of the agent %q", site.ID, c.Agent.Name),
			"it would have nothing to do", "correct \"name\" under \"agent\", or take \"agent\" out of \"roles\""))
	}
	for _, l := range d.V.lines.V {
		if l.ID.OK && n > 0 && !used[l.ID.V] {
			r.Refuse(l.ID.At, form.Found("unknown-line", fmt.Sprintf("no actuator of the agent %q is on the line %q", c.Agent.Name, l.ID.V),
				"which actuators hang on a line stands in the site file", "correct the line's id, or delete it"))
		}
	}
	return r.Finish()
}
