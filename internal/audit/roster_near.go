package audit

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"rollcall/internal/org"
)

// dotless are mail services that take addresses with and without dots for the same mailbox.
var dotless = map[string]bool{"gmail.com": true, "googlemail.com": true}

// near finds entries that are like the open users, the surest likeness first. Each entry serves once, so that nobody
// hides behind somebody else's entry. It returns those that are still open.
func (m *rosterMatcher) near(open []RosterPair) []RosterPair {
	for _, way := range []struct {
		why  Likeness
		keys func(email, name string) string
	}{
		{LikePlus, func(email, _ string) string { return withoutPlus(email) }},
		{LikeDots, func(email, _ string) string { return withoutDots(email) }},
		{LikeName, func(_, name string) string { return name }},
	} {
		open = m.nearBy(open, way.why, way.keys)
	}
	return m.nearTypos(open)
}

func (m *rosterMatcher) nearBy(open []RosterPair, why Likeness, key func(email, name string) string) []RosterPair {
	index := map[string][]int32{}
	for i := range m.roster.Entries {
		e := &m.roster.Entries[i]
		if k := key(org.FoldEmail(e.Email), foldFull(e.Name)); k != "" && !m.used[i] {
			index[k] = append(index[k], int32(i))
		}
	}
	return slices.DeleteFunc(open, func(pair RosterPair) bool {
		k := key(org.FoldEmail(pair.Who.Email), foldName(&pair.Who))
		for _, i := range index[k] {
			if k != "" && m.take(pair, i, why) {
				return true
			}
		}
		return false
	})
}

// take makes an entry the near match of a user unless it is taken.
func (m *rosterMatcher) take(pair RosterPair, entry int32, why Likeness) bool {
	if m.used[entry] {
		return false
	}
	m.used[entry] = true
	pair.Entry, pair.Why = &m.roster.Entries[entry], why
	m.out.Near = append(m.out.Near, pair)
	return true
}

func withoutPlus(email string) string {
	local, domain, found := strings.Cut(email, "@")
	if !found {
		return ""
	}
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

// withoutDots is the form in which such services see an address; empty for other services.
func withoutDots(email string) string {
	local, domain, found := strings.Cut(withoutPlus(email), "@")
	if !found || !dotless[domain] {
		return ""
	}
	return strings.ReplaceAll(local, ".", "") + "@gmail.com"
}

// foldFull folds a name of a list; empty when it is one word. Last name, first name is turned round.
func foldFull(name string) string {
	if last, first, found := strings.Cut(name, ","); found {
		name = first + " " + last
	}
	words := strings.Fields(strings.ToLower(name))
	if len(words) < 2 {
		return ""
	}
	return strings.Join(words, " ")
}

// typoTries bounds how many entries one user is compared with letter by letter.
const typoTries = 200

// piece is a part of the name of a mailbox, at its place, of names of one length at one domain. Of two names that
// differ in at most two letters one of three parts is equal and at most two letters off its place.
type piece struct {
	domain       string
	length, part int
	text         string
}

func (m *rosterMatcher) nearTypos(open []RosterPair) []RosterPair {
	pieces, byLocal := map[piece][]int32{}, map[string][]int32{}
	for i := range m.roster.Entries {
		local, domain, found := strings.Cut(org.FoldEmail(m.roster.Entries[i].Email), "@")
		if !found || m.used[i] {
			continue
		}
		byLocal[local] = append(byLocal[local], int32(i))
		for part := range 3 {
			from, to := third(len(local), part)
			key := piece{domain, len(local), part, local[from:to]}
			pieces[key] = append(pieces[key], int32(i))
		}
	}
	if len(byLocal) == 0 {
		return open
	}
	return slices.DeleteFunc(open, func(pair RosterPair) bool {
		entry, found := m.closest(org.FoldEmail(pair.Who.Email), pieces, byLocal)
		return found && m.take(pair, entry, LikeTypo)
	})
}

// third is where a part of three of a name begins and ends.
func third(length, part int) (from, to int) { return length * part / 3, length * (part + 1) / 3 }

// closest is the unused entry with the fewest letters of difference, of equals the first in the list.
func (m *rosterMatcher) closest(email string, pieces map[piece][]int32, byLocal map[string][]int32) (best int32, found bool) {
	local, domain, ok := strings.Cut(email, "@")
	if !ok {
		return 0, false
	}
	least, tries := 3, 0
	try := func(list []int32) {
		for _, i := range list {
			if tries++; tries > typoTries {
				return
			}
			d := mailDistance(email, org.FoldEmail(m.roster.Entries[i].Email))
			if !m.used[i] && d > 0 && (d < least || d == least && d < 3 && i < best) {
				best, least = i, d
			}
		}
	}
	try(byLocal[local])
	for length := max(1, len(local)-2); length <= len(local)+2; length++ {
		for part := range 3 {
			from, to := third(length, part)
			for shift := max(0, from-2); shift <= from+2 && shift+to-from <= len(local); shift++ {
				try(pieces[piece{domain, length, part, local[shift : shift+to-from]}])
			}
		}
	}
	return best, least < 3
}

// mailDistance counts the letters by which two folded e-mails differ, when it may be a slip: at the same domain or of
// the same mailbox name, at most one letter of a short name, two of a longer one, and no digit. Otherwise 3.
func mailDistance(a, b string) int {
	localA, domainA, _ := strings.Cut(a, "@")
	localB, domainB, _ := strings.Cut(b, "@")
	x, y := localA, localB
	if domainA != domainB {
		if localA != localB {
			return 3
		}
		x, y = domainA, domainB
	}
	if x != y && digits(x) != digits(y) {
		return 3
	}
	d := distance(x, y)
	if short := min(len(x), len(y)); short < 3 || short < 6 && d > 1 {
		return 3
	}
	return d
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// distance is the number of letters to add, drop, change, or swap with the next one; 3 stands for more than two.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if doubt := utf8.RuneCountInString(a) - len(y); doubt > 2 || doubt < -2 {
		return 3
	}
	var before, row, next []int
	row, next, before = make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return min(row[len(y)], 3)
}

func sortPairs(list []RosterPair) {
	slices.SortStableFunc(list, func(a, b RosterPair) int { return cmp.Compare(a.place, b.place) })
}
