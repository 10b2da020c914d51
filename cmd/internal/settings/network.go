package settings

import (
	"time"

	"asue/metering/form"
)

// Network is how the model of the electrical network is driven by the meters.
type Network struct {
	Every time.Duration // between two states
	// AmbientC is the temperature of the air, °C, by which ratings are judged; nil: not
	// stated, and +25 is assumed. AmbientSource is where it comes from.
	AmbientC      *float64
	AmbientSource string
}

type networkDraft struct {
	every   given[time.Duration]
	ambient given[float64]
	source  given[string]
}

func networkForm() form.Form[networkDraft] {
	return form.Form[networkDraft]{Name: "the network model", Fields: []form.Field[networkDraft]{
		setting("every", form.Duration(time.Second, 15*time.Minute), "how often flows and voltages are calculated from what is measured: 5s",
			func(d *networkDraft) *given[time.Duration] { return &d.every }),
		setting("ambient", form.Fraction("a temperature of the air in °C", -60, 60), "temperature of the air in °C by which wires and transformers are judged: 25, which is assumed if the key is absent",
			func(d *networkDraft) *given[float64] { return &d.ambient }),
		setting("ambient_source", form.Sentence(), "where this temperature comes from; it stands beside every result: \"hottest week of July, weather station\"",
			func(d *networkDraft) *given[string] { return &d.source }),
	}}
}

func (d *networkDraft) build(c *Network) {
	c.Every = d.every.Or(c.Every)
	if d.ambient.OK {
		c.AmbientC = &d.ambient.V
	}
	c.AmbientSource = d.source.Or(c.AmbientSource)
}
