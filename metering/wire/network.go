package wire

import (
	"encoding/json"
	"fmt"
	"slices"

	"asue/metering"
)

// MaxElements bounds each list of a network's state.
const MaxElements = 1024

// NetworkTopic is where the state of the network is retained.
func NetworkTopic(site metering.SiteID) string {
	return Topic{Site: site, Branch: BranchNetwork}.String()
}

// EncodeNetwork writes the state of the network as one line of plain JSON, retained,
// for the balancer, the page and other systems; its names are those of
// metering.NetworkState:
//
//	{"at":"2026-11-30T06:15:05Z","scenario":"A","sources":[{"source":"karatagai",…}],"buses":[{"node":"zn-1","live":true,"kv":113.47,…}],…}
//
// Lists that are empty are written as []. If that is longer than MaxPayload, the
// lists of residuals and of what is assumed are cut to half, and again: they are the
// explanation, not the state. It fails for a state that DecodeNetwork would refuse.
func EncodeNetwork(s metering.NetworkState) ([]byte, error) {
	s = s.Listed()
	if err := checkNetwork(&s); err != nil {
		return nil, fmt.Errorf("encode network: %w", err)
	}
	for {
		payload, err := json.Marshal(s)
		if err != nil { // a figure that is not finite
			return nil, fmt.Errorf("encode network: %w: %w", ErrMalformed, err)
		}
		err = checkSize(payload)
		if err == nil {
			return payload, nil
		}
		if len(s.Residuals)+len(s.Assumed) == 0 {
			return nil, fmt.Errorf("encode network: %w", err)
		}
		s.Residuals, s.Assumed = s.Residuals[:len(s.Residuals)/2], s.Assumed[:len(s.Assumed)/2]
	}
}

// DecodeNetwork reads what EncodeNetwork wrote. It fails with ErrMalformed for a
// state without a time, elements without a name or named twice, lists longer than
// MaxElements, and lights and endings that do not exist.
func DecodeNetwork(payload []byte) (metering.NetworkState, error) {
	var s metering.NetworkState
	if err := decodePlain("network", payload, &s); err != nil {
		return metering.NetworkState{}, err
	}
	s = s.Listed()
	if err := checkNetwork(&s); err != nil {
		return metering.NetworkState{}, fmt.Errorf("decode network: %w", err)
	}
	return s, nil
}

func checkNetwork(s *metering.NetworkState) error {
	if s.At.IsZero() {
		return fmt.Errorf("%w: the state of the network has no time", ErrMalformed)
	}
	if y := s.At.Year(); y < 0 || y > 9999 { // RFC 3339 has no others
		return fmt.Errorf("%w: the state of the network is of the year %d", ErrMalformed, y)
	}
	if err := checkOptional("scenario", string(s.Scenario)); err != nil {
		return err
	}
	for _, list := range []struct {
		what string
		n    int
	}{{"violations", len(s.Violations)}, {"residuals", len(s.Residuals)}, {"assumptions", len(s.Assumed)}} {
		if list.n > MaxElements {
			return tooMany(list.what, list.n)
		}
	}
	for _, err := range []error{
		checkElements("source", s.Sources, func(v metering.SourceState) string { return v.Source }),
		checkElements("bus", s.Buses, func(v metering.BusState) string { return string(v.Node) }),
		checkElements("line", s.Lines, func(v metering.LineState) string { return string(v.ID) }),
		checkElements("transformer", s.Transformers, func(v metering.TransformerState) string { return string(v.Node) }),
		checkElements("switch", s.Switches, func(v metering.SwitchState) string { return string(v.ID) }),
		checkReadiness(s.Readiness),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkElements accepts a list of bounded length whose elements have names of their own.
func checkElements[T any](what string, list []T, name func(T) string) error {
	if len(list) > MaxElements {
		return tooMany(what, len(list))
	}
	seen := make(map[string]bool, len(list))
	for _, v := range list {
		id := name(v)
		if err := checkName(what, id); err != nil {
			return err
		}
		if seen[id] {
			return fmt.Errorf("%w: %s %q is named twice", ErrMalformed, what, id)
		}
		seen[id] = true
	}
	return nil
}

func checkReadiness(r *metering.Readiness) error {
	if r == nil {
		return nil
	}
	lights := []metering.Light{metering.LightGreen, metering.LightAmber, metering.LightRed}
	if !slices.Contains(lights, r.Light) {
		return fmt.Errorf("%w: light %q is none of %v", ErrMalformed, clip(string(r.Light)), lights)
	}
	endings := []metering.Ending{metering.Secure, metering.Violated, metering.Diverged, metering.Islanded}
	for _, e := range []metering.Ending{r.Before, r.After, r.Later} {
		if !slices.Contains(endings, e) {
			return fmt.Errorf("%w: ending %q is none of %v", ErrMalformed, clip(string(e)), endings)
		}
	}
	for what, n := range map[string]int{"backups": len(r.Backup), "dark loads": len(r.Dark), "moves": len(r.Timeline)} {
		if n > MaxElements {
			return tooMany(what, n)
		}
	}
	return nil
}

func tooMany(what string, n int) error {
	return fmt.Errorf("%w: %d of %s, at most %d", ErrMalformed, n, what, MaxElements)
}
