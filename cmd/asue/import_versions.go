package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/exchange"
)

// versionsImport brings a file of versions into a ledger. It reads the file twice: to
// find out whether it is whole and goes together with what is there, and to write.
type versionsImport struct {
	config, file string

	site   *metering.Site
	ledger metering.Ledger
	sum    [sha256.Size]byte

	intervals, versions, held int // in the file
	written                   int // versions
}

func (o *versionsImport) run(ctx context.Context, out io.Writer) error {
	cfg, site, _, err := readZone(o.config)
	if err != nil {
		return err
	}
	if o.ledger, err = openLedger(ctx, cfg); err != nil {
		return err
	}
	defer func() { _ = o.ledger.Close() }() // what was written is safe already
	o.site = site
	for _, pass := range []func(context.Context) exchange.VersionsTaker{o.looking, o.writing} {
		if err := o.read(pass(ctx)); err != nil {
			return fmt.Errorf("%s: %w", o.file, err)
		}
	}
	what := fmt.Sprintf("%d intervals in %d versions and %d records of residents held back from %s, sha256 %x", o.intervals, o.versions, o.held, o.file, o.sum)
	if err := writeDown(ctx, o.ledger, "import.versions", "", what); err != nil {
		return fmt.Errorf("%s is in the ledger, and the audit does not have it: %w", o.file, err)
	}
	_, err = fmt.Fprintf(out, "%s; %d versions are new here\n", what, o.written)
	return err
}

func (o *versionsImport) read(take exchange.VersionsTaker) error {
	f, err := os.Open(o.file)
	if err != nil {
		return errors.New(cli.Plainly(err))
	}
	defer func() { _ = f.Close() }() // nothing was written
	sum := sha256.New()
	if err := exchange.ReadVersions(io.TeeReader(f, sum), take); err != nil {
		return err
	}
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	sum.Sum(o.sum[:0])
	return nil
}

// looking is the first pass: nothing is written.
func (o *versionsImport) looking(ctx context.Context) exchange.VersionsTaker {
	return exchange.VersionsTaker{
		Head: func(h exchange.VersionsHead) error {
			if h.Site != o.site.ID {
				return fmt.Errorf("it is of the site %q, this one is %q", h.Site, o.site.ID)
			}
			return nil
		},
		Intervals: func(list [][]metering.Interval) error {
			if known := func(p metering.Point) bool { return p.ID == list[0][0].Point }; !containsPoint(o.site, known) {
				return fmt.Errorf("the site has no point %q", list[0][0].Point)
			}
			missing, err := o.missing(ctx, list)
			if err != nil {
				return err
			}
			o.intervals += len(list)
			for _, versions := range list {
				o.versions += len(versions)
			}
			for _, versions := range missing {
				o.written += len(versions)
			}
			return nil
		},
		Held: func(metering.AuditRecord) error {
			o.held++
			return ctx.Err()
		},
	}
}

// writing is the second pass.
func (o *versionsImport) writing(ctx context.Context) exchange.VersionsTaker {
	return exchange.VersionsTaker{
		Head: func(exchange.VersionsHead) error { return nil },
		Intervals: func(list [][]metering.Interval) error {
			missing, err := o.missing(ctx, list)
			if err != nil {
				return err
			}
			return o.commit(ctx, missing)
		},
		Held: func(r metering.AuditRecord) error { return o.keepHeld(ctx, r) },
	}
}

// missing are the versions that the ledger does not have yet. It fails where it has
// others.
func (o *versionsImport) missing(ctx context.Context, list [][]metering.Interval) ([][]metering.Interval, error) {
	first, last := list[0][0], list[len(list)-1][0]
	there, err := o.ledger.Intervals(ctx, metering.IntervalQuery{Points: []metering.PointID{first.Point}, Channels: []metering.Channel{first.Channel},
		From: first.Start, To: last.End()})
	if err != nil {
		return nil, err
	}
	have := map[int64]metering.Interval{}
	for _, iv := range there {
		have[iv.Start.UnixMilli()] = iv
	}
	var missing [][]metering.Interval
	for _, versions := range list {
		current := have[versions[0].Start.UnixMilli()] // version 0: there is none
		if n := current.Version; n > len(versions) || (n > 0 && !versions[n-1].SameAs(current)) {
			return nil, fmt.Errorf("the ledger has another version %d of point %s channel %v at %s: bring the file into a ledger that does not have these intervals",
				n, first.Point, first.Channel, current.Start.Format(time.RFC3339))
		}
		if rest := versions[current.Version:]; len(rest) > 0 {
			missing = append(missing, rest)
		}
	}
	return missing, nil
}

// commit writes versions in the order in which they were recorded, each with its time.
// A person's word lets every version follow on every other, as they did where they come
// from; on whose word each stands is told by its flags and method, as it was there.
func (o *versionsImport) commit(ctx context.Context, missing [][]metering.Interval) error {
	flat := slices.Concat(missing...)
	slices.SortStableFunc(flat, func(a, b metering.Interval) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), a.RecordedAt.Compare(b.RecordedAt))
	})
	for len(flat) > 0 {
		n := slices.IndexFunc(flat, func(iv metering.Interval) bool {
			return iv.Version != flat[0].Version || !iv.RecordedAt.Equal(flat[0].RecordedAt)
		})
		if n < 0 {
			n = len(flat)
		}
		if err := o.ledger.Commit(ctx, metering.Commit{ReceivedAt: flat[0].RecordedAt, Intervals: flat[:n], Authority: metering.ByPerson}); err != nil {
			return err
		}
		flat = flat[n:]
	}
	return nil
}

// keepHeld writes down that a resident was held back, if the audit does not say so
// already. Whoever brings it in answers for it.
func (o *versionsImport) keepHeld(ctx context.Context, r metering.AuditRecord) error {
	there, err := o.ledger.Audit(ctx, metering.AuditQuery{From: r.At, To: r.At.Add(time.Millisecond), Kind: curtailedKind, Subject: r.Subject, Limit: heldPage})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(there, func(t metering.AuditRecord) bool { return t.Detail == r.Detail }) {
		return nil
	}
	kept := atCommandLine(curtailedKind, r.Subject, r.Text)
	kept.At, kept.Detail = r.At, r.Detail
	_, err = o.ledger.Append(ctx, kept)
	return err
}
