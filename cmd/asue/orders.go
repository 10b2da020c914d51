package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"sync"

	"asue/cmd/internal/keyfile"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// pageKeyFile is the key with which the page signs orders, in the data folder.
const pageKeyFile = "keys/page.key"

// pagesTrusted are the keys of the pages whose orders the balancer obeys: those that
// the file names, or that of the page of the same data folder.
func (p *process) pagesTrusted() (wire.Keys, error) {
	files := p.Config.Balancer.OrdersFrom
	if len(files) == 0 {
		if _, err := keyfile.LoadOrMake(p.Path(pageKeyFile)); err != nil {
			return nil, err
		}
		files = []string{keyfile.PublicName(p.Path(pageKeyFile))}
	}
	trusted, err := keyfile.ReadPublic(files...)
	if err != nil {
		return nil, fmt.Errorf("balancer: keys of the pages whose orders it obeys: %w", err)
	}
	return trusted, nil
}

// orderDesk carries orders of people from the page to the balancer.
type orderDesk struct {
	topic     string
	key       ed25519.PrivateKey
	publisher *mqtt.Publisher
}

// Send signs an order and hands it to the broker. It fails if the broker does not
// take it now: an order is never kept for later.
func (d *orderDesk) Send(ctx context.Context, o metering.Order) error {
	message, err := wire.SealOrder(o, d.key)
	if err != nil {
		return err
	}
	if err := d.publisher.Publish(ctx, d.topic, message, false); err != nil {
		return fmt.Errorf("order %s was not sent: %w", o.ID, err)
	}
	return nil
}

// addOrderDesk makes the page's way to the balancer.
func (p *process) addOrderDesk() (*orderDesk, error) {
	key, err := keyfile.LoadOrMake(p.Path(pageKeyFile))
	if err != nil {
		return nil, err
	}
	publisher, err := p.Publisher("page-out")
	if err != nil {
		return nil, err
	}
	p.Add(node.StageDeciders, node.As("page's publisher", publisher.Run))
	return &orderDesk{topic: wire.OrderTopic(p.Site.ID), key: key, publisher: publisher}, nil
}

// proposals remembers what the balancer's last report proposes.
type proposals struct {
	site *metering.Site

	mu     sync.Mutex
	moving map[string]metering.ActuatorKind // by the proposal's id
}

func (h *proposals) hear(c wire.Control) {
	moving := map[string]metering.ActuatorKind{}
	if c.Acts != nil {
		for _, p := range c.Acts.Proposals {
			if a, ok := h.site.Actuator(p.Actuator); ok {
				moving[p.ID] = a.Kind
			}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moving = moving
}

// moves is the kind of actuator that a proposal would move.
func (h *proposals) moves(proposal string) (metering.ActuatorKind, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kind, ok := h.moving[proposal]
	return kind, ok
}
