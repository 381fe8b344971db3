package org

import (
	"slices"
	"testing"
	"time"
)

func TestTheCatalogueHasTheDocumentedSizes(t *testing.T) { // facts 3.1; the staff example also holds the filler
	if len(ownerSet) != 130 || len(adminSet) != 116 || len(staffSet) != 30 {
		t.Errorf("owner %d, administrator %d, staff %d", len(ownerSet), len(adminSet), len(staffSet))
	}
	if seen := ownerSet.Unknown(); len(seen) != 0 {
		t.Errorf("unknown names in the catalogue: %v", seen)
	}
}

func TestRoleOf(t *testing.T) {
	without := func(s PermissionSet, names ...string) PermissionSet { return s.Minus(NewPermissionSet(names)) }
	with := func(s PermissionSet, names ...string) PermissionSet {
		return NewPermissionSet(slices.Concat([]string(s), names))
	}
	for _, c := range []struct {
		name string
		set  PermissionSet
		want Role
	}{
		{"owner preset", ownerSet, RoleOwner},
		{"owner but three", without(ownerSet, "Manage_Pages", "Add_Pages", "Edit_Pages"), RoleOwner},
		{"owner but four", without(ownerSet, "Manage_Pages", "Add_Pages", "Edit_Pages", "Delete_Pages"), RoleCustom},
		{"owner without the right to grant", without(ownerSet, "Grant_High_Risk_Store_Permissions"), RoleCustom},
		{"owner with rights we do not know", with(ownerSet, "Read_Webhooks", "A_New", "B_New", "C_New", "D_New"), RoleOwner},
		{"administrator preset", adminSet, RoleAdministrator},
		{"administrator and two more", with(adminSet, "Manage_Products", "Manage_Users"), RoleAdministrator},
		{"staff preset", staffSet, RoleSalesStaff},
		{"staff with duplicates and filler", NewPermissionSet(append(slices.Clone([]string(staffSet)), Filler, "Manage_Orders")), RoleSalesStaff},
		{"one permission", NewPermissionSet([]string{"Manage_Orders"}), RoleCustom},
		{"filler only", NewPermissionSet([]string{Filler, Filler}), RoleNone},
		{"nothing", nil, RoleNone},
	} {
		if got := RoleOf(c.set); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestPrivilegedNamesItsReasons(t *testing.T) {
	set := NewPermissionSet([]string{"IntegratedApps_LoadApp", "Manage_Orders", "Add_User", "Export_Customers"})
	if got := set.Privileged(); !got.Equal(PermissionSet{"Add_User"}) {
		t.Errorf("privileged by %v", got)
	}
	if got := set.Sensitive(); !got.Equal(PermissionSet{"Add_User", "Export_Customers"}) {
		t.Errorf("sensitive by %v", got)
	}
	for _, name := range set.Sensitive() {
		if Allows(name) == "" {
			t.Errorf("%s has no reason in words", name)
		}
	}
}

func TestLoginStates(t *testing.T) {
	read := time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		last Moment
		want LoginState
	}{
		{"not read", Moment{}, LoginUnknown},
		{"null", Never(), LoginNever},
		{"exactly at the threshold", At(read.AddDate(0, 0, -90)), LoginActive},
		{"a second older", At(read.AddDate(0, 0, -90).Add(-time.Second)), LoginInactive},
		{"in the future by a wrong clock", At(read.AddDate(1, 0, 0)), LoginActive},
	} {
		if got := c.last.Login(read, 90); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestParseUUIDFindsItInAnAPIPath(t *testing.T) {
	const want = "01234567-89ab-cdef-0123-456789abcdef"
	for _, text := range []string{want, " 01234567-89AB-CDEF-0123-456789ABCDEF\n", "https://api.bigcommerce.com/accounts/" + want + "/graphql"} {
		if got, err := ParseUUID(text); got != want || err != nil {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "abc", want + "0", "https://api.bigcommerce.com/stores/abc/v3"} {
		if _, err := ParseUUID(text); KindOf(err) != KindInvalid {
			t.Errorf("%q: got %v, want invalid", text, err)
		}
	}
}

func TestPermissionLabel(t *testing.T) {
	for name, want := range map[string]string{
		"Manage_ProductAttributes":          "Manage product attributes",
		"View_XMLSitemap":                   "View XML sitemap",
		"Manage_DNS_Records":                "Manage DNS records",
		"IntegratedApps_LoadApp":            "Load app",
		"Create_Store_API_Tokens":           "Create store API tokens",
		"Statistics_JirafePurchaseFunnel":   "Statistics jirafe purchase funnel",
		"Grant_High_Risk_Store_Permissions": "Grant high risk store permissions",
	} {
		if got := PermissionLabel(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
