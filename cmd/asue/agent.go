package main

import (
	"path/filepath"

	"asue/cmd/internal/guard"
	"asue/cmd/internal/keyfile"
	"asue/cmd/internal/settings"
	"asue/collector/actuator/actmap"
)

// addAgent plugs in the role that writes to actuators. With a balancer in the same
// process it trusts the key of that one, if the file names no other.
func (p *process) addAgent() error {
	if p.Config.Has(settings.RoleBalancer) {
		if _, err := keyfile.LoadOrMake(p.balancerKey()); err != nil {
			return err
		}
	}
	library, err := actmap.Load()
	if err != nil {
		return err
	}
	p.guard, err = guard.Add(p.Node, library)
	return err
}

// balancerKey is the file of the key with which this process's balancer signs.
func (p *process) balancerKey() string {
	public := p.Path(filepath.FromSlash(settings.BalancerKey))
	return public[:len(public)-len(filepath.Ext(public))] + ".key"
}
