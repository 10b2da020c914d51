package balance

import (
	"asue/metering"
)

// Lenient is New for a site of which some virtual points cannot be computed: they
// are left out and named in faults, so that one of them does not stop the others
// and the balances. What such a point is a part of is left out too.
func Lenient(site *metering.Site, cfg Config) (m *Model, faults []error, err error) {
	if m, err = New(site, cfg); err == nil || len(site.Virtual) == 0 {
		return m, nil, err
	}
	some := *site
	some.Virtual = nil
	if m, err = New(&some, cfg); err != nil {
		return nil, nil, err
	}
	// A point may be a part of one that stands before it: go on until nothing more
	// can be taken in.
	left := site.Virtual
	for taken := true; taken; {
		taken = false
		var later []metering.VirtualPoint
		faults = nil
		for _, v := range left {
			more := some
			more.Virtual = append(some.Virtual[:len(some.Virtual):len(some.Virtual)], v)
			with, err := New(&more, cfg)
			if err != nil {
				later = append(later, v)
				faults = append(faults, err)
				continue
			}
			m, some, taken = with, more, true
		}
		left = later
	}
	return m, faults, nil
}
