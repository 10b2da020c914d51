package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/pages"
)

// findingSets are what a commit says about each subject and stretch.
type findingSets struct {
	sets    []metering.Findings
	held    map[about][]*heldFinding
	cleared []int64
	come    []*heldFinding
	at      time.Time
}

// about is what a set of findings is about.
type about struct {
	subject string
	node    bool
	channel metering.Channel
}

// heldFinding is a finding that holds; id is 0 for one that has just come.
type heldFinding struct {
	id int64
	metering.Finding
	gone bool
}

func newFindingSets(sets []metering.Findings) findingSets {
	return findingSets{sets: sets, held: map[about][]*heldFinding{}}
}

func aboutOf(point metering.PointID, node metering.NodeID, ch metering.Channel) about {
	return about{string(point) + string(node), node != "", ch} // one of them is empty
}

const findingColumns = `f.id, f.rule, f.severity, f.about_node, f.subject, f.channel, f.from_at, f.to_at, f.numbers, f.text, f.rule_set, f.found_at, f.cleared_at`

func (s *findingSets) load(b *pgx.Batch) {
	if len(s.sets) == 0 {
		return
	}
	var subjects []string
	var nodes []bool
	var channels []int16
	var froms, tos []time.Time
	var locks []int64
	for _, set := range s.sets {
		a := aboutOf(set.Point, set.Node, set.Channel)
		subjects, nodes, channels = append(subjects, a.subject), append(nodes, a.node), append(channels, int16(a.channel))
		froms, tos = append(froms, kept(set.From)), append(tos, kept(set.To))
		locks = append(locks, a.lock())
	}
	slices.Sort(locks)
	b.Queue(`SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) k`, slices.Compact(locks))
	b.Queue(`SELECT DISTINCT ON (f.id) `+findingColumns+` FROM unnest($1::text[], $2::boolean[], $3::smallint[], $4::timestamptz[], $5::timestamptz[]) k (subject, about_node, channel, from_at, to_at)
		CROSS JOIN LATERAL (SELECT f.* FROM finding f WHERE f.subject = k.subject AND f.about_node = k.about_node AND f.channel = k.channel
			AND f.from_at >= k.from_at AND f.from_at < k.to_at AND f.cleared_at IS NULL`+locking(false)+`) f ORDER BY f.id`, subjects, nodes, channels, froms, tos).
		Query(func(rows pgx.Rows) error {
			return forEachFinding(rows, func(id int64, f metering.Finding) {
				a := aboutOf(f.Point, f.Node, f.Channel)
				s.held[a] = append(s.held[a], &heldFinding{id: id, Finding: f})
			})
		})
}

// lock is the number under which writings about the same wait for each other.
func (a about) lock() int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "asue finding %q %t", a.subject, a.node)
	return int64(h.Sum64())
}

func (s *findingSets) decide(at time.Time) {
	s.at = at
	for _, set := range s.sets {
		s.decideOne(set)
	}
}

func (s *findingSets) decideOne(set metering.Findings) {
	a := aboutOf(set.Point, set.Node, set.Channel)
	from, to := kept(set.From), kept(set.To)
	said := make([]bool, len(s.held[a]))
	var come []*heldFinding
	for _, f := range set.List {
		f.From, f.To = kept(f.From), kept(f.To)
		same := func(h *heldFinding) bool { return !h.gone && h.SameAs(f) }
		if i := slices.IndexFunc(s.held[a], same); i >= 0 {
			said[i] = true
		} else if !slices.ContainsFunc(come, same) {
			f.FoundAt = s.at
			come = append(come, &heldFinding{Finding: f})
		}
	}
	for i, h := range s.held[a] {
		if said[i] || h.gone || h.From.Before(from) || !h.From.Before(to) {
			continue
		}
		h.gone, h.ClearedAt = true, s.at
		if h.id != 0 {
			s.cleared = append(s.cleared, h.id)
		}
	}
	s.held[a] = append(s.held[a], come...)
	s.come = append(s.come, come...)
}

func (s *findingSets) store(b *pgx.Batch) {
	if len(s.cleared) > 0 {
		b.Queue(`UPDATE finding SET cleared_at = $2 WHERE id = ANY($1)`, s.cleared, s.at)
	}
	n := len(s.come)
	if n == 0 {
		return
	}
	subjects, nodes, channels, rules, severities := make([]string, n), make([]bool, n), make([]int16, n), make([]string, n), make([]int16, n)
	froms, tos, numbers, texts, ruleSets := make([]time.Time, n), make([]time.Time, n), make([]string, n), make([]string, n), make([]string, n)
	founds, cleareds := make([]time.Time, n), make([]*time.Time, n)
	for i, h := range s.come {
		a := aboutOf(h.Point, h.Node, h.Channel)
		subjects[i], nodes[i], channels[i], rules[i], severities[i] = a.subject, a.node, int16(a.channel), h.Rule, int16(h.Severity)
		froms[i], tos[i], numbers[i], texts[i], ruleSets[i] = h.From, h.To, packNumbers(h.Numbers), h.Text, h.RuleSet
		founds[i] = h.FoundAt
		if h.gone { // by a later set of the same commit
			cleareds[i] = &h.ClearedAt
		}
	}
	b.Queue(`INSERT INTO finding (subject, about_node, channel, rule, severity, from_at, to_at, numbers, text, rule_set, found_at, cleared_at)
		SELECT subject, about_node, channel, rule, severity, from_at, to_at, numbers::jsonb, text, rule_set, found_at, cleared_at
		FROM unnest($1::text[], $2::boolean[], $3::smallint[], $4::text[], $5::smallint[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[])
		WITH ORDINALITY k (subject, about_node, channel, rule, severity, from_at, to_at, numbers, text, rule_set, found_at, cleared_at, n) ORDER BY n`,
		subjects, nodes, channels, rules, severities, froms, tos, numbers, texts, ruleSets, founds, cleareds)
}

// figure is a metering.Number as JSON.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

func packNumbers(numbers []metering.Number) string {
	list := make([]figure, len(numbers))
	for i, n := range numbers {
		list[i] = figure(n)
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(fmt.Sprintf("BUG: figures of a finding that was checked: %v: %v", numbers, err))
	}
	return string(text)
}

func unpackNumbers(text []byte) ([]metering.Number, error) {
	var list []figure
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("figures of a finding: %w: %w", pages.ErrDamaged, err)
	}
	numbers := make([]metering.Number, len(list))
	for i, f := range list {
		numbers[i] = metering.Number(f)
	}
	return numbers, nil
}

func forEachFinding(rows pgx.Rows, each func(id int64, f metering.Finding)) error {
	var id int64
	var rule, subject, text, ruleSet string
	var severity, channel int16
	var node bool
	var from, to, found time.Time
	var cleared *time.Time
	var numbers []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &rule, &severity, &node, &subject, &channel, &from, &to, &numbers, &text, &ruleSet, &found, &cleared}, func() (err error) {
		f := metering.Finding{
			Rule: rule, Severity: metering.Severity(severity), Channel: metering.Channel(channel), From: from.UTC(), To: to.UTC(),
			Text: text, RuleSet: ruleSet, FoundAt: found.UTC(),
		}
		if node {
			f.Node = metering.NodeID(subject)
		} else {
			f.Point = metering.PointID(subject)
		}
		if cleared != nil {
			f.ClearedAt = cleared.UTC()
		}
		if f.Numbers, err = unpackNumbers(numbers); err != nil {
			return fmt.Errorf("finding %d, %q of %s: %w", id, rule, subject, err)
		}
		each(id, f)
		return nil
	})
	return err
}

const defaultFindings = 10_000

// Findings returns the selected findings; see metering.Ledger.
func (l *Ledger) Findings(ctx context.Context, q metering.FindingQuery) ([]metering.Finding, error) {
	where := conditions{}
	// A finding without length touches the stretch in which it lies.
	where.add(`f.from_at < $? AND (f.to_at > $? OR f.to_at = f.from_at AND f.to_at >= $?)`, ceil(q.To), kept(q.From), ceil(q.From))
	if q.Severity > 0 {
		where.add(`f.severity >= $?`, int16(q.Severity))
	}
	if !q.Cleared {
		where.add(`f.cleared_at IS NULL`)
	}
	if len(q.Rules) > 0 {
		where.add(`f.rule = ANY($?)`, q.Rules)
	}
	if len(q.Points)+len(q.Nodes) > 0 {
		where.add(`(NOT f.about_node AND f.subject = ANY($?) OR f.about_node AND f.subject = ANY($?))`, texts(q.Points), texts(q.Nodes))
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultFindings
	}
	var list []metering.Finding
	err := l.read(ctx, "findings", func(tx pgx.Tx) error {
		text, args := where.sql()
		rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT %s FROM finding f WHERE %s ORDER BY f.from_at DESC, f.rule COLLATE "C",
			CASE WHEN f.about_node THEN '' ELSE f.subject END, f.subject, f.channel, f.id LIMIT %d`, findingColumns, text, limit), args...)
		if err != nil {
			return err
		}
		return forEachFinding(rows, func(_ int64, f metering.Finding) { list = append(list, f) })
	})
	return list, err
}

// conditions are those of a query, with its values in their order.
type conditions struct {
	list []string
	args []any
}

// add takes a condition in which each $? stands for the next value.
func (c *conditions) add(condition string, args ...any) {
	for _, a := range args {
		c.args = append(c.args, a)
		condition = strings.Replace(condition, "$?", fmt.Sprintf("$%d", len(c.args)), 1)
	}
	c.list = append(c.list, condition)
}

func (c *conditions) sql() (string, []any) { return strings.Join(c.list, " AND "), c.args }

// texts are identifiers as an array of text.
func texts[T ~string](list []T) []string {
	plain := make([]string, len(list))
	for i, x := range list {
		plain[i] = string(x)
	}
	return plain
}

// numbers are channels as an array of smallint.
func numbers(list []metering.Channel) []int16 {
	plain := make([]int16, len(list))
	for i, x := range list {
		plain[i] = int16(x)
	}
	return plain
}
