//go:build linux

package modbus

import (
	"context"
	"net"
	"testing"
)

// A process with few connections leaves waiting to Go's poller, one with many to
// the gatherer; an open connection stays as it is. Lines count with all that they
// may connect, from Open to Close. What an RTU line goes over is gathered always.
func TestTheCrowdDecidesHowToWait(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if n := theCrowd.links.Load(); n != 0 {
		t.Fatalf("%d links are left by other tests", n)
	}
	dial := func(scheme string) *link {
		t.Helper()
		l := must(Open(scheme+"://"+ln.Addr().String(), Options{}))
		t.Cleanup(func() { l.Close() })
		k := l.links.rest
		if err := k.connect(context.Background()); err != nil {
			t.Fatal(err)
		}
		return k
	}
	gathers := func(k *link, want bool, why string) {
		t.Helper()
		var s stream
		switch its := k.session.(type) {
		case *mbapSession:
			s = its.stream
		case *rtuSession:
			s = its.stream
		}
		if _, is := s.(*socket); is != want {
			t.Errorf("%s: the stream is a %T", why, s)
		}
	}

	early := dial("tcp")
	gathers(early, false, "a lone line")
	gathers(dial("rtu+tcp"), true, "a lone converter")

	var others []*Line
	for theCrowd.links.Load() < sparse-1 {
		others = append(others, must(Open("tcp://127.0.0.1:9", Options{})))
	}
	last := dial("tcp")
	gathers(last, false, "the last one of few")
	others = append(others, must(Open("tcp://127.0.0.1:9?pool=8", Options{})))
	gathers(dial("tcp"), true, "one of many")
	gathers(early, false, "open since before there were many")

	for _, l := range others {
		l.Close()
		l.Close() // once counts
	}
	gathers(dial("tcp"), false, "few are left")
}

func must(l *Line, err error) *Line {
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return l
}
