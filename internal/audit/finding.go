package audit

import "rollcall/internal/org"

// Severity says how much a finding matters. The words appear in files and addresses.
type Severity uint8

// Severities, the least first.
const (
	Note Severity = iota
	Low
	Medium
	High
	Critical
)

var severityWords = [...]string{"note", "low", "medium", "high", "critical"}

func (s Severity) String() string { return severityWords[s] }

// Rule is one thing that is looked for, in words for people.
type Rule struct {
	ID       string // stable word of files and addresses, for example webhook-deactivated
	Title    string
	Severity Severity
	Means    string   // what a finding of this rule says
	Why      string   // why it matters
	Do       string   // what to do about it
	Refs     []string // framework references, for example PCI DSS 8.6.3
}

// Subject is what a finding is about. Key tells findings of one rule apart and stays the same from one snapshot to the
// next; the numbers lead to pages and are 0 where they do not apply.
type Subject struct {
	Kind       SubjectKind
	Key        string
	Label      string
	User       org.UserID
	Store      org.StoreID
	StoreName  string
	APIAccount org.APIAccountID
	Webhook    org.WebhookID
}

// SubjectKind is the kind of thing that a finding is about.
type SubjectKind string

// Kinds of subjects.
const (
	OfPerson     SubjectKind = "person"
	OfAccess     SubjectKind = "access"
	OfStore      SubjectKind = "store"
	OfAccount    SubjectKind = "account"
	OfWebhook    SubjectKind = "webhook"
	OfAPIAccount SubjectKind = "api_account"
	OfHost       SubjectKind = "host"
	OfApp        SubjectKind = "app"
)

// Evidence is one value on which a finding rests.
type Evidence struct {
	Name, Value string
}

// Finding is what a rule found in one snapshot.
type Finding struct {
	Rule     *Rule
	Severity Severity // of this finding; a rule may find graver cases than others
	Subject  Subject
	Says     string // one plain sentence
	Evidence []Evidence
}
