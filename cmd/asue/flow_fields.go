package main

import (
	"fmt"
	"strconv"

	"asue/metering/form"
)

// fault tells what keeps the network from being calculated, once for each path.
func (c *flowCase) fault(at int, path, code, what, why, remedy string) {
	if path != "" && c.told[path] || len(c.faults) >= maxFaults {
		return
	}
	c.told[path] = true
	c.faults = append(c.faults, place(c.file, c.src, at, form.Fault{Path: path, Severity: form.Error, Code: code, What: what, Why: why, Remedy: remedy}))
}

// fields are those of a row. What is not read is told, and does not stop.
func (c *flowCase) fields(row *located, path string, read []string, unread ...string) map[string]*located {
	c.places[path] = row.at
	if row.kind != "object" {
		c.fault(row.at, path, "not-an-object", fmt.Sprintf("%s stands where an object is expected", row), "each element has named fields", "write { … }")
		return nil
	}
	f := map[string]*located{}
	for _, m := range row.members {
		at := path + "." + m.name
		switch {
		case contains(unread, m.name):
		case !contains(read, m.name):
			if len(c.faults) < maxFaults {
				c.faults = append(c.faults, place(c.file, c.src, m.at, form.Fault{Path: at, Severity: form.Warning, Code: "not-read", What: fmt.Sprintf("%q is not read", m.name),
					Why: "what is not known might be meant, and is left out", Remedy: form.DidYouMean(m.name, read)}))
			}
		case f[m.name] != nil:
			c.fault(m.at, at, "twice", fmt.Sprintf("%q stands here twice", m.name), "one of them would be left out", "leave one")
		default:
			f[m.name], c.places[at] = m.value, m.value.at
		}
	}
	return f
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// name is a field that names a bus: a whole number or a text.
func (c *flowCase) name(row *located, f map[string]*located, path, key string) string {
	v := f[key]
	switch {
	case f == nil:
		return ""
	case v == nil:
		c.fault(row.at, path+"."+key, "missing", key+" is missing", "buses are known by their id", fmt.Sprintf("write %q: and the id of a bus", key))
		return ""
	case v.kind == "text" && v.text != "":
		return v.text
	case v.kind == "number":
		if n, err := strconv.ParseFloat(v.text, 64); err == nil && n == float64(int64(n)) && n >= -1e15 && n <= 1e15 {
			id := strconv.FormatInt(int64(n), 10)
			c.numbers[id] = true
			return id
		}
	}
	c.fault(v.at, path+"."+key, "bad-id", fmt.Sprintf("%s names no bus", v), "an id is a whole number or a text", "write the id of a bus")
	return ""
}

// needed is a number that has to be there.
func (c *flowCase) needed(row *located, f map[string]*located, path, key string) float64 {
	if f != nil && (f[key] == nil || f[key].kind == "null") {
		c.fault(row.at, path+"."+key, "missing", key+" is missing", "what is not stated is not taken for 0", fmt.Sprintf("write %q: and a number", key))
		return 0
	}
	return c.number(f, path, key, 0)
}

// inService reads status: above 0, true or absent is in service, as in MATPOWER.
func (c *flowCase) inService(f map[string]*located, path string) bool {
	if v := f["status"]; v != nil && v.kind == "yes or no" {
		return v.yes
	}
	return c.number(f, path, "status", 1) > 0
}
