package main

import (
	"reflect"
	"slices"

	"asue/cmd/internal/settings"
	"asue/metering"
)

// restarts lists what two configurations differ in that a running process does not
// take over.
func restarts(old, fresh settings.Config, site, changed *metering.Site) []string {
	var what []string
	differs := func(name string, same bool) {
		if !same {
			what = append(what, name)
		}
	}
	differs("data", old.Data == fresh.Data)
	// A port 0 has become the one that was given.
	differs("roles", slices.Equal(old.Roles, fresh.Roles))
	differs("broker", old.Broker == fresh.Broker || fresh.Broker.URL == "" && old.Broker.URL == "")
	differs("ledger", old.Ledger == fresh.Ledger)
	differs("series", old.Series == fresh.Series)
	differs("balancer", reflect.DeepEqual(old.Balancer, fresh.Balancer))
	differs("agent", reflect.DeepEqual(old.Agent, fresh.Agent))
	differs("network", reflect.DeepEqual(old.Network, fresh.Network))
	differs("dispatcher", old.Dispatcher == fresh.Dispatcher)
	differs("alarms", old.Alarms == fresh.Alarms)
	differs("reports", reflect.DeepEqual(old.Reports, fresh.Reports))
	differs("notify", reflect.DeepEqual(old.Notify, fresh.Notify))
	differs("homeassistant", reflect.DeepEqual(old.HomeAssistant, fresh.HomeAssistant))
	differs("log_level", old.LogLevel == fresh.LogLevel)
	differs("collector's name, budget or retention", old.Collector.Name == fresh.Collector.Name &&
		old.Collector.Budget == fresh.Collector.Budget && old.Collector.Retain == fresh.Collector.Retain)
	differs("site file: its id", site.ID == changed.ID)
	others := old.Has(settings.RoleMetering) || old.Has(settings.RoleBalancer) || old.Has(settings.RoleDispatcher)
	differs("site file: points, meters, residents and limits, for ledger, controller and page", !others || reflect.DeepEqual(site, changed))
	return what
}
