package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
)

var _ refresh.SweepHistory = (*DB)(nil)

// tokens is an account whose stores have registered tokens. Tests change what they show from sweep to sweep.
type tokens struct {
	t       testing.TB
	db      *DB
	account org.AccountID
	world   *world
	entries []org.APIAccount
	shows   map[org.APIAccountID]*org.TokenRead
	seen    int // changes that the last sweep found already there
}

// newTokens makes stores with some tokens each, synced once. Every token shows two webhooks of its own client.
func newTokens(t testing.TB, stores, perStore int) *tokens {
	t.Helper()
	k := &tokens{t: t, db: openTest(t), world: newWorld(stores, 3, 5), shows: map[org.APIAccountID]*org.TokenRead{}}
	k.account = connect(t, k.db, testUUID)
	k.world.sync(t, k.db, k.account)
	for i, store := range k.world.stores {
		for j := range perStore {
			k.register(store.Hash, i*perStore+j)
		}
	}
	return k
}

func (k *tokens) register(hash string, n int) org.APIAccount {
	k.t.Helper()
	client := fmt.Sprintf("client%05d", n)
	a, err := k.db.AddAPIAccount(context.Background(), org.APIAccount{
		Account: k.account, StoreHash: hash, Name: fmt.Sprintf("Token %d", n), Kind: org.APIAccountToken, AddedBy: "test",
	}, sealedAs(fmt.Sprintf("print %d", n)))
	if err != nil {
		k.t.Fatal(err)
	}
	hooks := []org.Webhook{k.hook(client, int64(1000+n*10)), k.hook(client, int64(1001+n*10))}
	k.entries = append(k.entries, a)
	k.shows[a.ID] = &org.TokenRead{
		APIAccount: a.ID, Proof: org.Proof{
			State: org.ProofValid, ClientID: client, StoreHash: hash, AdminEmail: "owner@" + hash + ".test", Plan: "Pro",
			ScopesBy: org.ScopesByGraphQL, ScopesWhole: true, Scopes: []string{"store_v2_products", "store_v2_orders_read_only"},
		},
		Hooks: &org.HookRead{Hooks: hooks, Whole: true, AdminRead: true, Emails: []string{"ops@example.com"}},
	}
	return a
}

func sealedAs(print string) func(org.APIAccountID) (org.SealedSecrets, error) {
	return func(org.APIAccountID) (org.SealedSecrets, error) {
		return org.SealedSecrets{Token: []byte("sealed"), TokenLast4: "wxyz", Print: []byte(print)}, nil
	}
}

func (k *tokens) hook(client string, id int64) org.Webhook {
	return org.Webhook{
		APIID: id, ClientID: client, Scope: "store/order/created", Destination: fmt.Sprintf("https://host%d.example.com/in", id%3),
		Active: org.Yes, Status: "active", CreatedAt: org.At(start), UpdatedAt: org.At(start),
	}
}

// sweep reads every token as part of a new snapshot that reads nothing else, and closes it.
func (k *tokens) sweep() org.Snapshot {
	k.t.Helper()
	run := k.begin()
	k.save(run.Snapshot.ID)
	return k.close(run.Snapshot.ID)
}

func (k *tokens) begin() org.Run {
	k.t.Helper()
	ctx := context.Background()
	k.world.at = k.world.at.Add(24 * time.Hour)
	k.seen = len(k.rows(`SELECT '' FROM change`))
	run, err := k.db.Begin(ctx, k.account, 24*time.Hour)
	if err == nil {
		err = k.db.Save(ctx, run.Snapshot.ID, org.Step{State: []byte("state"), Progress: org.Progress{Rest: true, Sweep: run.Snapshot.ID}})
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return run
}

func (k *tokens) save(id org.SnapshotID, only ...org.APIAccountID) {
	k.t.Helper()
	var reads []org.TokenRead
	for _, a := range k.entries {
		if len(only) > 0 && !slices.Contains(only, a.ID) {
			continue
		}
		read := throughJSON(k.t, *k.shows[a.ID])
		read.ReadAt, read.Proof.CheckedAt = k.world.at, k.world.at
		reads = append(reads, read)
	}
	if err := k.db.SaveSweep(context.Background(), id, reads); err != nil {
		k.t.Fatal(err)
	}
}

func (k *tokens) close(id org.SnapshotID) org.Snapshot {
	k.t.Helper()
	s, err := k.db.History().Close(context.Background(), id, org.Complete, "")
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

// rows reads rows of one text column.
func (k *tokens) rows(text string) []string {
	k.t.Helper()
	list, err := all(context.Background(), k.db.writer, scalar[string], text)
	if err != nil {
		k.t.Fatal(err)
	}
	return list
}

func throughJSON[T any](t testing.TB, value T) (out T) {
	t.Helper()
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// hooks lists the webhooks as of a snapshot: id, state and destination.
func (k *tokens) hooks(at org.SnapshotID) string {
	k.t.Helper()
	return strings.Join(k.rows(fmt.Sprintf(`SELECT h.api_id || ' ' || v.status FROM hook h JOIN hook_version v ON v.hook_id = h.id
		WHERE v.valid_from <= %d AND v.valid_to > %[1]d ORDER BY h.api_id`, at)), ", ")
}

// changes lists what the last sweep recorded.
func (k *tokens) changes() []string {
	k.t.Helper()
	return k.rows(fmt.Sprintf(`SELECT kind || ' ' || field || ': ' || before || ' -> ' || after FROM change ORDER BY id LIMIT -1 OFFSET %d`, k.seen))
}

func (k *tokens) mustChange(what string, want ...string) {
	k.t.Helper()
	got := k.changes()
	for i, text := range got {
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil {
			k.t.Fatal(err)
		}
		_, rest, _ := strings.Cut(text, " ")
		got[i] = string(kindWords[n]) + " " + rest
	}
	if !slices.Equal(got, want) {
		k.t.Errorf("%s: changes\n got %q\nwant %q", what, got, want)
	}
}

var kindWords = func() map[int]string {
	words := map[int]string{}
	for kind, n := range kindNumber {
		words[n] = string(kind)
	}
	return words
}()

func TestASweepIsVisibleWhenItsSnapshotCloses(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 1, 1)
	first := k.sweep()
	k.mustChange("the first read")
	if got := k.hooks(first.ID); got != "1000 active, 1001 active" {
		t.Fatalf("got %s", got)
	}
	show := k.shows[k.entries[0].ID]
	show.Hooks.Hooks[0].Status, show.Hooks.Hooks[0].Active = "deactivated", org.No
	show.Hooks.Hooks = append(show.Hooks.Hooks[:1], k.hook(show.Proof.ClientID, 1002))
	show.Hooks.Emails = nil
	show.Proof.AdminEmail = "new@owner.test"
	run := k.begin()
	k.save(run.Snapshot.ID)
	if got := k.hooks(first.ID); got != "1000 active, 1001 active" {
		t.Errorf("as of the closed snapshot: %s", got)
	}
	second := k.close(run.Snapshot.ID)
	if got := k.hooks(second.ID); got != "1000 deactivated, 1002 active" {
		t.Errorf("got %s", got)
	}
	if second.Changes != 5 {
		t.Errorf("the snapshot counts %d changes", second.Changes)
	}
	k.mustChange("the second read",
		"store_owner_email admin_email: owner@hash0000.test -> new@owner.test",
		"webhook_state 1000 store/order/created: active -> deactivated",
		"webhook_added 1002 store/order/created:  -> active, to https://host0.example.com/in",
		"webhook_gone 1001 store/order/created: active, to https://host2.example.com/in -> ",
		"webhook_emails 1 Token 0: ops@example.com -> ")
	if got := k.hooks(first.ID); got != "1000 active, 1001 active" {
		t.Errorf("as of the first snapshot: %s", got)
	}
	k.sweep()
	k.mustChange("the same again")
	if n := numberOf(t, k.db, `SELECT count(*) FROM hook_version`); n != 4 {
		t.Errorf("%d versions of webhooks", n)
	}
}

// TestWhatFailsKeepsTheWebhooks: whatever goes wrong with a token, the webhooks stay as they were read last.
func TestWhatFailsKeepsTheWebhooks(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*org.TokenRead){
		"no answer": func(r *org.TokenRead) {
			r.Proof = org.Proof{State: org.ProofUnreadable, Cause: "HTML came instead of data."}
			r.Hooks = nil
		},
		"revoked": func(r *org.TokenRead) {
			r.Proof, r.Hooks = org.Proof{State: org.ProofRevoked, Cause: "refused"}, nil
		},
		"revoked, with an empty list":   func(r *org.TokenRead) { r.Proof.State, r.Hooks.Hooks = org.ProofRevoked, nil },
		"not to the end":                func(r *org.TokenRead) { r.Hooks.Whole, r.Hooks.Hooks = false, nil },
		"whole, of another client":      func(r *org.TokenRead) { r.Proof.ClientID, r.Hooks.Hooks = "another", nil },
		"not asked, though it is valid": func(r *org.TokenRead) { r.Hooks = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newTokens(t, 1, 1)
			k.sweep()
			spoil(k.shows[k.entries[0].ID])
			s := k.sweep()
			if got := k.hooks(s.ID); got != "1000 active, 1001 active" {
				t.Errorf("got %s", got)
			}
			for _, text := range k.changes() {
				if strings.HasPrefix(text, fmt.Sprint(kindNumber["webhook_gone"])+" ") {
					t.Errorf("change %s", text)
				}
			}
		})
	}
}

func TestATokenThatWorksAgainHasNoBefore(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 1, 1)
	k.sweep()
	good := k.shows[k.entries[0].ID]
	k.shows[good.APIAccount] = &org.TokenRead{APIAccount: good.APIAccount, Proof: org.Proof{State: org.ProofRevoked, Cause: "refused"}}
	s := k.sweep()
	k.mustChange("revoked", "api_account_state 1 Token 0: valid -> revoked")
	if got := facetsOf(k, s.ID); got != "0: failed 0 of 1, 1 of 1 API accounts could not be read.; 1: failed 0 of 1, Token 0: refused" {
		t.Errorf("got %s", got)
	}
	good.Hooks.Hooks = []org.Webhook{k.hook(good.Proof.ClientID, 1001), k.hook(good.Proof.ClientID, 1005)}
	k.shows[good.APIAccount] = good
	s = k.sweep()
	k.mustChange("valid again", "api_account_state 1 Token 0: revoked -> valid")
	if got := k.hooks(s.ID); got != "1001 active, 1005 active" {
		t.Errorf("got %s", got)
	}
	good.Hooks.Hooks = good.Hooks.Hooks[:1]
	k.sweep()
	k.mustChange("one less", "webhook_gone 1005 store/order/created: active, to https://host0.example.com/in -> ")
}

// TestAReadThatFailedOnceHasABefore: a failure of the moment hides no change.
func TestAReadThatFailedOnceHasABefore(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 1, 1)
	k.sweep()
	good := k.shows[k.entries[0].ID]
	k.shows[good.APIAccount] = &org.TokenRead{APIAccount: good.APIAccount, Proof: org.Proof{State: org.ProofBusy, Cause: "busy"}}
	k.sweep()
	k.mustChange("busy", "api_account_state 1 Token 0: valid -> busy")
	good.Hooks.Hooks[1].Status, good.Hooks.Hooks[1].Active = "inactive", org.No
	k.shows[good.APIAccount] = good
	k.sweep()
	k.mustChange("valid again", "api_account_state 1 Token 0: busy -> valid", "webhook_state 1001 store/order/created: active -> inactive")
	previous := numberOf(t, k.db, `SELECT (seen_at - previous_at) / 3600000 FROM change ORDER BY id DESC LIMIT 1`)
	if previous != 48 {
		t.Errorf("the change is dated %d hours after the last reading, want 48", previous)
	}
}

// TestAnotherTokenEndsNothing: an entry gets the token of another client, which names itself only later.
func TestAnotherTokenEndsNothing(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 1, 1)
	k.sweep()
	id := k.entries[0].ID
	if err := k.db.ReplaceAPIAccountToken(context.Background(), k.account, id, sealedAs("another")); err != nil {
		t.Fatal(err)
	}
	show := k.shows[id]
	show.Proof = org.Proof{State: org.ProofValid}
	show.Hooks.Hooks = nil
	s := k.sweep()
	if got := k.hooks(s.ID); got != "1000 active, 1001 active" {
		t.Errorf("an unknown client: %s", got)
	}
	show.Hooks.Hooks = []org.Webhook{k.hook("other", 2000)}
	s = k.sweep()
	if got := k.hooks(s.ID); got != "1000 active, 1001 active, 2000 active" {
		t.Errorf("another client: %s", got)
	}
	show.Hooks.Hooks, show.Proof.ClientID = nil, "other"
	s = k.sweep()
	if got := k.hooks(s.ID); got != "1000 active, 1001 active" {
		t.Errorf("it has none any more: %s", got)
	}
}

// TestATokenReplacedWhileItWasRead: what the old one showed is not taken for the new one's.
func TestATokenReplacedWhileItWasRead(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 1, 1)
	k.sweep()
	id := k.entries[0].ID
	run := k.begin()
	list, err := k.db.SweepTokens(t.Context(), k.account, run.Snapshot.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := k.db.ReplaceAPIAccountToken(t.Context(), k.account, id, sealedAs("another")); err != nil {
		t.Fatal(err)
	}
	show := k.shows[id]
	show.Print, show.Hooks.Hooks = list[0].Print, nil // of the new token, with the proof of the old one
	k.save(run.Snapshot.ID)
	s := k.close(run.Snapshot.ID)
	if got := k.hooks(s.ID); got != "1000 active, 1001 active" {
		t.Errorf("got %s", got)
	}
	if got := facetsOf(k, s.ID); got != "0: pending 0 of 1, 1 of 1 API accounts were not asked yet." {
		t.Errorf("got %s", got)
	}
}

func TestTwoTokensOfOneStore(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 1, 3)
	k.sweep()
	for _, a := range k.entries {
		k.shows[a.ID].Proof.AdminEmail = "new@owner.test"
	}
	k.shows[k.entries[1].ID].Hooks.Hooks = nil
	s := k.sweep()
	if got := k.hooks(s.ID); got != "1000 active, 1001 active, 1020 active, 1021 active" {
		t.Errorf("got %s", got)
	}
	k.mustChange("a new owner, told by three tokens", "store_owner_email admin_email: owner@hash0000.test -> new@owner.test",
		"webhook_gone 1010 store/order/created: active, to https://host2.example.com/in -> ",
		"webhook_gone 1011 store/order/created: active, to https://host0.example.com/in -> ")
}

func TestClientsThatMetafieldsName(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 1, 2)
	show := k.shows[k.entries[0].ID]
	show.Clients = []org.ClientSight{{ClientID: "stranger", Where: []string{"products"}, Items: 3}}
	show.ClientsSay = "Only the first 250 of each list."
	k.sweep()
	k.mustChange("the first reading")
	show.Clients = append(show.Clients, org.ClientSight{ClientID: "second", Where: []string{"orders"}, Items: 1},
		org.ClientSight{ClientID: k.shows[k.entries[1].ID].Proof.ClientID, Where: []string{"orders"}, Items: 1})
	k.sweep()
	k.mustChange("one more, and a registered one", "unknown_client second:  -> orders")
	show.Clients = nil
	k.sweep()
	got := dump(t, k.db, `SELECT client_id || ' ' || found_in || ' ' || items FROM foreign_client ORDER BY client_id`)
	if fmt.Sprint(got) != `[client00001 ["orders"] 1 second ["orders"] 1 stranger ["products"] 3]` {
		t.Errorf("got %v", got)
	}
}

// TestClientsAfterAReadingThatFailed: what could not be read at first is a baseline when it can be.
func TestClientsAfterAReadingThatFailed(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 1, 1)
	show := k.shows[k.entries[0].ID]
	show.ClientsSay = "Metafields were not read: the scopes of the token are not known."
	k.sweep()
	show.Clients = []org.ClientSight{{ClientID: "stranger", Where: []string{"products"}, Items: 3}}
	k.sweep()
	k.mustChange("the first reading that worked")
}

// facetsOf lists what a snapshot says of its sweep.
func facetsOf(k *tokens, id org.SnapshotID) string {
	k.t.Helper()
	words := strings.NewReplacer("state 1", "complete", "state 2", "incomplete", "state 3", "failed", "state 5", "pending")
	return words.Replace(strings.Join(k.rows(fmt.Sprintf(`SELECT store_id || ': state ' || state || ' ' || received || ' of ' ||
		coalesce(expected, received) || coalesce(', ' || error, '') FROM facet_read WHERE snapshot_id = %d AND facet = 6 ORDER BY store_id`, id)), "; "))
}

func TestFacetsOfASweep(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 3, 2)
	if s := k.sweep(); facetsOf(k, s.ID) != "0: complete 6 of 6" {
		t.Errorf("got %s", facetsOf(k, s.ID))
	}
	hung := k.shows[k.entries[2].ID]
	good := *hung
	*hung = org.TokenRead{APIAccount: hung.APIAccount, Proof: org.Proof{State: org.ProofSuspended, Cause: "The store is suspended."}}
	if s := k.sweep(); facetsOf(k, s.ID) != "0: incomplete 5 of 6, 1 of 6 API accounts could not be read.; 2: incomplete 1 of 2, Token 2: The store is suspended." {
		t.Errorf("got %s", facetsOf(k, s.ID))
	}
	*hung = good
	run := k.begin()
	k.save(run.Snapshot.ID, k.entries[0].ID, k.entries[3].ID)
	if s := k.close(run.Snapshot.ID); facetsOf(k, s.ID) != "0: incomplete 2 of 6, 4 of 6 API accounts were not asked yet." {
		t.Errorf("got %s", facetsOf(k, s.ID))
	}
	run, err := k.db.Begin(t.Context(), k.account, time.Hour)
	if err == nil {
		err = k.db.Save(t.Context(), run.Snapshot.ID, org.Step{State: []byte("state"), Progress: org.Progress{Rest: true}})
	}
	if err != nil {
		t.Fatal(err)
	}
	if s := k.close(run.Snapshot.ID); facetsOf(k, s.ID) != "" {
		t.Errorf("a run without a sweep: %s", facetsOf(k, s.ID))
	}
}

func TestSweepTokensAreThoseNotTriedYet(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k := newTokens(t, 2, 2)
	k.register("newhash", 90)
	for _, a := range []org.APIAccount{
		{Account: k.account, StoreHash: "hash0001", Name: "Without token", Kind: org.APIAccountToken},
		{Account: k.account, Name: "Of the account", Kind: org.APIAccountWhole},
	} {
		seal := sealedAs("whole")
		if a.StoreHash != "" {
			seal = nil
		}
		if _, err := k.db.AddAPIAccount(ctx, a, seal); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.db.RemoveAPIAccount(ctx, k.account, k.entries[1].ID); err != nil {
		t.Fatal(err)
	}
	run := k.begin()
	names := func() string {
		list, err := k.db.SweepTokens(ctx, k.account, run.Snapshot.ID)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, token := range list {
			names = append(names, token.APIAccount.Name+" "+token.Store.APIID)
		}
		return strings.Join(names, ", ")
	}
	if got := names(); got != "Token 0 bc/account/store/hash0000, Token 2 bc/account/store/hash0001, Token 3 bc/account/store/hash0001, Token 90 " {
		t.Errorf("got %s", got)
	}
	k.save(run.Snapshot.ID, k.entries[0].ID, k.entries[1].ID, k.entries[4].ID)
	if got := names(); got != "Token 2 bc/account/store/hash0001, Token 3 bc/account/store/hash0001" {
		t.Errorf("after a part: %s", got)
	}
	p, ok, err := k.db.Progress(ctx, k.account)
	if err != nil || !ok || p.TokensAll != 4 || p.TokensDone != 2 || p.TokensFailed != 1 {
		t.Errorf("progress %+v, %v", p, err)
	}
	s := k.close(run.Snapshot.ID)
	if got := k.hooks(s.ID); got != "1000 active, 1001 active" {
		t.Errorf("webhooks of a store that nobody knows: %s", got)
	}
	wantProblem(t, k.db.SaveSweep(ctx, s.ID, nil), org.KindConflict, "ended already")
	again := k.begin()
	list, err := k.db.SweepTokens(ctx, k.account, again.Snapshot.ID)
	if err != nil || len(list) != 4 || list[0].APIAccount.Name != "Token 2" || list[3].Last.ClientID == "" {
		t.Errorf("the next sweep: %+v, %v", list, err)
	}
}

func TestLastClosed(t *testing.T) {
	t.Parallel()
	k := newTokens(t, 2, 1)
	s, lost, ok, err := k.db.LastClosed(t.Context(), k.account)
	if err != nil || !ok || s.State != org.Complete || s.Stores != 2 || lost != 0 {
		t.Errorf("got %+v, %d, %v, %v", s, lost, ok, err)
	}
	if _, _, ok, err := k.db.LastClosed(t.Context(), 99); ok || err != nil {
		t.Errorf("of no account: %v, %v", ok, err)
	}
}

// BenchmarkGrowthSwept reports how much the file grows by a snapshot that sweeps 1,000 stores with 3 tokens each and
// 2 webhooks a token, of which nothing changed. Budget: 100 KB.
func BenchmarkGrowthSwept(b *testing.B) {
	k := newTokens(b, 1000, 3)
	for range 3 {
		k.sweep()
	}
	before, rounds := fileSize(b, k.db), 0
	for b.Loop() {
		for range 5 {
			k.sweep()
			rounds++
		}
	}
	b.ReportMetric(float64(fileSize(b, k.db)-before)/1000/float64(rounds), "KB/snapshot")
}

// BenchmarkSaveSweep saves 100 reads of tokens with 10 webhooks each that are as they were.
func BenchmarkSaveSweep(b *testing.B) {
	k := newTokens(b, 100, 1)
	for _, show := range k.shows {
		for i := range 8 {
			show.Hooks.Hooks = append(show.Hooks.Hooks, k.hook(show.Proof.ClientID, 100_000+int64(show.APIAccount)*10+int64(i)))
		}
	}
	k.sweep()
	run := k.begin()
	for b.Loop() {
		k.save(run.Snapshot.ID)
	}
}
