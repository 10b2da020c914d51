// Package pgtest gives tests a PostgreSQL of their own: a cluster that is made
// for one test binary in a temporary folder, listens on 127.0.0.1 only, and ends
// with the binary however that ends. Nothing that a machine runs already is
// touched.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		dsn := pgtest.Database(t) // a new one
//
// A machine without PostgreSQL fails the test and says what to install: nothing
// is skipped.
package pgtest
