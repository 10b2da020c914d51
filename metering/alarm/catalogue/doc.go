// Package catalogue is the kinds of alarms as data: one YAML file with, for each kind,
// its priority, delays and time to respond, what explains it, and what causes it, what
// comes of it and what to do in Russian, Kazakh and English.
//
// It must not know how a condition is found nor what becomes of an alarm. A site may
// have a file of its own in place of the built-in one:
//
//	definitions, faults := catalogue.Parse("alarms.yaml", text)   // every fault with its place
//	definitions := catalogue.BuiltIn()
package catalogue
