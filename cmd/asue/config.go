package main

import (
	"slices"
	"time"

	"asue/collector/outbox"
	"asue/metering"
)

// role is a task of a process. All of them run in one process by default; they
// can be spread over machines that share a broker.
type role string

const (
	roleBroker     role = "broker"     // the embedded MQTT broker
	roleMetering   role = "metering"   // ingest, ledger, series store
	roleCollector  role = "collector"  // polls meters
	roleBalancer   role = "balancer"   // the controller
	roleDispatcher role = "dispatcher" // page and API; in the process that has the ledger
)

func allRoles() []role {
	return []role{roleBroker, roleMetering, roleCollector, roleBalancer, roleDispatcher}
}

// config is how one process runs; asue.yaml. What the plant is stands in
// site.yaml.
type config struct {
	SiteFile  string // path of site.yaml, relative to the process file
	Data      string // folder of ledger, outbox and series
	HTTP      string // address of page, API and /metrics; empty: none
	Hosts     []string
	Roles     []role
	Broker    brokerConfig
	Collector collectorConfig
	Series    seriesConfig
	Balancer  balancerConfig
	LogLevel  string // debug, info, warn, error

	origin *configOrigin // nil for a configuration that did not come from a file
}

type brokerConfig struct {
	Listen       string // of the embedded broker
	URL          string // of another broker; no broker is embedded then
	User         string
	PasswordFile string
}

type collectorConfig struct {
	Name    string
	Lines   []lineConfig
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

type lineConfig struct {
	ID  metering.LineID
	URL string // tcp://host:port
}

type seriesConfig struct {
	URL       string // of an outside store; empty: a child of this program
	QueryURL  string
	Retention time.Duration
	Memory    int64         // bytes that the child may use for caches
	Keep      time.Duration // how long the ledger keeps batches after the series has them
}

type balancerConfig struct {
	Block time.Duration // block of the contract: 15, 30 or 60 minutes
}

// defaultConfig is what an empty process file means.
func defaultConfig() config {
	return config{
		SiteFile: "site.yaml",
		Data:     "data",
		HTTP:     "127.0.0.1:8080",
		Roles:    allRoles(),
		Broker:   brokerConfig{Listen: "127.0.0.1:1883"},
		Collector: collectorConfig{
			Name: "collector-1", Fast: time.Second, Energy: time.Minute, Slow: time.Minute,
			Timeout: time.Second, Budget: 1 << 30, Retain: 24 * time.Hour,
			Reserve: outbox.DefaultReserve, KeepFree: outbox.DefaultKeepFree,
		},
		Series:   seriesConfig{Retention: 10 * 365 * 24 * time.Hour, Memory: 128 << 20, Keep: time.Hour},
		Balancer: balancerConfig{Block: 15 * time.Minute},
		LogLevel: "info",
	}
}

func (c config) has(r role) bool { return slices.Contains(c.Roles, r) }

// brokerURL is where this process finds the broker.
func (c config) brokerURL() string {
	if c.Broker.URL != "" {
		return c.Broker.URL
	}
	return "mqtt://" + c.Broker.Listen
}
