package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"asue/balancing/waterfill"
	"asue/cmd/internal/cli"
	"asue/metering/form"
)

// allotCase is a case of an allotment, and where each part of it stands.
type allotCase struct {
	file   string
	src    []byte
	faults form.Faults
	told   map[string]bool // paths that have a fault
	path   string          // "" or "vectors[3]."

	nodes  []waterfill.Node
	leaves []waterfill.Leaf
	claims []waterfill.Claim
	tiers  bool
	places map[string]*located // of nodes and leaves and their fields, by path
	answer waterfill.Answer
}

// maxFaults is how many faults are told of one file.
const maxFaults = 100

// parseCase reads a case file and solves it. name chooses one of several cases;
// empty, if there is one alone. Faults of the file are in c.faults; it fails if
// there is no such case, or if the solver does.
func parseCase(file string, src []byte, name string) (*allotCase, error) {
	c := &allotCase{file: file, src: src, told: map[string]bool{}, places: map[string]*located{}}
	document, at, trouble := locate(src)
	if trouble != "" {
		c.fault(at, "", "not-json", trouble, "a case is one JSON object", "correct the place")
		return c, nil
	}
	one, err := c.choose(document, name)
	if err != nil {
		return nil, err
	}
	c.read(one)
	if err := c.solve(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.faults, func(a, b form.Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	c.faults = c.faults[:min(len(c.faults), maxFaults)]
	return c, nil
}

// choose finds the case in the file.
func (c *allotCase) choose(document *located, name string) (*located, error) {
	vectors := document.member("vectors")
	if vectors == nil {
		if name != "" {
			return nil, cli.Usagef("%s is one case and has no others: leave out --case", c.file)
		}
		return document, nil
	}
	var names []string
	for i, v := range vectors.items {
		text := ""
		if n := v.member("name"); n != nil {
			text = n.text
		}
		first, _, _ := strings.Cut(text, " ")
		if name != "" && (text == name || first == name) {
			c.path = fmt.Sprintf("vectors[%d].", i)
			return v, nil
		}
		names = append(names, strconv.Quote(text))
	}
	if name == "" {
		return nil, cli.Usagef("%s has %d cases: choose one with --case: %s", c.file, len(names), form.Listed(names))
	}
	return nil, cli.Usagef("%s has no case %q; there are %s", c.file, name, form.Listed(names))
}

// read takes the case apart.
func (c *allotCase) read(v *located) {
	path := strings.TrimSuffix(c.path, ".")
	// What a file of cases says of its results is not read.
	fields := c.object(v, path, "nodes", "leaves", "name", "about", "note", "exact", "kw", "proposal", "cap_kw", "violations")
	if fields == nil {
		return
	}
	nodes := c.list(v, fields, "nodes")
	leaves := c.list(v, fields, "leaves")
	for i, n := range nodes {
		c.node(n, fmt.Sprintf("%snodes[%d]", c.path, i))
	}
	for _, l := range leaves {
		c.tiers = c.tiers || l.member("tu_kw") != nil
	}
	for i, l := range leaves {
		c.leaf(l, fmt.Sprintf("%sleaves[%d]", c.path, i))
	}
}

func (c *allotCase) node(v *located, path string) {
	f := c.object(v, path, "id", "name", "parent", "limit_kw")
	node := waterfill.Node{ID: c.text(f, path, "id"), Parent: c.text(f, path, "parent")}
	if limit := f["limit_kw"]; limit != nil && limit.kind == "text" && limit.text == "unlimited" {
		node.Limit = waterfill.Unlimited()
	} else if limit != nil && limit.kind != "number" {
		c.fault(limit.at, path+".limit_kw", "bad-limit", fmt.Sprintf("a limit is not %s", limit), "a limit is a number of kW, 0 meaning zero", `write a number, or "unlimited"`)
	} else if kw, given := c.whole(f, path, "limit_kw"); given {
		node.Limit = waterfill.AtMost(kw)
	}
	c.nodes = append(c.nodes, node)
}

func (c *allotCase) leaf(v *located, path string) {
	f := c.object(v, path, "id", "name", "node", "weight", "lo_kw", "up_kw", "tu_kw", "demand_kw", "tech_kw", "emerg_kw", "class", "fixed", "emergency", "pin_kw")
	id, node := c.text(f, path, "id"), c.text(f, path, "node")
	if c.tiers {
		c.claims = append(c.claims, c.claim(v, f, path, waterfill.Claim{ID: id, Node: node}))
		return
	}
	for _, key := range []string{"demand_kw", "tech_kw", "emerg_kw", "class", "fixed", "emergency", "pin_kw"} {
		if f[key] != nil {
			c.fault(f[key].at, path+"."+key, "no-tiers", key+" says nothing in a case of one tier", "tiers begin with tu_kw", "give every resident its tu_kw, or leave this out")
		}
	}
	l := waterfill.Leaf{ID: id, Node: node}
	l.Weight = c.needed(v, f, path, "weight")
	l.Lo, _ = c.whole(f, path, "lo_kw")
	l.Up = c.needed(v, f, path, "up_kw")
	c.leaves = append(c.leaves, l)
}

// claim reads a leaf of a case with tiers. A leaf without ТУ whose bounds are one is
// a fixed load, as it is in a case of one tier.
func (c *allotCase) claim(v *located, f map[string]*located, path string, claim waterfill.Claim) waterfill.Claim {
	lo, hasLo := c.whole(f, path, "lo_kw")
	up, hasUp := c.whole(f, path, "up_kw")
	if f["tu_kw"] == nil && f["demand_kw"] == nil && hasLo && hasUp && lo == up {
		claim.Fixed, claim.Demand = true, lo
		return claim
	}
	for _, key := range []string{"weight", "lo_kw", "up_kw"} {
		if f[key] != nil && !c.told["with tiers "+key] {
			c.told["with tiers "+key] = true
			c.warn(f[key].at, path+"."+key, "not-read", key+" is not read", "the case has tiers: tu_kw is the weight, demand_kw the upper bound, armour the lower one", "leave it out")
		}
	}
	claim.Fixed = c.yes(f, path, "fixed")
	claim.UseEmergency = c.yes(f, path, "emergency")
	claim.Demand = c.needed(v, f, path, "demand_kw")
	if !claim.Fixed {
		claim.TU = c.needed(v, f, path, "tu_kw")
	}
	tech, hasTech := c.whole(f, path, "tech_kw")
	emerg, hasEmerg := c.whole(f, path, "emerg_kw")
	claim.Tech, claim.Emerg = tech, emerg
	if !hasTech {
		claim.Tech = emerg
	}
	if !hasEmerg {
		claim.Emerg = tech
	}
	class, _ := c.whole(f, path, "class")
	claim.Class = int(class)
	if pin, given := c.whole(f, path, "pin_kw"); given {
		claim.Pin = &pin
	}
	return claim
}

// solve shares. What the solver finds wrong is told beside the faults of the file
// itself; a field that has one already is left alone.
func (c *allotCase) solve() error {
	var err error
	if c.tiers {
		c.answer, err = waterfill.Allot(c.nodes, c.claims)
	} else {
		c.answer, err = waterfill.Solve(c.nodes, c.leaves)
	}
	var found waterfill.Faults
	if !errors.As(err, &found) {
		return err
	}
	for _, f := range found {
		list := f.List
		if list == "claims" {
			list = "leaves"
		}
		element := fmt.Sprintf("%s%s[%d]", c.path, list, f.Index)
		if c.told[element] {
			continue
		}
		path := element + "." + fields[f.Field]
		v := c.places[path]
		if v == nil {
			v = c.places[element]
		}
		c.fault(v.at, path, "bad-case", f.What, "the network cannot be solved as it stands", f.Remedy)
	}
	return nil
}

// fields are those of the file that the solver calls otherwise.
var fields = map[string]string{"ID": "id", "Node": "node", "Parent": "parent", "Limit": "limit_kw", "Weight": "weight", "Lo": "lo_kw", "Up": "up_kw",
	"TU": "tu_kw", "Demand": "demand_kw", "Tech": "tech_kw", "Emerg": "emerg_kw", "Class": "class", "Pin": "pin_kw"}
