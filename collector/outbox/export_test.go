package outbox

import "fmt"

// FillDisk makes the database behave as if its disk had no page left; 0 ends it.
func (b *Box) FillDisk(full bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	pages := int64(1) << 30
	if full {
		if err := b.conn.QueryRowContext(background, `PRAGMA page_count`).Scan(&pages); err != nil {
			return err
		}
	}
	_, err := b.conn.ExecContext(background, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
	return err
}

// ForbidWrites makes the database behave as if it were read-only.
func (b *Box) ForbidWrites(forbid bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, err := b.conn.ExecContext(background, fmt.Sprintf(`PRAGMA query_only = %t`, forbid))
	return err
}
