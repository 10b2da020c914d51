// Package papers writes the papers of a case and the report of a season, as pages to be
// printed and as workbooks, in Russian, Kazakh and English.
//
// It is pure: what is known of a case in, bytes out. It must not know stores, HTTP,
// roles, the time of day, nor how findings are made and who may take a step.
//
//	paper := papers.Paper{Kind: papers.Act, Case: c}
//	err := papers.HTML(w, paper, papers.Kazakh) // one file, nothing is fetched
//	err = papers.XLSX(w, paper, papers.Russian)
//
// # What a paper says
//
// What was found is read off the evidence of the case, the text that was hashed and
// recorded, and never reckoned anew: a paper and its SHA-256 cannot disagree. A step that
// is not on record yet makes a draft («ПРОЕКТ»); what is not known then (number, date)
// is a line to be filled in by hand.
//
// # From content to file
//
// A paper is composed once, as a page of blocks with typed values (page), whatever the
// language; html.go and xlsx.go draw it. The words stand in catalogue/*.json, with the
// same names in each language. Another paper is a compose_*.go and its words.
package papers
