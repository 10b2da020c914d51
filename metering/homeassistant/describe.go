package homeassistant

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// Options say what is described.
type Options struct {
	Site   *metering.Site
	Now    time.Time          // which installations are in force
	Prefix string             // of discovery: "homeassistant"
	Points []metering.PointID // empty: all points of electricity with a meter
	Lang   string             // of the names: ru, kk or en
	// Fresh is for how long a value is good: a sensor that hears nothing for longer is
	// unavailable.
	Fresh   time.Duration
	Version string // of the program
}

// Description is a sensor: a retained message on its topic.
type Description struct {
	Topic   string
	Payload []byte
}

// Filter are the topics of all descriptions of a site, those of earlier runs included.
func Filter(prefix string, site metering.SiteID) string {
	return prefix + "/sensor/" + node(site) + "/+/config"
}

// node is the site's part of discovery topics, and begins all ids.
func node(site metering.SiteID) string { return "asue_" + plainID(string(site)) }

// plainID is an id in the letters that Home Assistant takes: no dots. What had some is
// told apart from others by a few digits of its hash.
func plainID(id string) string {
	if !strings.Contains(id, ".") {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return strings.ReplaceAll(id, ".", "_") + "_" + hex.EncodeToString(sum[:3])
}

// sensor is the payload of a description.
type sensor struct {
	Name         string         `json:"name"`
	UniqueID     string         `json:"unique_id"`
	StateTopic   string         `json:"state_topic"`
	Template     string         `json:"value_template"`
	DeviceClass  string         `json:"device_class"`
	StateClass   string         `json:"state_class"`
	Unit         string         `json:"unit_of_measurement"`
	Precision    int            `json:"suggested_display_precision"`
	ExpireAfter  int            `json:"expire_after"` // s
	Availability []availability `json:"availability"`
	Device       device         `json:"device"`
	Origin       origin         `json:"origin"`
}

type availability struct {
	Topic   string `json:"topic"`
	Online  string `json:"payload_available"`
	Offline string `json:"payload_not_available"`
}

type device struct {
	Identifiers  []string `json:"identifiers"`
	Name         string   `json:"name"`
	Manufacturer string   `json:"manufacturer"`
	Model        string   `json:"model"`
	Version      string   `json:"sw_version,omitempty"`
	Via          string   `json:"via_device,omitempty"`
}

type origin struct {
	Name    string `json:"name"`
	Version string `json:"sw_version,omitempty"`
}

// quantity is a value of our JSON as Home Assistant has it.
type quantity struct {
	key   string // of the JSON
	id    string // in topics and ids
	class string // device class
	state string // state class
	unit  string
}

// Units are those of the JSON: nothing is converted and nothing rounded on the way.
var (
	ofPoints = []quantity{
		{"power_w", "power", "power", "measurement", "W"},
		{"energy_import_wh", "energy", "energy", "total_increasing", "Wh"},
		{"reactive_var", "reactive", "reactive_power", "measurement", "var"},
		{"voltage_v", "voltage", "voltage", "measurement", "V"},
	}
	ofZone = []quantity{
		{"power_w", "power", "power", "measurement", "W"},
		{"limit_w", "limit", "power", "measurement", "W"},
		{"block_mean_w", "block_mean", "power", "measurement", "W"},
		{"projection_w", "projection", "power", "measurement", "W"},
		{"headroom_w", "headroom", "power", "measurement", "W"},
	}
)

// words are the names of quantities.
var words = map[string]map[string]string{
	"ru": {"power": "мощность", "energy": "энергия", "reactive": "реактивная мощность", "voltage": "напряжение", "limit": "лимит", "block_mean": "среднее за блок", "projection": "прогноз блока", "headroom": "запас до лимита", "zone": "индустриальная зона", "resident": "резидент"},
	"kk": {"power": "қуат", "energy": "энергия", "reactive": "реактивті қуат", "voltage": "кернеу", "limit": "шек", "block_mean": "блоктың орташасы", "projection": "блок болжамы", "headroom": "шекке дейінгі қор", "zone": "индустриялық аймақ", "resident": "резидент"},
	"en": {"power": "power", "energy": "energy", "reactive": "reactive power", "voltage": "voltage", "limit": "limit", "block_mean": "block mean", "projection": "forecast of the block", "headroom": "headroom", "zone": "industrial zone", "resident": "resident"},
}

// Describe are the sensors of a site, by topic: those of the zone, and of each point.
// Points of a resident hang on a device of the resident, all others on that of the zone.
func Describe(o Options) []Description {
	say := words[o.Lang]
	if say == nil {
		say = words["ru"]
	}
	zone := device{Identifiers: []string{node(o.Site.ID)}, Name: o.Site.Name, Manufacturer: "asue", Model: say["zone"], Version: o.Version}
	if zone.Name == "" {
		zone.Name = string(o.Site.ID)
	}
	var list []Description
	add := func(d device, name, id, topic string, quantities []quantity) {
		for _, q := range quantities {
			list = append(list, o.describe(d, strings.TrimSpace(name+" "+say[q.id]), id+"_"+q.id, topic, q))
		}
	}
	add(zone, "", "zone", wire.ControlTopic(o.Site.ID), ofZone)
	points := o.points()
	of := map[metering.ResidentID]int{}
	for _, p := range points {
		of[p.Resident]++
	}
	for _, p := range points {
		d, name := zone, p.Name
		if name == "" {
			name = string(p.ID)
		}
		if r, known := o.Site.Resident(p.Resident); known {
			d = device{Identifiers: []string{node(o.Site.ID) + "_resident_" + plainID(string(r.ID))}, Name: r.Name, Manufacturer: "asue", Model: say["resident"], Via: node(o.Site.ID)}
			if d.Name == "" {
				d.Name = string(r.ID)
			}
			if of[p.Resident] == 1 {
				name = ""
			}
		}
		add(d, name, plainID(string(p.ID)), wire.LivePointTopic(o.Site.ID, p.ID), ofPoints)
	}
	slices.SortFunc(list, func(a, b Description) int { return strings.Compare(a.Topic, b.Topic) })
	return list
}

// points are those that are described: of electricity, with a meter now, and asked for.
func (o Options) points() []metering.Point {
	var list []metering.Point
	for _, p := range o.Site.Points {
		_, metered := o.Site.MeterAt(p.ID, o.Now)
		if metered && p.MediumOf() == metering.Electricity && (len(o.Points) == 0 || slices.Contains(o.Points, p.ID)) {
			list = append(list, p)
		}
	}
	return list
}

func (o Options) describe(d device, name, id, topic string, q quantity) Description {
	s := sensor{
		Name: name, UniqueID: node(o.Site.ID) + "_" + id, StateTopic: topic,
		// What is not known is absent from our JSON, and unknown in Home Assistant.
		Template:    "{{ value_json." + q.key + " | default(none) }}",
		DeviceClass: q.class, StateClass: q.state, Unit: q.unit, ExpireAfter: int(max(1, o.Fresh/time.Second)),
		Availability: []availability{{wire.PresenceTopic(o.Site.ID), wire.Online, wire.Offline}},
		Device:       d, Origin: origin{"asue", o.Version},
	}
	payload, err := json.Marshal(s)
	if err != nil {
		panic("BUG: the description of a sensor does not encode: " + err.Error())
	}
	return Description{Topic: o.Prefix + "/sensor/" + node(o.Site.ID) + "/" + id + "/config", Payload: payload}
}
