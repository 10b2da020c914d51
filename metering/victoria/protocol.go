package victoria

// What the parent (Supervisor) and the child (package engine) have agreed on.
const (
	// TokenVariable is the environment variable in which the parent hands the
	// child the token that every request must carry. It is made anew for each
	// start.
	TokenVariable = "ASUE_STORE_TOKEN"
	// RunHeader is the response header of the child's /health that names the run
	// of the process.
	RunHeader = "X-Asue-Run"
)

// Announcement is the line of JSON that the child writes to stdout once it
// answers.
type Announcement struct {
	Listening string `json:"listening"` // host:port
	Run       string `json:"run"`       // different for each start of the process
}
