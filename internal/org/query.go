package org

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PageSize is how many rows a page shows.
const PageSize = 50

// Query says which rows are wanted and in which order. Pages, exports, saved views and the API share it.
// All filters on accesses must hold for one and the same access (design 7). The zero Query wants everything.
type Query struct {
	Search      string   // part of a name or e-mail, any script, any length
	Stores      []string // store hashes, any of them
	Labels      []string // store labels, any of them
	Roles       []Role   // any of them
	Privileged  Tri      // Yes or No filters
	Sensitive   Tri
	Login       []LoginState   // any of them
	Days        int            // threshold of inactive; 0 means the setting
	Statuses    []Status       // any of them; "unknown" stands for not provided
	Domains     []string       // folded e-mail domains
	Permissions []string       // any of them
	Apps        []string       // app API ids, any of them
	InAccount   Tri            // Yes: in the account list; No: only in stores
	Users       []UserID       // exactly these users
	Kinds       []string       // of changes
	Since       AsOf           // changes seen after this
	Hosts       []string       // folded destination hosts of webhooks, any of them
	Events      []string       // event scopes of webhooks, any of them
	States      []string       // states of webhooks or API accounts, any of them
	Clients     []string       // client IDs, any of them
	Through     []APIAccountID // webhooks seen through one of these API accounts
	Approved    Tri            // of the destination host
	Actors      []string       // who acted, exactly, any of them
	Actions     []string       // what was done, any of them
	Outcomes    []string       // of activity, any of them
	About       ActivityAbout  // what activity concerns
	Rules       []string       // rules of findings, any of them
	Severities  []string       // of findings, any of them
	Subjects    []string       // kinds of what findings are about, any of them
	From, To    string         // days of activity, 2006-01-02 in the display zone, both included
	AsOf        AsOf           // zero: newest closed snapshot

	Sort   string // column; empty means the list's own order
	Desc   bool
	After  string // opaque keyset cursor: rows behind it
	Before string // opaque keyset cursor: rows ahead of it
	Limit  int    // rows wanted; 0 means PageSize on pages and all in exports
}

// Param names of the query string, in the order in which Values writes them.
const (
	paramSearch, paramStore, paramLabel, paramRole = "q", "store", "label", "role"
	paramPrivileged, paramSensitive, paramLogin    = "privileged", "sensitive", "login"
	paramDays, paramStatus, paramDomain            = "days", "status", "domain"
	paramPermission, paramApp, paramInAccount      = "permission", "app", "in-account"
	paramUser, paramKind, paramSince, paramAsOf    = "user", "kind", "since", "as-of"
	paramHost, paramEvent, paramState              = "host", "event", "state"
	paramClient, paramThrough, paramApproved       = "client", "through", "approved"
	paramActor, paramAction, paramOutcome          = "actor", "action", "outcome"
	paramAbout, paramFrom, paramTo                 = "about", "from", "to"
	paramRule, paramSeverity, paramSubject         = "rule", "severity", "subject"
	paramSort, paramAfter, paramBefore             = "sort", "after", "before"
)

// ParseQuery reads a query string. Unknown parameters and values are Invalid errors: a mistyped filter must
// not silently show everything. Parameters named in ignore are skipped. Repeated parameters and commas both make lists.
func ParseQuery(values url.Values, ignore ...string) (Query, error) {
	var q Query
	for _, name := range sortedKeys(values) {
		if slices.Contains(ignore, name) {
			continue
		}
		if name == paramSearch { // free text: commas and backslashes are part of it
			q.Search = strings.TrimSpace(values.Get(name))
			continue
		}
		read, known := queryParams[name]
		if !known {
			return Query{}, Invalid(name, fmt.Sprintf("There is no filter named %q.", name))
		}
		if err := read(&q, splitList(values[name])); err != nil {
			return Query{}, err
		}
	}
	return q, nil
}

// ParseQueryString reads the query string of a page's address, with or without the leading question mark.
func ParseQueryString(text string) (Query, error) {
	values, err := url.ParseQuery(strings.TrimPrefix(strings.TrimSpace(text), "?"))
	if err != nil {
		return Query{}, Invalid("query", "The filter is not a query string like role=owner-like&login=never.")
	}
	return ParseQuery(values)
}

var queryParams = map[string]func(*Query, []string) error{
	paramStore: func(q *Query, v []string) error { q.Stores = v; return nil },
	paramLabel: func(q *Query, v []string) error { q.Labels = v; return nil },
	paramRole:  func(q *Query, v []string) (err error) { q.Roles, err = each(v, ParseRole); return err },
	paramLogin: func(q *Query, v []string) (err error) {
		q.Login, err = each(v, func(word string) (LoginState, error) {
			return wordOf[LoginState](paramLogin, word, loginWords[:])
		})
		return err
	},
	paramPrivileged: func(q *Query, v []string) (err error) { q.Privileged, err = triParam(paramPrivileged, v); return err },
	paramSensitive:  func(q *Query, v []string) (err error) { q.Sensitive, err = triParam(paramSensitive, v); return err },
	paramInAccount:  func(q *Query, v []string) (err error) { q.InAccount, err = triParam(paramInAccount, v); return err },
	paramDays:       func(q *Query, v []string) (err error) { q.Days, err = daysParam(v); return err },
	paramStatus: func(q *Query, v []string) error {
		for _, word := range v {
			q.Statuses = append(q.Statuses, parseStatus(word))
		}
		return nil
	},
	paramDomain: func(q *Query, v []string) error {
		for _, domain := range v {
			q.Domains = append(q.Domains, FoldEmail(strings.TrimPrefix(domain, "@")))
		}
		return nil
	},
	paramPermission: func(q *Query, v []string) error { q.Permissions = v; return nil },
	paramApp:        func(q *Query, v []string) error { q.Apps = v; return nil },
	paramUser: func(q *Query, v []string) (err error) {
		q.Users, err = each(v, func(word string) (UserID, error) {
			n, err := strconv.ParseInt(word, 10, 64)
			if err != nil {
				return 0, Invalid(paramUser, fmt.Sprintf("%q is no user number.", word))
			}
			return UserID(n), nil
		})
		return err
	},
	paramKind:  func(q *Query, v []string) error { q.Kinds = v; return nil },
	paramSince: func(q *Query, v []string) (err error) { q.Since, err = ParseAsOf(last(v)); return err },
	paramAsOf:  func(q *Query, v []string) (err error) { q.AsOf, err = ParseAsOf(last(v)); return err },
	paramHost: func(q *Query, v []string) error {
		for _, host := range v {
			q.Hosts = append(q.Hosts, strings.ToLower(host))
		}
		return nil
	},
	paramEvent:  func(q *Query, v []string) error { q.Events = v; return nil },
	paramState:  func(q *Query, v []string) error { q.States = v; return nil },
	paramClient: func(q *Query, v []string) error { q.Clients = v; return nil },
	paramThrough: func(q *Query, v []string) (err error) {
		q.Through, err = each(v, func(word string) (APIAccountID, error) {
			n, err := strconv.ParseInt(word, 10, 64)
			if err != nil {
				return 0, Invalid(paramThrough, fmt.Sprintf("%q is no number of an API account.", word))
			}
			return APIAccountID(n), nil
		})
		return err
	},
	paramApproved: func(q *Query, v []string) (err error) { q.Approved, err = triParam(paramApproved, v); return err },
	paramActor:    func(q *Query, v []string) error { q.Actors = v; return nil },
	paramAction:   func(q *Query, v []string) error { q.Actions = v; return nil },
	paramOutcome:  func(q *Query, v []string) error { q.Outcomes = v; return nil },
	paramAbout:    func(q *Query, v []string) (err error) { q.About, err = aboutParam(v); return err },
	paramFrom:     func(q *Query, v []string) (err error) { q.From, err = dayParam(paramFrom, v); return err },
	paramTo:       func(q *Query, v []string) (err error) { q.To, err = dayParam(paramTo, v); return err },
	paramRule:     func(q *Query, v []string) error { q.Rules = v; return nil },
	paramSeverity: func(q *Query, v []string) error { q.Severities = v; return nil },
	paramSubject:  func(q *Query, v []string) error { q.Subjects = v; return nil },
	paramAfter:    func(q *Query, v []string) error { q.After = last(v); return nil },
	paramBefore:   func(q *Query, v []string) error { q.Before = last(v); return nil },
	paramSort: func(q *Query, v []string) error {
		q.Sort, q.Desc = strings.CutPrefix(last(v), "-")
		return nil
	},
}

var itemEscapes = strings.NewReplacer(`\`, `\\`, `,`, `\,`)

// Values writes the query as the parameters that ParseQuery reads; defaults are left out.
func (q Query) Values() url.Values {
	v := url.Values{}
	set := func(name string, list ...string) {
		for _, item := range list {
			if item != "" {
				v.Add(name, itemEscapes.Replace(item))
			}
		}
	}
	if q.Search != "" {
		v.Set(paramSearch, q.Search)
	}
	set(paramStore, q.Stores...)
	set(paramLabel, q.Labels...)
	set(paramRole, texts(q.Roles)...)
	set(paramPrivileged, triText(q.Privileged))
	set(paramSensitive, triText(q.Sensitive))
	set(paramLogin, texts(q.Login)...)
	if q.Days > 0 {
		set(paramDays, strconv.Itoa(q.Days))
	}
	for _, status := range q.Statuses {
		set(paramStatus, status.Text())
	}
	set(paramDomain, q.Domains...)
	set(paramPermission, q.Permissions...)
	set(paramApp, q.Apps...)
	set(paramInAccount, triText(q.InAccount))
	for _, id := range q.Users {
		set(paramUser, strconv.FormatInt(int64(id), 10))
	}
	set(paramKind, q.Kinds...)
	set(paramHost, q.Hosts...)
	set(paramEvent, q.Events...)
	set(paramState, q.States...)
	set(paramClient, q.Clients...)
	for _, id := range q.Through {
		set(paramThrough, strconv.FormatInt(int64(id), 10))
	}
	set(paramApproved, triText(q.Approved))
	set(paramActor, q.Actors...)
	set(paramAction, q.Actions...)
	set(paramOutcome, q.Outcomes...)
	set(paramAbout, string(q.About))
	set(paramFrom, q.From)
	set(paramTo, q.To)
	set(paramRule, q.Rules...)
	set(paramSeverity, q.Severities...)
	set(paramSubject, q.Subjects...)
	set(paramSince, q.Since.String())
	set(paramAsOf, q.AsOf.String())
	if q.Sort != "" {
		set(paramSort, map[bool]string{true: "-"}[q.Desc]+q.Sort)
	}
	set(paramAfter, q.After)
	set(paramBefore, q.Before)
	return v
}

// Encode is the query string, empty for the zero Query.
func (q Query) Encode() string { return q.Values().Encode() }

// FirstPage is the query without its place in the list.
func (q Query) FirstPage() Query { q.After, q.Before = "", ""; return q }

// FiltersAccess tells whether a filter asks for properties of single accesses.
func (q Query) FiltersAccess() bool {
	return len(q.Stores)+len(q.Labels)+len(q.Roles)+len(q.Statuses)+len(q.Permissions)+len(q.Apps) > 0 ||
		q.Privileged != Unknown || q.Sensitive != Unknown
}

// Threshold is the number of days after which a sign-in counts as old.
func (q Query) Threshold(s Settings) int {
	if q.Days > 0 {
		return q.Days
	}
	return s.InactiveDays
}

// AsOf names a moment of the history: a snapshot number, a day in the display zone, or an exact time.
// The zero AsOf is the newest closed snapshot.
type AsOf struct {
	Snapshot SnapshotID
	Day      string // 2006-01-02
	Time     time.Time
}

// ParseAsOf reads a date, an RFC 3339 time or a snapshot number; empty text is the zero AsOf.
func ParseAsOf(text string) (AsOf, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return AsOf{}, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		return AsOf{Snapshot: SnapshotID(n)}, nil
	}
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return AsOf{Day: text}, nil
	}
	// A plus sign in a query string that was typed by hand arrives as a blank.
	if t, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "+", 1)); err == nil {
		return AsOf{Time: t}, nil
	}
	return AsOf{}, Invalid(paramAsOf, fmt.Sprintf("%q is no date. Use a date like 2026-03-31, a time like 2026-03-31T18:00:00Z or a snapshot number.", text))
}

// String is the form that ParseAsOf reads.
func (a AsOf) String() string {
	switch {
	case a.Snapshot > 0:
		return strconv.FormatInt(int64(a.Snapshot), 10)
	case a.Day != "":
		return a.Day
	case !a.Time.IsZero():
		return a.Time.UTC().Format(time.RFC3339)
	}
	return ""
}

// IsZero tells whether the newest closed snapshot is meant.
func (a AsOf) IsZero() bool { return a == AsOf{} }

// Moment is the last instant that counts: a day means its end in the zone (design 3). ok is false for a
// snapshot number and for the zero AsOf.
func (a AsOf) Moment(zone *time.Location) (t time.Time, ok bool) {
	if a.Day != "" {
		day, err := time.Parse(time.DateOnly, a.Day)
		return firstOf(day.AddDate(0, 0, 1), zone).Add(-time.Millisecond), err == nil
	}
	return a.Time, !a.Time.IsZero()
}

// firstOf is the first instant of a day in a zone. Where the clocks go forward at midnight the day has no midnight,
// and time.Date then gives an hour before or after the change.
func firstOf(day time.Time, zone *time.Location) time.Time {
	t := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	from, to := t.ZoneBounds()
	switch {
	case t.Hour() == 0 && t.Minute() == 0:
		return t
	case t.Day() == day.Day():
		return from
	}
	return to
}

func sortedKeys(v url.Values) []string {
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// splitList splits at commas; a backslash keeps the next character as it is.
func splitList(values []string) []string {
	var list []string
	for _, value := range values {
		var item strings.Builder
		escaped := false
		for _, r := range value + "," {
			switch {
			case escaped:
				item.WriteRune(r)
				escaped = false
			case r == '\\':
				escaped = true
			case r == ',':
				if text := strings.TrimSpace(item.String()); text != "" {
					list = append(list, text)
				}
				item.Reset()
			default:
				item.WriteRune(r)
			}
		}
	}
	return list
}

func each[T any](words []string, parse func(string) (T, error)) ([]T, error) {
	var list []T
	for _, word := range words {
		item, err := parse(word)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, nil
}

func texts[T fmt.Stringer](list []T) []string {
	words := make([]string, len(list))
	for i, item := range list {
		words[i] = item.String()
	}
	return words
}

func wordOf[T ~uint8](param, word string, words []string) (T, error) {
	if i := slices.Index(words, word); i >= 0 {
		return T(i), nil
	}
	return 0, Invalid(param, fmt.Sprintf("%q is not possible for %s. Use one of %s.", word, param, strings.Join(words, ", ")))
}

func triParam(param string, v []string) (Tri, error) {
	if len(v) == 0 {
		return Unknown, nil
	}
	switch last(v) {
	case "yes":
		return Yes, nil
	case "no":
		return No, nil
	}
	return Unknown, Invalid(param, fmt.Sprintf("%s can be yes or no, not %q.", param, last(v)))
}

func triText(t Tri) string {
	if t == Unknown {
		return ""
	}
	return t.String()
}

func daysParam(v []string) (int, error) {
	if len(v) == 0 {
		return 0, nil
	}
	days, err := strconv.Atoi(last(v))
	if err != nil || days < 1 || days > 3650 {
		return 0, Invalid(paramDays, "days must be a whole number from 1 to 3650.")
	}
	return days, nil
}

func parseStatus(word string) Status {
	if strings.EqualFold(word, "unknown") {
		return ""
	}
	return Status(strings.ToUpper(word))
}

func last(v []string) string {
	if len(v) == 0 {
		return ""
	}
	return v[len(v)-1]
}
