package study_test

import (
	"slices"
	"testing"

	"asue/balancing/study"
)

// TestOverloadOfTheRemainingTransformer: Акжар feeds the zone and T-2 is lost. 40 MW are
// no overload; 60 MW are stood for good within emergency limits; 70 MW for a while in
// the cold and a shorter one in summer; 80 MW are beyond 150 % and 90 MW beyond 180 %.
func TestOverloadOfTheRemainingTransformer(t *testing.T) {
	m := model(t, zone(standing))
	overload := func(mw, ambient float64) *study.Overload {
		s := study.Setting{Scenario: "C", AmbientC: &ambient}
		before, err := m.Solve(s, m.Loads(mw))
		if err != nil {
			t.Fatal(err)
		}
		outages := m.Outages(s)
		o := outages[slices.IndexFunc(outages, func(o study.Outage) bool { return o.ID == "t-2" })]
		list := m.Overloads(s, before, m.After(s, m.Loads(mw), o))
		if len(list) > 1 || len(list) == 1 && list[0].Transformer != "t-1" {
			t.Fatalf("%v MW: %+v", mw, list)
		}
		if len(list) == 0 {
			return nil
		}
		return &list[0]
	}
	if o := overload(40, 25); o != nil {
		t.Errorf("40 MW: %+v", o)
	}
	if o := overload(60, 25); o == nil || !o.Long.Endless || !o.Short.Endless || o.BeforePct > 57 || o.AfterPct < 116 {
		t.Errorf("60 MW: %+v", o)
	}
	warm, hot := overload(70, 25), overload(70, 40)
	if warm == nil || hot == nil || warm.Long.Endless || hot.Long.Endless || !(hot.Long.Minutes < warm.Long.Minutes) || !(hot.Long.Minutes > 10) {
		t.Errorf("70 MW: %+v at 25 °C, %+v at 40 °C", warm, hot)
	}
	if o := overload(80, 25); o == nil || o.Long.Minutes != 0 || !(o.Short.Minutes > 5) {
		t.Errorf("80 MW: %+v", o)
	}
	if o := overload(100, -20); o == nil || o.Long.Minutes != 0 || o.Short.Minutes != 0 {
		t.Errorf("100 MW: %+v", o)
	}
}
