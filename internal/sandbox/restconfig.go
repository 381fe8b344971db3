package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rest says how the stores answer under /stores/{hash} and what can go wrong there.
type Rest struct {
	Quota         int                `help:"Requests of a store in a window; 0 is by its plan (150, 450, or none counted), below 0 unlimited." default:"0"`
	Window        time.Duration      `help:"Length of the window; 0 is 30s." default:"0s"`
	NoRateHeaders bool               `help:"No X-Rate-Limit headers."`
	EmptyLimited  bool               `help:"An empty body with 429."`
	RetryAfter    string             `help:"X-Retry-After with 429: whole or fraction of seconds, or none; whole when empty." enum:"none,whole,fraction," default:""`
	Foreign       int                `help:"Requests that other clients of a store use up in each window." default:"0"`
	HookPage      int                `help:"Webhooks on a page when no limit is given; 0 is 50." default:"0"`
	PageCap       int                `help:"Largest page of a list; 0 is 250." default:"0"`
	AdminPage     int                `help:"Webhooks on a page of hooks/admin; 0 is 10." default:"0"`
	AdminWhole    bool               `help:"hooks/admin ignores page and limit and lists every webhook at once."`
	ScopePage     int                `help:"Scopes of a token that GraphQL lists when no page size is given; 0 is all." default:"0"`
	WrongStore    string             `help:"Answer to a token of another store: 403, 401 or 404." enum:"403,401,404," default:""`
	Latency       time.Duration      `help:"Time that every answer takes." default:"0s"`
	SlowBy        time.Duration      `help:"How long a slow answer takes; 0 is 3s." default:"0s"`
	Faults        map[string]string  `help:"Lasting faults of stores: hash, number from 1 or * for all, and kinds, such as *=old-meta;3=hang;k3j9x8a7q2=429-empty,large-ids. A wrong kind is answered with the list of them." placeholder:"STORE=KIND,KIND"`
	FaultRates    map[string]float64 `help:"Share of requests that get a fault, such as 502=0.05;cut=0.02." placeholder:"KIND=SHARE"`
}

func (r Rest) withDefaults() Rest {
	r.Window = or(r.Window, 30*time.Second)
	r.RetryAfter = or(r.RetryAfter, "whole")
	r.HookPage = or(r.HookPage, 50)
	r.PageCap = or(r.PageCap, 250)
	r.AdminPage = or(r.AdminPage, 10)
	r.SlowBy = or(r.SlowBy, 3*time.Second)
	return r
}

func (r *Rest) validate() error {
	for target, list := range r.Faults {
		for _, kind := range splitKinds(list) {
			if !slices.Contains(AllStoreFaults, kind) {
				return fmt.Errorf("unknown fault %q of store %q; the kinds are %v", kind, target, AllStoreFaults)
			}
		}
	}
	for kind, share := range r.FaultRates {
		if !slices.Contains(AllStoreFaults, StoreFaultKind(kind)) {
			return fmt.Errorf("unknown fault %q of stores; the kinds are %v", kind, AllStoreFaults)
		}
		if share < 0 || share > 1 {
			return fmt.Errorf("the share of store fault %q is %v, not between 0 and 1", kind, share)
		}
	}
	for _, choice := range [][]string{
		{"rest-retry-after", r.RetryAfter, "none", "whole", "fraction"},
		{"rest-wrong-store", r.WrongStore, "403", "401", "404"},
	} {
		if choice[1] != "" && !slices.Contains(choice[2:], choice[1]) {
			return fmt.Errorf("%s is %q; it may be one of %v", choice[0], choice[1], choice[2:])
		}
	}
	return nil
}

// splitKinds takes a list of kinds apart.
func splitKinds(list string) []StoreFaultKind {
	var kinds []StoreFaultKind
	for kind := range strings.SplitSeq(list, ",") {
		if kind = strings.TrimSpace(kind); kind != "" {
			kinds = append(kinds, StoreFaultKind(kind))
		}
	}
	return kinds
}

// rate is the quota of a store by its plan, unless one was set for all.
func (r *Rest) rate(p plan) Rate {
	return Rate{
		Quota: or(r.Quota, p.quota), Window: r.Window, NoRateHeaders: r.NoRateHeaders, EmptyLimited: r.EmptyLimited,
		RetryAfter: r.RetryAfter, Foreign: r.Foreign,
	}
}
