// Package table reads and writes the register of technical conditions as people keep it:
// CSV and XLSX with headings in Russian, Kazakh or English.
//
// A row says how something should be, not what is to be done: a condition, a stage of
// its growth, an armour, since when a resident draws, its grace. Plan holds the rows
// against a register and returns one act for each that says something else; a column that
// the file does not have leaves things as they are. Only a row of the record "withdraw"
// ends a condition: one that no row names is told, and stays.
//
// Every fault of a file is told at once, with sheet, row, column, value and remedy.
//
// It must not know stores, HTTP, the time of day, nor who may do this.
package table
