package sqlite

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// maker puts an acting together.
type maker struct {
	*acting
	view   *view
	stores *storeTable
	base   *hookBase
	then   map[org.APIAccountID]org.Proof // nil: as verified now
	byHash map[string]int32               // places of stores
	rows   map[org.APIAccountID]int       // places of entries
	client map[clientKey]int              // places of entries of which a client is known
	worked []int                          // tokens of each store that worked, by place
	shows  map[hookSource]bool            // clients whose webhooks were seen through an entry

	untried int // tokens that the sweep of that time did not come to
}

// hookSource is an entry and the client of a webhook that was seen through it last.
type hookSource struct {
	entry  org.APIAccountID
	client string
}

func (m *maker) makeStores() {
	m.acting.stores = make([]org.StoreCoverage, len(m.stores.rows))
	for i := range m.stores.rows {
		s := &m.stores.rows[i]
		m.byHash[s.Hash] = int32(i)
		m.acting.stores[i] = org.StoreCoverage{Store: s.ID, StoreHash: s.Hash, StoreName: s.Name}
		m.byName = append(m.byName, int32(i))
	}
	slices.SortFunc(m.byName, func(a, b int32) int {
		return cmp.Or(strings.Compare(m.stores.rows[a].name, m.stores.rows[b].name), cmp.Compare(a, b))
	})
}

func (m *maker) makeEntries() {
	scoped := m.view.scope.Stores != nil
	m.untried = m.base.sweep.missing
	for i := range m.reg.entries { // no sweep reads those, and they are no stores that failed
		if e := &m.reg.entries[i]; e.Store == 0 && e.StoreHash != "" && e.in(m.until) && e.swept > 0 {
			m.untried--
		}
	}
	m.entries.rows = make([]entryRow, 0, len(m.reg.entries))
	for i := range m.reg.entries {
		e := &m.reg.entries[i]
		place, known := m.byHash[e.StoreHash]
		if !known || e.StoreHash == "" {
			place = -1
		}
		if scoped && place < 0 || !e.in(m.until) {
			continue
		}
		m.rows[e.ID] = len(m.entries.rows)
		if e.ClientID != "" {
			m.client[clientKey{e.StoreHash, e.ClientID}] = len(m.entries.rows)
		}
		m.entries.rows = append(m.entries.rows, m.entry(e, place))
	}
	m.date()
}

// date tells when each entry was read, once it is known how many tokens of its store worked.
func (m *maker) date() {
	m.worked = make([]int, len(m.stores.rows))
	for i := range m.entries.rows {
		if row := &m.entries.rows[i]; row.place >= 0 && row.HasToken && row.Proof.State.Works() {
			m.worked[row.place]++
		}
	}
	for i := range m.entries.rows {
		row := &m.entries.rows[i]
		row.readAt, row.read = m.reading(m.reg.entry(row.ID), row)
	}
}

func (m *maker) entry(e *entryNow, place int32) entryRow {
	row := entryRow{APIAccount: e.APIAccount, place: place}
	if place >= 0 {
		row.StoreName = m.stores.rows[place].Name
	}
	if !e.RemovedAt.IsZero() { // its token was forgotten since
		row.HasToken, row.RemovedAt = row.TokenLast4 != "", time.Time{}
	}
	if m.then != nil {
		row.Proof = m.then[e.ID]
		if row.Proof.State == org.ProofNone && !row.HasToken {
			row.Proof.State = org.ProofNoToken
		}
	}
	row.text = strings.ToLower(strings.Join([]string{
		row.Name, string(row.Kind), row.ClientID, row.Owner, row.Purpose, row.System, row.Notes, row.StoreHash, row.StoreName, row.TokenLast4,
	}, "\n"))
	return row
}

// reading tells when the webhooks that an entry shows were read, and whether the newest try to read them worked.
func (m *maker) reading(e *entryNow, row *entryRow) (time.Time, bool) {
	works := row.Proof.State.Works() || row.Proof.State == org.ProofNone
	if m.then == nil && e.swept <= m.view.snapshot.ID {
		return e.read, works && e.problem == "" && !e.read.IsZero() && !e.read.Before(e.tried)
	}
	sweep := &m.base.sweep
	switch {
	case m.then != nil && row.Proof.State == org.ProofNone, m.then == nil && e.AddedAt.After(m.view.snapshot.Finished):
		return time.Time{}, false // no sweep up to the snapshot read it
	case !sweep.known || row.place < 0 || !row.HasToken:
		return row.Proof.WorkedAt, false
	}
	store, failed := sweep.failed[m.stores.rows[row.place].ID]
	switch {
	case !failed && m.untried <= 0:
		return sweep.at, works
	case failed && row.Proof.State.Works() && store.read == m.worked[row.place]: // only a token that works is read
		return sweep.at, true
	case !failed, works && store.read > 0: // which of them were read is not known any more
		return cmp.Or(store.at, row.Proof.WorkedAt), false
	}
	return row.Proof.WorkedAt, false
}

// through finds the entry that shows a hook: the one through which it was seen last, or when that one left the
// register another one of the same client in the same store. nil: nobody in the register shows it.
func (m *maker) through(h *hookThen, hash string) *entryRow {
	if i, known := m.rows[h.entry]; known {
		return &m.entries.rows[i]
	}
	if i, known := m.client[clientKey{hash, h.ClientID}]; known && h.ClientID != "" {
		return &m.entries.rows[i]
	}
	return nil
}

func (m *maker) makeHooks() {
	m.hooks.rows = make([]hookRow, 0, len(m.base.hooks))
	m.shows = map[hookSource]bool{}
	var last hookSource
	for i := range m.base.hooks { // neighbours mostly have the same
		if now := (hookSource{m.base.hooks[i].entry, m.base.hooks[i].ClientID}); now != last {
			m.shows[now], last = true, now
		}
	}
	approved := map[string]org.Tri{}
	for i := range m.base.hooks {
		h := &m.base.hooks[i]
		place := m.stores.index(h.store)
		if place < 0 {
			continue
		}
		store := &m.stores.rows[place]
		e := m.through(h, store.Hash)
		if e == nil {
			continue
		}
		verdict, known := approved[h.host]
		if !known {
			verdict = org.Approves(m.reg.hosts, h.host)
			approved[h.host] = verdict
		}
		row := m.hook(h, store, e)
		row.Approved = verdict
		m.places[h.id] = len(m.hooks.rows)
		m.hooks.rows = append(m.hooks.rows, row)
		m.keys = append(m.keys, m.key(&row, int32(place)))
	}
	m.explain()
}

func (m *maker) hook(h *hookThen, store *storeEntry, e *entryRow) hookRow {
	admin, told := m.base.admin[h.entry]
	if !told {
		admin, told = m.base.admin[e.ID] // of the same client
	}
	row := hookRow{
		WebhookRow: org.WebhookRow{
			ID: h.id, Webhook: h.Webhook, Store: store.ID, StoreHash: store.Hash, StoreName: store.Name, Host: h.host,
			Emails: admin.Emails, EmailsRead: told, Through: tokenRef(e.APIAccount), FirstSeen: fromMillis(h.firstSeen),
			ReadAt: e.readAt, Current: e.read, DownSince: fromMillis(h.downSince), Blocked: blockOf(admin.Blocked, h),
		},
	}
	if m.orphaned(h, e) {
		row.ReadAt, row.Current = fromMillis(h.seen), false
	}
	row.text = strings.ToLower(strings.Join([]string{h.Destination, h.Scope, store.Name, store.Hash, h.ClientID, row.Through.Label}, "\n"))
	return row
}

// hostName is what stands for a webhook in the list of hosts.
func hostName(h *hookRow) string {
	if h.Host != "" {
		return h.Host
	}
	return org.ShownDestination(h.Destination)
}

// orphaned tells whether the entry holds the token of another client by now, which cannot see the webhook: what is known
// of it is as old as its last version.
func (m *maker) orphaned(h *hookThen, e *entryRow) bool {
	now := e.Proof.ClientID
	return h.ClientID != "" && now != "" && h.ClientID != now && (e.Rotated != "" || m.shows[hookSource{e.ID, now}])
}

func (m *maker) key(h *hookRow, place int32) hookKey {
	state := h.State()
	return hookKey{
		place: place, entry: int32(m.rows[h.Through.ID]), approved: h.Approved, down: state.Down(), blocked: h.Blocked != nil,
		host: m.names.hosts.of(hostName(h)), event: m.names.events.of(h.Scope), client: m.names.clients.of(h.ClientID),
		state: m.names.states.of(string(state)),
	}
}

// blockOf finds the block that holds back a hook: its own destination, or the domain of it.
func blockOf(list []org.BlockedDomain, h *hookThen) *org.BlockedDomain {
	for i := range list {
		blocked := list[i].Destination
		if blocked == h.Destination {
			return &list[i]
		}
		host := strings.ToLower(strings.TrimSpace(blocked))
		if strings.Contains(host, "://") {
			host = org.HostOf(host)
		}
		if host != "" && strings.TrimSuffix(host, ".") == h.host {
			return &list[i]
		}
	}
	return nil
}

// explain adds which documented rule probably explains each state.
func (m *maker) explain() {
	type pair struct{ host, client int32 }
	counts := map[pair]*audit.Siblings{}
	states := make([]org.HookState, len(m.hooks.rows))
	for i := range m.keys {
		k := &m.keys[i]
		at := pair{k.host, k.client}
		if counts[at] == nil {
			counts[at] = &audit.Siblings{}
		}
		switch states[i] = m.hooks.rows[i].State(); states[i] {
		case org.HookActive:
			counts[at].Active++
		case org.HookDeactivated:
			counts[at].Deactivated++
		}
	}
	for i := range m.keys {
		k := &m.keys[i]
		if states[i] == org.HookActive && !k.blocked {
			continue
		}
		others := *counts[pair{k.host, k.client}]
		if states[i] == org.HookDeactivated {
			others.Deactivated--
		}
		h := &m.hooks.rows[i]
		h.Likely = audit.Likely(h.WebhookRow, others)
	}
}

// makeForeign keeps the client IDs that no entry of the register has, of whichever store: an app has one for all.
func (m *maker) makeForeign() {
	known := map[string]bool{}
	for i := range m.entries.rows {
		known[m.entries.rows[i].ClientID] = true
	}
	for i := range m.reg.entries {
		if e := &m.reg.entries[i]; e.in(m.until) {
			known[e.ClientID], known[e.Proof.ClientID] = true, true
		}
	}
	for _, f := range m.base.foreign {
		place := m.stores.index(f.Store)
		if known[f.ClientID] || place < 0 {
			continue
		}
		f.StoreName = m.stores.rows[place].Name
		m.foreign = append(m.foreign, foreignRow{f, int32(place)})
	}
}
