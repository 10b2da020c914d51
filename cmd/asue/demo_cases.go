package main

import (
	"context"
	"fmt"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

// The two engineers of the demo, who sign after each other.
const (
	demoEngineer  = "engineer"
	demoEngineer2 = "engineer-2"
)

// demoOffice writes the past of the demo's office of technical conditions: deeds with
// past times, taken and signed like any others, on evidence of the ledger as it would
// have been then.
type demoOffice struct {
	site   *metering.Site
	ledger metering.Ledger
	habits *demoHabits
	office *office.Office
	number int // of the last paper
}

// demoAct is something that was done so many days before the start of the demo.
type demoAct struct {
	ago    int
	action func(at time.Time) (office.Action, error)
	// unsigned leaves a draft that waits for the second person.
	unsigned bool
}

// addCases gives an office that has no deeds yet its past.
func (p *process) addCases(ctx context.Context, ledger metering.Ledger) error {
	there, err := ledger.Deeds(ctx, 0, 1)
	if err != nil || len(there) > 0 || p.demo.habits == nil {
		return err
	}
	d := &demoOffice{site: p.Site, ledger: ledger, habits: p.demo.habits}
	if d.office, err = openOffice(ctx, p.Site, ledger); err != nil {
		return err
	}
	for _, a := range d.acts(ctx) {
		if err := d.write(ctx, a); err != nil {
			return fmt.Errorf("%d days ago: %w", a.ago, err)
		}
	}
	return nil
}

// at is ten in the morning of a day.
func (d *demoOffice) at(ago int) time.Time {
	return d.habits.today.AddDate(0, 0, -ago).Add(10 * time.Hour).UTC()
}

// write records what one engineer does, and five hours later what the other one signs.
func (d *demoOffice) write(ctx context.Context, a demoAct) error {
	at := d.at(a.ago)
	action, err := a.action(at)
	if err != nil {
		return err
	}
	d.number++
	action.Document = fmt.Sprintf("ДЕМО-ТУ-%03d от %s", d.number, at.In(d.site.Location).Format("02.01.2006"))
	author, second := demoEngineer, demoEngineer2
	if d.number%2 == 0 {
		author, second = second, author
	}
	deeds, err := d.office.Do(office.Person{Name: author}, at, action)
	if err != nil {
		return err
	}
	kept, err := d.record(ctx, author, deeds)
	if err != nil || kept.Kind != string(office.Draft) || a.unsigned {
		return err
	}
	if deeds, err = d.office.Sign(office.Person{Name: second}, at.Add(5*time.Hour), kept.Subject); err != nil {
		return err
	}
	_, err = d.record(ctx, second, deeds)
	return err
}

// record keeps deeds and lets the office know.
func (d *demoOffice) record(ctx context.Context, by string, deeds []metering.Deed) (metering.Deed, error) {
	who := dispatcher.CapacityPerson{Account: by, Role: string(metering.RoleEngineer)}
	kept, err := d.ledger.RecordDeeds(ctx, d.office.Seq(), deeds, traceOf(who, deeds[0].At, deeds))
	if err != nil {
		return metering.Deed{}, err
	}
	if err := d.office.Replay(kept); err != nil {
		return metering.Deed{}, err
	}
	return kept[len(kept)-1], nil
}

// open takes up what a judgement of that morning finds.
func (d *demoOffice) open(ctx context.Context, resident metering.ResidentID, node metering.NodeID) func(time.Time) (office.Action, error) {
	return func(at time.Time) (office.Action, error) {
		to, _ := metering.LocalDay(at, d.site.Location)
		u, err := newUses(ctx, register.Site(d.site, d.office.Register()), d.ledger, to, 30*time.Minute)
		if err != nil {
			return office.Action{}, err
		}
		list, err := u.judge(ctx, &bar{}, map[metering.ResidentID]bool{resident: true})
		if err != nil {
			return office.Action{}, err
		}
		for _, j := range list {
			if j.Node == node {
				return office.Action{Kind: office.OpenCase, Evidence: j.evidence.Text}, nil
			}
		}
		return office.Action{}, fmt.Errorf("%s has nothing at %s", resident, node)
	}
}

// step is a step of the case about a resident at a node; event may look at the case.
func (d *demoOffice) step(node metering.NodeID, event func(f office.File) reclaim.Event) func(time.Time) (office.Action, error) {
	return func(at time.Time) (office.Action, error) {
		for _, f := range d.office.Cases(at) {
			if f.Node == node {
				e := event(f)
				return office.Action{Kind: office.StepCase, Case: f.ID, Event: &e, Basis: demoBasis}, nil
			}
		}
		return office.Action{}, fmt.Errorf("there is no case at %s", node)
	}
}

// applied is an action about the application of somebody.
func (d *demoOffice) applied(name string, a office.Action) func(time.Time) (office.Action, error) {
	return func(at time.Time) (office.Action, error) {
		for _, n := range d.office.Applications(at) {
			if n.Name == name {
				a.Application = n.ID
				return a, nil
			}
		}
		return a, fmt.Errorf("%s has not applied", name)
	}
}

const demoBasis = "ДЕМО: порядок возврата технических условий зоны, раздел 4 (вымышлен)"
