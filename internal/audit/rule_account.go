package audit

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"rollcall/internal/org"
)

// Rules about the account as a whole.
var (
	AccountMassChange = Rule{
		ID: "account-mass-change", Title: "Many accesses changed at once", Severity: High,
		Means: "More accesses than the policy allows were added, or removed, between two snapshots. The finding ends some days later, as the policy says.",
		Why:   "It is either planned work, which somebody can confirm, or a mistake or an attack in the making.",
		Do:    "Look at the changes of that snapshot and compare them with what was planned.",
		Refs:  []string{"PCI DSS 10.2.1.5", "SOC 2 CC7.2", "ISO 27001 A.8.16", "CIS 5.1", "NIST AC-2(4)"},
	}
	AccountUnknownRights = Rule{
		ID: "account-unknown-permission", Title: "Permission that Rollcall does not know", Severity: Low,
		Means: "BigCommerce named a permission that is not in Rollcall's catalogue. It is kept and shown; what it allows is not known, so it counts as neither privileged nor sensitive.",
		Why:   "A new permission may be a powerful one, and reviews that go by known names miss it.",
		Do:    "Look it up in the control panel, see who holds it, and accept the finding when it is harmless.",
		Refs:  []string{"PCI DSS 7.2.4", "SOC 2 CC6.3", "ISO 27001 A.8.2", "NIST AC-6"},
	}
	AccountIncomplete = Rule{
		ID: "account-snapshot-incomplete", Title: "Snapshot is not complete", Severity: Medium,
		Means: "Not every store was read to the end in the newest snapshot. What failed is shown as it was last known, with its date.",
		Why:   "An auditor may not take the snapshot as proof for what is missing in it.",
		Do:    "See on the snapshot's page what failed and why, mend it, and run the sync again.",
		Refs:  []string{"PCI DSS 7.2.4", "SOC 2 CC4.1", "ISO 27001 A.5.18", "NIST AC-2"},
	}
	AccountStale = Rule{
		ID: "account-snapshot-stale", Title: "Snapshot is old", Severity: High,
		Means: "The newest snapshot was finished longer ago than the policy allows.",
		Why:   "Everything on these pages is as of then. Who was let in since is not seen.",
		Do:    "See on Settings whether the daily sync is on and what stopped it, then run a sync.",
		Refs:  []string{"PCI DSS 7.2.4", "SOC 2 CC4.1", "CIS 5.3", "NIST AC-2"},
	}
)

var accountRules = []personRule{
	{Rule: &AccountMassChange, kind: OfAccount, find: findMassChange, doubt: doubtOfKnown},
	{Rule: &AccountUnknownRights, kind: OfAccount, needs: needRights, find: findUnknownRights},
	{Rule: &AccountIncomplete, kind: OfAccount, find: findIncomplete, doubt: doubtOfKnown},
	{Rule: &AccountStale, kind: OfAccount, find: findStale, doubt: doubtOfKnown},
}

// burst is what one snapshot changed in one direction.
type burst struct {
	kind          Kind
	snapshot      org.SnapshotID
	count         int
	seenAt        time.Time
	stores, users map[string]bool
}

func findMassChange(q *inquiry) {
	for _, kind := range []Kind{AccessAdded, AccessRemoved} {
		bursts := map[org.SnapshotID]*burst{}
		for _, c := range q.recent(kind) {
			if store, there := q.findStore(c.Store); q.in != nil && (!there || !q.in[store]) {
				continue
			}
			b := bursts[c.Snapshot]
			if b == nil {
				b = &burst{kind: kind, snapshot: c.Snapshot, stores: map[string]bool{}, users: map[string]bool{}}
				bursts[c.Snapshot] = b
			}
			b.count++
			b.stores[or(c.StoreName, c.StoreHash)], b.users[c.Email] = true, true
			if c.SeenAt.After(b.seenAt) {
				b.seenAt = c.SeenAt
			}
		}
		for _, id := range slices.Sorted(maps.Keys(bursts)) {
			if b := bursts[id]; b.count > q.policy.MassChange {
				q.reportBurst(b)
			}
		}
	}
}

func (q *inquiry) reportBurst(b *burst) {
	verb, severity := "added", q.Severity
	if b.kind == AccessRemoved {
		verb, severity = "removed", Medium
	}
	stores, users := slices.Sorted(maps.Keys(b.stores)), slices.Sorted(maps.Keys(b.users))
	q.report(severity, q.accountSubject(verb+"/"+number(int64(b.snapshot)), ""),
		fmt.Sprintf("%d accesses were %s at once.", b.count, verb),
		Evidence{"snapshot", number(int64(b.snapshot))}, Evidence{"seen", day(b.seenAt)}, Evidence{"allowed at once", number(int64(q.policy.MassChange))},
		Evidence{"stores", number(int64(len(stores))) + ": " + some(stores, 5)}, Evidence{"people", number(int64(len(users))) + ": " + some(users, 5)})
}

// spread is where an unknown permission was found.
type spread struct {
	accesses int
	stores   map[int32]bool
	users    map[int32]bool
	example  string
}

func findUnknownRights(q *inquiry) {
	found := map[string]*spread{}
	q.each(func(a *access, r *rights, _ *storeEntry) {
		for _, name := range r.unknown {
			s := found[name]
			if s == nil {
				s = &spread{stores: map[int32]bool{}, users: map[int32]bool{}, example: labelOf(q.who(a.user))}
				found[name] = s
			}
			s.accesses++
			s.stores[a.store], s.users[a.user] = true, true
		}
	})
	for _, name := range slices.Sorted(maps.Keys(found)) {
		s := found[name]
		q.report(q.Severity, q.accountSubject(name, name), fmt.Sprintf("BigCommerce names a permission %s that Rollcall does not know.", name),
			Evidence{"permission", name}, Evidence{"accesses", number(int64(s.accesses))}, Evidence{"people", number(int64(len(s.users)))},
			Evidence{"stores", number(int64(len(s.stores)))}, Evidence{"for example", s.example})
	}
}

func findIncomplete(q *inquiry) {
	var names, reasons []string
	q.eachStore(func(_ int32, s *storeEntry) {
		if s.fresh() {
			return
		}
		names = append(names, s.label())
		if s.read.Error != "" && !slices.Contains(reasons, s.read.Error) {
			reasons = append(reasons, s.read.Error)
		}
	})
	if len(names) == 0 && q.Snapshot.State != org.Partial {
		return
	}
	severity := q.Severity
	if len(names)*2 > len(q.stores) {
		severity = High
	}
	says := fmt.Sprintf("%d of %s were not read to the end.", len(names), counted(len(q.stores), "store"))
	if len(names) == 0 {
		says = "The snapshot was closed before everything was read."
	}
	q.report(severity, q.accountSubject("accesses", ""), says,
		Evidence{"snapshot", number(int64(q.Snapshot.ID))}, Evidence{"closed", day(q.Snapshot.Finished)}, Evidence{"stores", or(some(names, 8), "none")},
		Evidence{"reason", or(q.Snapshot.Reason, or(some(reasons, 3), "not told"))})
}

func findStale(q *inquiry) {
	if f, stale := StaleSnapshot(q.policy, q.Snapshot, q.Account, q.now); stale {
		q.found = append(q.found, f)
	}
}

// StaleSnapshot is the finding about the age of an account's newest snapshot. It needs nothing else and no snapshot ever
// shows it by itself, so pages and alerts ask for it between snapshots too.
func StaleSnapshot(policy Policy, s org.Snapshot, a org.Account, now time.Time) (f Finding, stale bool) {
	hours := policy.WithDefaults().StaleHours
	age, most := now.Sub(s.Finished), time.Duration(hours)*time.Hour
	if s.Finished.IsZero() || age <= most || !policy.On(AccountStale.ID) {
		return f, false
	}
	f = Finding{Rule: &AccountStale, Severity: Medium, Subject: Subject{Kind: OfAccount, Key: "accesses", Label: a.Label()}}
	if age > 3*most {
		f.Severity = AccountStale.Severity
	}
	f.Says = fmt.Sprintf("The newest snapshot is %s old.", counted(int(age.Hours()), "hour"))
	f.Evidence = []Evidence{{"snapshot", number(int64(s.ID))}, {"closed", day(s.Finished)}, {"allowed", counted(hours, "hour")}}
	return f, true
}
