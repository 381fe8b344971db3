package org

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// Filler is the permission name that BigCommerce puts where there is none (facts 3.1).
const Filler = "No_Permission_Required"

// PermissionSet is a sorted list of permission names without duplicates and filler.
// Names that Rollcall does not know are kept as they came.
type PermissionSet []string

// NewPermissionSet cleans a list as the API returns it: duplicates occur there (facts 1.3).
func NewPermissionSet(names []string) PermissionSet {
	set := make(PermissionSet, 0, len(names))
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" && name != Filler {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// Has tells whether the set holds the name.
func (s PermissionSet) Has(name string) bool {
	_, found := slices.BinarySearch(s, name)
	return found
}

// HasAny tells whether the set holds one of the names at least.
func (s PermissionSet) HasAny(names []string) bool { return slices.ContainsFunc(names, s.Has) }

// Hash identifies the content of the set.
func (s PermissionSet) Hash() [32]byte { return sha256.Sum256([]byte(strings.Join(s, "\n"))) }

// Equal tells whether both sets hold the same names.
func (s PermissionSet) Equal(other PermissionSet) bool { return slices.Equal(s, other) }

// Minus lists the names of s that other lacks.
func (s PermissionSet) Minus(other PermissionSet) PermissionSet {
	var rest PermissionSet
	for _, name := range s {
		if !other.Has(name) {
			rest = append(rest, name)
		}
	}
	return rest
}

// Unknown lists the names of the set that are not in the catalogue: rights that BigCommerce introduced later.
func (s PermissionSet) Unknown() PermissionSet {
	var names PermissionSet
	for _, name := range s {
		if _, known := areaOf[name]; !known {
			names = append(names, name)
		}
	}
	return names
}

// Privileged lists the held permissions that make an access privileged (design 6): the high-risk ones except
// launching apps, and the management of users.
func (s PermissionSet) Privileged() PermissionSet { return s.among(privileged) }

// Sensitive lists the held permissions of the longer list (facts 3.2).
func (s PermissionSet) Sensitive() PermissionSet { return s.among(sensitive) }

func (s PermissionSet) among(list map[string]string) PermissionSet {
	var held PermissionSet
	for _, name := range s {
		if _, listed := list[name]; listed {
			held = append(held, name)
		}
	}
	return held
}
