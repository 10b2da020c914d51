package broker

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// User may connect with a name and a password and has the rights written here.
type User struct {
	Name     string
	Password string
	// Publish and Subscribe are topic filters, with '+' and '#', of what the
	// user may publish and receive. Nothing is allowed by default.
	Publish   []string
	Subscribe []string
}

// guard is the library's hook that decides who may do what, and counts what was
// refused.
type guard struct {
	mochi.HookBase
	log         *slog.Logger
	users       map[string]User
	maxRetained int
	retained    *packets.Packets // the server's own, read only
	stop        sync.Once
	ids         ids

	oversized, refusedConnects, refusedTopics atomic.Int64
}

func newGuard(o Options) *guard {
	g := &guard{log: o.Log, users: map[string]User{}, maxRetained: o.MaxRetained}
	for _, u := range o.Users {
		g.users[u.Name] = u
	}
	return g
}

func checkUsers(users []User) []error {
	var faults []error
	seen := map[string]bool{}
	for i, u := range users {
		switch {
		case u.Name == "":
			faults = append(faults, fmt.Errorf("user %d has no name", i+1))
		case seen[u.Name]:
			faults = append(faults, fmt.Errorf("user %q is named twice", u.Name))
		case u.Password == "":
			faults = append(faults, fmt.Errorf("user %q has no password", u.Name))
		}
		seen[u.Name] = true
		for _, f := range append(append([]string{}, u.Publish...), u.Subscribe...) {
			if !validFilter(f) {
				faults = append(faults, fmt.Errorf("user %q: %q is not a topic filter: '+' stands alone between slashes, '#' alone at the end", u.Name, f))
			}
		}
	}
	return faults
}

func validFilter(f string) bool {
	levels := strings.Split(f, "/")
	for i, level := range levels {
		if strings.ContainsAny(level, "+#\x00") && level != "+" && (level != "#" || i < len(levels)-1) {
			return false
		}
	}
	return f != ""
}

// ID names the hook.
func (g *guard) ID() string { return "guard" }

// Provides lists the events that the guard wants to see.
func (g *guard) Provides(b byte) bool {
	return bytes.Contains([]byte{
		mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnPublish, mochi.OnDisconnect,
		mochi.OnPacketRead, mochi.OnPacketEncode,
	}, []byte{b})
}

// OnConnectAuthenticate lets a client in or not.
func (g *guard) OnConnectAuthenticate(cl *mochi.Client, pk packets.Packet) bool {
	if len(g.users) == 0 {
		return true
	}
	u, known := g.users[string(pk.Connect.Username)]
	// The hashes make the comparison take equally long for any two passwords,
	// and an unknown user costs as much as a known one.
	given, want := sha256.Sum256(pk.Connect.Password), sha256.Sum256([]byte(u.Password))
	if subtle.ConstantTimeCompare(given[:], want[:]) == 1 && known {
		// The library publishes a will without asking again.
		return !pk.Connect.WillFlag || g.OnACLCheck(cl, pk.Connect.WillTopic, true)
	}
	g.refusedConnects.Add(1)
	g.log.Warn("broker refuses a client: wrong name or password", "user", string(pk.Connect.Username), "client", cl.ID, "remote", cl.Net.Remote)
	return false
}

// OnACLCheck answers for publishing, subscribing, and each message on its way to
// a subscriber.
func (g *guard) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	if g.allowed(string(cl.Properties.Username), topic, write) {
		return true
	}
	g.refusedTopics.Add(1)
	g.log.Warn("broker refuses a topic: the user has no right to it", "user", string(cl.Properties.Username), "client", cl.ID, "topic", topic, "publish", write)
	return false
}

func (g *guard) allowed(user, topic string, write bool) bool {
	if write && strings.HasPrefix(topic, "$") {
		return false // the server's own
	}
	if len(g.users) == 0 {
		return true
	}
	u := g.users[user]
	rights := u.Subscribe
	if write {
		rights = u.Publish
	}
	for _, right := range rights {
		if covers(right, topic) {
			return true
		}
	}
	return false
}

// covers reports whether every topic that b matches is matched by a too. Both
// may be topics or filters.
func covers(a, b string) bool {
	if strings.HasPrefix(b, "$") && !strings.HasPrefix(a, "$") {
		return false // the server's own topics are not meant by '+' and '#'
	}
	for {
		levelA, restA, moreA := strings.Cut(a, "/")
		levelB, restB, moreB := strings.Cut(b, "/")
		switch {
		case levelA == "#":
			return true
		case levelB == "#":
			return false
		case levelA != "+" && levelA != levelB:
			return false
		case !moreA || !moreB:
			// "a/#" matches "a" too [MQTT-4.7.1-2].
			return moreA == moreB || (moreA && restA == "#")
		}
		a, b = restA, restB
	}
}

// OnPublish bounds the number of retained messages.
func (g *guard) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if !pk.FixedHeader.Retain || len(pk.Payload) == 0 || g.retained.Len() < g.maxRetained {
		return pk, nil
	}
	if _, renewed := g.retained.Get(pk.TopicName); !renewed {
		pk.FixedHeader.Retain = false // it is delivered, but not kept
		g.refusedTopics.Add(1)
	}
	return pk, nil
}

// OnDisconnect counts why clients go.
func (g *guard) OnDisconnect(cl *mochi.Client, err error, _ bool) {
	g.ids.forget(cl)
	if errors.Is(err, packets.ErrPacketTooLarge) {
		g.oversized.Add(1)
		g.log.Warn("broker ends a connection: packet too large", "client", cl.ID, "remote", cl.Net.Remote)
	}
}
