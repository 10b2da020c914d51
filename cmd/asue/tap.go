package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// tapOptions say where a tap listens and what it shows.
type tapOptions struct {
	url          string
	user         string
	passwordFile string
	site         string
	collector    string
	history      bool
	control      bool
	all          bool
	asJSON       bool
	count        int
}

const defaultTapURL = "mqtt://127.0.0.1:1883"

func newTap() *cobra.Command {
	var o tapOptions
	cmd := &cobra.Command{
		Use:   "tap [mqtt://HOST:PORT]",
		Short: "Show what collectors send over the broker, decoded",
		Long: `Listens at the broker, by default the one of this machine, and prints every batch in
plain words, one line for each read of a meter: its time and age, where it comes from,
the quality, power, voltages and registers. It only listens, and takes nothing away
from others. Ctrl-C ends it.`,
		Example: "  asue tap --site aktobe\n  asue tap mqtt://10.0.0.2:1883 --user viewer --password-file secret --json --count 10",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.url = defaultTapURL
			if len(args) > 0 {
				o.url = args[0]
			}
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), clock.Clock{}.Now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.site, "site", "", "only this site")
	f.StringVar(&o.collector, "collector", "", "only this collector")
	f.BoolVar(&o.history, "history", false, "also what is sent again (h/)")
	f.BoolVar(&o.control, "control", false, "also commands to the agents of actuators, their outcomes and beats, and people's orders")
	f.BoolVar(&o.all, "all", false, "everything: also h/, acknowledgements, states of collectors and the balancer, and --control")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object a message")
	f.IntVar(&o.count, "count", 0, "stop after so many messages; 0: never")
	f.StringVar(&o.user, "user", "", "user at the broker")
	f.StringVar(&o.passwordFile, "password-file", "", "file with the user's password")
	return cmd
}

// run listens until ctx ends or the count is reached, and says at the end on
// notes what it has seen.
func (o tapOptions) run(ctx context.Context, out, notes io.Writer, now func() time.Time) error {
	filters, err := o.filters()
	if err != nil {
		return err
	}
	options := mqtt.Options{URL: o.url, Username: o.user}
	if o.passwordFile != "" {
		secret, err := os.ReadFile(o.passwordFile)
		if err != nil {
			return cli.Usagef("--password-file: %v", err)
		}
		options.Password = strings.TrimSpace(string(secret))
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	changes := make(chan connectionChange)
	options.OnChange = func(up bool, cause error) {
		select {
		case changes <- connectionChange{up, cause}:
		case <-ctx.Done():
		}
	}
	sub, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{Options: options, Filters: filters, CleanSession: true})
	if err != nil {
		return cli.Usagef("%v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- sub.Run(ctx) }()
	t := &tap{out: out, notes: notes, asJSON: o.asJSON, now: now, unreadable: map[string]int{}}
	err = t.listen(ctx, o, sub.Messages(), changes)
	stop(nil)
	<-ended
	if err == nil {
		t.summary()
	}
	return err
}

// filters are the topics to listen to.
func (o tapOptions) filters() ([]string, error) {
	for _, n := range []struct{ flag, name string }{{"--site", o.site}, {"--collector", o.collector}} {
		if n.name == "" {
			continue
		}
		if _, err := wire.ParseTopic(wire.LiveTopic(metering.SiteID(n.name), n.name)); err != nil {
			return nil, cli.Usagef("%s %q is no name that a topic can carry: write it as the site file or process file does", n.flag, n.name)
		}
	}
	if o.count < 0 {
		return nil, cli.Usagef("--count %d: write how many messages to wait for, or 0 for no end", o.count)
	}
	branches := []wire.Branch{wire.BranchLive}
	if o.history || o.all {
		branches = append(branches, wire.BranchHistory)
	}
	if o.all {
		branches = append(branches, wire.BranchAck, wire.BranchState, wire.BranchControl)
	}
	if o.control || o.all {
		branches = append(branches, wire.BranchAllot, wire.BranchOutcome, wire.BranchBeat, wire.BranchOrder)
	}
	var filters []string
	for _, b := range branches {
		f := wire.Filter(metering.SiteID(o.site), b)
		if o.collector != "" && ofCollectors(b) {
			f = strings.TrimSuffix(f, "+") + o.collector
		}
		filters = append(filters, f)
	}
	return filters, nil
}

// ofCollectors reports whether a branch names collectors.
func ofCollectors(b wire.Branch) bool {
	switch b {
	case wire.BranchLive, wire.BranchHistory, wire.BranchAck, wire.BranchState:
		return true
	}
	return false
}

type connectionChange struct {
	up    bool
	cause error
}

// tap prints messages.
type tap struct {
	out    io.Writer
	notes  io.Writer // what is not a message: lost connections, payloads that cannot be read
	asJSON bool
	now    func() time.Time

	messages, snapshots int
	unreadable          map[string]int // payloads by the reason
}

// listen prints what comes. A broker that cannot be reached at the start ends
// it; one that goes away later is waited for.
func (t *tap) listen(ctx context.Context, o tapOptions, messages <-chan mqtt.Message, changes <-chan connectionChange) error {
	connected := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case c := <-changes:
			switch {
			case c.up && connected:
				fmt.Fprintln(t.notes, "asue: connected again")
			case ctx.Err() != nil:
				return nil
			case !c.up && !connected:
				return noBroker(o, c.cause)
			case !c.up:
				fmt.Fprintf(t.notes, "asue: connection lost: %v; trying again\n", c.cause)
			}
			connected = true
		case m := <-messages:
			err := t.take(m)
			m.Ack()
			if err != nil {
				return fmt.Errorf("print: %w", err)
			}
			if o.count > 0 && t.messages >= o.count {
				return nil
			}
		}
	}
}

// noBroker says what to do when the first connection fails.
func noBroker(o tapOptions, cause error) error {
	var network *net.OpError
	var name *net.DNSError
	switch {
	case errors.As(cause, &name):
		return fmt.Errorf("tap: %w; check the name in %s", cause, o.url)
	case errors.As(cause, &network):
		return fmt.Errorf("tap: %w; no broker answers there: start one with asue run or asue demo, or name the right one: asue tap mqtt://HOST:1883", cause)
	}
	return fmt.Errorf("tap: broker %s: %w; check that it is an MQTT broker, and the user and rights there: --user, --password-file", o.url, cause)
}

// take prints one message. The error is that of writing.
func (t *tap) take(m mqtt.Message) error {
	lines, snapshots, err := t.decode(m)
	if err != nil {
		t.unreadable[reasonOf(err)]++
		fmt.Fprintf(t.notes, "asue: %s: %d bytes cannot be read: %s\n", plain(m.Topic), len(m.Payload), plain(err.Error()))
		return nil
	}
	t.messages++
	t.snapshots += snapshots
	_, err = io.WriteString(t.out, strings.Join(lines, "\n")+"\n")
	return err
}

func reasonOf(err error) string {
	if errors.Is(err, wire.ErrVersion) {
		return "of a version that this program does not know"
	}
	return "malformed"
}

// decode turns a message into lines to print.
func (t *tap) decode(m mqtt.Message) (lines []string, snapshots int, err error) {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		return nil, 0, err
	}
	var text string
	switch topic.Branch {
	case wire.BranchLive, wire.BranchHistory:
		b, err := wire.DecodeBatch(m.Payload)
		switch {
		case err != nil:
			return nil, 0, err
		case t.asJSON:
			text, err := asText(wire.EncodeBatchJSON(b))
			return []string{text}, len(b.Snapshots), err
		}
		return t.batch(topic, b), len(b.Snapshots), nil
	case wire.BranchAck:
		a, err := wire.DecodeAck(m.Payload)
		switch {
		case err != nil:
			return nil, 0, err
		case t.asJSON:
			text, err = asText(wire.EncodeAckJSON(a))
			return []string{text}, 0, err
		}
		text = fmt.Sprintf("ack to %s  epoch %016x  committed up to #%d, highest #%d", topic.Name, a.Epoch, a.Contiguous, a.Highest)
		if len(a.Missing) > 0 {
			text += "  missing " + ranges(a.Missing)
		}
	case wire.BranchState:
		s, err := wire.DecodeState(m.Payload)
		switch {
		case err != nil:
			return nil, 0, err
		case t.asJSON:
			text, err = asText(wire.EncodeState(s))
			return []string{text}, 0, err
		}
		text = fmt.Sprintf("state of %s  %s  asue %s since %s", topic.Name, onOff(s.Online), s.Version, s.Since.UTC().Format(time.RFC3339))
	case wire.BranchControl:
		c, err := wire.DecodeControl(m.Payload)
		switch {
		case err != nil:
			return nil, 0, err
		case t.asJSON:
			text, err = asText(wire.EncodeControl(c))
			return []string{text}, 0, err
		}
		text = "control  " + controlText(c)
	case wire.BranchAllot, wire.BranchOutcome, wire.BranchBeat, wire.BranchOrder:
		if text, err = conversation(topic, m.Payload, t.asJSON); err != nil || t.asJSON {
			return []string{text}, 0, err
		}
	default:
		return nil, 0, fmt.Errorf("%w: a branch that was not asked for", wire.ErrMalformed)
	}
	if m.Retained {
		text += "  (kept by the broker)"
	}
	return []string{plain(text)}, 0, nil
}

func asText(b []byte, err error) (string, error) { return strings.TrimSpace(string(b)), err }

func onOff(online bool) string {
	if online {
		return "online"
	}
	return "offline"
}

func controlText(c wire.Control) string {
	parts := []string{c.At.UTC().Format("15:04:05.000"), c.State, c.Mode}
	for _, p := range []struct {
		name  string
		power *metering.Power
	}{{"P", c.Power}, {"projection", c.Projection}, {"limit", c.Limit}, {"headroom", c.Headroom}} {
		if p.power != nil {
			parts = append(parts, p.name+"="+scaled(float64(*p.power), "W"))
		}
	}
	parts = append(parts, fmt.Sprintf("fresh %d, stale %d, silent %d", c.Fresh, c.Stale, c.Silent))
	if c.Reason != "" {
		parts = append(parts, "("+c.Reason+")")
	}
	return strings.Join(parts, "  ")
}

// batch is one line for each snapshot, or one for what was lost.
func (t *tap) batch(topic wire.Topic, b wire.Batch) []string {
	end := fmt.Sprintf("%v #%d", b.Class, b.ID.Seq)
	if topic.Branch == wire.BranchHistory {
		end += " again"
	}
	from := fmt.Sprintf("%s/%s/%s", b.Site, b.ID.Collector, b.Line)
	if len(b.Lost) > 0 {
		return []string{plain(fmt.Sprintf("%s  %s  lost for good: %s  %s", b.Sealed.UTC().Format("15:04:05.000"), from, ranges(b.Lost), end))}
	}
	var lines []string
	for _, s := range b.Snapshots {
		quality := s.Quality.String()
		if s.Reason != "" {
			quality += " (" + s.Reason + ")"
		}
		parts := []string{s.At.UTC().Format("15:04:05.000"), age(t.now().Sub(s.At)), from, string(s.Meter), quality}
		if v := shownValues(s); v != "" {
			parts = append(parts, v)
		}
		lines = append(lines, plain(strings.Join(append(parts, end), "  ")))
	}
	if len(lines) == 0 {
		lines = []string{plain(fmt.Sprintf("%s  %s  empty  %s", b.Sealed.UTC().Format("15:04:05.000"), from, end))}
	}
	return lines
}

// age is how old a reading is: +0.4s, +2h3m0s. One from the future has a minus:
// some clock is wrong.
func age(d time.Duration) string {
	if d.Abs() < time.Minute {
		return fmt.Sprintf("%+.1fs", d.Seconds())
	}
	text := d.Abs().Round(time.Second).String()
	if d < 0 {
		return "-" + text
	}
	return "+" + text
}

// shown are the quantities that a line has room for; of the others it gives the
// number.
var shown = []struct {
	quantity metering.Quantity
	name     string
}{
	{metering.ActivePower, "P"}, {metering.ReactivePower, "Q"}, {metering.PowerFactor, "PF"},
	{metering.VoltageA, "Ua"}, {metering.VoltageB, "Ub"}, {metering.VoltageC, "Uc"},
	{metering.VoltageLL, "U"}, {metering.Current, "I"}, {metering.Frequency, "f"},
	{metering.ActiveImport, "A+"}, {metering.ActiveExport, "A-"},
	{metering.ReactiveImport, "R+"}, {metering.ReactiveExport, "R-"},
}

// shownValues are the readings of a snapshot in words; one that is not good says why.
func shownValues(s metering.Snapshot) string {
	var parts []string
	for _, n := range shown {
		r, ok := s.Find(n.quantity)
		if !ok {
			continue
		}
		text := n.name + "="
		switch {
		case !r.Quality.HasValue():
			text += "-"
		case r.Quantity.Counter():
			text += fmt.Sprintf("%.3fk%s", r.Value/1000, r.Quantity.Unit())
		default:
			text += scaled(r.Value, r.Quantity.Unit())
		}
		if r.Quality != metering.Good {
			text += "[" + strings.TrimSpace(r.Quality.String()+" "+r.Reason) + "]"
		}
		parts = append(parts, text)
	}
	if rest := len(s.Readings) - len(parts); rest > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(parts, " ")
}

// scaled writes a value for the eye: 1.234MW, 49.98Hz.
func scaled(v float64, unit string) string {
	prefix := ""
	if unit == "W" || unit == "var" || unit == "VA" || unit == "V" {
		switch a := max(v, -v); {
		case a >= 1e6:
			v, prefix = v/1e6, "M"
		case a >= 1e3:
			v, prefix = v/1e3, "k"
		}
	}
	if unit == "1" {
		unit = ""
	}
	decimals := 3
	if prefix == "" && unit != "" {
		decimals = 2
	}
	return fmt.Sprintf("%.*f%s%s", decimals, v, prefix, unit)
}

func ranges(list []metering.Range) string {
	var parts []string
	for _, r := range list {
		parts = append(parts, fmt.Sprintf("#%d..%d", r.From, r.To))
	}
	return strings.Join(parts, ", ")
}

// plain keeps a stranger's text from steering the terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s)
}

func (t *tap) summary() {
	fmt.Fprintf(t.notes, "asue: %s, %s of meters\n", settings.Counted(t.messages, "message"), settings.Counted(t.snapshots, "read"))
	var reasons []string
	for r := range t.unreadable {
		reasons = append(reasons, r)
	}
	slices.Sort(reasons)
	for _, r := range reasons {
		fmt.Fprintf(t.notes, "asue: not decoded: %s %s\n", settings.Counted(t.unreadable[r], "payload"), r)
	}
}
