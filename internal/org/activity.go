package org

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Activity is what is recorded of an action; the store adds number, time and hash.
type Activity struct {
	Account                                                          AccountID // 0 when it concerns none
	Actor, Action, Subject, Address, Request, Outcome, Before, After string
	Session                                                          string // short name of the browser session, never its token
}

// ActivityRow is one entry of Rollcall's own activity log.
type ActivityRow struct {
	ID      int64 // from 1 on, without a gap
	At      time.Time
	Account AccountID // 0 when it concerns none
	Actor   string    // member's name or local:<os user>
	Session string    // short name of the browser session; empty for commands
	Action  string
	Subject string
	Address string // from where
	Request string // request id
	Outcome string // done, refused or failed
	Before  string
	After   string
	Hash    ActivityHash // of this row and, through the row before, of all earlier ones
}

// ActivityPage is a page of the activity log, newest first.
type ActivityPage struct {
	Rows       []ActivityRow
	Total      int
	From       int
	Next, Prev string
}

// ActivityHash chains the rows of the activity log. The zero hash stands before the first row.
type ActivityHash [sha256.Size]byte

// String is the hash as 64 hexadecimal digits.
func (h ActivityHash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the hash as String does, for JSON.
func (h ActivityHash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (h *ActivityHash) UnmarshalText(text []byte) (err error) {
	*h, err = ParseActivityHash(string(text))
	return err
}

// ParseActivityHash reads 64 hexadecimal digits in either case; other texts are Invalid errors.
func ParseActivityHash(text string) (h ActivityHash, err error) {
	raw, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != len(h) {
		return h, Invalid("head", fmt.Sprintf("%q is no head of the activity log: it has 64 hexadecimal digits.", text))
	}
	return ActivityHash(raw), nil
}

// chainForm begins what is hashed, so that another form can be told apart later.
const chainForm = "rollcall activity 1\n"

// Chain is the hash that the row must have when the row before it has the hash before. Every field counts, each with its
// length, so that nothing can move from one field to the next unnoticed. The time counts in milliseconds.
func (r ActivityRow) Chain(before ActivityHash) ActivityHash {
	text := append([]byte(chainForm), before[:]...)
	for _, n := range []int64{r.ID, r.At.UnixMilli(), int64(r.Account)} {
		text = binary.BigEndian.AppendUint64(text, uint64(n))
	}
	for _, field := range []string{r.Actor, r.Session, r.Action, r.Subject, r.Address, r.Request, r.Outcome, r.Before, r.After} {
		text = binary.BigEndian.AppendUint64(text, uint64(len(field)))
		text = append(text, field...)
	}
	return sha256.Sum256(text)
}

// ActivityHead is the newest state of the activity log: how many rows were ever written, and the hash of the last one.
// Who keeps a head outside can prove later that nothing before it was changed or cut off.
type ActivityHead struct {
	Count int64        `json:"rows"`
	Hash  ActivityHash `json:"hash"`
}

// ActivityProof is what walking the chain showed.
type ActivityProof struct {
	At     time.Time    `json:"at"`
	Head   ActivityHead `json:"head"`             // of the last row that was proven
	Pruned int64        `json:"pruned"`           // rows before the first one that is kept
	Broken int64        `json:"broken,omitempty"` // first row that is not what was written; 0: none
	Why    string       `json:"why,omitempty"`    // what is wrong there
}

// Whole tells that every row is as it was written.
func (p ActivityProof) Whole() bool { return !p.At.IsZero() && p.Why == "" }

// ActivityAnchor seals the beginning of a log that was pruned: the last row that went and how many went altogether. It
// stands as text in the row that records the pruning, and so in the chain.
type ActivityAnchor struct {
	Last  int64        `json:"last_id"`
	Hash  ActivityHash `json:"hash"`
	Count int64        `json:"count"`
	Until string       `json:"kept_from"` // day from which rows are kept, UTC
}

// Words of the activity log that the log itself writes.
const (
	ActivityPrune   = "activity.prune"   // After holds the anchor
	ActivityDropped = "activity.dropped" // rows that a receiver never got
)

// ActivityOutcomes are the outcomes in the order in which choices offer them.
func ActivityOutcomes() []string { return []string{"done", "refused", "failed"} }

// MinActivityMonths is how long rows are kept at least.
const MinActivityMonths = 13

// DefaultActivityMonths is how long rows are kept when nobody says otherwise.
const DefaultActivityMonths = 25

// KeepActivityFrom is the first instant from which rows are kept: whole months in UTC, at least the minimum of them
// besides the running one.
func KeepActivityFrom(now time.Time, months int) time.Time {
	now = now.UTC()
	return time.Date(now.Year(), now.Month()-time.Month(max(months, MinActivityMonths)), 1, 0, 0, 0, 0, time.UTC)
}

// ActivityAbout says which rows are wanted by what they concern.
type ActivityAbout string

// Choices of ActivityAbout. The empty one means the account and the installation.
const (
	AboutAccount      ActivityAbout = "account"      // the account only
	AboutInstallation ActivityAbout = "installation" // what concerns no account: sign-ins, members, settings
)

func aboutParam(v []string) (ActivityAbout, error) {
	about := ActivityAbout(last(v))
	if !slices.Contains([]ActivityAbout{"", AboutAccount, AboutInstallation}, about) {
		return "", Invalid(paramAbout, fmt.Sprintf("%s can be account or installation, not %q.", paramAbout, about))
	}
	return about, nil
}

func dayParam(param string, v []string) (string, error) {
	day := last(v)
	if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
		return "", Invalid(param, fmt.Sprintf("%q is no date. Use one like 2026-03-31.", day))
	}
	return day, nil
}

// Span are the instants from the beginning of From to the end of To in the zone; a zero time is no bound. The second one
// is the first instant that is not meant.
func (q Query) Span(zone *time.Location) (from, to time.Time) {
	if day, err := time.Parse(time.DateOnly, q.From); err == nil {
		from = firstOf(day, zone)
	}
	if day, err := time.Parse(time.DateOnly, q.To); err == nil {
		to = firstOf(day.AddDate(0, 0, 1), zone)
	}
	return from, to
}
