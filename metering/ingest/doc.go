// Package ingest takes batches of collectors into the ledger: one transaction
// holds the batches, the register readings and witnesses in them and the intervals
// that these close. Only after it a collector hears that it may forget, and listeners hear
// what is new.
//
// Nothing depends on the order of arrival: a batch that comes twice, late or
// before its elders ends in the same ledger. A payload that cannot be used goes
// to the quarantine with the reason and never stops the others.
//
// It must not know MQTT, and not which store keeps the ledger.
package ingest
