package org

import (
	"fmt"
	"slices"
)

// Role is derived from permissions; the API has none (facts 1.3). Higher values hold more rights.
type Role uint8

// Roles in the order of design section 6, lowest first.
const (
	RoleUnknown Role = iota // permissions were not read
	RoleNone                // no permission after dropping the filler
	RoleSalesStaff
	RoleSalesManager
	RoleCustom
	RoleAdministrator
	RoleOwner
)

var roleWords = [...]string{"unknown", "none", "sales-staff-like", "sales-manager-like", "custom", "administrator-like", "owner-like"}

func (r Role) String() string { return roleWords[r] }

// Roles lists every role, highest first.
func Roles() []Role {
	return []Role{RoleOwner, RoleAdministrator, RoleCustom, RoleSalesManager, RoleSalesStaff, RoleNone, RoleUnknown}
}

// ParseRole reads a role's word.
func ParseRole(word string) (Role, error) {
	if i := slices.Index(roleWords[:], word); i >= 0 {
		return Role(i), nil
	}
	return 0, Invalid("role", fmt.Sprintf("%q is no role. Roles are %v.", word, Roles()))
}

// presetSlack is how many known names a set may differ from a preset and still be called like it (design 6).
const presetSlack = 3

// RoleOf derives the role of a permission set that was read.
func RoleOf(s PermissionSet) Role {
	if len(s) == 0 {
		return RoleNone
	}
	role, best := RoleCustom, presetSlack+1
	for _, preset := range presets {
		if preset.role == RoleOwner && !s.Has("Grant_High_Risk_Store_Permissions") {
			continue
		}
		if d := knownDifference(s, preset.set); d < best {
			role, best = preset.role, d
		}
	}
	return role
}

var presets []struct {
	role Role
	set  PermissionSet
}

func init() {
	for _, p := range []struct {
		role Role
		set  *PermissionSet
	}{{RoleOwner, &ownerSet}, {RoleAdministrator, &adminSet}, {RoleSalesStaff, &staffSet}} {
		presets = append(presets, struct {
			role Role
			set  PermissionSet
		}{p.role, *p.set})
	}
}

// Preset is the permission set that a role is compared with; nil for roles without one.
func Preset(r Role) PermissionSet {
	for _, preset := range presets {
		if preset.role == r {
			return preset.set
		}
	}
	return nil
}

// knownDifference counts the catalogue names that only one of both sets holds.
func knownDifference(a, b PermissionSet) int {
	onlyA := a.Minus(b)
	return len(onlyA) - len(onlyA.Unknown()) + len(b.Minus(a))
}
