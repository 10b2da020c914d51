package demand

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/grid"
)

// Config is what a report is about.
type Config struct {
	Block time.Duration // 15, 30 or 60 minutes; 0 stands for BasePeriod
	// Tariff is the id of the tariff whose zones are reported; empty for none. Of
	// several with the id, each counts in its own time.
	Tariff string
	// Counts tells whether an interval may set a billed maximum (Source.Counts).
	Counts func(metering.Interval) bool
	// Points of a resident, if they are not its boundary points: virtual ones that
	// have losses added, for instance.
	Points map[metering.ResidentID][]metering.PointID
	// CurvePoints is how many points of the load-duration curve are reported; 0
	// for none.
	CurvePoints int
}

// Report is the demand of a site over a stretch of time, for a page, a file and a
// person.
type Report struct {
	Site    metering.SiteID `json:"site"`
	From    time.Time       `json:"from"`
	To      time.Time       `json:"to"`
	Minutes int             `json:"block_minutes"`
	Tariff  string          `json:"tariff,omitempty"`
	// Zone is what came in at the inputs; Residents are in the order of the site
	// file, those without an electricity point left out.
	Zone      Row   `json:"zone"`
	Residents []Row `json:"residents"`
	// Together is how the residents' maxima come together.
	Together Group `json:"together"`
}

// Row is the demand of one resident, or of the whole zone.
type Row struct {
	Resident metering.ResidentID `json:"resident,omitempty"`
	Name     string              `json:"name"`
	Points   []metering.PointID  `json:"points"`
	Import   Total               `json:"import"`
	Export   Total               `json:"export"`
	Block    Maximum             `json:"block_maximum"`
	Sliding  Maximum             `json:"sliding_maximum"`
	Factors
	PowerFactor PowerFactor     `json:"power_factor"`
	Zones       []ZoneTotal     `json:"zones,omitempty"`
	Curve       []DurationPoint `json:"duration_curve,omitempty"`
}

// reporter is what the rows of one report have in common.
type reporter struct {
	cfg    Config
	source Source
	blocks []Block
	zones  *Zones
}

// ReportOn draws up the demand of a site over the grid. It fails on a block of
// another length than 15, 30 or 60 minutes, and on a tariff that the site does
// not have.
func ReportOn(site *metering.Site, g *grid.Grid, cfg Config) (Report, error) {
	if cfg.Block == 0 {
		cfg.Block = metering.BasePeriod
	}
	loc := site.Location
	if loc == nil {
		loc = time.UTC
	}
	clock := NewClock(g.From(), g.Len(), loc)
	blocks, err := clock.Blocks(cfg.Block)
	if err != nil {
		return Report{}, err
	}
	r := reporter{cfg: cfg, blocks: blocks, source: Source{Grid: g, Counts: cfg.Counts, Expected: meteredAt(site)}}
	if cfg.Tariff != "" {
		if r.zones, err = zonesOf(site, clock, cfg.Tariff); err != nil {
			return Report{}, err
		}
	}
	rep := Report{Site: site.ID, From: g.From(), To: g.To(), Minutes: int(cfg.Block / time.Minute), Tariff: cfg.Tariff}
	var inputs []metering.PointID
	for _, p := range site.Inputs() {
		inputs = append(inputs, p.ID)
	}
	rep.Zone, _ = r.row(site.Name, inputs)
	var loads []Load
	for _, resident := range site.Residents {
		points := r.pointsOf(site, resident.ID)
		if len(points) == 0 {
			continue
		}
		row, load := r.row(resident.Name, points)
		row.Resident = resident.ID
		load.Name = string(resident.ID)
		rep.Residents = append(rep.Residents, row)
		loads = append(loads, load)
	}
	if len(loads) > 0 {
		rep.Together = Coincidence(blocks, loads...)
	}
	return rep, nil
}

// meteredAt tells whether a meter stands at a point; always for a virtual one.
func meteredAt(site *metering.Site) func(metering.PointID, time.Time) bool {
	installs := map[metering.PointID][]metering.Install{}
	for _, in := range site.Installs {
		installs[in.Point] = append(installs[in.Point], in)
	}
	virtual := map[metering.PointID]bool{}
	for _, v := range site.Virtual {
		virtual[v.ID] = true
	}
	return func(p metering.PointID, at time.Time) bool {
		return virtual[p] || slices.ContainsFunc(installs[p], func(in metering.Install) bool { return in.At(at) })
	}
}

// zonesOf joins the tariffs of one id.
func zonesOf(site *metering.Site, clock *Clock, id string) (*Zones, error) {
	var joined *Zones
	for _, t := range site.Tariffs {
		if t.ID != id {
			continue
		}
		z := clock.Zones(t, site.Calendar)
		if joined == nil {
			joined = &z
		} else {
			joined.join(z)
		}
	}
	if joined == nil {
		return nil, fmt.Errorf("the site has no tariff %q", id)
	}
	return joined, nil
}

func (r reporter) pointsOf(site *metering.Site, id metering.ResidentID) []metering.PointID {
	if points, ok := r.cfg.Points[id]; ok {
		return points
	}
	var points []metering.PointID
	for _, p := range site.Points {
		if p.Resident == id && p.Role == metering.RoleResident && p.MediumOf() == metering.Electricity {
			points = append(points, p.ID)
		}
	}
	return points
}

func (r reporter) row(name string, points []metering.PointID) (Row, Load) {
	// A point without A- or R- is metered in one direction; without R+ its reactive
	// energy is not known.
	load := func(ch metering.Channel) Load {
		back := ch == metering.ChannelActiveExport || ch == metering.ChannelReactiveExport
		metered := slices.DeleteFunc(slices.Clone(points), func(p metering.PointID) bool {
			return back && !r.source.Grid.Row(p, ch).Known()
		})
		if len(metered) == 0 {
			return Load{}
		}
		return r.source.Load(name, ch, metered...)
	}
	imp, exp := load(metering.ChannelActiveImport), load(metering.ChannelActiveExport)
	row := Row{Name: name, Points: points, Import: imp.Total(), Export: exp.Total()}
	if len(imp.Slots) == 0 {
		return row, imp
	}
	row.Block = imp.BlockMaximum(r.blocks)
	row.Sliding, _ = imp.SlidingMaximum(r.cfg.Block) // the length was checked with the blocks
	row.Factors = row.Import.Factors(row.Block)
	row.PowerFactor = PowerFactorOf(imp, exp, load(metering.ChannelReactiveImport), load(metering.ChannelReactiveExport))
	if r.zones != nil {
		row.Zones = imp.ByZone(*r.zones, r.blocks)
	}
	row.Curve = imp.Duration(r.blocks).Draw(r.cfg.CurvePoints)
	return row, imp
}
