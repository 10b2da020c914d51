package audit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/audit"
)

// keptDeed is a deed with the hash that is kept beside it.
type keptDeed struct {
	metering.Deed
	hash [32]byte
}

func keep(deeds []metering.Deed) (list []keptDeed) {
	for _, d := range deeds {
		list = append(list, keptDeed{d, audit.HashDeed(d)})
	}
	return list
}

// sealsOf is an audit that seals deeds in groups of so many, between records that have
// nothing to do with them.
func sealsOf(deeds []metering.Deed, groups ...int) []metering.AuditRecord {
	list := []metering.AuditRecord{{Seq: 1, Kind: "login"}}
	for _, n := range groups {
		list = append(list,
			metering.AuditRecord{Seq: uint64(len(list)) + 1, Kind: "capacity.case.step", Detail: audit.SealDeeds(deeds[:n])},
			metering.AuditRecord{Seq: uint64(len(list)) + 2, Kind: "capacity.conditions.read", Detail: `{"deeds":"none"}`})
		deeds = deeds[n:]
	}
	return list
}

func walkDeeds(records []metering.AuditRecord, deeds []keptDeed) audit.DeedVerdict {
	w := audit.NewDeedWalker()
	for _, r := range records {
		w.Record(r)
	}
	for _, d := range deeds {
		w.Next(d.Deed, d.hash)
	}
	return w.End()
}

func TestEachDeedIsToldByItsPlace(t *testing.T) {
	f := func(what string, change func(deeds []keptDeed) []keptDeed, want ...string) {
		t.Helper()
		deeds := returned(t)
		v := walkDeeds(sealsOf(deeds, 1, 2), change(keep(deeds)))
		if len(v.Faults) != len(want) {
			t.Errorf("%s: %q, want %q", what, v.Faults, want)
			return
		}
		for i, w := range want {
			if !strings.Contains(v.Faults[i], w) {
				t.Errorf("%s: %q does not say %q", what, v.Faults[i], w)
			}
		}
	}
	again := func(d keptDeed) keptDeed { d.hash = audit.HashDeed(d.Deed); return d }
	f("as it was", func(l []keptDeed) []keptDeed { return l })
	f("a byte", func(l []keptDeed) []keptDeed { l[2].Body = strings.Replace(l[2].Body, "2", "3", 1); return l }, "deed 3 is damaged")
	f("a hash", func(l []keptDeed) []keptDeed { l[0].hash[7]++; return l }, "deed 1 is damaged")
	f("a byte and its hash", func(l []keptDeed) []keptDeed { l[0].Document += " "; l[0] = again(l[0]); return l },
		"deed 1 is not the one that record 2 of the audit has sealed")
	f("one of two, with its hash", func(l []keptDeed) []keptDeed { l[2].Approver = "c.azat"; l[2] = again(l[2]); return l },
		"deeds 2 to 3 are not those that record 4 of the audit has sealed")
	f("a byte of one, and another one written anew", func(l []keptDeed) []keptDeed {
		l[0].Basis = "x"
		l[0] = again(l[0])
		l[1].Basis = "y"
		return l
	}, "deed 1 is not the one", "deed 2 is damaged")
	f("the first gone", func(l []keptDeed) []keptDeed { return l[1:] }, "deed 1 is missing: 2 follows on 0")
	f("one gone", func(l []keptDeed) []keptDeed { return slices.Delete(l, 1, 2) }, "deed 2 is missing: 3 follows on 1")
	f("the last gone", func(l []keptDeed) []keptDeed { return l[:2] }, "deed 3 is missing: record 4 of the audit has sealed up to 3, and the last deed is 2")
	f("all gone", func([]keptDeed) []keptDeed { return nil }, "deed 1 is missing: record 2", "deeds 2 to 3 are missing: record 4")
	f("one added", func(l []keptDeed) []keptDeed {
		d := l[2]
		d.Seq++
		return append(l, again(d))
	}, "deed 4 is sealed by no record of the audit")
	f("one put between", func(l []keptDeed) []keptDeed { return slices.Insert(l, 1, l[0]) }, "deed 1 stands behind 1")
	f("dated back", func(l []keptDeed) []keptDeed { l[2].At = monday; l[2] = again(l[2]); return l },
		"deed 3 is dated before the one before it", "deeds 2 to 3 are not those")
}

// The audit itself may say more or less than there is.
func TestSealsFollowEachOther(t *testing.T) {
	deeds := returned(t)
	whole := sealsOf(deeds, 1, 1, 1) // records 2, 4 and 6
	f := func(what string, records []metering.AuditRecord, want ...string) {
		t.Helper()
		v := walkDeeds(records, keep(deeds))
		if len(v.Faults) != len(want) {
			t.Errorf("%s: %q, want %q", what, v.Faults, want)
			return
		}
		for i, w := range want {
			if !strings.Contains(v.Faults[i], w) {
				t.Errorf("%s: %q does not say %q", what, v.Faults[i], w)
			}
		}
	}
	f("whole", whole)
	f("one taken out", slices.Delete(slices.Clone(whole), 3, 4),
		"record 6 of the audit seals deeds 3 to 3, and deed 2 would be next", "deed 2 is sealed by no record")
	f("one twice", slices.Insert(slices.Clone(whole), 5, whole[3]), "record 4 of the audit seals deeds 2 to 2, and deed 3 would be next")
	f("none", nil, "deed 1 is sealed by no record", "deed 2 is sealed by no record", "deed 3 is sealed by no record")
	another := slices.Clone(whole)
	another[5].Kind = "order.sent" // what others write has no say
	f("of another kind", another, "deed 3 is sealed by no record")
	if v := walkDeeds(whole, keep(deeds)); v.Deeds != 3 || v.Seals != 3 || v.Last != 3 {
		t.Errorf("%+v", v)
	}
}

// A thousand faults are told by the first of them and their number.
func TestFaultsAreBounded(t *testing.T) {
	var list []keptDeed
	for n := range 1000 {
		d := metering.Deed{Seq: uint64(n) + 1, At: monday, Kind: "draft", Author: "a", Document: "d", Body: "1"}
		list = append(list, keptDeed{d, audit.HashDeed(d)})
	}
	v := walkDeeds(nil, list)
	if n := len(v.Faults); n != 21 || !strings.Contains(v.Faults[20], "980 more") {
		t.Errorf("%d faults: %q", n, v.Faults)
	}
}

// Whatever is done to deeds that are sealed is found, by somebody who knows the form
// too; what is not touched is sound.
func TestAnyChangeOfDeedsIsFound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawn := rapid.SliceOfN(rapid.Custom(drawDeed), 1, 8).Draw(rt, "deeds")
		var groups []int
		for i, left := 0, len(drawn); left > 0; i++ {
			groups = append(groups, rapid.IntRange(1, left).Draw(rt, "group"))
			left -= groups[i]
		}
		for i := range drawn {
			d := &drawn[i]
			d.At, d.Kind, d.Author, d.Document = monday.Add(time.Duration(i/2)*time.Second), d.Kind+"k", d.Author+"a", d.Document+"d"
			d.Approver, d.Body = "", fmt.Sprintf("%q", fmt.Sprintf("%x", d.Body))
		}
		deeds, err := audit.NextDeeds(metering.Deed{}, drawn)
		if err != nil {
			rt.Fatal(err)
		}
		records, list := sealsOf(deeds, groups...), keep(deeds)
		if v := walkDeeds(records, list); len(v.Faults) > 0 {
			rt.Fatalf("sound deeds: %q", v.Faults)
		}
		i := rapid.IntRange(0, len(list)-1).Draw(rt, "at")
		switch rapid.SampledFrom([]string{"edit", "remove", "swap", "repeat", "cut", "add"}).Draw(rt, "change") {
		case "edit":
			editDeed(rt, &list[i].Deed)
		case "remove":
			list = slices.Delete(list, i, i+1)
		case "swap":
			j := rapid.IntRange(0, len(list)-1).Draw(rt, "with")
			list[i], list[j] = list[j], list[i]
		case "repeat":
			list = slices.Insert(list, i, list[i])
		case "cut":
			list = list[:i]
		case "add":
			list = append(list, list[i])
		}
		if rapid.Bool().Draw(rt, "made to fit") { // numbers and hashes
			for k := range list {
				list[k].Seq = uint64(k) + 1
				list[k].hash = audit.HashDeed(list[k].Deed)
			}
		}
		if slices.Equal(list, keep(deeds)) {
			rt.Skip()
		}
		if v := walkDeeds(records, list); len(v.Faults) == 0 {
			rt.Fatalf("not found: %+v of %+v", list, deeds)
		}
	})
}

func editDeed(rt *rapid.T, d *metering.Deed) {
	switch rapid.IntRange(0, 5).Draw(rt, "field") {
	case 0:
		d.At = d.At.Add(time.Millisecond)
	case 1:
		d.Kind, d.Subject = d.Kind[1:], d.Subject+d.Kind[:1]
	case 2:
		d.Author, d.Approver = d.Author+"x", d.Author
	case 3:
		d.Basis, d.Document = d.Document, d.Basis
	case 4:
		d.Body += " "
	case 5:
		d.Document += d.Body[:1]
		d.Body = d.Body[1:]
	}
}
