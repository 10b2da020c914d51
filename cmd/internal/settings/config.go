// Package settings is the process file, asue.yaml: how a process runs. What the
// plant is stands in the site file.
//
// The package must not know what the settings do.
package settings

import (
	"net"
	"path/filepath"
	"slices"
	"time"

	"asue/collector/outbox"
	"asue/metering"
	"asue/metering/form"
	"asue/metering/shift"
)

// Role is a task of a process. All of them run in one process by default; they
// can be spread over machines that share a broker.
type Role string

// Roles.
const (
	RoleBroker     Role = "broker"     // the embedded MQTT broker
	RoleMetering   Role = "metering"   // ingest, ledger, series store
	RoleCollector  Role = "collector"  // polls meters
	RoleBalancer   Role = "balancer"   // the controller
	RoleDispatcher Role = "dispatcher" // page and API; in the process that has the ledger
	RoleAgent      Role = "agent"      // writes to actuators; has to be named
)

// AllRoles lists every role.
func AllRoles() []Role { return append(UsualRoles(), RoleAgent) }

// UsualRoles are those of a process whose file names none: all but the one that can
// write to a device, which nobody shall have without having asked for it.
func UsualRoles() []Role {
	return []Role{RoleBroker, RoleMetering, RoleCollector, RoleBalancer, RoleDispatcher}
}

// Config is how one process runs; asue.yaml. What the plant is stands in
// site.yaml.
type Config struct {
	SiteFile  string // path of site.yaml, relative to the process file
	Data      string // folder of ledger, outbox and series
	HTTP      string // address of page, API and /metrics; empty: none
	Hosts     []string
	Roles     []Role
	Broker    Broker
	Collector Collector
	Ledger    Ledger
	Series    Series
	Balancer  Balancer
	Agent     Agent
	Network   Network
	// Dispatcher is how the page is looked at.
	Dispatcher Dispatcher
	Alarms     Alarms      // when a dispatcher is alarmed
	Reports    []Report    // that are drawn up by themselves
	Log        shift.House // what the operator's log offers and asks for
	Notify     Notify      // who outside hears of alarms
	// HomeAssistant is how Home Assistant finds what is metered here.
	HomeAssistant HomeAssistant
	LogLevel      string // debug, info, warn, error

	origin *provenance // nil for a configuration that did not come from a file
}

// Broker is the MQTT broker through which all roles talk.
type Broker struct {
	Listen       string // of the embedded broker
	URL          string // of another broker; no broker is embedded then
	User         string
	PasswordFile string
}

// Collector is how meters are reached and how often they are read.
type Collector struct {
	Name    string
	Lines   []Line
	Fast    time.Duration
	Energy  time.Duration
	Slow    time.Duration
	Timeout time.Duration // for one answer
	Budget  int64         // bytes of the outbox
	Retain  time.Duration // how long batches are kept after the ledger has them
	Reserve int64         // bytes that are held for registers on a full disk
	// KeepFree is the share of the volume that must be free for telemetry to be kept.
	KeepFree float64
}

// Line is where a communication line of the site file is reached.
type Line struct {
	ID  metering.LineID
	URL string // tcp://host:port
}

// Series is the store of raw telemetry.
type Series struct {
	URL       string // of an outside store; empty: a child of this program
	QueryURL  string
	Retention time.Duration
	Memory    int64         // bytes that the child may use for caches
	Keep      time.Duration // how long the ledger keeps batches after the series has them
	// CopyURL is an InfluxDB 1.8 that gets a copy, in CopyDatabase; empty: none does.
	CopyURL, CopyDatabase string
}

// Balancer is the controller that watches the limit.
type Balancer struct {
	Block time.Duration // block of the contract: 15, 30 or 60 minutes
	// Mode is how far the system may go until a person says otherwise.
	Mode metering.Mode
	// OrdersFrom are files with the public keys of the pages whose orders are
	// obeyed; none: that of this process's own data folder.
	OrdersFrom []string
}

// Dispatcher is how the page is looked at.
type Dispatcher struct {
	// Anonymous is what somebody may who has not signed in: "viewer", "none", or empty
	// for what the address suggests.
	Anonymous string
}

// Anonymous reports whether the page may be looked at without signing in: as the
// file says, or else if only this machine reaches it.
func (c Config) Anonymous() bool {
	if c.Dispatcher.Anonymous != "" {
		return c.Dispatcher.Anonymous == "viewer"
	}
	host, _, err := net.SplitHostPort(c.HTTP)
	return err == nil && (form.Address{Host: host}).Loopback() && len(c.Hosts) == 0
}

// Default is what an empty process file means.
func Default() Config {
	return Config{
		SiteFile: "site.yaml",
		Data:     "data",
		HTTP:     "127.0.0.1:8080",
		Roles:    UsualRoles(),
		Broker:   Broker{Listen: "127.0.0.1:1883"},
		Collector: Collector{
			Name: "collector-1", Fast: time.Second, Energy: time.Minute, Slow: time.Minute,
			Timeout: time.Second, Budget: 1 << 30, Retain: 24 * time.Hour,
			Reserve: outbox.DefaultReserve, KeepFree: outbox.DefaultKeepFree,
		},
		Ledger:        Ledger{Schema: "asue"},
		Series:        Series{Retention: 10 * 365 * 24 * time.Hour, Memory: 128 << 20, Keep: time.Hour},
		Balancer:      Balancer{Block: 15 * time.Minute, Mode: metering.ModeAdvisory},
		Agent:         Agent{Name: "agent-1"},
		Network:       Network{Every: 5 * time.Second},
		Alarms:        Alarms{PowerFactor: 0.8, BalancerSilent: 30 * time.Second, ShelfMost: 8 * time.Hour},
		Notify:        Notify{Quiet: 5 * time.Minute},
		HomeAssistant: HomeAssistant{Prefix: "homeassistant", Lang: "ru"},
		LogLevel:      "info",
	}
}

// Has reports whether the process has a role.
func (c Config) Has(r Role) bool { return slices.Contains(c.Roles, r) }

// BrokerURL is where this process finds the broker.
func (c Config) BrokerURL() string {
	if c.Broker.URL != "" {
		return c.Broker.URL
	}
	return "mqtt://" + c.Broker.Listen
}

// RelativeTo makes the paths of a process file relative to its folder.
func (c *Config) RelativeTo(dir string) {
	paths := []*string{&c.SiteFile, &c.Data, &c.Broker.PasswordFile, &c.Ledger.PasswordFile, &c.Agent.Log, &c.Alarms.Catalogue}
	for i := range c.Agent.Keys {
		paths = append(paths, &c.Agent.Keys[i])
	}
	for i := range c.Reports {
		paths = append(paths, &c.Reports[i].Folder)
	}
	paths = append(paths, c.Notify.paths()...)
	for _, path := range paths {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	for i, path := range c.Balancer.OrdersFrom {
		if !filepath.IsAbs(path) {
			c.Balancer.OrdersFrom[i] = filepath.Join(dir, path)
		}
	}
}

// Detached is the configuration without its file, which a long-running process
// need not keep: faults found later have no place in it.
func (c Config) Detached() Config {
	c.origin = nil
	return c
}
