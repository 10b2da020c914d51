// Package shift is the operator's log: what an entry must say by its template, who has the
// shift, what is handed over, and which records of the audit belong into the log. Entries
// are records of the audit (kinds "log.…") and are never changed: a correction is an entry of
// its own that names the one it corrects. Who has the shift follows from the records alone.
// It is pure.
//
// It must not know where records are kept, who may write, how a person proves to be
// one, pages, nor the time of day.
package shift
