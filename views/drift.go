package views

import (
	"slices"
	"strings"

	"rollcall/internal/org"
)

// Drift compares one user's rights over all stores: each distinct set of permissions is a line, the most common
// one first, and each other line tells what it has more or less than that.
type Drift struct {
	Areas []string
	Lines []DriftLine
}

// DriftLine is one distinct set with the stores where the user holds it.
type DriftLine struct {
	Title  string // the usual set, or +2 −1
	Note   string // 47 stores
	Stores []Link
	Role   Badge
	Usual  bool
	Cells  []DriftCell
	Diff   Diff
}

// DriftCell is one area of permissions in one set.
type DriftCell struct {
	Text  string // 4/7
	Class string // full, part, none, with more, less or both when it differs from the usual set
	Title string
	Mark  string // +1, −2
}

// Diff is the difference of two permission sets, in API names.
type Diff struct{ Added, Removed []string }

// diffShown is how many names of a difference are shown before the rest is folded.
const diffShown = 12

// DiffPart is one side of a difference: the names shown, and those that are folded.
type DiffPart struct {
	Class, Label, Sign string
	Names, More        []PermissionName
}

// PermissionName is a permission in words, with its name in the API.
type PermissionName struct{ Label, Name string }

func permissionNames(names []string) []PermissionName {
	list := make([]PermissionName, len(names))
	for i, name := range names {
		list[i] = PermissionName{org.PermissionLabel(name), name}
	}
	return list
}

// Parts are the sides that are not empty.
func (d Diff) Parts() []DiffPart {
	var parts []DiffPart
	for _, p := range []DiffPart{{Class: "add", Label: "Added", Sign: "+ ", Names: permissionNames(d.Added)}, {Class: "del", Label: "Removed", Sign: "− ", Names: permissionNames(d.Removed)}} {
		if len(p.Names) > diffShown+2 {
			p.Names, p.More = p.Names[:diffShown], p.Names[diffShown:]
		}
		if len(p.Names) > 0 {
			parts = append(parts, p)
		}
	}
	return parts
}

// None tells whether both sets are equal.
func (d Diff) None() bool { return len(d.Added)+len(d.Removed) == 0 }

// Short is the difference in a few characters: +2 −1.
func (d Diff) Short() string {
	var parts []string
	if n := len(d.Added); n > 0 {
		parts = append(parts, "+"+Count(n))
	}
	if n := len(d.Removed); n > 0 {
		parts = append(parts, "−"+Count(n))
	}
	return strings.Join(parts, " ")
}

func diffOf(before, after org.PermissionSet) Diff {
	return Diff{Added: after.Minus(before), Removed: before.Minus(after)}
}

type setGroup struct {
	set  org.PermissionSet
	rows []org.AccessRow
}

// groupSets puts accesses with equal permissions together, the largest group first. Unread rights have no set.
func groupSets(rows []org.AccessRow) (groups []setGroup) {
	place := map[[32]byte]int{}
	for _, row := range rows {
		if !row.RightsRead {
			continue
		}
		key := row.Permissions.Hash()
		i, ok := place[key]
		if !ok {
			i = len(groups)
			place[key] = i
			groups = append(groups, setGroup{set: row.Permissions})
		}
		groups[i].rows = append(groups[i].rows, row)
	}
	slices.SortStableFunc(groups, func(a, b setGroup) int { return len(b.rows) - len(a.rows) })
	return groups
}

func driftOf(s Shell, rows []org.AccessRow) Drift {
	var d Drift
	groups := groupSets(rows)
	areas := heldAreas(groups)
	for _, a := range areas {
		d.Areas = append(d.Areas, a.Name)
	}
	for i, g := range groups {
		line := DriftLine{Usual: i == 0, Note: Counted(len(g.rows), "store"), Role: RoleBadge(g.rows[0].Role), Diff: diffOf(groups[0].set, g.set)}
		line.Title = "Usual set"
		if i > 0 {
			line.Title = line.Diff.Short() + " against usual"
		}
		for _, row := range g.rows {
			line.Stores = append(line.Stores, Link{Text: row.StoreName, Href: s.storeHref(row.Store)})
		}
		for _, a := range areas {
			line.Cells = append(line.Cells, driftCell(a, groups[0].set, g.set))
		}
		d.Lines = append(d.Lines, line)
	}
	return d
}

// heldAreas are the areas in which at least one of the sets holds something, with every name that occurs or is known.
func heldAreas(groups []setGroup) []org.Area {
	var all org.PermissionSet
	for _, g := range groups {
		all = append(all, g.set...)
	}
	all = org.NewPermissionSet(all)
	held := all.Group()
	for i, a := range held {
		for _, known := range org.Areas() {
			if known.Name == a.Name {
				held[i].Names = known.Names
			}
		}
	}
	return held
}

func driftCell(a org.Area, usual, set org.PermissionSet) DriftCell {
	var have, more, less int
	var names []string
	for _, name := range a.Names {
		mine, theirs := set.Has(name), usual.Has(name)
		if mine {
			have++
		}
		if mine && !theirs {
			more++
			names = append(names, "+ "+org.PermissionLabel(name))
		}
		if !mine && theirs {
			less++
			names = append(names, "− "+org.PermissionLabel(name))
		}
	}
	c := DriftCell{Text: Count(have) + "/" + Count(len(a.Names)), Title: a.Name + ": " + Count(have) + " of " + Count(len(a.Names)) + "\n" + strings.Join(names, "\n"), Mark: Diff{Added: make([]string, more), Removed: make([]string, less)}.Short()}
	switch {
	case have == 0:
		c.Text, c.Class = "–", "none"
	case have == len(a.Names):
		c.Class = "full"
	}
	switch {
	case more > 0 && less > 0:
		c.Class += " both"
	case more > 0:
		c.Class += " more"
	case less > 0:
		c.Class += " less"
	}
	return c
}
