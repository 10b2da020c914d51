// Package exchange reads and writes interval data as people have it: CSV and
// Excel tables with header words in Russian, Kazakh and English, and the XML of
// layout 80020 by which Russian and Kazakh metering systems hand each other half
// hours.
//
// # In
//
// Read takes a file whole or not at all. It finds out by itself what it can
// (character set, separator, which column is what, unit, whether a label names
// the start or the end of an interval) and says what it has found; what it cannot
// find out has to be told by an option, and is never guessed. Every fault of the
// file is told at once with sheet, row, column, value and remedy.
//
// Judge then holds an interval of a file against what the ledger has there.
//
// # Out
//
// A Table is a heading and typed rows; one writer for each format turns it into
// CSV for the spreadsheet of the reader's country, into XLSX with typed cells, or
// into JSON. Maket writes a day of layout 80020.
//
// The package must not know stores, HTTP, the command line or the time of day.
package exchange
