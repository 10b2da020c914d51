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

// officeConfig is how the office of a site's technical conditions opens, with the usual
// terms and ceilings. Everybody who follows deeds opens the same one, whenever he does:
// books that began with the first deed, or with the start of the program, could not bear
// a deed that is effective before.
func officeConfig(site *metering.Site) office.Config {
	return office.Config{
		Site: site, Terms: officeTerms(site), Nodes: office.NodesOf(site), Opened: booksBegin(site), Policy: hosting.DefaultPolicy(),
	}
}

// officeTerms are the terms of the procedure in a zone.
func officeTerms(site *metering.Site) reclaim.Terms {
	return reclaim.DefaultTerms(site.Calendar, site.Location)
}

// booksBegin is a day before every deed, and before every condition of the site file.
func booksBegin(site *metering.Site) time.Time {
	begin := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range site.Conditions {
		if !c.From.IsZero() && c.From.Before(begin) {
			begin = c.From
		}
	}
	return begin.UTC()
}

// deedsPage is how many deeds are read in one go.
const deedsPage = 1000

// followDeeds brings an office up to the last deed of the ledger.
func followDeeds(ctx context.Context, o *office.Office, ledger metering.Deeds) error {
	for {
		list, err := ledger.Deeds(ctx, o.Seq(), deedsPage)
		if err != nil {
			return fmt.Errorf("ledger: deeds after %d: %w", o.Seq(), err)
		}
		if err := o.Replay(list); err != nil {
			return fmt.Errorf("office: %w", err)
		}
		if len(list) < deedsPage {
			return nil
		}
	}
}

// openOffice is the office of a site as the ledger's deeds have made it.
func openOffice(ctx context.Context, site *metering.Site, ledger metering.Deeds) (*office.Office, error) {
	o, err := office.New(officeConfig(site))
	if err != nil {
		return nil, err
	}
	return o, followDeeds(ctx, o, ledger)
}
