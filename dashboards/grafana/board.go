package grafana

import "time"

// Board is one board, in words of neither language.
type Board struct {
	UID, Title string // the title is Russian
	Why        string // English
	Range      time.Duration
	Refresh    time.Duration
	// Resident offers the choice of residents: of one, or of any number.
	Resident, Several bool
	Rows              []Row
	Marks             []Mark
}

// Row is a title and the panels below it.
type Row struct {
	Title  string
	Panels []Panel
}

// Boards are all boards, in the order of their links.
func Boards() []Board { return []Board{zone(), resident(), quality(), system()} }

// sources are the kinds of source that a board asks.
func (b Board) sources() (samples, figures bool) {
	see := func(a Ask) {
		samples = samples || a.From == Samples
		figures = figures || a.From == Figures
	}
	for _, r := range b.Rows {
		for _, p := range r.Panels {
			for _, l := range p.Lines {
				see(l.Ask)
			}
		}
	}
	for _, m := range b.Marks {
		see(m.Ask)
	}
	return samples, figures
}
