package collector

import (
	"context"
	"errors"
	"testing"
)

// Guests are let in one after another; one who has gone is passed over, and those
// who wait when the line ends hear of it.
func TestDoor(t *testing.T) {
	var d door
	guests := make([]*guest, 4)
	for i := range guests {
		guests[i] = &guest{ctx: context.Background(), done: make(chan error, 1)}
	}
	if _, ok := d.next(); ok {
		t.Fatal("somebody is let in and nobody has knocked")
	}
	for _, g := range guests[:3] {
		if !d.knock(g) {
			t.Fatal("a guest of a line in service is sent away")
		}
	}
	d.leave(guests[0])
	if g, ok := d.next(); !ok || g != guests[1] {
		t.Fatal("the second guest is not let in when the first has gone")
	}
	before := d.whenShut()
	select {
	case <-before:
		t.Fatal("the door is said to be shut and is not")
	default:
	}
	d.shut()
	<-before
	<-d.whenShut()
	if err := <-guests[2].done; !errors.Is(err, ErrStopped) {
		t.Fatalf("a guest who waits at the end hears %v", err)
	}
	if d.knock(guests[3]) {
		t.Fatal("a guest may wait for a line that has ended")
	}
}
