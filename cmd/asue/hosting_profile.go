package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/hosting"
	"asue/cmd/internal/cli"
	"asue/metering"
)

// readProfile finds the profile that is asked for, laid out as the weeks of the year
// that ends then: these begin with the weekday of its first day.
func (f *hostingFlags) readProfile(to time.Time, zone *time.Location) (hosting.Profile, error) {
	first := reclaim.YearTo(to, zone).In(zone).Weekday()
	names, _ := hosting.Templates()
	var p hosting.Profile
	var err error
	if slices.Contains(names, f.profile) {
		p, err = hosting.Named(f.profile, hostingBlock, first)
	} else {
		p, err = profileFile(f.profile, first)
	}
	if err == nil && f.annualMWh > 0 {
		power := metering.Power(f.megawatts * float64(metering.Megawatt))
		p, err = p.WithEnergy(power, metering.Energy(f.annualMWh*float64(metering.MegawattHour)))
	}
	if err != nil {
		return p, cli.Usagef("--profile: %v", err)
	}
	return p, nil
}

// profileFile reads a week from a CSV file.
func profileFile(file string, first time.Weekday) (hosting.Profile, error) {
	src, err := cli.ReadInput(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		names, _ := hosting.Templates()
		return hosting.Profile{}, fmt.Errorf("%q is neither a file nor a template (%s)", file, strings.Join(names, ", "))
	case err != nil:
		return hosting.Profile{}, fmt.Errorf("%s: %s", file, cli.Plainly(err))
	}
	powers, err := weekOf(string(src))
	if err != nil {
		return hosting.Profile{}, fmt.Errorf("%s: %w", file, err)
	}
	days := int(first+6) % 7 // after Monday
	at := days * len(powers) / 7
	return hosting.Given(filepath.Base(file), slices.Concat(powers[at:], powers[:at]))
}

// weekOf reads the powers of a week, kW, in blocks of hostingBlock from Monday 00:00 on:
// the last column of each line, the first line being a heading if it has no number
// there.
func weekOf(text string) ([]float32, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	if strings.Contains(text, ";") {
		r.Comma = ';'
	}
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var list []float32
	for i, row := range rows {
		field := strings.TrimSpace(row[len(row)-1])
		kw, err := strconv.ParseFloat(strings.Replace(field, ",", ".", 1), 32)
		switch {
		case err != nil && i == 0:
			continue // a heading
		case err != nil || !(kw >= 0):
			return nil, fmt.Errorf("line %d: %.40q is no power in kW", i+1, field)
		}
		list = append(list, float32(kw))
	}
	switch len(list) {
	case 7 * 24:
		return hours(list), nil
	case 7 * 48:
		return list, nil
	case 7 * 96:
		return quarters(list), nil
	}
	return nil, fmt.Errorf("%d powers: want a week from Monday 00:00, as 168 hours, 336 half hours or 672 quarters of an hour", len(list))
}

// hours gives each half of an hour its mean power.
func hours(list []float32) []float32 {
	var halves []float32
	for _, p := range list {
		halves = append(halves, p, p)
	}
	return halves
}

// quarters gives each half hour the mean of its two.
func quarters(list []float32) []float32 {
	var halves []float32
	for i := 0; i < len(list); i += 2 {
		halves = append(halves, (list[i]+list[i+1])/2)
	}
	return halves
}
