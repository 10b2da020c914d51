package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"asue/metering"
)

const findingColumns = `finding.id, rule, severity, about_node, name.text, channel, from_at, to_at, numbers, finding.text, rule_set, found_at, cleared_at
	FROM finding JOIN name ON name.id = subject `

// putFindings brings what is known about each subject and stretch up to what is
// said now.
func (w *writer) putFindings(c metering.Commit) error {
	for i := range c.Findings {
		if err := w.putFindingsOf(&c.Findings[i], c.ReceivedAt.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) putFindingsOf(f *metering.Findings, at int64) error {
	subject, err := w.name(string(f.Point) + string(f.Node)) // one of them is empty
	if err != nil {
		return err
	}
	aboutNode := f.Node != ""
	held := map[int64]metering.Finding{}
	err = w.rows(`SELECT `+findingColumns+`WHERE subject = ? AND about_node = ? AND channel = ? AND from_at >= ? AND from_at < ? AND cleared_at IS NULL`,
		[]any{subject, aboutNode, int64(f.Channel), f.From.UnixMilli(), f.To.UnixMilli()}, func(rows *sql.Rows) error {
			id, have, err := scanFinding(rows)
			held[id] = have
			return err
		})
	if err != nil {
		return err
	}
	gone := make(map[int64]bool, len(held))
	for id := range held {
		gone[id] = true
	}
	var come []metering.Finding
	for _, say := range f.List {
		say = keptFinding(say)
		known := false
		for id, have := range held {
			if have.SameAs(say) {
				delete(gone, id)
				known = true
			}
		}
		if !known && !slices.ContainsFunc(come, say.SameAs) {
			come = append(come, say)
		}
	}
	for id := range gone {
		if err := w.exec(`UPDATE finding SET cleared_at = ? WHERE id = ?`, at, id); err != nil {
			return err
		}
	}
	for _, say := range come {
		numbers, err := packNumbers(say.Numbers)
		if err != nil {
			return err
		}
		err = w.exec(`INSERT INTO finding (subject, about_node, channel, rule, severity, from_at, to_at, numbers, text, rule_set, found_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			subject, aboutNode, int64(say.Channel), say.Rule, int64(say.Severity), say.From.UnixMilli(), say.To.UnixMilli(), numbers, say.Text, say.RuleSet, at)
		if err != nil {
			return err
		}
	}
	return nil
}

// keptFinding is a finding as the ledger gives it back: to the millisecond.
func keptFinding(f metering.Finding) metering.Finding {
	f.From, f.To = instant(f.From.UnixMilli()), instant(f.To.UnixMilli())
	return f
}

func scanFinding(rows *sql.Rows) (id int64, f metering.Finding, err error) {
	var severity, channel, from, to, found int64
	var aboutNode bool
	var subject, numbers string
	var cleared sql.NullInt64
	err = rows.Scan(&id, &f.Rule, &severity, &aboutNode, &subject, &channel, &from, &to, &numbers, &f.Text, &f.RuleSet, &found, &cleared)
	if err != nil {
		return 0, f, err
	}
	f.Severity, f.Channel = metering.Severity(severity), metering.Channel(channel)
	f.From, f.To, f.FoundAt = instant(from), instant(to), instant(found)
	if aboutNode {
		f.Node = metering.NodeID(subject)
	} else {
		f.Point = metering.PointID(subject)
	}
	if cleared.Valid {
		f.ClearedAt = instant(cleared.Int64)
	}
	f.Numbers, err = unpackNumbers(numbers)
	return id, f, err
}

// figure is a metering.Number as JSON.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

func packNumbers(numbers []metering.Number) (string, error) {
	list := make([]figure, len(numbers))
	for i, n := range numbers {
		list[i] = figure(n)
	}
	text, err := json.Marshal(list)
	return string(text), err
}

func unpackNumbers(text string) ([]metering.Number, error) {
	var list []figure
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("figures of a finding: %w: %w", errDamaged, err)
	}
	numbers := make([]metering.Number, len(list))
	for i, f := range list {
		numbers[i] = metering.Number(f)
	}
	return numbers, nil
}

const defaultFindings = 10_000

// Findings returns the selected findings; see metering.Ledger.
func (l *Ledger) Findings(ctx context.Context, q metering.FindingQuery) ([]metering.Finding, error) {
	where, args := findingFilter(q)
	limit := q.Limit
	if limit <= 0 {
		limit = defaultFindings
	}
	var list []metering.Finding
	err := l.read(ctx, "findings", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+findingColumns+where+
			` ORDER BY from_at DESC, rule, iif(about_node, '', name.text), name.text, channel, finding.id LIMIT ?`, append(args, limit)...)
		return forEach(rows, err, func(rows *sql.Rows) error {
			_, f, err := scanFinding(rows)
			list = append(list, f)
			return err
		})
	})
	return list, err
}

func findingFilter(q metering.FindingQuery) (where string, args []any) {
	// A finding without length touches the stretch in which it lies.
	from, to := ceilMilli(q.From), ceilMilli(q.To)
	where = `WHERE from_at < ? AND (to_at > ? OR to_at = from_at AND to_at >= ?)`
	args = []any{to, q.From.UnixMilli(), from}
	if q.Severity > 0 {
		where, args = where+` AND severity >= ?`, append(args, int64(q.Severity))
	}
	if !q.Cleared {
		where += ` AND cleared_at IS NULL`
	}
	if len(q.Rules) > 0 {
		where += ` AND rule IN (` + marks(len(q.Rules)) + `)`
		args = appendAll(args, q.Rules)
	}
	if len(q.Points)+len(q.Nodes) > 0 {
		where += ` AND (about_node = 0 AND name.text IN (` + marks(len(q.Points)) + `) OR about_node = 1 AND name.text IN (` + marks(len(q.Nodes)) + `))`
		args = appendAll(appendAll(args, q.Points), q.Nodes)
	}
	return where, args
}

// marks are n place holders of a statement.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func appendAll[T ~string](args []any, list []T) []any {
	for _, x := range list {
		args = append(args, string(x))
	}
	return args
}
