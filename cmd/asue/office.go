package main

import (
	"context"
	"fmt"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/hosting"
	"asue/balancing/reclaim/office"
	"asue/metering"
)

// officeConfig is how the office of a site's technical conditions opens: with the usual
// terms and ceilings, and with books that begin at the time of the first deed; now, while
// there is none. So whoever opens it on the same ledger finds the same.
func officeConfig(ctx context.Context, site *metering.Site, deeds metering.Deeds, now time.Time) (office.Config, error) {
	c := office.Config{
		Site: site, Terms: reclaim.DefaultTerms(site.Calendar, site.Location), Nodes: office.NodesOf(site), Opened: now.UTC(), Policy: hosting.DefaultPolicy(),
	}
	first, err := deeds.Deeds(ctx, 0, 1)
	if err != nil {
		return c, fmt.Errorf("ledger: the first deed: %w", err)
	}
	if len(first) > 0 {
		c.Opened = first[0].At.UTC()
	}
	return c, nil
}
