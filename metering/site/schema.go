package site

import "asue/metering/form"

// Schema is the JSON Schema (draft 2020-12) of a site file, for editors that
// complete and check while typing. It is made from the same forms as the
// decoder. References between parts of the file are beyond it: Parse checks them.
func Schema() []byte {
	return form.Schema(plantForm(&known{}).Kind(), "asue: site file",
		"What the plant is: supply lines, network, residents, metering points, meters, and the rules by which they are billed.")
}
