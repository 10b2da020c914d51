package settings

import (
	"fmt"
	"slices"

	"asue/metering"
	"asue/metering/form"
)

// HomeAssistant is how Home Assistant finds what is metered here.
type HomeAssistant struct {
	// Stated is set if the file says anything about it; what an earlier run has told is
	// taken back then if it is not Enabled.
	Stated  bool
	Enabled bool
	Prefix  string             // of its discovery topics
	Points  []metering.PointID // empty: all of electricity that are metered
	Lang    string             // of the names: ru, kk or en
}

type homeAssistantDraft struct {
	enabled given[bool]
	prefix  given[string]
	points  given[[]given[metering.PointID]]
	lang    given[string]
}

func homeAssistantForm() form.Form[homeAssistantDraft] {
	return form.Form[homeAssistantDraft]{Name: "homeassistant", Fields: []form.Field[homeAssistantDraft]{
		setting("enabled", form.YesNo(), "true if Home Assistant shall find zone, residents and points by itself; false takes back what was told before",
			func(d *homeAssistantDraft) *given[bool] { return &d.enabled }),
		setting("prefix", form.Identifier[string]("write homeassistant, unless its MQTT integration says otherwise"), "prefix of its discovery topics: homeassistant",
			func(d *homeAssistantDraft) *given[string] { return &d.prefix }),
		setting("points", form.ListOf(verbatim(form.Identifier[metering.PointID]("write the id of a point of the site file")), "points"), "points that are told; all of electricity that have a meter if the key is absent",
			func(d *homeAssistantDraft) *given[[]given[metering.PointID]] { return &d.points }),
		setting("language", form.Word("language", []string{"ru", "kk", "en"}), "language of the names of sensors: ru",
			func(d *homeAssistantDraft) *given[string] { return &d.lang }),
	}}
}

func (d *homeAssistantDraft) build(c *HomeAssistant) {
	c.Enabled = d.enabled.Or(false)
	c.Prefix = d.prefix.Or(c.Prefix)
	c.Points = values(d.points)
	c.Lang = d.lang.Or(c.Lang)
}

func (c *checker) checkHomeAssistant(rolesKnown bool) {
	h := c.d.homeAssistant
	if h.Stated() && rolesKnown && !c.cfg.Has(RoleMetering) {
		c.Warn(h.At, form.Found("unused", "homeassistant in a process without the role \"metering\"", "the process that does the metering publishes the live points", "move it there, or add the role"))
	}
}

// checkHomeAssistant: the points are some of the site, and of electricity.
func (c Config) checkHomeAssistant(site *metering.Site) form.Faults {
	if c.origin == nil {
		return nil
	}
	r := c.origin.report.Again()
	var known []string
	for _, p := range site.Points {
		if p.MediumOf() == metering.Electricity {
			known = append(known, string(p.ID))
		}
	}
	for _, p := range c.origin.draft.homeAssistant.V.points.V {
		if p.OK && !slices.Contains(known, string(p.V)) {
			r.Refuse(p.At, form.Found("unknown-point", fmt.Sprintf("the site %q has no point %q of electricity", site.ID, p.V), "what is told to Home Assistant are points of the site file", form.DidYouMean(string(p.V), known)))
		}
	}
	return r.Finish()
}
