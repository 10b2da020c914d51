package still_test

import (
	"os"
	"path/filepath"
	"testing"

	"asue/metering/still"
)

// FuzzLog lays any bytes beside a database as its log: looking never fails because of
// them, and the engine reads what it can.
func FuzzLog(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "o.db")
	db := busy(f, path)
	for range 5 {
		exec(f, db, `INSERT INTO word (text) VALUES ('word')`)
	}
	files := contents(f, dir)
	log := files["o.db-wal"]
	f.Add(log)
	f.Add(log[:32])
	f.Add(log[:5000])
	f.Add([]byte("no log"))
	p := filepath.Join(f.TempDir(), "f.db")
	write(f, p, files["o.db"])
	f.Fuzz(func(t *testing.T, log []byte) {
		if err := os.WriteFile(p+"-wal", log, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, lenient := range []bool{false, true} {
			look, err := still.Open(p, still.Options{Lenient: lenient})
			if err != nil {
				t.Fatal(err)
			}
			var n int
			_ = look.DB.QueryRow(`SELECT count(*) FROM word`).Scan(&n) // of damage it may complain
			if l := look.Log; l.Size != int64(len(log)) || l.Frames < 0 || l.Frames+l.Unfinished+l.Broken+l.Behind > len(log)/24+1 {
				t.Errorf("%d bytes: %+v", len(log), l)
			}
			if err := look.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
