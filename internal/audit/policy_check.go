package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// Bounds of a policy's lists, so that a pasted file cannot make every snapshot slow.
const (
	policyItems = 5_000
	policyPairs = 50
)

var (
	domainForm = regexp.MustCompile(`^(\*\.)?([a-z0-9_\p{L}-]+\.)+[a-z0-9\p{L}-]{2,}$`)
	wordForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
)

// ParsePolicy reads a policy as it is kept. Fields that this version does not know are left out. The error is Invalid,
// for a policy that Check refuses or text that is none.
func ParsePolicy(text []byte) (Policy, error) {
	var p Policy
	if err := json.Unmarshal(text, &p); err != nil {
		return Policy{}, &org.Error{Kind: org.KindInvalid, Field: "policy", Text: "The policy is not readable as JSON.", Err: err}
	}
	return p, p.Check()
}

// Check tells which field cannot be used; the error is Invalid and its Field is the name in JSON, with the place in a
// list counted from 1, for example duties 2.
func (p Policy) Check() error {
	for _, check := range []func() error{p.checkNumbers, p.checkWords, p.checkHolders, p.checkDuties, p.checkRules, p.checkBaselines} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (p Policy) checkNumbers() error {
	for _, n := range []struct {
		field      string
		value, max int
		what       string
	}{
		{"inactive_days", p.InactiveDays, 3650, "days"},
		{"grace_days", p.GraceDays, 365, "days"},
		{"recent_days", p.RecentDays, 365, "days"},
		{"stale_hours", p.StaleHours, 24 * 365, "hours"},
		{"mass_change", p.MassChange, 1_000_000, "changes"},
		{"owners_per_store", p.OwnersPerStore, 1000, "users"},
		{"custom_few", p.CustomFew, 200, "permissions"},
	} {
		if n.value < 0 || n.value > n.max {
			return org.Invalid(n.field, fmt.Sprintf("The %s must be a whole number from 1 to %d, or 0 for the default.", n.what, n.max))
		}
	}
	return nil
}

func (p Policy) checkWords() error {
	for field, list := range map[string][]string{"company_domains": p.CompanyDomains, "free_mail_domains": p.FreeMailDomains} {
		if len(list) > policyItems {
			return tooMany(field, policyItems)
		}
		for _, d := range list {
			if !domainForm.MatchString(org.FoldEmail(d)) {
				return org.Invalid(field, fmt.Sprintf("%q is no domain. Write it like example.com, or *.example.com for all below it.", d))
			}
		}
	}
	if len(p.RoleWords) > policyItems {
		return tooMany("role_words", policyItems)
	}
	for _, w := range p.RoleWords {
		if !wordForm.MatchString(org.FoldEmail(w)) {
			return org.Invalid("role_words", fmt.Sprintf("%q is no word of a mailbox. Write it like support, without @ and dots.", w))
		}
	}
	return nil
}

func (p Policy) checkHolders() error {
	lists := []struct {
		field string
		list  []Holder
	}{{"owners", p.Owners}, {"high_risk_holders", p.HighRiskHolders}, {"code_holders", p.CodeHolders}, {"export_holders", p.ExportHolders}}
	for _, l := range lists {
		if len(l.list) > policyItems {
			return tooMany(l.field, policyItems)
		}
		for i, h := range l.list {
			local, domain, found := strings.Cut(org.FoldEmail(h.Email), "@")
			if !found || !domainForm.MatchString(domain) || strings.HasPrefix(domain, "*") || strings.ContainsAny(local, " ,;<>") {
				return org.Invalid(place(l.field, i), fmt.Sprintf("%q is no e-mail. Write it like ann@example.com, or @example.com for everybody of a domain.", h.Email))
			}
			if slices.ContainsFunc(h.Stores, func(s string) bool { return strings.TrimSpace(s) == "" }) {
				return org.Invalid(place(l.field, i), "A store of "+h.Email+" is empty. Name stores by their hash, or none for every store.")
			}
		}
	}
	return nil
}

func (p Policy) checkDuties() error {
	if len(p.Duties) > policyPairs {
		return tooMany("duties", policyPairs)
	}
	seen := map[string]bool{}
	for i, d := range p.Duties {
		switch {
		case !wordForm.MatchString(d.ID):
			return org.Invalid(place("duties", i), "A combination needs an id of small letters, digits and hyphens.")
		case seen[d.ID]:
			return org.Invalid(place("duties", i), fmt.Sprintf("There are two combinations with the id %q.", d.ID))
		case strings.TrimSpace(d.Title) == "":
			return org.Invalid(place("duties", i), "A combination needs a title.")
		case len(d.Groups) < 2:
			return org.Invalid(place("duties", i), "A combination needs two groups of permissions or more.")
		}
		seen[d.ID] = true
		for _, g := range d.Groups {
			if len(g) == 0 || slices.Contains(g, "") {
				return org.Invalid(place("duties", i), "Each group needs a permission, by its API name like Refund_Orders.")
			}
		}
	}
	return nil
}

func (p Policy) checkRules() error {
	known := map[string]bool{}
	for _, r := range AllRules() {
		known[r.ID] = true
	}
	for _, id := range p.Off {
		if !known[id] {
			return org.Invalid("off", fmt.Sprintf("There is no rule %q.", id))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(p.Limits)) {
		if !known[id] {
			return org.Invalid("limits", fmt.Sprintf("There is no rule %q.", id))
		}
		if slices.Contains(p.Limits[id], "") {
			return org.Invalid("limits", fmt.Sprintf("A label of %q is empty.", id))
		}
	}
	return nil
}

func (p Policy) checkBaselines() error {
	if len(p.Baselines) > policyPairs {
		return tooMany("baselines", policyPairs)
	}
	seen := map[string]bool{}
	for i, b := range p.Baselines {
		switch {
		case (b.Store == "") == (b.Saved == nil):
			return org.Invalid(place("baselines", i), "A baseline is either a reference store or a saved state.")
		case b.Compare != "" && b.Compare != ComparePeople && b.Compare != CompareRights:
			return org.Invalid(place("baselines", i), fmt.Sprintf("%q is no way to compare. Choose people or rights.", b.Compare))
		case seen[b.Label]:
			return org.Invalid(place("baselines", i), fmt.Sprintf("There are two baselines for the label %q.", b.Label))
		}
		seen[b.Label] = true
	}
	return nil
}

func place(field string, i int) string { return fmt.Sprintf("%s %d", field, i+1) }

func tooMany(field string, most int) error {
	return org.Invalid(field, fmt.Sprintf("The list has at most %d entries.", most))
}
