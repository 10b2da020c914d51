// Package form reads YAML files that people write by hand, strictly, and reports
// every fault of a file at once: its place, what was found, which rule it
// breaks and what to write instead.
//
// A file is described by forms. A Form lists the keys of one mapping, each with
// the Kind of its value, whether it must be there and what it means; decoder,
// JSON Schema and the messages for missing and unknown keys all come from it, so
// they cannot differ. What a form gives is a draft: every value with the node
// that it came from, so that parts of the file can be held against each other
// afterwards and a fault found then still has its place.
//
//	report := form.NewReport("asue.yaml")
//	root, ok := report.Parse(document, text)
//	if ok {
//		draft, _ := processForm().Read(report, root)
//		check(report, draft)
//	}
//	faults := report.Finish()
//
// It must not know what any file is about: no plants, meters, roles or ports of
// this system; nor where a file comes from.
//
// # The text
//
// One UTF-8 YAML document of at most 1 MiB, of plain keys, lists and single
// values: no anchors, aliases, tags or merge keys. Unknown and duplicate keys
// are errors, and so is a key without a value. Depth, keys and entries are
// bounded before anything is built, because the parser's time grows with the
// square of some input.
//
// # Faults
//
// An Error refuses the file, a Warning is most likely a mistake, an Info is worth
// knowing. What follows from another fault should not be reported again: a value
// that could not be read has Given.OK false, and checks pass over it.
//
// # Another kind of value
//
// Make it with OfText when it is written as one scalar: a piece of schema, what
// belongs there, and a function from the text to the value or the Finding.
package form
