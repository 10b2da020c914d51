package office

import (
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/hosting"
	"asue/balancing/reclaim/pool"
	"asue/metering"
)

// Config is all that an office is made from.
type Config struct {
	Site  *metering.Site
	Terms reclaim.Terms
	// Nodes of the books with their ceilings. NodesOf(site) are the usual ones: at
	// sources the contract, elsewhere the node's own limit of power.
	Nodes []pool.Node
	// Opened is when the books begin; what the site file says is the opening.
	Opened time.Time
	Policy hosting.Policy // its Ratio bounds a ceiling by decision
}

// Person is who acts. What a role may do is not decided here.
type Person struct {
	Name string
	// Seen is what the balancer reports of the resident that the action is about; nil if
	// no balancer knows it.
	Seen *Seen
}

// File is a case with all that lies in it.
type File struct {
	ID       string              `json:"id"` // "ТУ-2026-003": year and number
	Resident metering.ResidentID `json:"resident"`
	Node     metering.NodeID     `json:"node"`
	// Nodes are where its conditions are: Node as a rule, others where the resident was
	// judged as a whole.
	Nodes  []metering.NodeID `json:"nodes"`
	Case   reclaim.Case      `json:"case"`
	Events []reclaim.Event   `json:"events"`
	// Approvers are who signed each of the events after its author; empty where one person
	// was enough.
	Approvers []string `json:"approvers"`
	Evidence  []string `json:"evidence"` // of each round, the youngest last
	// Deadline of the present stage; nil where there is none or clocks stand still.
	Deadline *time.Time `json:"deadline"`
	// Possible are the kinds of events that could be taken now.
	Possible []reclaim.Kind `json:"possible"`
	Lacks    []reclaim.Kind `json:"lacks"`
}

// DraftFile is an action that waits for its second signature.
type DraftFile struct {
	ID     string    `json:"id"` // "D-17": of the Seq of its deed
	Action Action    `json:"action"`
	Author string    `json:"author"`
	At     time.Time `json:"at"`
	// Fault is why it could not be signed now; empty if it could.
	Fault string `json:"fault,omitempty"`
}

// The methods of an Office (their doc comments stand with them):
//
//	New(Config) (*Office, error)
//	(*Office) Replay(deeds []metering.Deed) error
//	(*Office) Seq() uint64                                    of the last deed replayed
//	(*Office) Do(p Person, at time.Time, a Action) ([]metering.Deed, error)
//	(*Office) Sign(p Person, at time.Time, draft string) ([]metering.Deed, error)
//	(*Office) Drop(p Person, at time.Time, draft, why string) ([]metering.Deed, error)
//	(*Office) Register() *register.Register
//	(*Office) Books() *pool.Ledger                            to be read only
//	(*Office) Cases(at time.Time) []File                      open ones first, by deadline
//	(*Office) Case(id string, at time.Time) (File, bool)
//	(*Office) Drafts(at time.Time) []DraftFile
//	(*Office) Applications(at time.Time) []Application        by score
//	TwoSigned(a Action) bool
//	NodesOf(site *metering.Site) []pool.Node
