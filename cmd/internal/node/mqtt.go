package node

import (
	"context"
	"os"
	"strings"

	"asue/metering/mqtt"
)

// MQTT are the options of a client of the node's broker, by a name that is unique
// in the site.
func (n *Node) MQTT(name string) (mqtt.Options, error) {
	o := mqtt.Options{
		URL:      n.Config.BrokerURL(),
		ClientID: "asue-" + string(n.Site.ID) + "-" + name,
		Username: n.Config.Broker.User,
		Log:      n.Log.With("part", "mqtt", "client", name),
	}
	if n.Config.Broker.PasswordFile != "" {
		secret, err := os.ReadFile(n.Config.Broker.PasswordFile)
		if err != nil {
			return o, err
		}
		o.Password = strings.TrimSpace(string(secret))
	}
	return o, nil
}

// Publisher makes a publisher to the node's broker.
func (n *Node) Publisher(name string) (*mqtt.Publisher, error) {
	o, err := n.MQTT(name)
	if err != nil {
		return nil, err
	}
	return mqtt.NewPublisher(mqtt.PublisherOptions{Options: o})
}

// Subscribe makes a subscriber that starts anew with each connection: what it
// listens to is live.
func (n *Node) Subscribe(name string, filters ...string) (*mqtt.Subscriber, error) {
	o, err := n.MQTT(name)
	if err != nil {
		return nil, err
	}
	return mqtt.NewSubscriber(mqtt.SubscriberOptions{Options: o, Filters: filters, CleanSession: true})
}

// Each hands messages to a function until ctx ends, and acknowledges them.
func Each(ctx context.Context, s *mqtt.Subscriber, handle func(mqtt.Message)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-s.Messages():
			handle(m)
			m.Ack()
		}
	}
}
