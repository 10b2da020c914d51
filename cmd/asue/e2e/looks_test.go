package e2e

import "testing"

// TestLooksInBrowser holds every view that a link leads to, in three languages and both themes,
// at a panel and on a phone, for each role, against rules of names, contrast, focus and layout.
func TestLooksInBrowser(t *testing.T) { browseInvented(t, "audit.mjs") }
