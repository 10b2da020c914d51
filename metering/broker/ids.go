package broker

import (
	"sync"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// ids keeps apart the packet ids of the two directions, which are independent of
// each other (MQTT 3.1.1, 2.3.1). The library takes the id of a SUBSCRIBE for one
// of its own: a client that comes back to its session with a message still
// unacknowledged is refused its subscriptions, and again at every attempt, because
// both sides count from 1. So these requests get an id that is in no other use,
// and the answer gets the client's own back.
//
// A client that publishes and receives over one connection with QoS above 0 is
// still exposed to the library's confusion; those of asue use one for each.
type ids struct {
	asked sync.Map // *mochi.Client → uint16: the id of the request that is being answered
}

// borrow replaces the id of a request. The library answers it from the same
// goroutine before it reads the next packet.
func (i *ids) borrow(cl *mochi.Client, pk *packets.Packet) {
	switch pk.FixedHeader.Type {
	case packets.Subscribe, packets.Unsubscribe:
	default:
		return
	}
	if pk.PacketID == 0 {
		return // a violation of the protocol stays one
	}
	free := uint16(0xffff)
	for ; free > 1; free-- {
		if _, used := cl.State.Inflight.Get(free); !used {
			break
		}
	}
	i.asked.Store(cl, pk.PacketID)
	pk.PacketID = free
}

// giveBack restores the client's id in the answer.
func (i *ids) giveBack(cl *mochi.Client, pk *packets.Packet) {
	switch pk.FixedHeader.Type {
	case packets.Suback, packets.Unsuback:
	default:
		return
	}
	if id, ok := i.asked.LoadAndDelete(cl); ok {
		pk.PacketID = id.(uint16)
	}
}

// forget drops what a client has left behind.
func (i *ids) forget(cl *mochi.Client) { i.asked.Delete(cl) }

// OnPacketRead sees every packet of a client before it is processed.
func (g *guard) OnPacketRead(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	g.ids.borrow(cl, &pk)
	return pk, nil
}

// OnPacketEncode sees every packet to a client before it is written.
func (g *guard) OnPacketEncode(cl *mochi.Client, pk packets.Packet) packets.Packet {
	g.ids.giveBack(cl, &pk)
	return pk
}
