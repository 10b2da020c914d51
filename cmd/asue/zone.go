package main

import (
	"context"
	"fmt"
	"path/filepath"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/sqlite"
)

// openLedger opens the ledger of a configuration for a command that works beside
// the program or without it.
func openLedger(ctx context.Context, cfg settings.Config) (metering.Ledger, error) {
	if cfg.Ledger.DSN != "" {
		options, err := databaseOptions(cfg.Ledger)
		if err != nil {
			return nil, err
		}
		return postgres.Open(ctx, options)
	}
	ledger, err := sqlite.Open(ctx, filepath.Join(cfg.Data, "ledger.db"))
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return ledger, nil
}

// readZone reads a process file for a command that needs the ledger and the site.
func readZone(file string) (settings.Config, *metering.Site, *regmap.Library, error) {
	if file == "" {
		return settings.Config{}, nil, nil, cli.Usagef("-c is missing: name the process file, which says where the ledger and the site file are")
	}
	cfg, err := readConfig(file)
	if err != nil {
		return cfg, nil, nil, err
	}
	library, err := regmap.Load()
	if err != nil {
		return cfg, nil, nil, err
	}
	plant, err := cli.ReadSite(cfg.SiteFile, library)
	return cfg, plant, library, err
}
