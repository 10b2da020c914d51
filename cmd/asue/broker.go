package main

import (
	"context"
	"errors"

	"asue/cmd/internal/node"
	"asue/metering/broker"
)

// addBroker starts the embedded broker at once, so that a port in use is told
// before anything else has begun.
func (p *process) addBroker() error {
	b, err := broker.Start(context.Background(), broker.Options{Listen: p.Config.Broker.Listen, Log: p.Log.With("part", "broker")})
	if err != nil {
		return err
	}
	p.Config.Broker.Listen = b.Addr()
	p.Log.Info("broker listens", "url", b.URL())
	p.Metrics.Register(brokerMetrics(b))
	p.Add(node.StageBroker, node.As("broker", func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			b.Stop()
			return ctx.Err()
		case <-b.Done():
			return errors.New("the broker has stopped")
		}
	}))
	return nil
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
