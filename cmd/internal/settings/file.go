package settings

import (
	"cmp"
	"net/url"
	"strings"

	"asue/metering"
	"asue/metering/form"
)

// Parse reads a process file. file is its name as messages show it. It
// reports every fault at once; the configuration is good when none of them is an
// error (Faults.Err). Paths are as written: see Config.RelativeTo.
func Parse(file string, src []byte) (Config, form.Faults) {
	report := form.NewReport(file)
	root, ok := report.Parse(processDocument(), src)
	if !ok {
		return Default(), report.Finish()
	}
	draft, _ := processForm().Read(report, root)
	cfg := draft.build()
	checkProcess(report, root, &draft, cfg)
	cfg.origin = &provenance{report: report, root: root, draft: &draft}
	return cfg, report.Finish()
}

// provenance is where a configuration stands in its file, for what can be
// checked only against the site.
type provenance struct {
	report *form.Report
	root   *form.Node
	draft  *processDraft
}

func processDocument() form.Document {
	return form.Document{
		Noun:     "a process file",
		Keys:     "the process file: site, data, roles, collector and so on",
		TooLarge: "give each process a file of its own",
		Empty:    "without the addresses of the lines no meter can be read",
		Start:    "asue demo --write-config DIR writes one to begin with",
	}
}

// Schema is the JSON Schema (draft 2020-12) of a process file, for editors
// that complete and check while typing.
func Schema() []byte {
	return form.Schema(processForm().Kind(), "asue: process file", "How one process runs: its roles, addresses, lines and stores.")
}

// build puts what the file says into the defaults.
func (d *processDraft) build() Config {
	c := Default()
	c.SiteFile = d.site.Or(c.SiteFile)
	c.Data = d.data.Or(c.Data)
	if d.http.OK {
		c.HTTP = d.http.V.text()
	}
	for _, host := range d.hosts.V {
		c.Hosts = append(c.Hosts, strings.ToLower(host.V)) // names of hosts are compared so
	}
	if d.roles.OK {
		c.Roles = nil
		for _, r := range d.roles.V {
			c.Roles = append(c.Roles, r.V)
		}
	}
	c.LogLevel = d.logLevel.Or(c.LogLevel)
	d.broker.V.build(&c.Broker)
	d.collector.V.build(&c.Collector)
	d.ledger.V.build(&c.Ledger)
	d.series.V.build(&c.Series)
	d.balancer.V.build(&c.Balancer)
	d.agent.V.build(&c.Agent)
	d.network.V.build(&c.Network)
	d.alarms.V.build(&c.Alarms)
	for _, r := range d.reports.V {
		c.Reports = append(c.Reports, r.V.build())
	}
	d.log.V.build(&c.Log)
	d.notify.V.build(&c.Notify)
	d.homeAssistant.V.build(&c.HomeAssistant)
	c.HomeAssistant.Stated = d.homeAssistant.Stated()
	c.Dispatcher.Anonymous = d.page.V.anonymous.Or("")
	return c
}

func (d *balancerDraft) build(c *Balancer) {
	c.Block = d.block.Or(c.Block)
	if d.mode.OK {
		c.Mode, _ = metering.ParseMode(d.mode.V) // the form knows the same words
	}
	for _, path := range d.ordersFrom.V {
		c.OrdersFrom = append(c.OrdersFrom, path.V)
	}
}

func (d *brokerDraft) build(c *Broker) {
	if d.listen.OK {
		c.Listen = d.listen.V.text()
	}
	c.URL = d.url.Or("")
	c.User = d.user.Or("")
	c.PasswordFile = d.passwordFile.Or("")
}

func (d *collectorDraft) build(c *Collector) {
	c.Name = d.name.Or(c.Name)
	for _, l := range d.lines.V {
		if l.Value.V != elsewhere {
			c.Lines = append(c.Lines, Line{ID: l.ID.V, URL: strings.TrimSuffix(l.Value.V, "/")})
		}
	}
	c.Fast = d.fast.Or(c.Fast)
	c.Energy = d.energy.Or(max(c.Energy, c.Fast))
	c.Slow = d.slow.Or(max(c.Slow, c.Fast))
	c.Timeout = d.timeout.Or(c.Timeout)
	c.Budget = d.budget.Or(c.Budget)
	c.Retain = d.retain.Or(c.Retain)
	c.Reserve = d.reserve.Or(c.Reserve)
	c.KeepFree = d.keepFree.Or(c.KeepFree)
}

func (d *seriesDraft) build(c *Series) {
	c.URL = d.url.Or(c.URL)
	c.QueryURL = d.queryURL.Or(c.QueryURL)
	c.Retention = d.retention.Or(c.Retention)
	c.Memory = d.memory.Or(c.Memory)
	c.Keep = d.keep.Or(c.Keep)
	if u, err := url.Parse(d.influxdb.V); err == nil && d.influxdb.V != "" {
		c.CopyDatabase = cmp.Or(strings.Trim(u.Path, "/"), defaultDatabase)
		u.Path = ""
		c.CopyURL = u.String()
	}
}

// defaultDatabase is the database of an InfluxDB whose address names none.
const defaultDatabase = "asue"

// lineIDs are the lines that the file names, with an address or elsewhere.
func (d *processDraft) lineIDs() map[metering.LineID]bool {
	ids := map[metering.LineID]bool{}
	for _, l := range d.collector.V.lines.V {
		ids[l.ID.V] = true
	}
	return ids
}
