package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/wire"
)

func powers(first metering.Power, n int) []metering.Power {
	list := make([]metering.Power, n)
	for i := range list {
		list[i] = first + metering.Power(i)
	}
	return list
}

func outlook(r metering.ResidentID, mean metering.Power, n int) wire.Outlook {
	skill, coverage := 0.41, 0.8
	return wire.Outlook{
		Resident: r, Method: "profile", Skill: &skill, Coverage: &coverage,
		Mean: powers(mean, n), Low: powers(mean-50_000, n), High: powers(mean+70_000, n), Q90: powers(mean+60_000, n), Part: powers(mean-1000, n),
	}
}

func forecastOf(residents, blocks int) wire.Forecast {
	start := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	f := wire.Forecast{At: start.Add(75 * time.Second), Start: start, Block: 30 * time.Minute, Total: outlook("", 18_000_000, blocks)}
	f.Total.Part = nil
	for i := range residents {
		f.Residents = append(f.Residents, outlook(metering.ResidentID(fmt.Sprintf("r-%03d", i)), 1_234_567, blocks))
	}
	return f
}

func TestForecastRoundTrip(t *testing.T) {
	sent := forecastOf(2, 96)
	sent.Residents = append(sent.Residents, wire.Outlook{Resident: "r-young", Method: "shaped", Reason: "no technical conditions to go by"})
	payload, err := wire.EncodeForecast(sent)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeForecast(payload)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Errorf("what came back differs:\n%s", diff)
	}
	zone, ok := got.Find("")
	if i, in := got.Index(zone, sent.Start.Add(59*time.Minute)); !ok || !in || i != 1 || zone.Mean[i] != 18_000_001 {
		t.Errorf("the next block is %d (%v) of %d", i, in, len(zone.Mean))
	}
	for _, at := range []time.Time{sent.Start.Add(-1), sent.Start.Add(48 * time.Hour)} {
		if i, in := got.Index(zone, at); in {
			t.Errorf("%v lies in block %d", at, i)
		}
	}
	if _, ok := got.Find("r-nobody"); ok {
		t.Error("somebody unknown is forecast")
	}
}

// A large zone does not fit into one message: the zone keeps its two days, the
// residents' far ends go.
func TestForecastOfALargeZoneIsCut(t *testing.T) {
	payload, err := wire.EncodeForecast(forecastOf(300, 192))
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeForecast(payload)
	if err != nil {
		t.Fatal(err)
	}
	if len(payload) > wire.MaxPayload || len(got.Total.Mean) != 192 || len(got.Residents) != 300 {
		t.Fatalf("%d bytes, %d blocks of the zone, %d residents", len(payload), len(got.Total.Mean), len(got.Residents))
	}
	if n := len(got.Residents[0].Mean); n < 10 || n > 191 || n != len(got.Residents[299].Q90) {
		t.Errorf("%d blocks of the residents", n)
	}
}

func TestDecodeForecastRefuses(t *testing.T) {
	for what, spoil := range map[string]func(*wire.Forecast){
		"block of 20 minutes": func(f *wire.Forecast) { f.Block = 20 * time.Minute },
		"unequal lists":       func(f *wire.Forecast) { f.Residents[0].Q90 = f.Residents[0].Q90[1:] },
		"part of a list":      func(f *wire.Forecast) { f.Residents[0].Part = f.Residents[0].Part[1:] },
		"band above mean":     func(f *wire.Forecast) { f.Total.Low[3] = f.Total.Mean[3] + 1 },
		"band below mean":     func(f *wire.Forecast) { f.Total.High[3] = f.Total.Mean[3] - 1 },
		"q90 below mean":      func(f *wire.Forecast) { f.Total.Q90[3] = f.Total.Mean[3] - 1 },
		"resident twice":      func(f *wire.Forecast) { f.Residents[1].Resident = f.Residents[0].Resident },
		"resident unnamed":    func(f *wire.Forecast) { f.Residents[1].Resident = "" },
		"zone named":          func(f *wire.Forecast) { f.Total.Resident = "r" },
		"beyond a week":       func(f *wire.Forecast) { f.Total = outlook("", 1, 673) },
		"method of a novel":   func(f *wire.Forecast) { f.Total.Method = strings.Repeat("x", wire.MaxText+1) },
	} {
		f := forecastOf(2, 4)
		spoil(&f)
		if _, err := wire.EncodeForecast(f); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: encode says %v", what, err)
		}
	}
	for _, payload := range []string{"", "{", `{"block_s":5}`, `{"block_s":1800,"total":{"method":"x","mean_w":[1.5]}}`, `{"block_s":1800,"total":{"method":"x","mean_w":[1]}}`} {
		if _, err := wire.DecodeForecast([]byte(payload)); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("DecodeForecast(%q) = %v, want ErrMalformed", payload, err)
		}
	}
}

func TestForecastTopic(t *testing.T) {
	topic, err := wire.ParseTopic(wire.ForecastTopic("aktobe"))
	if err != nil || topic.Branch != wire.BranchForecast || topic.Site != "aktobe" || wire.Filter("aktobe", wire.BranchForecast) != topic.String() {
		t.Errorf("%+v, %v", topic, err)
	}
	if _, err := wire.ParseTopic(wire.ForecastTopic("aktobe") + "/r-01"); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("something below: %v", err)
	}
}

func FuzzDecodeForecast(f *testing.F) {
	for _, n := range []int{0, 2} {
		payload, err := wire.EncodeForecast(forecastOf(n, 3))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := wire.DecodeForecast(payload)
		if err != nil {
			return
		}
		again, err := wire.EncodeForecast(got)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := wire.DecodeForecast(again); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
