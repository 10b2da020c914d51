package papers_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"

	"asue/dashboards/papers"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

// Every paper in every language stays what it is, letter for letter.
func TestPapers(t *testing.T) {
	y := yearOf(t)
	all := steps(t, y)
	for name, d := range map[string]papers.Document{
		"notice":   papers.Paper{Kind: papers.Notice, Case: caseAfter(t, y, all[:2])},
		"warning":  papers.Paper{Kind: papers.Warning, Case: caseAfter(t, y, all[:4])},
		"sanction": papers.Paper{Kind: papers.Sanction, Case: caseAfter(t, y, all[:7])},
		"act":      papers.Paper{Kind: papers.Act, Case: caseAfter(t, y, all)},
		"draft":    papers.Paper{Kind: papers.Warning, Case: caseAfter(t, y, all[:3])},
		"evidence": papers.Paper{Kind: papers.Evidence, Case: caseAfter(t, y, all[:1])},
	} {
		for _, lang := range papers.Langs() {
			t.Run(fmt.Sprintf("%s.%s", name, lang), func(t *testing.T) {
				var b bytes.Buffer
				if err := papers.HTML(&b, d, lang); err != nil {
					t.Fatal(err)
				}
				golden(t, fmt.Sprintf("testdata/%s.%s.html", name, lang), b.String())
			})
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
