package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/metering"
	"asue/metering/exchange"
	"asue/metering/vee"
)

// maketFormat is the format that is no table.
const maketFormat exchange.Format = "80020"

// maketOptions are what messages of layout 80020 say beside the energies.
type maketOptions struct {
	senderName, senderINN, areaName, areaINN, areaZone, codes string
	number                                                    int64
}

func (o *maketOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.senderINN, "sender-inn", "", "80020: number of the sender as a taxpayer (ИНН, БИН)")
	f.StringVar(&o.senderName, "sender-name", "", "80020: name of the sender")
	f.StringVar(&o.areaINN, "area-inn", "", "80020: number of the area; the sender's if empty")
	f.StringVar(&o.areaName, "area-name", "", "80020: name of the area; the site's if empty")
	f.StringVar(&o.areaZone, "area-zone", "1", "80020: attribute timezone of the area, as agreed with the receiver")
	f.StringVar(&o.codes, "codes", "", "80020: CSV file of two columns, the receiver's code and a point; identifiers of points if empty")
	f.Int64Var(&o.number, "number", 0, "80020: number of the first message; one more than the last one that the ledger remembers if 0")
}

// maket writes a message for each local day into a folder.
func (e *exporter) maket(ctx context.Context, o maketOptions, folder string, stdout io.Writer) error {
	switch {
	case o.senderINN == "":
		return cli.Usagef("80020 needs --sender-inn: it is part of the files' names")
	case !allDigits(o.senderINN):
		return cli.Usagef("--sender-inn %q: write digits only", o.senderINN)
	case folder == "-" || folder == "":
		return cli.Usagef("80020 needs --out: the folder for the files, one for each day")
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return cli.Usagef("--out %s: is no folder: make it first", folder)
	}
	byCode, err := readCodes(o.codes, e.site)
	if err != nil {
		return err
	}
	codes := map[metering.PointID]string{}
	for code, point := range byCode {
		codes[point] = code
	}
	first, _ := vee.Day.Bounds(e.from, e.site.Location)
	if !first.Equal(e.from) {
		return cli.Usagef("--from %s: a message holds a whole local day", e.from.Format(time.RFC3339))
	}
	number, err := e.nextNumber(ctx, o)
	if err != nil {
		return err
	}
	for day := first; ; {
		_, next := vee.Day.Bounds(day, e.site.Location)
		if next.After(e.to) {
			break
		}
		m, unknown, err := e.maketDay(ctx, o, codes, day, next, number)
		if err != nil {
			return err
		}
		switch {
		case len(m.Points) == 0:
			fmt.Fprintf(stdout, "%s: no interval is known, no message was made\n", m.Head.Day.Format(time.DateOnly))
		default:
			// The number is taken before the file is there: one that is lost does no
			// harm, one that is given twice does.
			if err := e.ledger.SetCursor(ctx, numberCursor(o.senderINN), number); err != nil {
				return err
			}
			path := filepath.Join(folder, m.FileName())
			if err := writeWhole(path, stdout, m.Encode); err != nil {
				return err
			}
			fmt.Fprintf(stdout, "%s: %d points, %d half hours not known and left out\n", path, len(m.Points), unknown)
			number++
		}
		day = next
	}
	return nil
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

func numberCursor(inn string) string { return "80020-" + inn }

// nextNumber is the number of the next message of a sender: numbers only grow.
func (e *exporter) nextNumber(ctx context.Context, o maketOptions) (int64, error) {
	last, err := e.ledger.Cursor(ctx, numberCursor(o.senderINN))
	if err != nil {
		return 0, err
	}
	if o.number == 0 {
		return last + 1, nil
	}
	if o.number <= last {
		return 0, cli.Usagef("--number %d: message %d of sender %s was made already; numbers only grow", o.number, last, o.senderINN)
	}
	return o.number, nil
}

// maketDay makes the message of a day. The energies since the first of the month
// are read, because what was cut off then comes now.
func (e *exporter) maketDay(ctx context.Context, o maketOptions, codes map[metering.PointID]string, from, to time.Time, number int64) (exchange.Maket, int, error) {
	m := exchange.Maket{Head: exchange.MaketHead{
		Class: "80020", Number: number, Created: e.now, Day: from.In(e.site.Location),
		SenderName: o.senderName, SenderINN: o.senderINN, AreaName: cmp.Or(o.areaName, e.site.Name), AreaINN: cmp.Or(o.areaINN, o.senderINN), AreaZone: o.areaZone,
	}}
	month, _ := vee.Month.Bounds(from, e.site.Location)
	type key struct {
		point   metering.PointID
		channel metering.Channel
	}
	lists := map[key][]metering.Interval{}
	for iv, err := range e.between(ctx, month, to) {
		if err != nil {
			return m, 0, err
		}
		if iv.Channel <= metering.ChannelReactiveExport {
			k := key{iv.Point, iv.Channel}
			lists[k] = append(lists[k], iv)
		}
	}
	unknown := 0
	for _, p := range maketPoints(e.site) {
		point := exchange.MaketPoint{Code: cmp.Or(codes[p.ID], string(p.ID)), Name: p.Name}
		for _, ch := range metering.Channels() {
			periods, lacking := exchange.HalfHours(lists[key{p.ID, ch}], from, to, e.site.Location)
			if len(periods) > 0 {
				unknown += lacking
				point.Channels = append(point.Channels, exchange.MaketChannel{Channel: ch, Periods: periods})
			}
		}
		if len(point.Channels) > 0 {
			m.Points = append(m.Points, point)
		}
	}
	return m, unknown, nil
}

func maketPoints(site *metering.Site) []metering.Point {
	list := slices.Clone(site.Points)
	for _, p := range site.Virtual {
		list = append(list, p.Point)
	}
	return list
}
