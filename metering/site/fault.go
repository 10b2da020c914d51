package site

import "asue/metering/form"

// What Parse says about a file is in the words of package form.
type (
	// Fault is one finding about a site file.
	Fault = form.Fault
	// Faults are all findings about one file, sorted by place.
	Faults = form.Faults
	// Severity says what a fault does to the file.
	Severity = form.Severity
)

// Severities, the worst last, so that they compare.
const (
	Info    = form.Info
	Warning = form.Warning
	Error   = form.Error
)
