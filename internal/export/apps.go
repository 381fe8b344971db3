package export

import (
	"context"

	"rollcall/internal/org"
)

// Kinds of files about apps.
const (
	Apps          Kind = "apps"
	Subscriptions Kind = "subscriptions"
)

// AppSource hands out apps and what the account pays for them, as Source does.
type AppSource interface {
	// EachApp fills AppRow.Hashes and AppRow.Doubtful.
	EachApp(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.AppRow) error) error
	CountApps(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error)
	// AppsRead sums up the stores: Expected is how many there are, Received of how many the apps are known.
	AppsRead(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.FacetRead, error)
	EachSubscription(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.SubscriptionRow) error) error
	CountSubscriptions(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error)
	// SubscriptionsRead tells how the account's list of them is known.
	SubscriptionsRead(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.FacetRead, error)
}

var appColumns = concat(
	columns(Text, "account_uuid", "app_id", "app_name", "place"),
	columns(Number, "store_count", "known_store_count", "unknown_store_count"),
	columns(List, "stores", "unknown_in_stores"),
	columns(Number, "user_count", "access_count"), columns(Text, "user_apps_read"),
	columns(Time, "first_seen_at", "changed_at"), columns(Number, "snapshot_id"))

var subscriptionColumns = concat(
	columns(Text, "account_uuid", "subscription_id", "app_id", "app_name", "product_id", "product_type", "plan",
		"store_hash", "store_name", "scope_id", "scope_type", "state", "price", "currency", "billing_interval"),
	columns(Time, "period_end_at"), columns(Text, "period_end_state"),
	columns(Time, "activated_at", "created_at", "updated_at", "first_seen_at"), columns(Text, "unconfirmed"),
	columns(Time, "read_at"), columns(Number, "snapshot_id"))

func writeApps(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(org.AppRow) error) error {
		return source.EachApp(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, appColumns, each, func(r *row, a org.AppRow) {
		r.text(job.Account.UUID)
		r.text(a.APIID)
		r.text(a.Name)
		r.text(a.Place())
		r.count(a.Stores)
		r.count(a.Known)
		r.count(a.Unknown)
		r.list(a.Hashes)
		r.list(a.Doubtful)
		r.known(a.Users, a.UsersRead != org.Unknown)
		r.known(a.Accesses, a.UsersRead != org.Unknown)
		r.text(a.UsersRead.String())
		r.time(a.FirstSeen)
		r.time(a.Changed)
		r.number(int64(job.Snapshot.ID))
	})
}

func writeSubscriptions(ctx context.Context, source Source, job Job, t table) (int, error) {
	read, err := source.SubscriptionsRead(ctx, job.Scope, job.query(), job.Settings)
	if err != nil {
		return 0, err
	}
	each := func(row func(org.SubscriptionRow) error) error {
		return source.EachSubscription(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, subscriptionColumns, each, func(r *row, s org.SubscriptionRow) {
		subscriptionNames(r, job, s)
		r.instant(s.PeriodEnd)
		r.text(periodState(s.PeriodEnd))
		for _, at := range []org.Moment{s.Activated, s.Created, s.Updated} {
			r.instant(at)
		}
		r.time(s.FirstSeen)
		r.yes(s.Unseen)
		r.time(read.ReadAt)
		r.number(int64(job.Snapshot.ID))
	})
}

// subscriptionNames writes what it is for and what it costs; words that were not provided are unknown.
func subscriptionNames(r *row, job Job, s org.SubscriptionRow) {
	r.text(job.Account.UUID)
	for _, text := range []string{s.APIID, s.AppAPIID, s.AppName, s.Product} {
		r.text(text)
	}
	r.text(given(s.ProductType))
	r.text(s.Level)
	r.text(s.StoreHash())
	r.text(s.StoreName)
	r.text(s.Scope)
	for _, word := range []string{s.ScopeType, s.Status, s.Price, s.Currency, s.Interval} {
		r.text(given(word))
	}
}

func given(word string) string {
	if word == "" {
		return "unknown"
	}
	return word
}

// periodState tells why a subscription has no end of its period: none was given, or it was not read.
func periodState(m org.Moment) string {
	switch {
	case !m.Read:
		return "unknown"
	case m.At.IsZero():
		return "none"
	}
	return "given"
}

// ManifestList tells how completely the rows of a kind are known that does not rest on the accesses of stores.
type ManifestList struct {
	State    org.FacetState `json:"state"`
	Expected *int           `json:"expected"` // null when nobody knows
	Received int            `json:"received"`
	ReadAt   any            `json:"read_at"` // of the data in the file; null when never read, or when it has no one time
	Reason   string         `json:"reason,omitempty"`
}

// listOf is the list that a kind rests on; nil for kinds that rest on the accesses.
func listOf(ctx context.Context, source Source, job Job) (*ManifestList, error) {
	ask := map[Kind]func(context.Context, org.Scope, org.Query, org.Settings) (org.FacetRead, error){
		Apps: source.AppsRead, Subscriptions: source.SubscriptionsRead,
	}[job.Kind]
	if ask == nil {
		return nil, nil
	}
	read, err := ask(ctx, job.Scope, job.query(), job.Settings)
	if err != nil {
		return nil, err
	}
	list := &ManifestList{State: read.State, Received: read.Received, Reason: read.Error}
	if read.Expected >= 0 {
		list.Expected = &read.Expected
	}
	if at := timeOrNull(read.ReadAt); at != nil {
		list.ReadAt = at
	}
	return list, nil
}

// complete tells whether the list is known to its end; a kind without one lacks nothing.
func (l *ManifestList) complete() bool { return l == nil || l.State == org.FacetComplete }
