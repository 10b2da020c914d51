package site

import (
	"asue/metering"
	"asue/metering/form"
)

func parse(file string, src []byte, o Options) (*metering.Site, Faults) {
	r := form.NewReport(file)
	root, ok := r.Parse(document(), src)
	if !ok {
		return nil, r.Finish()
	}
	plant, _ := plantForm(&known{options: o}).Read(r, root)
	check(r, &plant, o)
	faults := r.Finish()
	if faults.Err() != nil {
		return nil, faults
	}
	return plant.build(), faults
}

func document() form.Document {
	return form.Document{
		Noun:     "a site file",
		Keys:     "the site file: version, site, sources, nodes and so on",
		TooLarge: "split a larger plant into sites",
		Empty:    "a site file must describe the plant",
		Start:    "start from examples/aktobe/site.yaml",
	}
}
