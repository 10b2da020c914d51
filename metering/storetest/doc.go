// Package storetest is the law of metering.Ledger and metering.Series as test
// suites. An implementation passes them in a dozen lines:
//
//	func TestLedgerLaw(t *testing.T) {
//		storetest.Ledger(t, func(t *testing.T) func() metering.Ledger {
//			path := filepath.Join(t.TempDir(), "ledger.db")
//			return func() metering.Ledger { return mustOpen(t, path) }
//		})
//	}
//
// It must not know which store is under test, nor anything of SQL or HTTP.
package storetest
