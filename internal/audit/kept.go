package audit

import (
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// FindingID is the local number of a finding. It stays the same over time.
type FindingID int64

// KeptFinding is a finding as it is kept, seen from one snapshot: what that snapshot knows of it, with the decision that
// holds today. An acceptance whose time is over counts as open.
type KeptFinding struct {
	ID FindingID
	FindingState
	StoreHash string
	Text      Turn // whose words and evidence these are: later snapshots found the same but for ages and times of reading
	Later     bool // the decision was made after the snapshot that is shown
}

// Excepted tells whether somebody accepted the finding or called it wrong.
func (k *KeptFinding) Excepted() bool { return k.Status == FindingAccepted || k.Status == FindingFalse }

// FindingPage is a page of findings. Next and Prev are keyset cursors, empty at the ends.
type FindingPage struct {
	Rows       []KeptFinding
	Total      int
	From       int
	Next, Prev string
	Judged     Turn          // newest snapshot, as of the one shown, to which the rules were applied; zero: none yet
	Counts     FindingCounts // of all rows of the query
	ByRule     map[string]int
}

// FindingCounts counts findings by severity, from note to critical.
type FindingCounts struct {
	Open     [5]int `json:"open"`
	Accepted [5]int `json:"accepted"`
	False    [5]int `json:"false_positive"`
	Resolved [5]int `json:"-"`        // counted in lists only
	Unjudged int    `json:"unjudged"` // of the open, accepted and false ones: as known before, the snapshot could not judge them
}

// Add counts a finding.
func (c *FindingCounts) Add(status FindingStatus, s Severity, doubt Doubt) {
	list := map[FindingStatus]*[5]int{FindingOpen: &c.Open, FindingAccepted: &c.Accepted, FindingFalse: &c.False, FindingResolved: &c.Resolved}[status]
	if list == nil || int(s) >= len(list) {
		return
	}
	list[s]++
	if doubt != "" && status != FindingResolved {
		c.Unjudged++
	}
}

// FindingTrend is how many findings a snapshot had when the rules were applied to it.
type FindingTrend struct {
	Turn
	FindingCounts
}

// PolicyVersion is a policy with who saved it. The zero version is the policy of a new installation.
type PolicyVersion struct {
	ID     int64
	Policy Policy
	By     string
	At     time.Time
}

// KeptRoster is a dated roster with who uploaded it. Lists of rosters leave Entries and Domains out.
type KeptRoster struct {
	ID      int64
	People  int
	By      string
	AddedAt time.Time
	Roster
}

// KeptBaseline is a saved state of a store with who saved it.
type KeptBaseline struct {
	ID      int64
	By      string
	AddedAt time.Time
	SavedRights
}

// FindingDecided is what a decision did to a finding, as the activity log tells it.
type FindingDecided struct {
	ID            FindingID
	Rule          string
	Subject       string
	Before, After FindingStatus
	Refused       error // why nothing changed; nil: it did, or it was so already
}

// AllRules lists every rule that findings are kept of, in the order of their pages.
func AllRules() []*Rule {
	return slices.Concat(PeopleRules(), RosterRules(), StoreRules(), TotalRules())
}

// RuleByID finds a rule, nil when there is none.
func RuleByID(id string) *Rule {
	for _, r := range AllRules() {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// ParseSeverity reads a severity's word.
func ParseSeverity(word string) (Severity, error) {
	if i := slices.Index(severityWords[:], word); i >= 0 {
		return Severity(i), nil
	}
	return 0, org.Invalid("severity", "A severity is note, low, medium, high or critical.")
}

// ages are parts of sentences that grow from day to day by themselves.
var ages = regexp.MustCompile(`\d+ (day|hour)s?`)

// passing are names of evidence that every read changes.
var passing = map[string]bool{"read": true, "store read": true, "last read": true, "list read": true, "snapshot": true, "closed": true, "verified": true, "proven": true, "last worked": true}

// Digest stands for the subject, the words and the evidence of a finding without ages and times of reading: while it
// stays the same, nothing new is known.
func (f *Finding) Digest() int64 {
	h := fnv.New64a()
	put := func(text string) {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	s := &f.Subject
	put(s.Label)
	put(s.StoreName)
	for _, n := range []int64{int64(s.User), int64(s.Store), int64(s.APIAccount), int64(s.Webhook)} {
		put(number(n))
	}
	says := f.Says
	if strings.Contains(says, " day") || strings.Contains(says, " hour") {
		says = ages.ReplaceAllString(says, "some time")
	}
	put(says)
	for _, e := range f.Evidence {
		if put(e.Name); !passing[e.Name] {
			put(e.Value)
		}
	}
	return int64(h.Sum64())
}
