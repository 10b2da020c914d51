package site

import (
	"encoding/json"
	"fmt"
)

// Schema is the JSON Schema (draft 2020-12) of a site file, for editors that
// complete and check while typing. It is made from the same forms as the
// decoder. References between parts of the file are beyond it: Parse checks them.
func Schema() []byte {
	schema := plantForm().kind().schema
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "asue: site file"
	schema["description"] = "What the plant is: supply lines, network, residents, metering points and meters."
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("BUG: site schema: %v", err))
	}
	return append(text, '\n')
}
