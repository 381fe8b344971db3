package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// listedFinding is a finding with what lists filter and sort by.
type listedFinding struct {
	id             audit.FindingID
	rule           string
	kind           audit.SubjectKind
	severity       audit.Severity
	gone           bool
	doubt          audit.Doubt
	decision       audit.FindingStatus
	until          int64 // unix milliseconds; 0: none
	first, last    int64 // snapshots
	user           org.UserID
	store          org.StoreID
	apiAccount     org.APIAccountID
	webhook        org.WebhookID
	label, storeOf string
}

// status is what has become of the finding by a moment.
func (l *listedFinding) status(now time.Time) audit.FindingStatus {
	switch {
	case l.gone:
		return audit.FindingResolved
	case l.decision == audit.FindingAccepted && l.until <= now.UnixMilli() || l.decision == "":
		return audit.FindingOpen
	}
	return l.decision
}

// findingLists keeps the lists used last: they change only with a snapshot or a decision.
type findingLists struct {
	mu   sync.Mutex
	keys []string // used last comes first
	list map[string][]listedFinding
}

// findingListsKept bounds the memory of findingLists.
const findingListsKept = 3

func (c *findingLists) get(key string, load func() ([]listedFinding, error)) ([]listedFinding, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, known := c.list[key]
	if !known {
		var err error
		if list, err = load(); err != nil {
			return nil, err
		}
		if c.list == nil {
			c.list = map[string][]listedFinding{}
		}
		c.list[key] = list
	}
	c.keys = slices.Insert(slices.DeleteFunc(c.keys, func(k string) bool { return k == key }), 0, key)
	for len(c.keys) > findingListsKept {
		delete(c.list, c.keys[len(c.keys)-1])
		c.keys = c.keys[:len(c.keys)-1]
	}
	return list, nil
}

const listedSelect = `SELECT f.id, f.rule, f.kind, v.severity, v.gone, v.doubt, iif(v.gone, '', f.decision), coalesce(f.until, 0), f.first_snapshot, v.last_seen,
  t.user_id, t.store_id, t.api_account_id, t.webhook_id, t.label, t.store_name
  FROM finding f JOIN finding_version v ON v.finding_id = f.id AND v.valid_from <= ?2 AND v.valid_to > ?2
  JOIN finding_text t ON t.finding_id = f.id AND t.snapshot_id = v.text_at WHERE f.account_id = ?1 AND v.gone = ?3`

var (
	qListedThen = query(listedSelect)
	qListedNow  = query(listedSelect + ` AND f.status <> 'resolved'`)
	qTurnBefore = query(`SELECT snapshot_id, at, done_at || ' ' || basis FROM finding_turn WHERE account_id = ? AND snapshot_id <= ? ORDER BY snapshot_id DESC LIMIT 1`)
)

// findings are those of the newest turn of the rules as of the view's snapshot; over wants those that are over instead.
func (v *view) findings(ctx context.Context, over bool) (list []listedFinding, judged audit.Turn, err error) {
	turns, err := all(ctx, v.db.reader, scanTurn, qTurnBefore, v.scope.Account, v.snapshot.ID)
	if err != nil || len(turns) == 0 {
		return nil, judged, err
	}
	turn := turns[0]
	last, err := v.db.lastTurn(ctx, v.db.reader, v.scope.Account)
	if err != nil {
		return nil, judged, err
	}
	mark, err := one(ctx, v.db.reader, scalar[int64], qStepMark, v.scope.Account)
	if err != nil {
		return nil, judged, err
	}
	text := qListedThen
	if last.Snapshot == turn.Snapshot && !over {
		text = qListedNow
	}
	key := fmt.Sprintln(v.scope.Account, turn.Snapshot, turn.basis, mark, over)
	list, err = v.db.lists.get(key, func() ([]listedFinding, error) {
		words := interned{}
		return all(context.WithoutCancel(ctx), v.db.reader, func(rows *sql.Rows) (listedFinding, error) { return scanListed(rows, words) },
			text, v.scope.Account, turn.Snapshot, over)
	})
	return list, turn.Turn, err
}

func scanListed(rows *sql.Rows, words interned) (l listedFinding, err error) {
	var rule, kind, doubt, decision, label, store string
	var severity uint8
	err = rows.Scan(&l.id, &rule, &kind, &severity, &l.gone, &doubt, &decision, &l.until, &l.first, &l.last,
		&l.user, &l.store, &l.apiAccount, &l.webhook, &label, &store)
	l.rule, l.kind, l.doubt, l.decision = words.same(rule), audit.SubjectKind(words.same(kind)), audit.Doubt(words.same(doubt)), audit.FindingStatus(words.same(decision))
	l.severity, l.label, l.storeOf = audit.Severity(severity), words.same(label), words.same(store)
	return l, err
}

// findingFilter holds the conditions of a query on findings.
type findingFilter struct {
	rules, states, kinds []string
	severities           []audit.Severity
	users                []org.UserID
	stores               map[org.StoreID]bool // nil: any, also none
	words                []string
	titles               map[string]string // of rules, folded
	now                  time.Time
	byPolicy             bool // wants those too that nobody wants to be judged
}

var (
	findingStates = []string{string(audit.FindingOpen), string(audit.FindingAccepted), string(audit.FindingFalse), string(audit.FindingResolved)}
	subjectKinds  = []string{
		string(audit.OfPerson), string(audit.OfAccess), string(audit.OfStore), string(audit.OfAccount),
		string(audit.OfWebhook), string(audit.OfAPIAccount), string(audit.OfHost), string(audit.OfApp),
	}
)

func (v *view) findingFilter(ctx context.Context, q org.Query) (f findingFilter, err error) {
	f = findingFilter{rules: q.Rules, states: q.States, kinds: q.Subjects, users: q.Users, now: v.db.now(), titles: map[string]string{}}
	for _, r := range audit.AllRules() {
		f.titles[r.ID] = strings.ToLower(r.Title)
	}
	for _, id := range q.Rules {
		if f.titles[id] == "" {
			return f, org.Invalid("rule", fmt.Sprintf("There is no rule %q.", id))
		}
	}
	if err := knownWords("state", q.States, findingStates); err != nil {
		return f, err
	}
	if err := knownWords("subject", q.Subjects, subjectKinds); err != nil {
		return f, err
	}
	for _, word := range q.Severities {
		s, err := audit.ParseSeverity(word)
		if err != nil {
			return f, err
		}
		f.severities = append(f.severities, s)
	}
	f.words = strings.Fields(strings.ToLower(q.Search))
	marks, err := v.storeFilter(ctx, q)
	if err != nil || marks == nil && v.scope.Stores == nil {
		return f, err
	}
	stores, err := v.stores(ctx) // those of the scope
	if err != nil {
		return f, err
	}
	f.stores = map[org.StoreID]bool{}
	for i := range stores.rows {
		f.stores[stores.rows[i].ID] = marks == nil || marks[i]
	}
	return f, nil
}

func knownWords(field string, words, known []string) error {
	for _, word := range words {
		if !slices.Contains(known, word) {
			return org.Invalid(field, fmt.Sprintf("%q is not possible for %s. Use one of %s.", word, field, strings.Join(known, ", ")))
		}
	}
	return nil
}

// over tells whether findings that are over are wanted too; those that are not over always are unless states say otherwise.
func (f *findingFilter) over() bool { return slices.Contains(f.states, string(audit.FindingResolved)) }

func (f *findingFilter) match(l *listedFinding) bool {
	return (f.byPolicy || l.gone || !l.doubt.ByPolicy()) &&
		(len(f.rules) == 0 || slices.Contains(f.rules, l.rule)) &&
		(len(f.severities) == 0 || slices.Contains(f.severities, l.severity)) &&
		(len(f.states) == 0 || slices.Contains(f.states, string(l.status(f.now)))) &&
		(len(f.kinds) == 0 || slices.Contains(f.kinds, string(l.kind))) &&
		(len(f.users) == 0 || slices.Contains(f.users, l.user)) &&
		(f.stores == nil || f.stores[l.store]) && f.search(l)
}

func (f *findingFilter) search(l *listedFinding) bool {
	if len(f.words) == 0 {
		return true
	}
	text := strings.ToLower(l.label+"\n"+l.storeOf) + "\n" + l.rule + "\n" + f.titles[l.rule]
	for _, word := range f.words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// findingColumns are the columns that findings can be sorted by; ids break ties.
var findingColumns = []column[*listedFinding]{
	{"default", nil, func(l *listedFinding) sortKey {
		return sortKey{text: string(rune('9'-l.severity)) + l.rule + "\x00" + strings.ToLower(l.storeOf) + "\x00" + strings.ToLower(l.label), id: int64(l.id)}
	}},
	{"severity", nil, func(l *listedFinding) sortKey { return sortKey{num: int64(l.severity), id: int64(l.id)} }},
	{"rule", nil, func(l *listedFinding) sortKey {
		return sortKey{text: l.rule, num: -int64(l.severity), id: int64(l.id)}
	}},
	{"subject", []string{"person"}, func(l *listedFinding) sortKey { return sortKey{text: strings.ToLower(l.label), id: int64(l.id)} }},
	{"store", nil, func(l *listedFinding) sortKey { return sortKey{text: strings.ToLower(l.storeOf), id: int64(l.id)} }},
	{"first-seen", []string{"first_seen"}, func(l *listedFinding) sortKey { return sortKey{num: l.first, id: int64(l.id)} }},
	{"until", nil, func(l *listedFinding) sortKey { return sortKey{num: l.until, id: int64(l.id)} }},
}

// findingList are the findings of a query in its order.
func (v *view) findingList(ctx context.Context, q org.Query) (list []*listedFinding, c column[*listedFinding], f findingFilter, judged audit.Turn, err error) {
	if c, err = columnOf(findingColumns, q.Sort); err != nil {
		return nil, c, f, judged, err
	}
	if f, err = v.findingFilter(ctx, q); err != nil {
		return nil, c, f, judged, err
	}
	for _, over := range []bool{false, true} {
		if over && !f.over() {
			break
		}
		var all []listedFinding
		if all, judged, err = v.findings(ctx, over); err != nil {
			return nil, c, f, judged, err
		}
		for i := range all {
			if f.match(&all[i]) {
				list = append(list, &all[i])
			}
		}
	}
	sorted(list, c, q.Desc)
	return list, c, f, judged, nil
}

// same is one copy of equal texts.
func (w interned) same(text string) string {
	if known, ok := w[text]; ok {
		return known
	}
	w[text] = text
	return text
}
