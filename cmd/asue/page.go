package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// addHTTP opens the process's port: the page and its API in the process that
// has the dispatcher, metrics and health in every one.
func (p *process) addHTTP(stores *stores) error {
	if p.cfg.HTTP == "" {
		return nil
	}
	handler := p.plainHandler()
	if p.cfg.has(roleDispatcher) {
		page, err := p.addDispatcher(stores)
		if err != nil {
			return err
		}
		handler = page.Handler()
	}
	if _, _, err := net.SplitHostPort(p.cfg.HTTP); err != nil {
		return usagef("http address %q: %v; write host:port, like 127.0.0.1:8080", p.cfg.HTTP, err)
	}
	listener, err := net.Listen("tcp", p.cfg.HTTP)
	if err != nil {
		return fmt.Errorf("http %s: %w; stop the other program or choose another address with --http or `http:`", p.cfg.HTTP, err)
	}
	p.cfg.HTTP = listener.Addr().String()
	server := dispatcher.NewHTTPServer(handler)
	p.log.Info("http listens", "url", "http://"+listener.Addr().String())
	p.add(stagePage, part{"http", func(ctx context.Context) error {
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(listener) }()
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
		}
		patience, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(patience); err != nil {
			_ = server.Close() // live streams do not end by themselves
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return ctx.Err()
	}})
	return nil
}

// plainHandler serves what every process has.
func (p *process) plainHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metricsHandler())
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("GET /readyz", p.health.serveReady)
	return mux
}

func (p *process) metricsHandler() http.Handler {
	return promhttp.HandlerFor(p.metrics, promhttp.HandlerOpts{Registry: p.metrics})
}

// addDispatcher makes the page and feeds it from the broker.
func (p *process) addDispatcher(stores *stores) (*dispatcher.Server, error) {
	cfg := dispatcher.Config{
		Site: p.site, Now: p.clock.Now, Speed: p.clock.Speed(), Log: p.log.With("part", "page"),
		Demo: p.demo != nil, Info: dispatcher.Info{Version: version}, Hosts: p.cfg.Hosts,
		Limits: p.pageLimits(),
	}
	if stores != nil {
		cfg.Ledger, cfg.Series = stores.ledger, stores.series
	}
	if p.demo != nil {
		cfg.Scenarios = p.demo
	}
	page, err := dispatcher.New(cfg)
	if err != nil {
		return nil, err
	}
	page.Mount("GET /metrics", p.metricsHandler(), dispatcher.Operator)
	page.Mount("GET /healthz", http.HandlerFunc(serveHealth), dispatcher.Operator)
	page.Mount("GET /readyz", http.HandlerFunc(p.health.serveReady), dispatcher.Operator)
	if stores != nil {
		page.Mount("/prometheus/", stores.series.Handler(), dispatcher.Viewer)
	}
	subscriber, err := p.subscribe("page",
		wire.Filter(p.site.ID, wire.BranchLive), wire.ControlTopic(p.site.ID))
	if err != nil {
		return nil, err
	}
	p.add(stageDeciders,
		part{"page", page.Run},
		part{"page's subscription", subscriber.Run},
		part{"page's feed", func(ctx context.Context) error {
			return each(ctx, subscriber, func(m mqtt.Message) { p.showMessage(page, m) })
		}},
	)
	return page, nil
}

// pageLimits follow the poll period: a meter that is read every 10 s is not
// stale after 10 s.
func (p *process) pageLimits() dispatcher.Limits {
	return dispatcher.Limits{
		StaleAfter:  max(10*time.Second, 5*p.cfg.Collector.Fast),
		SilentAfter: max(time.Minute, 30*p.cfg.Collector.Fast),
	}
}

func (p *process) showMessage(page *dispatcher.Server, m mqtt.Message) {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		return // ingest quarantines what nobody understands
	}
	switch topic.Branch {
	case wire.BranchLive:
		if batch, err := wire.DecodeBatch(m.Payload); err == nil {
			page.Observe(batch.Snapshots)
		}
	case wire.BranchControl:
		control, err := wire.DecodeControl(m.Payload)
		if err != nil {
			p.log.Warn("the controller's state cannot be read", "err", err)
			return
		}
		page.SetControl(pageControl(control))
		for _, n := range control.Notices {
			page.Notice(dispatcher.Notice{ID: n.ID, At: n.At, Kind: n.Kind, Severity: n.Severity, Args: n.Args, Active: n.Active})
		}
	}
}

func pageControl(c wire.Control) dispatcher.Control {
	value := func(w *metering.Power, reason string) dispatcher.Value {
		if w == nil {
			return dispatcher.Unknown(reason)
		}
		v := dispatcher.Known(*w)
		return v
	}
	limit := metering.Limit{}
	if c.Limit != nil {
		limit = metering.LimitOf(*c.Limit)
	}
	return dispatcher.Control{
		At: c.At, Power: value(c.Power, c.Reason), PowerSource: c.PowerSource,
		BlockStart: c.BlockStart, BlockEnd: c.BlockEnd,
		BlockMean: value(c.BlockMean, c.Reason), Projection: value(c.Projection, c.Reason),
		Allowable: value(c.Allowable, c.Reason), SlidingAllowable: value(c.SlidingAllowable, c.Reason),
		Headroom: value(c.Headroom, c.Reason), Limit: limit, Band: c.Band, Feeding: c.Feeding,
		Degraded: c.Degraded, Reason: c.Reason,
	}
}

// subscribe makes a subscriber that starts anew with each connection: what it
// listens to is live.
func (p *process) subscribe(name string, filters ...string) (*mqtt.Subscriber, error) {
	o, err := p.mqttOptions(name)
	if err != nil {
		return nil, err
	}
	return mqtt.NewSubscriber(mqtt.SubscriberOptions{Options: o, Filters: filters, CleanSession: true})
}

// each hands messages to a function until ctx ends, and acknowledges them.
func each(ctx context.Context, s *mqtt.Subscriber, handle func(mqtt.Message)) error {
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
