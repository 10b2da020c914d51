package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"asue/metering/broker"
	"asue/metering/mqtt"
)

// addBroker starts the embedded broker at once, so that a port in use is told
// before anything else has begun.
func (p *process) addBroker() error {
	b, err := broker.Start(context.Background(), broker.Options{Listen: p.cfg.Broker.Listen, Log: p.log.With("part", "broker")})
	if err != nil {
		return err
	}
	p.cfg.Broker.Listen = b.Addr()
	p.log.Info("broker listens", "url", b.URL())
	p.metrics.MustRegister(brokerMetrics(b))
	p.add(stageBroker, part{"broker", func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			b.Stop()
			return ctx.Err()
		case <-b.Done():
			return errors.New("the broker has stopped")
		}
	}})
	return nil
}

// mqttOptions is how this process reaches the broker. The name must be unique at
// the broker.
func (p *process) mqttOptions(name string) (mqtt.Options, error) {
	o := mqtt.Options{
		URL:      p.cfg.brokerURL(),
		ClientID: "asue-" + string(p.site.ID) + "-" + name,
		Username: p.cfg.Broker.User,
		Log:      p.log.With("part", "mqtt", "client", name),
	}
	if p.cfg.Broker.PasswordFile != "" {
		secret, err := os.ReadFile(p.cfg.Broker.PasswordFile)
		if err != nil {
			return o, err
		}
		o.Password = strings.TrimSpace(string(secret))
	}
	return o, nil
}

// publisher makes a publisher to the process's broker.
func (p *process) publisher(name string) (*mqtt.Publisher, error) {
	o, err := p.mqttOptions(name)
	if err != nil {
		return nil, err
	}
	return mqtt.NewPublisher(mqtt.PublisherOptions{Options: o})
}

// connected is a check of readiness.
func connected(is func() bool) func() error {
	return func() error {
		if is() {
			return nil
		}
		return errors.New("not connected to the broker")
	}
}
