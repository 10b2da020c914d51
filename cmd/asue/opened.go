package main

import (
	"context"

	"github.com/spf13/cobra"

	"asue/collector/regmap"
	"asue/metering"
)

// stretchFlags are the flags of commands that look at a zone's ledger over a time.
type stretchFlags struct{ config, from, to string }

func (f *stretchFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.config, "config", "c", "", "process file, which names ledger and site")
	cmd.Flags().StringVar(&f.from, "from", "", "first day or month, like 2026-10-05 or 2026-10")
	cmd.Flags().StringVar(&f.to, "to", "", "last day or month; the first one if empty")
}

// opened is a zone with its ledger, and the time that is asked for.
type opened struct {
	site    *metering.Site
	library *regmap.Library
	ledger  metering.Ledger
	period  metering.Period
	alarms  string // file with kinds of alarms; empty: the usual ones
}

// open reads the files, the flags and opens the ledger. The caller closes it.
func (f stretchFlags) open(ctx context.Context) (opened, error) {
	cfg, site, library, err := readZone(f.config)
	if err != nil {
		return opened{}, err
	}
	o := opened{site: site, library: library, alarms: cfg.Alarms.Catalogue}
	if o.period, err = readPeriod(f.from, f.to, site.Location); err != nil {
		return o, err
	}
	o.ledger, err = openLedger(ctx, cfg)
	return o, err
}

// close ends with the ledger: what was written is safe already.
func (o opened) close() { _ = o.ledger.Close() }
