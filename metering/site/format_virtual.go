package site

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"asue/metering"
	"asue/metering/form"
)

type virtualDraft struct {
	id       given[metering.PointID]
	name     given[string]
	node     given[metering.NodeID]
	role     given[metering.PointRole]
	resident given[metering.ResidentID]
	medium   given[metering.Medium]
	terms    given[[]given[termDraft]]
}

// virtualRoles are the roles of points that need no meter.
func virtualRoles() []metering.PointRole {
	return []metering.PointRole{metering.RoleResident, metering.RoleTransformer, metering.RoleSection,
		metering.RoleFeeder, metering.RoleOwnNeeds, metering.RoleTechnical}
}

func virtualForm(x *known) form.Form[virtualDraft] {
	return form.Form[virtualDraft]{Name: "a virtual point", Fields: []form.Field[virtualDraft]{
		form.Key("id", form.Must, identifier[metering.PointID](), "id of the point; no metering point has the same", func(d *virtualDraft) *given[metering.PointID] { return &d.id }),
		form.Key("name", form.Must, form.Sentence(), "name of the point", func(d *virtualDraft) *given[string] { return &d.name }),
		form.Key("node", form.May, identifier[metering.NodeID](), "node whose energy it stands for, if there is one",
			func(d *virtualDraft) *given[metering.NodeID] { return &d.node }),
		form.Key("role", form.May, form.Word("role", virtualRoles()), "what it accounts for; absent: technical",
			func(d *virtualDraft) *given[metering.PointRole] { return &d.role }),
		form.Key("resident", form.May, identifier[metering.ResidentID](), "whose it is; for the role \"resident\", and where a term has share_of",
			func(d *virtualDraft) *given[metering.ResidentID] { return &d.resident }),
		form.Key("medium", form.May, form.Word("medium", metering.Media()), "what it is computed of; absent: electricity",
			func(d *virtualDraft) *given[metering.Medium] { return &d.medium }),
		form.Key("terms", form.Must, form.ListOf(termForm(x).Kind(), "terms"), "what it is the sum of",
			func(d *virtualDraft) *given[[]given[termDraft]] { return &d.terms }),
	}}
}

func (d *virtualDraft) mediumOf() metering.Medium { return d.medium.Or(metering.Electricity) }

type termDraft struct {
	of       given[metering.PointID]
	lossOf   given[metering.NodeID]
	shareOf  given[metering.NodeID]
	channel  given[metering.Channel]
	factor   given[metering.Fraction]
	from, to given[time.Time]
}

func (d *termDraft) period() period { return period{d.from.V, d.to.V} }

func termForm(x *known) form.Form[termDraft] {
	return form.Form[termDraft]{Name: "a term", Fields: []form.Field[termDraft]{
		form.Key("of", form.May, identifier[metering.PointID](), "point, metered or virtual, whose energy enters",
			func(d *termDraft) *given[metering.PointID] { return &d.of }),
		form.Key("loss_of", form.May, identifier[metering.NodeID](), "transformer or line whose calculated loss enters",
			func(d *termDraft) *given[metering.NodeID] { return &d.lossOf }),
		form.Key("share_of", form.May, identifier[metering.NodeID](), "node whose loss and imbalance are shared out among the residents below it; the share of this point's resident enters",
			func(d *termDraft) *given[metering.NodeID] { return &d.shareOf }),
		form.Key("channel", form.May, channelName(), "channel that enters; absent: the one that is computed",
			func(d *termDraft) *given[metering.Channel] { return &d.channel }),
		form.Key("factor", form.May, fraction(), "what it is multiplied by: -1, 1/3; absent: 1", func(d *termDraft) *given[metering.Fraction] { return &d.factor }),
		form.Key("from", form.May, moment(x), "the term holds from this time on; absent: since the beginning", func(d *termDraft) *given[time.Time] { return &d.from }),
		form.Key("to", form.May, moment(x), "it does not hold any more at this time; absent: until further notice", func(d *termDraft) *given[time.Time] { return &d.to }),
	}}
}

// channelName is a channel by its name.
func channelName() form.Kind[metering.Channel] {
	byName := map[string]metering.Channel{}
	var names []string
	for _, c := range metering.AllChannels() {
		names = append(names, c.String())
		byName[c.String()] = c
	}
	word := form.Word("channel", names)
	return form.Kind[metering.Channel]{Schema: word.Schema, Read: func(r *form.Report, n *form.Node) (metering.Channel, bool) {
		name, ok := word.Read(r, n)
		return byName[name], ok
	}}
}

var fractionRegexp = regexp.MustCompile(`^(-?[0-9]{1,9})(?:/([0-9]{1,9}))?$`)

// fraction is a whole number or a fraction of two, not zero.
func fraction() form.Kind[metering.Fraction] {
	k := form.OfText(form.Object{"pattern": `^-?[0-9]{1,9}(/[0-9]{1,9})?$`}, "a factor", func(text string) (metering.Fraction, *form.Finding) {
		bad := func(what string) (metering.Fraction, *form.Finding) {
			return metering.Fraction{}, form.Found("bad-factor", what, "a factor is a whole number or a fraction of two, so that sums are exact",
				"write it like -1, 2 or 1/3; 0.5 is 1/2")
		}
		m := fractionRegexp.FindStringSubmatch(text)
		if m == nil {
			return bad(fmt.Sprintf("%q is not a factor", text))
		}
		f := metering.Fraction{Den: 1}
		f.Num, _ = strconv.ParseInt(m[1], 10, 64)
		if m[2] != "" {
			f.Den, _ = strconv.ParseInt(m[2], 10, 64)
		}
		if f.Num == 0 || f.Den == 0 {
			return bad(fmt.Sprintf("the factor %q has a zero", text))
		}
		return f, nil
	})
	k.Schema["type"] = []string{"string", "integer"}
	return k
}
