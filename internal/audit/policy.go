package audit

import (
	"cmp"
	"slices"

	"rollcall/internal/org"
)

// Defaults of a Policy.
const (
	DefaultInactiveDays   = 90
	DefaultGraceDays      = 14
	DefaultRecentDays     = 7
	DefaultStaleHours     = 48
	DefaultMassChange     = 25
	DefaultOwnersPerStore = 1
	DefaultCustomFew      = 10
)

// InactivePresets are the thresholds that settings offer beside a custom one: CIS asks for 45 days, PCI DSS for 90.
var InactivePresets = []int{30, 45, 60, 90}

// Policy is what the rules need to know beyond what BigCommerce tells: thresholds, lists and exceptions. Its zero value
// is usable: a number that is 0 and a list that is nil mean the default, an empty list means none.
type Policy struct {
	InactiveDays   int `json:"inactive_days"`    // days without a sign-in after which an access is inactive, counted back from the store's read
	GraceDays      int `json:"grace_days"`       // days for which newly seen people need not have signed in, or found a store
	RecentDays     int `json:"recent_days"`      // days for which a change stays a finding
	StaleHours     int `json:"stale_hours"`      // age from which a snapshot, or the data of a store, is stale
	MassChange     int `json:"mass_change"`      // more accesses added, or removed, in one snapshot are a finding
	OwnersPerStore int `json:"owners_per_store"` // more owner-like users in one store are a finding
	CustomFew      int `json:"custom_few"`       // up to so many permissions beside a role preset are few deviations

	CompanyDomains  []string `json:"company_domains"`   // approved domains; *.example.com stands for all below it; empty: the rule is silent
	FreeMailDomains []string `json:"free_mail_domains"` // nil: FreeMailDomains()
	RoleWords       []string `json:"role_words"`        // of mailboxes that nobody owns; nil: RoleWords()

	Owners          []Holder `json:"owners"`            // known owners; empty: the rule is silent
	HighRiskHolders []Holder `json:"high_risk_holders"` // may hold high-risk permissions
	CodeHolders     []Holder `json:"code_holders"`      // may change what runs on storefront pages
	ExportHolders   []Holder `json:"export_holders"`    // may export customers or orders

	Duties    []Duty              `json:"duties"`    // that one person should not have together; nil: DefaultDuties()
	Off       []string            `json:"off"`       // ids of rules that are switched off
	Limits    map[string][]string `json:"limits"`    // rule id to store labels: the rule looks at stores with one of them only
	Baselines []Baseline          `json:"baselines"` // what stores are compared with
}

// Holder is somebody approved, in every store or in some.
type Holder struct {
	Email  string   `json:"email"`  // or @example.com for everybody of a domain
	Stores []string `json:"stores"` // hashes; empty: every store
	Note   string   `json:"note"`   // why, for those who review the list
}

// Duty is a combination that one person should not hold in one store: at least one permission of each group.
type Duty struct {
	ID     string     `json:"id"`
	Title  string     `json:"title"`
	Groups [][]string `json:"groups"`
}

// DefaultDuties are the combinations of a new installation. Each lets one person both cause and hide a loss.
func DefaultDuties() []Duty {
	return []Duty{
		{"orders-and-money-back", "Change orders, refund them and give store credit", [][]string{{"Edit_Orders"}, {"Refund_Orders"}, {"Manage_Store_Credit"}}},
		{"refund-and-erase", "Refund orders and erase them", [][]string{{"Refund_Orders"}, {"Purge_Orders"}}},
		{"users-and-high-risk", "Manage users and grant high-risk permissions", [][]string{{"Manage_Users", "Add_User", "Edit_Users"}, {"Grant_High_Risk_Store_Permissions"}}},
		{"users-and-tokens", "Manage users and create API accounts", [][]string{{"Manage_Users", "Add_User", "Edit_Users"}, {"Create_Store_API_Tokens"}}},
	}
}

// WithDefaults is the policy with every default spelled out. What the caller changes in its lists changes nobody else's.
func (p Policy) WithDefaults() Policy {
	p.InactiveDays = cmp.Or(p.InactiveDays, DefaultInactiveDays)
	p.GraceDays = cmp.Or(p.GraceDays, DefaultGraceDays)
	p.RecentDays = cmp.Or(p.RecentDays, DefaultRecentDays)
	p.StaleHours = cmp.Or(p.StaleHours, DefaultStaleHours)
	p.MassChange = cmp.Or(p.MassChange, DefaultMassChange)
	p.OwnersPerStore = cmp.Or(p.OwnersPerStore, DefaultOwnersPerStore)
	p.CustomFew = cmp.Or(p.CustomFew, DefaultCustomFew)
	if p.FreeMailDomains == nil {
		p.FreeMailDomains = FreeMailDomains()
	}
	if p.RoleWords == nil {
		p.RoleWords = RoleWords()
	}
	if p.Duties == nil {
		p.Duties = DefaultDuties()
	}
	return p
}

// On tells whether the rule of an id is switched on.
func (p Policy) On(rule string) bool { return !slices.Contains(p.Off, rule) }

// Covers tells whether the rule looks at a store with these labels.
func (p Policy) Covers(rule string, labels []string) bool {
	limit := p.Limits[rule]
	return len(limit) == 0 || slices.ContainsFunc(limit, func(l string) bool { return slices.Contains(labels, l) })
}

// holders is a list of holders, ready to be asked.
type holders struct {
	all  map[string]bool
	some map[string][]string // hashes of stores
}

func newHolders(list []Holder) holders {
	h := holders{all: map[string]bool{}, some: map[string][]string{}}
	for _, who := range list {
		email := org.FoldEmail(who.Email)
		if len(who.Stores) == 0 {
			h.all[email] = true
			continue
		}
		h.some[email] = append(h.some[email], who.Stores...)
	}
	return h
}

// has tells whether a person is on the list for a store, by a folded e-mail.
func (h holders) has(email, store string) bool {
	for _, key := range [...]string{email, "@" + org.EmailDomain(email)} {
		if h.all[key] || slices.Contains(h.some[key], store) {
			return true
		}
	}
	return false
}

func (h holders) empty() bool { return len(h.all)+len(h.some) == 0 }
