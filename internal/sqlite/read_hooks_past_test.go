package sqlite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

func TestRevokedTokenKeepsItsWebhooksDated(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example")
	h.hook("client-1", 2, "store/order/created", "https://a.example")
	first := h.sweep(t)
	read := h.at
	h.refused("client-0")
	second := h.sweep(t)
	page := h.page(t, "client=client-0")
	if len(page.Rows) != 1 || page.Rows[0].Current || !page.Rows[0].ReadAt.Equal(read) {
		t.Errorf("after the refusal: %+v", page.Rows)
	}
	if other := h.page(t, "client=client-1").Rows[0]; !other.Current || !other.ReadAt.Equal(h.at) {
		t.Errorf("the other one: %+v", other)
	}
	if c := page.Coverage; c.Tokens != 4 || c.TokensRead != 3 || c.Failing != 1 || c.WithToken != 2 || c.StoresRead != 1 || c.Stores != 2 ||
		c.Hooks != 2 || !c.ReadFrom.Equal(read) || !c.ReadTo.Equal(h.at) || c.Clients != 4 {
		t.Errorf("coverage %+v", c)
	}
	past := h.page(t, "client=client-0&as-of="+fmt.Sprint(first.ID))
	if len(past.Rows) != 1 || !past.Rows[0].Current {
		t.Errorf("on the day before: %+v", past.Rows)
	}
	h.works("client-0")
	h.reads["client-0"].Hooks.Hooks = nil
	h.sweep(t)
	if page := h.page(t, "client=client-0"); len(page.Rows) != 0 {
		t.Errorf("after a whole read without it: %+v", page.Rows)
	}
	if past := h.page(t, "client=client-0&as-of="+fmt.Sprint(second.ID)); len(past.Rows) != 1 || past.Rows[0].Current || !past.Rows[0].ReadAt.Equal(read) {
		t.Errorf("as of the day of the refusal: %+v", past.Rows)
	}
	detail, err := h.db.Webhook(t.Context(), h.scope(), page.Rows[0].ID, org.Query{}, org.DefaultSettings())
	if err != nil || detail.GoneAt.IsZero() || detail.StoreHash != "hash0000" || detail.Destination != "https://a.example" {
		t.Errorf("the one that is gone: %+v, %v", detail, err)
	}
	if _, err := h.db.Webhook(t.Context(), h.scope(), 999, org.Query{}, org.DefaultSettings()); org.KindOf(err) != org.KindNotFound {
		t.Errorf("one that never was: %v", err)
	}
}

func TestVerificationSinceTheSnapshotShowsOnPagesOnly(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example")
	h.sweep(t)
	if row := h.page(t, "").Rows[0]; !row.Current {
		t.Fatalf("before: %+v", row)
	}
	id := h.entries["client-0"].ID
	if err := h.db.SetProof(t.Context(), h.account, id, org.Proof{State: org.ProofRevoked, CheckedAt: h.at.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if row := h.page(t, "").Rows[0]; row.Current {
		t.Error("a token that was refused since counts as read")
	}
	accounts, err := h.db.APIAccounts(t.Context(), h.scope(), parsed(t, "state=revoked"), org.DefaultSettings())
	if err != nil || len(accounts.Rows) != 1 || accounts.Rows[0].ID != id || accounts.Rows[0].Hooks != 1 {
		t.Errorf("the register shows %+v, %v", accounts.Rows, err)
	}
	err = h.db.EachWebhook(t.Context(), h.scope(), org.Query{}, org.DefaultSettings(), func(row org.WebhookRow) error {
		if !row.Current {
			t.Error("the file of the snapshot changed")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	n, err := h.db.CountAPIAccounts(t.Context(), h.scope(), parsed(t, "state=revoked"), org.DefaultSettings())
	if err != nil || n != 0 {
		t.Errorf("the file of the snapshot has %d refused ones, %v", n, err)
	}
}

func TestDownSinceTheFirstReadThatShowedIt(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 1)
	h.hook("client-0", 1, "store/order/created", "https://a.example")
	h.hook("client-0", 2, "store/cart/created", "https://a.example").Status = "deactivated"
	h.sweep(t)
	up := &h.reads["client-0"].Hooks.Hooks[0]
	up.Status, up.Active = "deactivated", org.No
	h.sweep(t)
	since := h.at
	up.UpdatedAt = org.At(h.at)
	last := h.sweep(t)
	rows := h.page(t, "sort=event").Rows
	if !rows[1].DownSince.Equal(since) || !rows[0].DownSince.IsZero() {
		t.Errorf("down since %v and %v, want %v and unknown", rows[1].DownSince, rows[0].DownSince, since)
	}
	detail, err := h.db.Webhook(t.Context(), h.scope(), rows[1].ID, org.Query{}, org.DefaultSettings())
	if err != nil || len(detail.Timeline) != 1 || detail.Timeline[0].Kind != string(audit.HookState) || detail.Timeline[0].After != "deactivated" {
		t.Errorf("timeline %+v, %v", detail.Timeline, err)
	}
	up.Status, up.Active = "active", org.Yes
	h.sweep(t)
	if row := h.page(t, "event=store/order/created").Rows[0]; !row.DownSince.IsZero() || row.Likely != "" {
		t.Errorf("up again: %+v", row)
	}
	if row := h.page(t, fmt.Sprintf("event=store/order/created&as-of=%d", last.ID)).Rows[0]; !row.DownSince.Equal(since) {
		t.Errorf("as of then: %+v", row)
	}
}

func TestRemovedEntryLeavesItsPast(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1")
	day := h.sweep(t)
	id := h.entries["client-0"].ID
	h.at = h.at.Add(time.Hour)
	if err := h.db.RemoveAPIAccount(t.Context(), h.account, id); err != nil {
		t.Fatal(err)
	}
	if page := h.page(t, ""); page.Total != 0 || page.Coverage.Tokens != 3 {
		t.Errorf("without its token %+v, %+v", page.Rows, page.Coverage)
	}
	detail, err := h.db.APIAccount(t.Context(), h.scope(), id, org.Query{}, org.DefaultSettings())
	if err != nil || detail.RemovedAt.IsZero() {
		t.Errorf("the removed entry %+v, %v", detail, err)
	}
	delete(h.reads, "client-0")
	h.sweep(t)
	if page := h.page(t, fmt.Sprintf("as-of=%d", day.ID)); page.Total != 0 {
		t.Errorf("that snapshot was the newest when the entry left, yet shows %+v", page.Rows)
	}
	h.register(t, "hash0000", "client-0")
	if page := h.page(t, ""); page.Total != 1 || page.Rows[0].Through.ID != h.entries["client-0"].ID || page.Rows[0].Current {
		t.Errorf("registered again: %+v", page.Rows)
	}
}

func TestRunningSweepIsNotShown(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1")
	h.sweep(t)
	read := h.at
	h.hook("client-0", 2, "store/cart/created", "https://a.example/2")
	h.refused("client-1")
	h.at = h.at.AddDate(0, 0, 1)
	run := h.begin(t)
	page := h.page(t, "")
	if page.Total != 1 || page.Rows[0].ReadAt.After(read) {
		t.Errorf("during the sweep: %+v", page.Rows)
	}
	if _, err := h.db.History().Close(t.Context(), run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	if page := h.page(t, ""); page.Total != 2 || !page.Rows[0].ReadAt.Equal(h.at) {
		t.Errorf("after it: %+v", page.Rows)
	}
}

func TestRegisterBeforeTheFirstSnapshot(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	account := connect(t, db, testUUID)
	if _, err := db.AddAPIAccount(t.Context(), registered(account, "aa11", "client-1"), sealed("token-1111")); err != nil {
		t.Fatal(err)
	}
	page, err := db.APIAccounts(t.Context(), org.Scope{Account: account}, org.Query{}, org.DefaultSettings())
	if err != nil || page.Total != 1 || page.Coverage.Tokens != 1 || page.Coverage.TokensRead != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
	if hooks, err := db.Webhooks(t.Context(), org.Scope{Account: account}, org.Query{}, org.DefaultSettings()); err != nil || hooks.Total != 0 {
		t.Errorf("got %+v, %v", hooks, err)
	}
}

func TestFilesOfClosedSnapshotsStayEqual(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1")
	h.hook("client-2", 2, "store/order/created", "https://b.example/1").Status = "deactivated"
	h.sweep(t)
	h.refused("client-0-b")
	day := h.sweep(t)
	file := func() string {
		t.Helper()
		q, s, text := org.Query{AsOf: org.AsOf{Snapshot: day.ID}}, org.DefaultSettings(), &strings.Builder{}
		err := h.db.EachWebhook(t.Context(), h.scope(), q, s, func(row org.WebhookRow) error { fmt.Fprintf(text, "%+v\n", row); return nil })
		if err != nil {
			t.Fatal(err)
		}
		err = h.db.EachAPIAccount(t.Context(), h.scope(), q, s, func(row org.APIAccount) error { fmt.Fprintf(text, "%+v\n", row); return nil })
		if err != nil {
			t.Fatal(err)
		}
		coverage, failed, err := h.db.HooksRead(t.Context(), h.scope(), q, s)
		fmt.Fprintf(text, "%+v %+v %v\n", coverage, failed, err)
		return text.String()
	}
	before := file()
	if !strings.Contains(before, "hash0000") || strings.Count(before, "Current:true") != 2 {
		t.Errorf("the file holds\n%s", before)
	}
	h.works("client-0-b")
	h.refused("client-2")
	h.hook("client-1", 3, "store/cart/created", "https://c.example/1")
	h.at = h.at.AddDate(0, 0, 1)
	run := h.begin(t)
	if during := file(); during != before {
		t.Errorf("during the next sweep\n%s\nbefore it\n%s", during, before)
	}
	if _, err := h.db.History().Close(t.Context(), run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	h.sweep(t)
	if after := file(); after != before {
		t.Errorf("after the next sweeps\n%s\nbefore them\n%s", after, before)
	}
}

func TestEntryRegisteredAgainKeepsThePastOfItsWebhooks(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1")
	day := h.sweep(t)
	h.sweep(t)
	hooks := h.reads["client-0"].Hooks
	h.at = h.at.Add(time.Hour)
	if err := h.db.RemoveAPIAccount(t.Context(), h.account, h.entries["client-0"].ID); err != nil {
		t.Fatal(err)
	}
	h.at = h.at.Add(time.Hour)
	h.register(t, "hash0000", "client-0")
	h.reads["client-0"].Hooks = hooks
	h.sweep(t)
	page := h.page(t, fmt.Sprintf("as-of=%d", day.ID))
	if page.Total != 1 || page.Rows[0].Through.ID == h.entries["client-0"].ID || !page.Rows[0].Current || !page.Rows[0].EmailsRead {
		t.Errorf("when the first entry was in the register: %+v", page.Rows)
	}
	if page := h.page(t, ""); page.Total != 1 || page.Rows[0].Through.ID != h.entries["client-0"].ID {
		t.Errorf("today: %+v", page.Rows)
	}
}

// TestEntryAddedAfterASweepWasNotReadByIt: a register of tomorrow is not what a sweep of today read.
func TestEntryAddedAfterASweepWasNotReadByIt(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	day := h.sweep(t)
	h.at = h.at.Add(time.Hour)
	h.register(t, "hash0000", "late")
	h.hook("late", 7, "store/order/created", "https://a.example/1")
	check := func(when, query string) {
		t.Helper()
		c, failed, err := h.db.HooksRead(t.Context(), h.scope(), parsed(t, query), org.DefaultSettings())
		if err != nil || c.Tokens != 5 || c.TokensRead != 4 || len(failed) != 1 || failed[0].TokensRead != 2 {
			t.Errorf("%s: %+v, %+v, %v", when, c, failed, err)
		}
	}
	check("before the next sweep", "")
	run := h.begin(t)
	if c := h.page(t, "").Coverage; c.Tokens != 5 || c.TokensRead != 4 {
		t.Errorf("while the next one runs: %+v", c)
	}
	if _, err := h.db.History().Close(t.Context(), run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	check("on that day", fmt.Sprintf("as-of=%d", day.ID))
}

// TestARefusedTokenLeavesTheOthersOfItsStoreRead: files and past days know which tokens of a store were read.
func TestARefusedTokenLeavesTheOthersOfItsStoreRead(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example")
	h.hook("client-0-b", 2, "store/order/created", "https://a.example")
	h.refused("client-0-b")
	h.sweep(t)
	c, failed, err := h.db.HooksRead(t.Context(), h.scope(), org.Query{}, org.DefaultSettings())
	if err != nil || c.Tokens != 4 || c.TokensRead != 3 || len(failed) != 1 || failed[0].TokensRead != 1 {
		t.Errorf("coverage %+v, %+v, %v", c, failed, err)
	}
	err = h.db.EachWebhook(t.Context(), h.scope(), org.Query{}, org.DefaultSettings(), func(row org.WebhookRow) error {
		if !row.Current {
			t.Errorf("%+v", row)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestWebhooksOfAReplacedTokenAreNotCurrent: the token of another client cannot see them.
func TestWebhooksOfAReplacedTokenAreNotCurrent(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example")
	h.sweep(t)
	seen := h.at
	if err := h.db.ReplaceAPIAccountToken(t.Context(), h.account, h.entries["client-0"].ID, sealed("token-of-other")); err != nil {
		t.Fatal(err)
	}
	h.reads["client-0"].Hooks.Hooks, h.reads["client-0"].Proof.ClientID = nil, "other"
	h.sweep(t)
	page := h.page(t, "")
	if len(page.Rows) != 1 || page.Rows[0].Current || !page.Rows[0].ReadAt.Equal(seen) {
		t.Errorf("got %+v", page.Rows)
	}
}
