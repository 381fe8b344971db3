package audit

import (
	"fmt"
	"slices"
	"time"

	"rollcall/internal/org"
)

// storeCapNear is from how many registered API accounts on a store's limit is near.
const storeCapNear = org.APIAccountsPerStore * 9 / 10

// Rules about stores as a whole.
var (
	StoreNearCap = Rule{
		ID: "store-near-api-account-cap", Title: "Few places left for API accounts", Severity: Low,
		Means: fmt.Sprintf("The register holds %d or more API accounts of a store that can have %d. There may be more that nobody registered.", storeCapNear, org.APIAccountsPerStore),
		Why:   "At the limit no new API account can be made, and a leaked token cannot be replaced before another one is deleted.",
		Do:    "Find those without a known use, and have them deleted in the control panel.",
		Refs:  []string{"ISO 27001 A.5.9", "CIS 5.1"},
	}
	ClientUnknown = Rule{
		ID: "unknown-client", Title: "Unknown client ID", Severity: Medium,
		Means: "Metafields name a client ID that no entry of the register has. It may be an app, an API account that nobody registered, or one that is gone. A client without metafields leaves no such trace.",
		Why:   "Something writes data into the store with credentials that nobody answers for.",
		Do:    "Compare it with the store's API accounts and apps in the control panel. Register what is yours; ask for the deletion of what nobody knows.",
		Refs:  []string{"PCI DSS 8.6.1", "ISO 27001 A.5.9", "CIS 5.1"},
	}
	OwnerMoved = Rule{
		ID: "owner-email-changed", Title: "Owner's e-mail changed", Severity: Medium,
		Means: "The administrator's e-mail that the store gives is another than before. It is the best hint at who owns the store, not a proof: BigCommerce names no owner.",
		Why:   "The owner may do everything, and sees and resets everything. A change that nobody planned may be a take-over.",
		Do:    "Ask the people named whether they know of it, and compare with the store's users.",
		Refs:  []string{"SOC 2 CC6.2", "ISO 27001 A.8.2"},
	}
)

func findNearCap(r *Rule, e Estate) (list []Finding) {
	for i := range e.Stores {
		s := &e.Stores[i]
		if s.Registered < storeCapNear {
			continue
		}
		f := Finding{Rule: r, Severity: r.Severity, Subject: storeSubject(s.Store, s.StoreHash, s.StoreName)}
		f.Says = fmt.Sprintf("%s has at least %d of %d possible API accounts.", f.Subject.Label, s.Registered, org.APIAccountsPerStore)
		if s.Registered >= org.APIAccountsPerStore {
			f.Severity = Medium
		}
		f.Evidence = []Evidence{{"registered", number(int64(s.Registered))}, {"limit", number(org.APIAccountsPerStore)}}
		list = append(list, f)
	}
	return list
}

func storeSubject(id org.StoreID, hash, name string) Subject {
	return Subject{Kind: OfStore, Key: hash, Label: or(name, hash), Store: id, StoreName: or(name, hash)}
}

func findUnknownClients(r *Rule, e Estate) (list []Finding) {
	byClient := map[string][]*org.ForeignClient{}
	for i := range e.Foreign {
		f := &e.Foreign[i]
		byClient[f.ClientID] = append(byClient[f.ClientID], f)
	}
	for client, sights := range byClient {
		var stores, where []string
		items, first, read := 0, sights[0].FirstSeen, time.Time{}
		for _, s := range sights {
			stores, where, items = append(stores, or(s.StoreName, s.StoreHash)), append(where, s.Where...), items+s.Items
			if s.FirstSeen.Before(first) {
				first = s.FirstSeen
			}
			if s.ReadAt.After(read) {
				read = s.ReadAt
			}
		}
		slices.Sort(stores)
		slices.Sort(where)
		f := Finding{Rule: r, Severity: r.Severity, Subject: Subject{Kind: OfAPIAccount, Key: "client/" + client, Label: client}}
		if len(sights) == 1 {
			f.Subject.Store, f.Subject.StoreName = sights[0].Store, stores[0]
		}
		f.Says = fmt.Sprintf("Metafields of %s name a client that is not in the register.", counted(len(stores), "store"))
		f.Evidence = []Evidence{
			{"client ID", client},
			{"stores", some(stores, 5)},
			{"seen in", some(slices.Compact(where), 7)},
			{"metafields read", number(int64(items))},
			{"first seen", day(first)},
			{"read", day(read)},
		}
		list = append(list, f)
	}
	return list
}

func findOwnerMoved(r *Rule, e Estate) (list []Finding) {
	for _, o := range e.Owners {
		f := Finding{Rule: r, Severity: r.Severity, Subject: storeSubject(o.Store, o.StoreHash, o.StoreName)}
		f.Subject.Key = o.StoreHash + "/" + o.SeenAt.UTC().Format(time.RFC3339)
		f.Says = fmt.Sprintf("The administrator's e-mail of %s changed.", f.Subject.Label)
		f.Evidence = []Evidence{{"before", o.Before}, {"after", o.After}, {"seen", day(o.SeenAt)}}
		list = append(list, f)
	}
	return list
}
