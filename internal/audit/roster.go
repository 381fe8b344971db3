package audit

import (
	"time"

	"rollcall/internal/org"
)

// Roster is a list of the people who should be there, as an HR system or identity provider gives it.
type Roster struct {
	Name    string
	At      time.Time // as of when the list is; people who were first seen later are not judged by it
	Entries []RosterEntry
	Domains []string // e-mail domains that the list covers, *.example.com for all below one; empty: all
}

// RosterEntry is one person of a list.
type RosterEntry struct {
	Line   int    // in the file, counted from 1
	Email  string // as given
	Name   string
	Unit   string // department or the like
	Status string // as given
	Left   bool   // the status says that the person is no longer there
}

// RosterMatch is a list laid beside the people of a snapshot. Slices are in the order of users, then of lines.
type RosterMatch struct {
	Matched  []RosterPair
	Near     []RosterPair  // neither the same nor surely another one: for people to decide
	Leavers  []RosterPair  // with access, and not in the list, or the list says that they left (then with the entry)
	NoAccess []RosterEntry // in the list and in no store
	Newer    []RosterPair  // with access, not in the list, but first seen after it was made
	Outside  []RosterPair  // with access, outside the domains that the list covers
}

// RosterPair is a user, and the entry that belongs or may belong to it.
type RosterPair struct {
	User  org.UserID
	Who   org.Identity
	Entry *RosterEntry // nil when there is none
	Why   Likeness     // how they are alike; empty when the e-mails are equal to the letter
	place int32        // of the user in People
}

// Likeness says how an e-mail or a person is like an entry of a list.
type Likeness string

// Kinds of likeness. A difference in case only is a match (design 3), the others are near matches.
const (
	LikeCase Likeness = "differs in upper and lower case only"
	LikePlus Likeness = "the same without what follows the plus"
	LikeDots Likeness = "the same without dots, which this mail service ignores"
	LikeName Likeness = "the same name with another e-mail"
	LikeTypo Likeness = "one or two letters differ"
)

// MatchRoster lays a list beside the people who have an access in a snapshot. Accesses that are switched off count too.
func MatchRoster(r *Roster, p *People) *RosterMatch {
	m := &rosterMatcher{
		people: p, roster: r, covers: newDomains(r.Domains), byEmail: map[string][]int32{}, used: make([]bool, len(r.Entries)), out: &RosterMatch{},
	}
	for i := range r.Entries {
		email := org.FoldEmail(r.Entries[i].Email)
		m.byEmail[email] = append(m.byEmail[email], int32(i))
	}
	var open []RosterPair
	for i := range p.users {
		u := &p.users[i]
		if u.from == u.to {
			continue
		}
		pair := RosterPair{User: u.id, Who: *p.who(int32(i)), place: int32(i)}
		if !m.exact(pair) {
			open = append(open, pair)
		}
	}
	open = m.near(open)
	for _, pair := range open {
		m.rest(pair)
	}
	for i := range r.Entries {
		if !m.used[i] && !r.Entries[i].Left {
			m.out.NoAccess = append(m.out.NoAccess, r.Entries[i])
		}
	}
	sortPairs(m.out.Near)
	sortPairs(m.out.Leavers)
	return m.out
}

// rosterMatcher is a match in the making.
type rosterMatcher struct {
	people  *People
	roster  *Roster
	covers  domains
	byEmail map[string][]int32
	used    []bool // entries that belong to somebody
	out     *RosterMatch
}

// exact places a user whose e-mail is in the list. Of several entries with it one that has not left counts.
func (m *rosterMatcher) exact(pair RosterPair) bool {
	places := m.byEmail[org.FoldEmail(pair.Who.Email)]
	if len(places) == 0 || pair.Who.Email == "" {
		return false
	}
	best := places[0]
	for _, i := range places {
		m.used[i] = true
		if m.roster.Entries[best].Left && !m.roster.Entries[i].Left {
			best = i
		}
	}
	pair.Entry = &m.roster.Entries[best]
	if pair.Entry.Email != pair.Who.Email {
		pair.Why = LikeCase
	}
	if pair.Entry.Left {
		m.out.Leavers = append(m.out.Leavers, pair)
	} else {
		m.out.Matched = append(m.out.Matched, pair)
	}
	return true
}

// rest places a user whom no entry is like.
func (m *rosterMatcher) rest(pair RosterPair) {
	switch seen := m.people.users[pair.place].seen; {
	case !m.covers.empty() && !m.covers.has(org.EmailDomain(pair.Who.Email)):
		m.out.Outside = append(m.out.Outside, pair)
	case !m.roster.At.IsZero() && seen > m.roster.At.Unix():
		m.out.Newer = append(m.out.Newer, pair)
	default:
		m.out.Leavers = append(m.out.Leavers, pair)
	}
}
