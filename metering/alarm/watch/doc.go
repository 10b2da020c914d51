// Package watch says what in a plant is a condition of an alarm: it turns what others
// report, balancer, network, meters, findings, the program's own health, into
// conditions of the catalogue, and tells what has begun and what is over.
//
// It is pure. It must not know stores, HTTP, MQTT, nor what becomes of an alarm.
//
//	w := watch.New()
//	changes := w.Tell(watch.Balancer, watch.OfControl(report))
//
// Each source always says all that is so from its point of view; what it does not say
// any more is over. A source that is silent itself says nothing new: that it is silent
// is for another one to say.
package watch
