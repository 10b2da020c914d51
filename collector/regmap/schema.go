package regmap

import "asue/metering/form"

// Schema is the JSON Schema (draft 2020-12) of a model file, for editors that
// complete and check while typing. It is made from the same forms as Parse.
// References between registers, and what fits which type, are beyond it.
func Schema() []byte {
	return form.Schema(modelForm("as the file").Kind(), "asue: model file", "The registers of a family of meters: what holds what, and how to read it.")
}
