package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/guard"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// addHTTP opens the process's port: the page and its API in the process that
// has the dispatcher, metrics and health in every one.
func (p *process) addHTTP(stores *stores) error {
	if p.Config.HTTP == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(p.Config.HTTP); err != nil {
		return cli.Usagef("http address %q: %v; write host:port, like 127.0.0.1:8080", p.Config.HTTP, err)
	}
	if !p.Config.Has(settings.RoleDispatcher) {
		mux := p.PlainMux()
		if p.collector != nil {
			p.collector.Mount(mux)
		}
		if p.guard != nil {
			mux.HandleFunc(guard.Pattern, p.guard.Handle)
		}
		return p.Serve(mux)
	}
	page, err := p.addDispatcher(stores)
	if err != nil {
		return err
	}
	return p.Serve(page.Handler())
}

// addDispatcher makes the page and feeds it from the broker.
func (p *process) addDispatcher(stores *stores) (*dispatcher.Server, error) {
	cfg := dispatcher.Config{
		Site: p.Site, Now: p.Clock.Now, Speed: p.Clock.Speed(), Log: p.Log.With("part", "page"),
		Demo: p.demo != nil, Info: dispatcher.Info{Version: version}, Hosts: p.Config.Hosts,
		Limits: p.pageLimits(), NetworkEvery: p.Config.Network.Every, House: p.Config.Log,
	}
	var office *capacity // nil without a ledger, and of a site whose file makes none
	if stores != nil {
		cfg.Ledger, cfg.Series = stores.ledger, stores.series
		cfg.Accounts, cfg.Auditor, cfg.Tokens = stores.ledger, stores.ledger, stores.ledger
		books, err := newAnalyst(p.Site, stores.ledger)
		if err != nil {
			return nil, err
		}
		books.rights = func() *metering.Site { return p.register.site(p) }
		cfg.Balances, cfg.Demands = books, books
		if office = p.addCapacity(stores); office != nil {
			cfg.Capacity = office
		}
		if stores.network != nil {
			cfg.Supposing, books.losses = stores.network.suppose, stores.network.losses
		}
	}
	var senses *alarmSenses
	if stores != nil {
		alarms, err := p.addAlarms(stores)
		if err != nil {
			return nil, err
		}
		cfg.Alarms, senses = alarms, alarms.senses
		outside, err := p.addOutside(alarms)
		if err != nil {
			return nil, err
		}
		cfg.Unconfirmed = senses.hearUnconfirmed
		if books, ok := cfg.Balances.(*analyst); ok {
			r := &reporter{analyst: books, ledger: stores.ledger, kinds: alarms.kinds, demo: p.demo != nil, now: p.Clock.Now}
			cfg.Reports = r
			if schedule := (&reportSchedule{r, p.Config.Reports, p.Log.With("part", "reports"), outside}); len(schedule.list) > 0 {
				p.Add(node.StageDeciders, node.As("reports", schedule.run))
			}
		}
	}
	system := p.addSystem(stores)
	cfg.System = system
	if p.demo != nil {
		cfg.Scenarios = p.demo
	}
	if p.Config.Anonymous() {
		cfg.Anonymous = metering.RoleViewer
	}
	desk, err := p.addOrderDesk()
	if err != nil {
		return nil, err
	}
	cfg.Orders = desk
	heard := &proposals{site: p.Site}
	cfg.Moves = heard.moves
	page, err := dispatcher.New(cfg)
	if err != nil {
		return nil, err
	}
	page.SetRights(p.register.site(p))
	page.Mount("GET /metrics", &p.Metrics, dispatcher.Operator)
	page.Mount("GET /healthz", http.HandlerFunc(node.ServeAlive), dispatcher.Operator)
	page.Mount("GET /readyz", http.HandlerFunc(p.Health.ServeReady), dispatcher.Operator)
	if p.collector != nil {
		for _, r := range p.collector.Routes() {
			page.Mount(r.Pattern, r.Handler, dispatcher.Desk)
		}
	}
	if p.guard != nil {
		page.Mount(guard.Pattern, http.HandlerFunc(p.guard.Handle), dispatcher.Operator)
	}
	if stores != nil {
		page.Mount("/prometheus/", stores.series.Handler(), dispatcher.Viewer)
	}
	subscriber, err := p.Subscribe("page",
		wire.Filter(p.Site.ID, wire.BranchLive), wire.ControlTopic(p.Site.ID), wire.ForecastTopic(p.Site.ID), wire.NetworkTopic(p.Site.ID),
		wire.Filter(p.Site.ID, wire.BranchState))
	if err != nil {
		return nil, err
	}
	p.Add(node.StageDeciders,
		node.As("page", page.Run),
		node.As("page's register", p.register.follow(page.SetRights)),
		node.As("page's subscription", subscriber.Run),
		node.As("page's feed", func(ctx context.Context) error {
			return node.Each(ctx, subscriber, func(m mqtt.Message) { p.showMessage(page, heard, office, senses, system, m) })
		}),
	)
	return page, nil
}

// pageLimits follow the poll period: a meter that is read every 10 s is not
// stale after 10 s.
func (p *process) pageLimits() dispatcher.Limits {
	return dispatcher.Limits{
		StaleAfter:  max(10*time.Second, 5*p.Config.Collector.Fast),
		SilentAfter: max(time.Minute, 30*p.Config.Collector.Fast),
	}
}

func (p *process) showMessage(page *dispatcher.Server, heard *proposals, office *capacity, senses *alarmSenses, system *system, m mqtt.Message) {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		return // ingest quarantines what nobody understands
	}
	switch topic.Branch {
	case wire.BranchState:
		if state, err := wire.DecodeState(m.Payload); err == nil {
			senses.hearCollector(topic.Name, state)
			system.hearCollector(topic.Name, state)
		}
	case wire.BranchLive:
		if batch, err := wire.DecodeBatch(m.Payload); err == nil {
			page.Observe(batch.Snapshots)
			senses.hearBatch(batch)
		}
	case wire.BranchForecast:
		forecast, err := wire.DecodeForecast(m.Payload)
		if err != nil {
			p.Log.Warn("the forecast cannot be read", "err", err)
			return
		}
		page.SetForecast(pageForecast(forecast))
	case wire.BranchNetwork:
		state, err := wire.DecodeNetwork(m.Payload)
		if err != nil {
			p.Log.Warn("the state of the network cannot be read", "err", err)
			return
		}
		page.SetNetwork(state)
		senses.hearNetwork(state)
	case wire.BranchControl:
		control, err := wire.DecodeControl(m.Payload)
		if err != nil {
			p.Log.Warn("the controller's state cannot be read", "err", err)
			return
		}
		page.SetControl(pageControl(control))
		heard.hear(control)
		office.hear(control)
		senses.hearControl(control)
		system.hearControl(control.At)
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
		Degraded: c.Degraded, Reason: c.Reason, State: c.State, Mode: c.Mode, Acts: c.Acts,
	}
}
