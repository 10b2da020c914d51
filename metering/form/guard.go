package form

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// What a file may be at most. A plant of 28 residents and 70 meters takes 50 KB
// and six levels.
const (
	maxDepth     = 24
	maxKeys      = 5_000 // keys of one mapping: the parser's time grows with their square, 0.3 s for these
	maxNoValue   = 1_000 // keys and list entries without a value, for the same reason
	maxListItems = 50_000
)

// guardTokens refuses, before anything is built, what such a file never needs
// and what would cost the parser too much: anchors, tags, deep nesting.
func (p *parsing) guardTokens(tokens token.Tokens) bool {
	g := guard{noun: p.doc.Noun, keys: map[int]int{}}
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		if t.Type == token.InvalidType {
			// The parser says it better, with the reason; it stops at once.
			return true
		}
		if f := g.see(t); f != nil {
			p.Add(Error, placeOf(t), "", f)
			if g.stop {
				return false
			}
		}
	}
	return !g.found
}

// guard follows the tokens of a file.
type guard struct {
	noun    string
	columns []int       // of the open block mappings and lists
	keys    map[int]int // keys seen by column, in the mapping that is open there
	line    int
	flow    []int // keys seen in each open bracket
	noValue int
	items   int
	crowded bool // a mapping has too many keys
	found   bool
	stop    bool
}

// see looks at one token and reports what must be refused.
func (g *guard) see(t *token.Token) *Finding {
	if f := g.refused(t); f != nil {
		g.found = true
		return f
	}
	g.follow(t)
	switch {
	case len(g.columns)+len(g.flow) > maxDepth:
		g.found, g.stop = true, true
		return Found("too-deep", "nesting is too deep", fmt.Sprintf("%s has at most %d levels", g.noun, maxDepth), "check brackets and indentation")
	case g.noValue > maxNoValue || g.items > maxListItems || g.crowded:
		g.found, g.stop = true, true
		return Found("too-many-entries", "too many entries",
			fmt.Sprintf("a mapping has at most %d keys, a file at most %d list entries and %d empty ones", maxKeys, maxListItems, maxNoValue),
			"check that this is "+g.noun)
	}
	return nil
}

// follow keeps count of what is open.
func (g *guard) follow(t *token.Token) {
	column := t.Position.Column
	if t.Type == token.CommentType {
		return
	}
	if t.Position.Line != g.line && len(g.flow) == 0 {
		g.line = t.Position.Line
		for len(g.columns) > 0 && g.columns[len(g.columns)-1] > column {
			delete(g.keys, g.columns[len(g.columns)-1])
			g.columns = g.columns[:len(g.columns)-1]
		}
	}
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		g.flow = append(g.flow, 0)
	case token.SequenceEndType, token.MappingEndType:
		g.flow = g.flow[:max(0, len(g.flow)-1)]
	case token.CollectEntryType:
		g.items++
	case token.SequenceEntryType:
		g.items++
		g.open(column)
		g.countEmpty(t, column)
	case token.MappingValueType:
		g.countKey(t)
	}
}

// countKey counts the key before a colon into the mapping that is open there.
func (g *guard) countKey(t *token.Token) {
	if deepest := len(g.flow) - 1; deepest >= 0 {
		g.flow[deepest]++
		g.crowded = g.crowded || g.flow[deepest] > maxKeys
		return
	}
	if t.Prev == nil || t.Prev.Position == nil {
		return
	}
	column := t.Prev.Position.Column
	g.open(column)
	g.keys[column]++
	g.crowded = g.crowded || g.keys[column] > maxKeys
	g.countEmpty(t, column)
}

func (g *guard) open(column int) {
	if n := len(g.columns); n == 0 || g.columns[n-1] < column {
		g.columns = append(g.columns, column)
	}
}

// countEmpty counts a key or list entry that is followed by nothing of its own.
func (g *guard) countEmpty(t *token.Token, column int) {
	next := t.Next
	if next == nil || next.Position == nil || (next.Position.Line != t.Position.Line && next.Position.Column <= column) {
		g.noValue++
	}
}

// refused names the parts of YAML that such a file does without.
func (g *guard) refused(t *token.Token) *Finding {
	found := func(code, what, remedy string) *Finding {
		return Found(code, what, g.noun+" is plain lists and keys, so that what is written is what is meant", remedy)
	}
	switch t.Type {
	case token.AnchorType, token.AliasType, token.MergeKeyType:
		return found("anchor", fmt.Sprintf("%q is an anchor, an alias or a merge key", t.Value),
			"write the values out; put quotes around a text that begins with & or *")
	case token.TagType:
		return found("tag", fmt.Sprintf("%q is a tag", t.Value), "delete it; put quotes around a text that begins with !")
	case token.MappingKeyType:
		return found("complex-key", "\"?\" begins a complex key", "write key: value; put quotes around a text that begins with ?")
	case token.DirectiveType:
		return found("directive", "\"%\" begins a directive", "delete the line")
	}
	return nil
}
