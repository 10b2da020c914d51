// Package post delivers letters: it keeps them in a file until they are delivered, tries
// again and again, and counts and tells what it could not deliver.
//
// It must not know what letters are about, nor how a destination is reached.
//
// A letter is known by destination and key, and put in once however often it comes. It is
// taken off the list after its destination has it, so a crash between the two delivers it
// again: destinations tell by the key that they have it already.
//
// # The file
//
// A line for each act, appended and synced: eight hexadecimal digits of CRC-32 (IEEE), a
// space, and one JSON object:
//
//	{"put":[LETTER, …],"state":…}            letters, and the state of whoever puts them in
//	{"done":{"to":"crew","keys":["…"]}}       delivered, refused, too old or dropped
//
// A line that does not agree with its checksum is passed over: the last one may be torn.
// When acts outnumber what is kept the file is written anew beside itself and put in its
// place. Who puts letters in keeps its own state with them, so that both are there or
// neither.
package post
