package edge

import (
	"asue/collector"
	"asue/metering/mqtt"
	"asue/metering/wire"
	"context"
)

// takeReplay heeds a wish that has come for this process's collector, and answers it.
func (c *Collector) takeReplay(ctx context.Context, d *collector.Deliverer, publisher *mqtt.Publisher, m mqtt.Message) {
	wish, err := wire.DecodeReplay(m.Payload)
	if err != nil || m.Retained {
		c.Log.Warn("a wish for a replay is not heeded", "topic", m.Topic, "retained", m.Retained, "err", err)
		return
	}
	payload, err := wire.EncodeReplayAnswer(d.Replay(wish))
	if err == nil {
		err = publisher.Publish(ctx, wire.ReplayAnswerTopic(c.Site.ID, c.Config.Collector.Name), payload, false)
	}
	if err != nil && ctx.Err() == nil {
		c.Log.Warn("a wish for a replay is not answered", "id", wish.ID, "err", err)
	}
}
