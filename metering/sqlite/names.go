package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// names keeps the numbers of committed identifiers. They are never changed or
// taken back, so that what is known once stays true.
type names struct {
	mu   sync.RWMutex
	ids  map[string]int64
	text map[int64]string
}

func (n *names) load(ctx context.Context, db *sql.DB) error {
	found := map[string]int64{}
	rows, err := db.QueryContext(ctx, `SELECT id, text FROM name`)
	err = forEach(rows, err, func(rows *sql.Rows) error {
		var id int64
		var text string
		err := rows.Scan(&id, &text)
		found[text] = id
		return err
	})
	if err == nil {
		n.learn(found)
	}
	return err
}

func (n *names) learn(committed map[string]int64) {
	if len(committed) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ids == nil {
		n.ids, n.text = map[string]int64{}, map[int64]string{}
	}
	for text, id := range committed {
		n.ids[text], n.text[id] = id, text
	}
}

func (n *names) id(text string) (int64, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	id, ok := n.ids[text]
	return id, ok
}

func (n *names) known(id int64) (string, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	text, ok := n.text[id]
	return text, ok
}

// textOf finds a number's identifier, in the file if another process gave it.
func (n *names) textOf(ctx context.Context, tx *sql.Tx, id int64) (string, error) {
	text, ok := n.known(id)
	if ok {
		return text, nil
	}
	if err := tx.QueryRowContext(ctx, `SELECT text FROM name WHERE id = ?`, id).Scan(&text); err != nil {
		return "", err
	}
	n.learn(map[string]int64{text: id})
	return text, nil
}

// idOf finds an identifier's number, in the file if another process gave it.
func (n *names) idOf(ctx context.Context, tx *sql.Tx, text string) (int64, bool, error) {
	if id, ok := n.id(text); ok {
		return id, true, nil
	}
	var id int64
	err := tx.QueryRowContext(ctx, `SELECT id FROM name WHERE text = ?`, text).Scan(&id)
	if err == sql.ErrNoRows {
		return 0, false, nil
	}
	if err == nil {
		n.learn(map[string]int64{text: id})
	}
	return id, err == nil, err
}
