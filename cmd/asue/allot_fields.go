package main

import (
	"fmt"
	"strconv"

	"asue/metering/form"
)

// String describes a value for a message.
func (v *located) String() string {
	switch v.kind {
	case "text":
		return strconv.Quote(v.text)
	case "number":
		return v.text
	case "yes or no":
		return strconv.FormatBool(v.yes)
	case "null":
		return "null"
	}
	return "a " + v.kind
}

// member finds a field of an object; nil if there is none or v is no object.
func (v *located) member(name string) *located {
	for _, m := range v.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

func (c *allotCase) fault(at int, path, code, what, why, remedy string) {
	if path != "" && c.told[path] {
		return
	}
	c.told[path] = true
	c.faults = append(c.faults, place(c.file, c.src, at, form.Fault{Path: path, Severity: form.Error, Code: code, What: what, Why: why, Remedy: remedy}))
}

// warn tells what does not keep the case from being solved.
func (c *allotCase) warn(at int, path, code, what, why, remedy string) {
	c.faults = append(c.faults, place(c.file, c.src, at, form.Fault{Path: path, Severity: form.Warning, Code: code, What: what, Why: why, Remedy: remedy}))
}

// object lists the fields of an object. Unknown and doubled ones are told.
func (c *allotCase) object(v *located, path string, known ...string) map[string]*located {
	c.places[path] = v
	if v.kind != "object" {
		c.fault(v.at, path, "not-an-object", fmt.Sprintf("%s stands where an object is expected", v), "each part of a case has named fields", "write { … }")
		return nil
	}
	fields := map[string]*located{}
	for _, m := range v.members {
		at := path + "." + m.name
		if path == "" {
			at = m.name
		}
		isKnown := false
		for _, k := range known {
			isKnown = isKnown || k == m.name
		}
		switch {
		case !isKnown:
			c.fault(m.at, at, "unknown-field", fmt.Sprintf("%q is not known", m.name), "what is not known might be meant, and would be left out", form.DidYouMean(m.name, known))
		case fields[m.name] != nil:
			c.fault(m.at, at, "twice", fmt.Sprintf("%q stands here twice", m.name), "one of them would be left out", "leave one")
		default:
			fields[m.name], c.places[at] = m.value, m.value
		}
	}
	return fields
}

// list is a field that must be a list.
func (c *allotCase) list(v *located, fields map[string]*located, key string) []*located {
	at := c.path + key
	list := fields[key]
	switch {
	case list == nil:
		c.fault(v.at, at, "missing", key+" are missing", "a case is a network of limits and who hangs on it", fmt.Sprintf("write %q: [ … ]", key))
	case list.kind != "list":
		c.fault(list.at, at, "not-a-list", fmt.Sprintf("%s stands where a list is expected", list), key+" are a list", "write [ … ]")
	default:
		return list.items
	}
	return nil
}

// text is a field that is a text, empty if it is not there.
func (c *allotCase) text(fields map[string]*located, path, key string) string {
	v := fields[key]
	if v == nil || v.kind == "null" {
		return ""
	}
	if v.kind != "text" {
		c.fault(v.at, path+"."+key, "not-a-text", fmt.Sprintf("%s stands where a text is expected", v), "names are texts", fmt.Sprintf("write %q", v.text))
	}
	return v.text
}

// whole is a field that is a whole number, and whether it is there.
func (c *allotCase) whole(fields map[string]*located, path, key string) (int64, bool) {
	v := fields[key]
	if v == nil {
		return 0, false
	}
	if v.kind == "number" {
		n, err := strconv.ParseInt(v.text, 10, 64)
		if err == nil {
			return n, true
		}
	}
	c.fault(v.at, path+"."+key, "not-a-number", fmt.Sprintf("%s is not a whole number in range", v), "power is in whole kW, so that sums come out", "write a whole number without quotes, point or exponent")
	return 0, true
}

// needed is a whole number that has to be there.
func (c *allotCase) needed(v *located, fields map[string]*located, path, key string) int64 {
	n, given := c.whole(fields, path, key)
	if !given && fields != nil {
		c.fault(v.at, path+"."+key, "missing", key+" is missing", "what is not stated is not taken for 0", fmt.Sprintf("write %q: and a whole number", key))
	}
	return n
}

func (c *allotCase) yes(fields map[string]*located, path, key string) bool {
	v := fields[key]
	if v == nil {
		return false
	}
	if v.kind != "yes or no" {
		c.fault(v.at, path+"."+key, "not-yes-or-no", fmt.Sprintf("%s stands where true or false is expected", v), key+" holds or does not", "write true or false")
	}
	return v.yes
}
