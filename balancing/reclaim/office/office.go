package office

import (
	"errors"
	"fmt"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/hosting"
	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
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

// Office is the state that follows from a site and its deeds. It is not safe for use by
// several goroutines at once.
type Office struct {
	config   Config
	register *register.Register
	books    *pool.Ledger
	files    []*file // in the order in which they were opened
	drafts   []DraftFile
	queue    []Application
	owed     []owed
	notes    []string
	seq      uint64
	last     time.Time // of the last deed
}

// file is a case as the office keeps it.
type file struct {
	File
	// lost is what the register's paper of the return took away; nothing before it.
	lost []loss
}

// New opens an office: the register as the site file has it, and books that begin with
// what it says. It returns all faults of the site and the nodes at once.
func New(config Config) (*Office, error) {
	if config.Site == nil || config.Opened.IsZero() || config.Terms.Location == nil {
		return nil, errors.New("office: it is opened with a site, terms with a location, and the time at which the books begin")
	}
	config.Opened = second(config.Opened)
	o := &Office{config: config}
	var err error
	if o.register, err = register.Open(config.Site); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	if o.books, err = pool.New(config.Nodes); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	if err := o.open(); err != nil {
		return nil, fmt.Errorf("office: the books open with what the site file says: %w", err)
	}
	return o, nil
}

// Seq is that of the last deed replayed, 0 before the first.
func (o *Office) Seq() uint64 { return o.seq }

// Register is the register as it stands now.
func (o *Office) Register() *register.Register { return o.register }

// Books are the books of the pool. They belong to the office: read only, and not longer
// than until the next Replay.
func (o *Office) Books() *pool.Ledger { return o.books }

// Notes are what a reader of the books should know of their opening.
func (o *Office) Notes() []string { return o.notes }

// second is a time as the books have it: they know no parts of a second.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
