// Package reports writes what an office reads every day: the daily sheet, the load
// profile, balances, peaks and alarms, as pages to be printed on A4, as workbooks and as
// CSV, in Russian, Kazakh and English.
//
// It is pure: figures in, bytes out. It must not know stores, HTTP, roles, the time of
// day, nor how the figures are reckoned: it adds nothing up.
//
//	sheet := reports.DailySheet{Head: head, Lines: lines}
//	err := reports.Write(w, sheet, reports.HTML, reports.Kazakh) // nothing is fetched
//
// # What is not known
//
// An Amount that is not known is a dash on paper and an empty cell in a table, never 0.
// One that rests on an estimate bears an asterisk on paper and in the workbook; CSV has
// the plain number, and how many estimates there are in a column beside it.
//
// # From figures to file
//
// A report is composed once, as a page of tables with typed values (page), whatever the
// language; html.go, xlsx.go and csv.go draw it. Paper rounds to the places of a column,
// workbook and CSV keep the number whole. The words stand in catalogue/*.json, with the
// same names in each language. Another report is a compose_*.go and its words.
package reports
