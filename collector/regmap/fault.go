package regmap

import "asue/metering/form"

// What is said about model files is in the words of package form.
type (
	// Fault is one mistake in a model file.
	Fault = form.Fault
	// Faults are all mistakes of one file, sorted by place, or of several, file
	// after file.
	Faults = form.Faults
)

// broken are the faults of a library: an error that tells every one of them, for
// who adds a model wants to see them all. errors.As finds the Faults in it.
type broken struct{ Faults }

func (b broken) Error() string { return b.String() }

func (b broken) Unwrap() error { return b.Faults }
