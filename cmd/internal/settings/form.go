package settings

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"asue/collector/modbus"
	"asue/metering"
	"asue/metering/form"
)

// The forms below are the process file: every key, whether it must be there,
// what it holds and what it means.

type given[V any] = form.Given[V]

type processDraft struct {
	site          given[string]
	data          given[string]
	http          given[endpoint]
	hosts         given[[]given[string]]
	roles         given[[]given[Role]]
	logLevel      given[string]
	broker        given[brokerDraft]
	collector     given[collectorDraft]
	ledger        given[ledgerDraft]
	series        given[seriesDraft]
	balancer      given[balancerDraft]
	agent         given[agentDraft]
	network       given[networkDraft]
	page          given[pageDraft]
	alarms        given[alarmsDraft]
	reports       given[[]given[reportDraft]]
	log           given[logDraft]
	notify        given[notifyDraft]
	homeAssistant given[homeAssistantDraft]
}

func processForm() form.Form[processDraft] {
	return form.Form[processDraft]{
		Name: "the process file",
		Fields: []form.Field[processDraft]{
			setting("site", pathKind(), "path of the site file, which says what the plant is; relative to this file",
				func(d *processDraft) *given[string] { return &d.site }),
			setting("data", pathKind(), "folder of ledger, outbox and series; relative to this file",
				func(d *processDraft) *given[string] { return &d.data }),
			setting("http", httpEndpoint(), "address of page, API and /metrics: 127.0.0.1:8080; or \"none\"",
				func(d *processDraft) *given[endpoint] { return &d.http }),
			setting("hosts", form.ListOf(verbatim(form.HostName()), "host names"), "further names under which the page is asked for, the one of a reverse proxy on this machine for instance",
				func(d *processDraft) *given[[]given[string]] { return &d.hosts }),
			setting("roles", form.ListOf(verbatim(form.Word("role", AllRoles())), "roles"), "tasks of this process; all but \"agent\" if the key is absent",
				func(d *processDraft) *given[[]given[Role]] { return &d.roles }),
			setting("log_level", form.Word("log level", []string{"debug", "info", "warn", "error"}), "how much is logged",
				func(d *processDraft) *given[string] { return &d.logLevel }),
			setting("broker", brokerForm().Kind(), "the MQTT broker through which all roles talk",
				func(d *processDraft) *given[brokerDraft] { return &d.broker }),
			setting("collector", collectorForm().Kind(), "how meters are reached and how often they are read",
				func(d *processDraft) *given[collectorDraft] { return &d.collector }),
			setting("ledger", ledgerForm().Kind(), "where intervals, registers and what bills stand on are kept; a file in the data folder if the key is absent",
				func(d *processDraft) *given[ledgerDraft] { return &d.ledger }),
			setting("series", seriesForm().Kind(), "the store of raw telemetry, which Grafana draws",
				func(d *processDraft) *given[seriesDraft] { return &d.series }),
			setting("balancer", balancerForm().Kind(), "the controller that watches the limit",
				func(d *processDraft) *given[balancerDraft] { return &d.balancer }),
			setting("agent", agentForm().Kind(), "the role that alone may write to actuators, if \"roles\" names it",
				func(d *processDraft) *given[agentDraft] { return &d.agent }),
			setting("network", networkForm().Kind(), "how flows and voltages are calculated, where the site file describes the network",
				func(d *processDraft) *given[networkDraft] { return &d.network }),
			setting("dispatcher", pageForm().Kind(), "how the page is looked at",
				func(d *processDraft) *given[pageDraft] { return &d.page }),
			setting("alarms", alarmsForm().Kind(), "when a dispatcher is alarmed",
				func(d *processDraft) *given[alarmsDraft] { return &d.alarms }),
			setting("reports", form.ListOf(reportForm().Kind(), "reports"), "reports that are drawn up by themselves",
				func(d *processDraft) *given[[]given[reportDraft]] { return &d.reports }),
			setting("log", logForm().Kind(), "what the operator's log offers and asks for besides its templates",
				func(d *processDraft) *given[logDraft] { return &d.log }),
			setting("notify", notifyForm().Kind(), "who outside hears of alarms: webhooks and mail",
				func(d *processDraft) *given[notifyDraft] { return &d.notify }),
			setting("homeassistant", homeAssistantForm().Kind(), "whether Home Assistant finds what is metered here by itself; it does not if the key is absent",
				func(d *processDraft) *given[homeAssistantDraft] { return &d.homeAssistant }),
		},
		Stranger: strangerAtTop,
	}
}

// strangerAtTop knows keys that belong elsewhere.
func strangerAtTop(key string) *form.Finding {
	belongs := func(where string) *form.Finding {
		return form.Found("misplaced-key", fmt.Sprintf("the key %q does not stand here", key), "it belongs "+where, "move it there")
	}
	switch key {
	case "lines", "fast", "energy", "slow", "timeout", "budget", "retain", "reserve", "keep_free":
		return belongs("under \"collector\"")
	case "retention", "keep", "memory", "query_url", "influxdb":
		return belongs("under \"series\"")
	case "listen":
		return form.Found("misplaced-key", "the key \"listen\" does not stand here", "the page's address is \"http\", the broker's is \"listen\" under \"broker\"",
			"write \"http: …\", or move it under \"broker\"")
	case "breaker_in_emergency", "keys":
		return belongs("under \"agent\"")
	case "catalogue", "power_factor", "meter_silent", "balancer_silent", "shelve_at_most":
		return belongs("under \"alarms\"")
	case "webhooks", "mail", "smtp", "quiet":
		return belongs("under \"notify\"")
	case "anonymous":
		return belongs("under \"dispatcher\"")
	case "block":
		return belongs("under \"balancer\"")
	case "every", "ambient", "ambient_source":
		return belongs("under \"network\"")
	case "dsn": // it may hold a password
		return form.FoundSecret("misplaced-key", "the key \"dsn\" does not stand here", "it belongs under \"ledger\"", "move it there")
	case "schema":
		return belongs("under \"ledger\"")
	case "version", "sources", "nodes", "residents", "points", "meters":
		return form.Found("misplaced-key", fmt.Sprintf("the key %q is one of site files", key),
			"a site file says what the plant is, this file how a process runs", "move it into the site file that \"site\" names")
	}
	return secretKey(key, "name a file that holds it with \"password_file\" under \"broker\"")
}

// secretKey refuses secrets in the file.
func secretKey(key, remedy string) *form.Finding {
	switch strings.ToLower(key) {
	case "password", "passwd", "pass", "pwd", "secret", "token", "api_key", "apikey":
		return form.FoundSecret("secret-in-file", fmt.Sprintf("a secret under the key %q", key),
			"this file is copied and shown around; a secret stands in a file of its own that only the service may read", remedy)
	}
	return nil
}

type brokerDraft struct {
	listen       given[endpoint]
	url          given[string]
	user         given[string]
	passwordFile given[string]
}

func brokerForm() form.Form[brokerDraft] {
	url := form.URL(form.URLRule{What: "the address of a broker", Schemes: []string{"mqtt", "mqtts"}, Example: "mqtt://10.0.0.5:1883"})
	return form.Form[brokerDraft]{
		Name: "the broker",
		Fields: []form.Field[brokerDraft]{
			setting("listen", listenEndpoint("127.0.0.1:1883"), "address of the embedded broker: 127.0.0.1:1883",
				func(d *brokerDraft) *given[endpoint] { return &d.listen }),
			setting("url", url, "another broker instead of the embedded one: mqtt://host:1883, mqtts://host:8883 for TLS",
				func(d *brokerDraft) *given[string] { return &d.url }),
			setting("user", form.Sentence(), "name to sign in with at that broker",
				func(d *brokerDraft) *given[string] { return &d.user }),
			setting("password_file", pathKind(), "file that holds the password and nothing else; relative to this file",
				func(d *brokerDraft) *given[string] { return &d.passwordFile }),
		},
		Stranger: func(key string) *form.Finding {
			return secretKey(key, "put it into a file and write \"password_file: PATH\"")
		},
	}
}

type collectorDraft struct {
	name     given[string]
	lines    given[[]form.Pair[metering.LineID, string]]
	fast     given[time.Duration]
	energy   given[time.Duration]
	slow     given[time.Duration]
	timeout  given[time.Duration]
	budget   given[int64]
	retain   given[time.Duration]
	reserve  given[int64]
	keepFree given[float64]
}

func collectorForm() form.Form[collectorDraft] {
	const year = 365 * 24 * time.Hour
	name := form.Identifier[string]("write it in Latin letters, like collector-1")
	line := form.Identifier[metering.LineID]("write the line's id as it stands in the site file")
	return form.Form[collectorDraft]{Name: "the collector", Fields: []form.Field[collectorDraft]{
		setting("name", name, "name of this collector, unique in the site; it stands in topics and beside every reading",
			func(d *collectorDraft) *given[string] { return &d.name }),
		setting("lines", form.MapOf(line, verbatim(lineAddress()), "an address for each line of the site file"),
			"where each communication line of the site file is reached: tcp://host:port, tls://, rtu+tcp:// or rtu:///dev/PORT with settings, or \"elsewhere\" for a line that another collector polls",
			func(d *collectorDraft) *given[[]form.Pair[metering.LineID, string]] { return &d.lines }),
		setting("fast", form.Duration(200*time.Millisecond, time.Hour), "how often power, current and voltage are read: 1s",
			func(d *collectorDraft) *given[time.Duration] { return &d.fast }),
		setting("energy", form.Duration(200*time.Millisecond, time.Hour), "how often counters are read besides the ends of the intervals: 1m",
			func(d *collectorDraft) *given[time.Duration] { return &d.energy }),
		setting("slow", form.Duration(200*time.Millisecond, 24*time.Hour), "how often all the rest is read: 1m",
			func(d *collectorDraft) *given[time.Duration] { return &d.slow }),
		setting("timeout", form.Duration(50*time.Millisecond, time.Minute), "how long a meter may take to answer: 1s",
			func(d *collectorDraft) *given[time.Duration] { return &d.timeout }),
		setting("budget", form.Size(16e6, 100e12), "how much the outbox may keep while nobody takes it: 1 GB",
			func(d *collectorDraft) *given[int64] { return &d.budget }),
		setting("retain", form.Duration(0, 10*year), "how long batches are kept after the ledger has them: 24h",
			func(d *collectorDraft) *given[time.Duration] { return &d.retain }),
		setting("reserve", form.Size(0, 100e9), "room on the disk that is held for registers and given up when it is full: 64 MiB; 0 B for none",
			func(d *collectorDraft) *given[int64] { return &d.reserve }),
		setting("keep_free", form.Fraction("a share of the volume", 0, 0.9), "share of the volume that must be free for telemetry to be kept: 0.15; 0 keeps it until the disk is full",
			func(d *collectorDraft) *given[float64] { return &d.keepFree }),
	}}
}

type seriesDraft struct {
	url       given[string]
	queryURL  given[string]
	retention given[time.Duration]
	memory    given[int64]
	keep      given[time.Duration]
	influxdb  given[string]
}

func seriesForm() form.Form[seriesDraft] {
	const year = 365 * 24 * time.Hour
	url := form.URL(form.URLRule{What: "the address of a store", Schemes: []string{"http", "https"}, Path: true, Example: "http://10.0.0.5:8428"})
	return form.Form[seriesDraft]{
		Name: "the series store",
		Fields: []form.Field[seriesDraft]{
			setting("url", url, "an outside store instead of the built-in one: http://host:8428",
				func(d *seriesDraft) *given[string] { return &d.url }),
			setting("query_url", url, "where that store answers queries, if not under url",
				func(d *seriesDraft) *given[string] { return &d.queryURL }),
			setting("retention", form.Duration(24*time.Hour, 100*year), "how long the built-in store keeps samples: 10y",
				func(d *seriesDraft) *given[time.Duration] { return &d.retention }),
			setting("memory", form.Size(32<<20, 1e12), "what the built-in store may use for caches: 512 MB",
				func(d *seriesDraft) *given[int64] { return &d.memory }),
			setting("keep", form.Duration(0, 10*year), "how long the ledger keeps batches after the store has them: 1h",
				func(d *seriesDraft) *given[time.Duration] { return &d.keep }),
			setting("influxdb", form.URL(form.URLRule{What: "the address of an InfluxDB", Schemes: []string{"http", "https"}, Path: true, Example: "http://10.0.0.5:8086/asue"}),
				"an InfluxDB 1.8 that gets a copy of everything, and its database: http://host:8086/asue",
				func(d *seriesDraft) *given[string] { return &d.influxdb }),
		},
		Stranger: func(key string) *form.Finding {
			return secretKey(key, "delete it: the store is reached without a password; let it listen where only this machine reaches it")
		},
	}
}

type balancerDraft struct {
	block      given[time.Duration]
	mode       given[string]
	ordersFrom given[[]given[string]]
}

func balancerForm() form.Form[balancerDraft] {
	return form.Form[balancerDraft]{Name: "the balancer", Fields: []form.Field[balancerDraft]{
		setting("block", blockKind(), "block over which the contract averages power: 15m, 30m or 60m",
			func(d *balancerDraft) *given[time.Duration] { return &d.block }),
		setting("mode", form.Word("mode", []string{"off", "monitor", "advisory", "confirm", "auto"}), "how far the system may go by itself until a person says otherwise: off, monitor, advisory, confirm or auto; auto acts only after a person has armed it",
			func(d *balancerDraft) *given[string] { return &d.mode }),
		setting("orders_from", form.ListOf(verbatim(pathKind()), "files"), "public keys of the pages whose orders are obeyed; the page of the same data folder if the key is absent",
			func(d *balancerDraft) *given[[]given[string]] { return &d.ordersFrom }),
	}}
}

type pageDraft struct{ anonymous given[string] }

func pageForm() form.Form[pageDraft] {
	return form.Form[pageDraft]{
		Name: "the page",
		Fields: []form.Field[pageDraft]{
			setting("anonymous", form.Word("role", []string{"viewer", "none"}),
				"what somebody may who has not signed in: viewer looks, none does nothing; viewer if the key is absent and only this machine reaches the page, none otherwise",
				func(d *pageDraft) *given[string] { return &d.anonymous }),
		},
		Stranger: func(key string) *form.Finding {
			return secretKey(key, "accounts are made with \"asue user add\" and kept in the ledger")
		},
	}
}

// setting is a key of the process file: none must be there.
func setting[T, V any](name string, k form.Kind[V], doc string, slot func(*T) *given[V]) form.Field[T] {
	return form.Key(name, form.May, verbatim(k), doc, slot)
}

var referenceRegexp = regexp.MustCompile(`^\$|\$\{|^(env|file|secret|vault):`)

// verbatim refuses references to the environment and the like before the value is
// read: they would be taken for the value itself.
func verbatim[V any](k form.Kind[V]) form.Kind[V] {
	return form.Kind[V]{Schema: k.Schema, Read: func(r *form.Report, n *form.Node) (V, bool) {
		if n.Shape == form.Scalar && referenceRegexp.MatchString(n.Text) {
			r.Refuse(n, form.Found("reference", fmt.Sprintf("%q refers to something outside the file", n.Text),
				"values are taken as they are written: nothing is put in from the environment or from other files",
				"write the value itself; a password goes into a file that \"password_file\" names"))
			var none V
			return none, false
		}
		return k.Read(r, n)
	}}
}

// pathKind is the path of a file or folder.
func pathKind() form.Kind[string] {
	return form.OfText(form.Object{"minLength": 1}, "a path", func(text string) (string, *form.Finding) {
		switch {
		case text == "":
			return "", form.Found("bad-path", "an empty path", "here belongs a file or a folder", "write the path, or delete the key")
		case strings.HasPrefix(text, "~"):
			return "", form.Found("bad-path", fmt.Sprintf("the path %q begins with ~", text), "there is no shell here to put the home folder in", "write the whole path, or one relative to this file")
		case strings.Contains(text, "://"):
			return "", form.Found("bad-path", fmt.Sprintf("%q is a URL", text), "here belongs a file or a folder of this machine", "write a path")
		}
		return text, nil
	})
}

// endpoint is an address to listen on, or none.
type endpoint struct {
	form.Address
	none bool
}

// text is host:port, or "" for none.
func (e endpoint) text() string {
	if e.none {
		return ""
	}
	return e.String()
}

func listenEndpoint(example string) form.Kind[endpoint] {
	inner := form.ListenAddress(example)
	return form.Kind[endpoint]{Schema: inner.Schema, Read: func(r *form.Report, n *form.Node) (endpoint, bool) {
		a, ok := inner.Read(r, n)
		return endpoint{Address: a}, ok
	}}
}

// httpEndpoint may be switched off, too.
func httpEndpoint() form.Kind[endpoint] {
	k := listenEndpoint("127.0.0.1:8080")
	read := k.Read
	k.Schema["pattern"] = `^(none|.*:[0-9]{1,5})?$`
	k.Read = func(r *form.Report, n *form.Node) (endpoint, bool) {
		if n.Shape == form.Scalar && (n.Text == "none" || n.Text == "") {
			return endpoint{none: true}, true
		}
		return read(r, n)
	}
	return k
}

// elsewhere is the address of a line that another collector polls.
const elsewhere = "elsewhere"

// lineAddress is the address of a line by one of the transports that the
// collector speaks.
func lineAddress() form.Kind[string] {
	tcp := form.URL(form.URLRule{What: "the address of a line", Schemes: modbus.Schemes(), Port: true, Example: "tcp://192.168.1.20:502"})
	k := tcp
	k.Schema["pattern"] = "^((" + strings.ReplaceAll(strings.Join(modbus.Schemes(), "|"), "+", "\\+") + ")://|" + elsewhere + "$)"
	others := form.OfText(form.Object{}, "the address of a line", func(text string) (string, *form.Finding) {
		var bad *modbus.AddressError
		if errors.As(modbus.CheckURL(text), &bad) {
			return "", form.Found("bad-url", fmt.Sprintf("%q: %s", text, bad.What), "a line is reached exactly as its meters and its converter are set", bad.Remedy)
		}
		return text, nil
	})
	k.Read = func(r *form.Report, n *form.Node) (string, bool) {
		if n.Shape == form.Scalar && n.Text == elsewhere {
			return elsewhere, true
		}
		scheme, rest, _ := strings.Cut(n.Text, "://")
		host, _, _ := strings.Cut(rest, "?")
		if strings.Contains(host, "@") { // what may be a secret is never repeated
			return tcp.Read(r, n)
		}
		plain := scheme == "tcp" && !strings.Contains(rest, "?")
		if n.Shape == form.Scalar && !plain && slices.Contains(modbus.Schemes(), scheme) {
			return others.Read(r, n)
		}
		return tcp.Read(r, n)
	}
	return k
}

// blockKind is the averaging block of the contract.
func blockKind() form.Kind[time.Duration] {
	blocks := map[string]time.Duration{"15m": 15 * time.Minute, "30m": 30 * time.Minute, "60m": time.Hour, "1h": time.Hour}
	names := []string{"15m", "30m", "60m", "1h"}
	return form.OfText(form.Object{"enum": names}, "a block", func(text string) (time.Duration, *form.Finding) {
		if d, ok := blocks[text]; ok {
			return d, nil
		}
		return 0, form.Found("bad-block", fmt.Sprintf("a block of %q", text), "contracts average power over 15, 30 or 60 minutes, from the full hour on",
			"write 15m, 30m or 60m, as the contract says")
	})
}
