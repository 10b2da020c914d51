package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/collector"
	"asue/collector/regmap"
	"asue/metering/clock"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// replayOptions say what a collector is to send again.
type replayOptions struct {
	file      string
	collector string
	from, to  string // RFC 3339
	seq       uint64
	toSeq     uint64
	patience  time.Duration
}

func newReplay() *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:   "replay -c asue.yaml (--from TIME | --seq N)",
		Short: "Ask a collector to send again what it still keeps",
		Long: `Asks a collector, over the broker, to send again the batches that it still keeps
(collector.retain in its process file), after a ledger was restored or moved. What the
ledger has already does no harm: it knows every batch by its identity. Live values are not
delayed.

The collector must be online: a wish that is older than 5 minutes is not heeded.

Exit code 0: the collector has said how much it sends; 1: it has not, or refuses.`,
		Example: "  asue replay -c asue.yaml --from 2026-11-01T00:00:00Z\n  asue replay -c asue.yaml --collector gate-2 --seq 812000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "config", "c", "", "process file, which names broker and site")
	f.StringVar(&o.collector, "collector", "", "the collector; the one of the process file if empty")
	f.StringVar(&o.from, "from", "", "batches stored from this time on, like 2026-11-01T00:00:00Z")
	f.StringVar(&o.to, "to", "", "batches stored up to this time; up to now if empty")
	f.Uint64Var(&o.seq, "seq", 0, "batches from this number on, instead of a time")
	f.Uint64Var(&o.toSeq, "to-seq", 0, "up to this number; the last if 0")
	f.DurationVar(&o.patience, "patience", time.Minute, "how long to wait for the collector's answer")
	return cmd
}

// wish checks the options and makes the message.
func (o replayOptions) wish(now time.Time) (wire.Replay, error) {
	r := wire.Replay{ID: rand.Text(), Issued: now, FromSeq: o.seq, ToSeq: o.toSeq}
	for _, t := range []struct {
		flag, text string
		to         *time.Time
	}{{"--from", o.from, &r.From}, {"--to", o.to, &r.To}} {
		if t.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, t.text)
		if err != nil {
			return r, cli.Usagef("%s %q: write a time with its zone, like 2026-11-01T00:00:00Z", t.flag, t.text)
		}
		*t.to = at.UTC()
	}
	if (o.from == "") == (o.seq == 0) {
		return r, cli.Usagef("replay needs either --from TIME or --seq N")
	}
	if _, err := wire.EncodeReplay(r); err != nil {
		return r, cli.Usagef("%v", err)
	}
	return r, nil
}

func (o replayOptions) run(ctx context.Context, out io.Writer) error {
	if o.file == "" {
		return cli.Usagef("replay needs a process file: asue replay -c asue.yaml --from TIME")
	}
	wish, err := o.wish(time.Now().UTC())
	if err != nil {
		return err
	}
	cfg, err := readConfig(o.file)
	if err != nil {
		return err
	}
	library, err := regmap.Load()
	if err != nil {
		return err
	}
	plant, err := cli.ReadSite(cfg.SiteFile, library)
	if err != nil {
		return err
	}
	if o.collector == "" {
		o.collector = cfg.Collector.Name
	}
	if _, err := wire.ParseTopic(wire.ReplayTopic(plant.ID, o.collector)); err != nil {
		return cli.Usagef("--collector %q is no name that a topic can carry: write it as the process file does", o.collector)
	}
	p, err := newProcess(cfg, plant, library, clock.Clock{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return p.askReplay(ctx, o, wish, out)
}

// askReplay looks whether the collector is online, sends the wish and waits for the
// answer.
func (p *process) askReplay(ctx context.Context, o replayOptions, wish wire.Replay, out io.Writer) error {
	name := "replay-" + wish.ID
	subscriber, err := p.Subscribe(name+"-answers", wire.StateTopic(p.Site.ID, o.collector), wire.ReplayAnswerTopic(p.Site.ID, o.collector))
	if err != nil {
		return err
	}
	publisher, err := p.Publisher(name)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, o.patience)
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- subscriber.Run(ctx) }()
	go func() { ended <- publisher.Run(ctx) }()
	defer func() { stop(); <-ended; <-ended }()

	err = awaitOnline(ctx, subscriber, o.collector)
	if err == nil {
		err = publisher.WaitConnected(ctx)
	}
	if err == nil {
		var payload []byte
		if payload, err = wire.EncodeReplay(wish); err == nil {
			err = publisher.Publish(ctx, wire.ReplayTopic(p.Site.ID, o.collector), payload, false)
		}
	}
	var answer wire.ReplayAnswer
	if err == nil {
		answer, err = awaitAnswer(ctx, subscriber, wish.ID)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("collector %s did not answer within %v: it may be online and busy, be of an older version, or the broker %s cannot be reached; asking again does no harm",
			o.collector, o.patience, p.Config.BrokerURL())
	case err != nil:
		return err
	case answer.Refused != "":
		return fmt.Errorf("collector %s refuses: %s", o.collector, answer.Refused)
	case answer.Batches == 0:
		fmt.Fprintf(out, "collector %s keeps nothing of that: it is older than collector.retain, or was never taken\n", o.collector)
		return nil
	}
	fmt.Fprintf(out, "collector %s sends again %s, numbers %d to %d, in about %v at the least pace\n", o.collector,
		settings.Counted(int(answer.Batches), "batch"), answer.From, answer.To, time.Duration(answer.Batches/collector.DefaultReplayRate+1)*time.Second)
	return nil
}

// stateAfter is how long the broker may take to show a retained state.
const stateAfter = 10 * time.Second

// awaitOnline waits for the collector's retained state.
func awaitOnline(ctx context.Context, s *mqtt.Subscriber, name string) error {
	patience := time.NewTimer(stateAfter)
	defer patience.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return fmt.Errorf("no collector %s is known at the broker: check --collector, the site and the broker's address", name)
		case m := <-s.Messages():
			m.Ack()
			if state, err := wire.DecodeState(m.Payload); err == nil && isBranch(m.Topic, wire.BranchState) {
				if !state.Online {
					return fmt.Errorf("collector %s is offline: start it, or its connection to the broker, and ask again; nothing was sent", name)
				}
				return nil
			}
		}
	}
}

func awaitAnswer(ctx context.Context, s *mqtt.Subscriber, id string) (wire.ReplayAnswer, error) {
	for {
		select {
		case <-ctx.Done():
			return wire.ReplayAnswer{}, ctx.Err()
		case m := <-s.Messages():
			m.Ack()
			if !isBranch(m.Topic, wire.BranchReplayAnswer) {
				continue
			}
			if a, err := wire.DecodeReplayAnswer(m.Payload); err == nil && a.ID == id {
				return a, nil
			}
		}
	}
}

func isBranch(topic string, branch wire.Branch) bool {
	t, err := wire.ParseTopic(topic)
	return err == nil && t.Branch == branch
}
