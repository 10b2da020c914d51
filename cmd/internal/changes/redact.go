package changes

import "regexp"

// Hidden stands where a secret stood.
const Hidden = "•••"

// A process file keeps its secrets in files of their own. What somebody has written into it all
// the same is hidden here: values of keys that name a secret, and passwords in addresses.
var (
	secretValue  = regexp.MustCompile(`(?im)((?:^|[\s{,"'])(?:[a-z0-9]+[_-])*(?:password|passwd|pass|pwd|secret|token|api[_-]?key|apikey|credentials?)["']?\s*:[ \t]+)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#,}][^#,}\n]*)`)
	secretInURL  = regexp.MustCompile(`(://[^\s/@:"']*:)[^\s/"']*@`)
	secretInText = regexp.MustCompile(`(?i)([?&\s](?:password|passwd|pwd|token)=)[^\s&"']+`)
)

// Redact hides what must not be shown of a configuration. Lines stay where they are.
func Redact(text []byte) []byte {
	text = secretValue.ReplaceAll(text, []byte("${1}"+Hidden))
	text = secretInURL.ReplaceAll(text, []byte("${1}"+Hidden+"@"))
	return secretInText.ReplaceAll(text, []byte("${1}"+Hidden))
}
