package audit

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"rollcall/internal/org"
)

// fieldOf is the field that an error blames; empty for none.
func fieldOf(err error) string {
	var e *org.Error
	if err == nil || !errors.As(err, &e) || e.Kind != org.KindInvalid {
		return ""
	}
	return e.Field
}

func TestPolicyZeroValueIsUsable(t *testing.T) {
	var p Policy
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	full := p.WithDefaults()
	if err := full.Check(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	if full.InactiveDays != 90 || full.GraceDays == 0 || len(full.FreeMailDomains) < 50 || len(full.RoleWords) < 50 || len(full.Duties) == 0 {
		t.Errorf("%+v", full)
	}
	none := Policy{FreeMailDomains: []string{}, RoleWords: []string{}, Duties: []Duty{}}.WithDefaults()
	if len(none.FreeMailDomains)+len(none.RoleWords)+len(none.Duties) != 0 {
		t.Error("empty lists were filled")
	}
}

func TestPolicyKeepsWhatItWas(t *testing.T) {
	for name, p := range map[string]Policy{
		"zero":        {},
		"defaults":    Policy{}.WithDefaults(),
		"empty lists": {FreeMailDomains: []string{}, RoleWords: []string{}, Duties: []Duty{}},
		"all": {
			InactiveDays: 45, CompanyDomains: []string{"corp.example"}, Owners: []Holder{{"a@b.example", []string{"north"}, "founder"}},
			Off: []string{"access-inactive"}, Limits: map[string][]string{"person-free-mail": {"live"}},
			Baselines: []Baseline{{Label: "live", Store: "north"}, {Label: "test", Compare: CompareRights, Saved: &SavedRights{Name: "x", Sets: []org.PermissionSet{{"Add_User"}}, People: map[string]int{"a@b.example": 0}}}},
		},
	} {
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePolicy(text)
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Errorf("%s: %v\n%+v\n%+v", name, err, p, again)
		}
	}
	p, err := ParsePolicy([]byte(`{"inactive_days": 30, "of_a_later_version": [1]}`))
	if err != nil || p.InactiveDays != 30 {
		t.Errorf("%+v, %v", p, err)
	}
	if text, _ := json.Marshal(p); strings.Contains(string(text), "later") {
		t.Errorf("an unknown field is kept: %s", text)
	}
	if _, err := ParsePolicy([]byte(`{"inactive_days": "many"}`)); fieldOf(err) != "policy" {
		t.Errorf("no number: %v", err)
	}
}

func TestPolicyCheck(t *testing.T) {
	duty := func(change func(*Duty)) Policy {
		d := DefaultDuties()
		change(&d[1])
		return Policy{Duties: d}
	}
	for _, test := range []struct {
		field  string
		policy Policy
	}{
		{"inactive_days", Policy{InactiveDays: -1}},
		{"inactive_days", Policy{InactiveDays: 3651}},
		{"grace_days", Policy{GraceDays: 366}},
		{"recent_days", Policy{RecentDays: -1}},
		{"stale_hours", Policy{StaleHours: -1}},
		{"mass_change", Policy{MassChange: -1}},
		{"owners_per_store", Policy{OwnersPerStore: -1}},
		{"custom_few", Policy{CustomFew: 201}},
		{"company_domains", Policy{CompanyDomains: []string{"corp"}}},
		{"company_domains", Policy{CompanyDomains: []string{"a@corp.example"}}},
		{"free_mail_domains", Policy{FreeMailDomains: []string{"*.*.com"}}},
		{"role_words", Policy{RoleWords: []string{"info@"}}},
		{"owners 2", Policy{Owners: []Holder{{Email: "a@b.example"}, {Email: "b.example"}}}},
		{"high_risk_holders 1", Policy{HighRiskHolders: []Holder{{Email: "a b@c.example"}}}},
		{"code_holders 1", Policy{CodeHolders: []Holder{{Email: "@*.example.com"}}}},
		{"export_holders 1", Policy{ExportHolders: []Holder{{Email: "a@b.example", Stores: []string{""}}}}},
		{"duties 2", duty(func(d *Duty) { d.ID = "With Spaces" })},
		{"duties 2", duty(func(d *Duty) { d.ID = DefaultDuties()[0].ID })},
		{"duties 2", duty(func(d *Duty) { d.Title = "" })},
		{"duties 2", duty(func(d *Duty) { d.Groups = d.Groups[:1] })},
		{"duties 2", duty(func(d *Duty) { d.Groups = [][]string{{"A"}, {}} })},
		{"off", Policy{Off: []string{"no-such-rule"}}},
		{"limits", Policy{Limits: map[string][]string{"no-such-rule": {"live"}}}},
		{"limits", Policy{Limits: map[string][]string{"access-inactive": {""}}}},
		{"baselines 1", Policy{Baselines: []Baseline{{}}}},
		{"baselines 1", Policy{Baselines: []Baseline{{Store: "north", Saved: &SavedRights{}}}}},
		{"baselines 1", Policy{Baselines: []Baseline{{Store: "north", Compare: "looks"}}}},
		{"baselines 2", Policy{Baselines: []Baseline{{Store: "north"}, {Store: "south"}}}},
		{"", Policy{CompanyDomains: []string{"*.corp.example", "Corp.Example", "bücher.example"}, Owners: []Holder{{Email: "@corp.example"}}, Off: []string{"webhook-duplicate", "roster-leaver"}}},
	} {
		if got := fieldOf(test.policy.Check()); got != test.field {
			t.Errorf("%+v: %q, want %q", test.policy, got, test.field)
		}
	}
}
