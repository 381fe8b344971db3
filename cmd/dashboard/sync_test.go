package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollcall/internal/sandbox"
)

func TestSyncJSONHasTheAgreedFields(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	p.add()
	done := p.ask("sync", "--json").must(t, exitOK)
	if strings.Count(done.out, "\n") != 1 || !strings.HasSuffix(done.out, "}\n") {
		t.Errorf("not one line: %q", done.out)
	}
	names, _ := readObject(t, []byte(done.out))
	want := []string{
		"account", "snapshot", "state", "resumable", "started_at", "finished_at", "stores", "stores_failed", "users", "access",
		"requests", "requests_repeated", "waited_ms",
	}
	if !slices.Equal(names, want) {
		t.Errorf("fields %q, want %q", names, want)
	}
	s := done.synced(t)
	served := p.world.Stats().Requests
	if check := served - s.Requests; check < 1 || check > 4 {
		t.Errorf("the sandbox served %d requests, the sync counts %d: the rest is no check", served, s.Requests)
	}
	if people := p.usersInStores(); s.Users != people {
		t.Errorf("%d users, want %d", s.Users, people)
	}
	if !strings.Contains(done.err, "sync ended") {
		t.Errorf("the log is not on standard error: %q", done.err)
	}
}

// usersInStores counts the distinct people with an access, and those of the account's list.
func (p *place) usersInStores() int {
	seen := map[string]bool{}
	truth := p.truth()
	for _, a := range truth.Accesses() {
		seen[a.ID] = true
	}
	for _, u := range truth.Users {
		seen[u.ID] = true
	}
	return len(seen)
}

func TestSyncPrintsALineForEachAccount(t *testing.T) {
	t.Parallel()
	const otherUUID, otherToken = "7c2f4d63-0e1f-4d8b-9b54-2a1d6f3e8ca1", "other0token0other0token0other0tok"
	small := &sandbox.Shape{Stores: 2, Users: 6, Seed: 2}
	p := newPlace(t, sandbox.Config{Accounts: []sandbox.Account{
		{UUID: sandbox.DefaultUUID, Token: sandbox.DefaultToken, Name: "First Ltd", Shape: small},
		{UUID: otherUUID, Token: otherToken, Name: "Second Ltd", Shape: small},
	}})
	p.add()
	p.feed(otherToken, append([]string{"account", "add", otherUUID}, p.api...)...).must(t, exitOK)
	done := p.ask("sync", "--json").must(t, exitOK)
	var uuids []string
	for line := range strings.Lines(done.out) {
		uuids = append(uuids, ended{out: line}.synced(t).Account)
	}
	if !slices.Equal(uuids, []string{sandbox.DefaultUUID, otherUUID}) {
		t.Errorf("lines for %q", uuids)
	}
	one := p.ask("sync", "--json", "--account="+otherUUID).must(t, exitOK)
	if strings.Count(one.out, "\n") != 1 || one.synced(t).Account != otherUUID {
		t.Errorf("asked for one account, got %q", one.out)
	}
	p.run("export", "access").must(t, exitUsage).says(t, "--account")
	p.run("export", "access", "--account="+otherUUID).must(t, exitOK)
	if plain := p.ask("sync").must(t, exitOK); !strings.Contains(plain.out, "First Ltd: snapshot") || !strings.Contains(plain.out, "complete") {
		t.Errorf("plain output: %q", plain.out)
	}
}

func TestNoWaitStopsAtTheQuotaAndGoesOn(t *testing.T) {
	t.Parallel()
	window := 1500 * time.Millisecond
	p := newPlace(t, sandbox.Config{
		Shape: sandbox.Shape{Stores: 6, Users: 60, UsersPerStore: 40}, Limits: sandbox.Limits{PageCap: 10, ComplexityLimit: 3000},
		Rate: sandbox.Rate{Quota: 3, Window: window},
	})
	p.feed(p.token, append([]string{"account", "add", sandbox.DefaultUUID, "--no-check"}, p.api...)...).must(t, exitOK)
	stopped := p.sync(exitPartial, "--no-wait")
	if stopped.State != "partial" || !stopped.Resumable || stopped.FinishedAt != nil || stopped.WaitedMS != 0 {
		t.Errorf("stopped as %+v", stopped)
	}
	p.run("export", "access").must(t, exitError).says(t, "never synced", "dashboard sync")
	done := p.sync(exitOK)
	if done.State != "complete" || done.Resumable || done.Snapshot != stopped.Snapshot || done.WaitedMS == 0 {
		t.Errorf("went on as %+v after %+v", done, stopped)
	}
	p.mustExportTruth(variant{}, exitOK, done.StartedAt)
}

func TestSecondSyncAttachesToTheFirst(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{Limits: sandbox.Limits{PageCap: 10, UsersPageCap: 5, Latency: 150 * time.Millisecond}})
	p.add()
	p.world.ResetStats()
	first := make(chan ended)
	args := append([]string{"sync", "--json"}, p.api...)
	go func() { first <- p.runFor(t.Context(), "", args...) }()
	for p.world.Stats().Requests == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	second := p.runFor(t.Context(), "", args...).must(t, exitOK).synced(t)
	led := (<-first).must(t, exitOK).synced(t)
	if led.Snapshot != second.Snapshot || led.Access != second.Access || second.State != "complete" || second.Requests != led.Requests {
		t.Errorf("the first ended as %+v, the second as %+v", led, second)
	}
	p.mustExportTruth(variant{}, exitOK, led.StartedAt)
}

func TestInterruptedSyncGoesOn(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{Limits: sandbox.Limits{PageCap: 10, UsersPageCap: 5, Latency: 100 * time.Millisecond}})
	p.add()
	p.world.ResetStats()
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		for p.world.Stats().Requests < 3 {
			time.Sleep(5 * time.Millisecond)
		}
		interrupt()
	}()
	stopped := p.runFor(ctx, "", append([]string{"sync", "--json"}, p.api...)...)
	stopped.must(t, exitError).says(t, "next sync")
	if stopped.out != "" {
		t.Errorf("a sync that did not end printed %q", stopped.out)
	}
	done := p.sync(exitOK)
	if done.Snapshot != 1 || done.State != "complete" {
		t.Errorf("went on as %+v", done)
	}
	p.mustExportTruth(variant{}, exitOK, done.StartedAt)
}

// TestFailingStoreKeepsItsData: a store that cannot be read any more shows what was known, dated, and nothing is removed.
func TestFailingStoreKeepsItsData(t *testing.T) {
	t.Parallel()
	p, _ := newSynced(t, sandbox.Config{})
	before := readSheet(t, "csv", p.run("export", "access").must(t, exitOK).out)
	var hash string
	p.world.Edit(func(w *sandbox.World) { hash = w.Hashes()[1]; w.FailStore(hash, true) })
	s := p.sync(exitPartial)
	if s.State != "partial" || s.Resumable || s.StoresFailed != 1 || s.Stores != 6 || s.Access != len(before.rows) {
		t.Errorf("ended as %+v", s)
	}
	path := filepath.Join(t.TempDir(), "out.csv")
	p.run("export", "access", "-o", path).must(t, exitPartial)
	data, m := p.readFile(path)
	if m.Complete || !strings.Contains(m.Completeness, "5 of 6 stores") {
		t.Errorf("the manifest says %+v", m)
	}
	after := readSheet(t, "csv", data)
	for i, row := range after.rows {
		old := before.rows[i]
		if row["user_id"] != old["user_id"] || row["permissions"] != old["permissions"] || row["apps"] != old["apps"] {
			t.Errorf("row %d is %v, was %v", i, row, old)
		}
		if row["store_hash"] == hash && row["read_at"] != old["read_at"] {
			t.Errorf("data of a store that failed is dated %s, was read at %s", row["read_at"], old["read_at"])
		}
	}
	if changes := readSheet(t, "csv", p.run("export", "changes").must(t, exitPartial).out).rows; len(after.rows) != len(before.rows) || len(changes) > 0 {
		t.Errorf("%d rows, %d before; changes %v", len(after.rows), len(before.rows), changes)
	}
	p.world.Edit(func(w *sandbox.World) { w.FailStore(hash, false) })
	p.sync(exitOK)
	p.mustExportTruth(variant{later: true}, exitOK, s.StartedAt)
}

// TestInterruptedRest stops a sync whose accesses are settled while it waits for quota for the apps: that is no failure.
func TestInterruptedRest(t *testing.T) {
	t.Parallel()
	for quota := 2; quota < 30; quota++ {
		cfg := sandbox.Config{
			Shape: sandbox.Shape{Stores: 6, Users: 60, UsersPerStore: 20}, Rate: sandbox.Rate{Quota: quota},
			Limits: sandbox.Limits{PageCap: 10, ComplexityLimit: 2500},
		}
		add := func() *place {
			p := newPlace(t, cfg)
			p.feed(p.token, append([]string{"account", "add", sandbox.DefaultUUID, "--no-check"}, p.api...)...).must(t, exitOK)
			return p
		}
		p := add()
		if p.ask("sync", "--no-wait").code != exitOK {
			continue
		}
		if !strings.Contains(p.run("export", "access").must(t, exitOK).out, ",unknown,") {
			t.Fatalf("with %d requests the apps were read too", quota)
		}
		p = add()
		ctx, interrupt := context.WithCancel(t.Context())
		out, log := &spout{}, &spout{}
		ended := make(chan int)
		go func() {
			ended <- run(ctx, append([]string{"sync", "--json", "--data=" + p.folder}, p.api...), streams{strings.NewReader(""), out, log})
		}()
		p.wait(func() bool { return strings.Contains(log.String(), "sync ended") })
		interrupt()
		if code := <-ended; code != exitOK || !strings.Contains(out.String(), `"state":"complete"`) {
			t.Errorf("exit code %d: %s%s", code, out, log)
		}
		return
	}
	t.Error("no quota is used up between accesses and apps")
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"version"}, exitOK, nil},
		{[]string{"--help"}, exitOK, nil},
		{[]string{"sync", "--help"}, exitOK, nil},
		{[]string{"sync", "--jsn"}, exitUsage, []string{"--jsn"}},
		{[]string{"frobnicate"}, exitUsage, []string{"frobnicate"}},
		{[]string{"sync", "--account=acme"}, exitUsage, []string{"01234567-89ab"}},
		{[]string{"sync", "--account-quota=lots"}, exitUsage, []string{"70/1h"}},
		{[]string{"sync"}, exitError, []string{"No account is connected", "dashboard account add"}},
		{[]string{"sync", "--account=" + sandbox.DefaultUUID}, exitError, []string{"never connected"}},
		{[]string{"export", "access"}, exitError, []string{"No account is connected"}},
		{[]string{"account", "check"}, exitError, []string{"No account is connected"}},
		{[]string{"--log-level=loud", "version"}, exitUsage, []string{"log-level"}},
	} {
		done := p.run(c.args...).must(t, c.code)
		if c.code != exitOK {
			done.says(t, c.says...)
		}
	}
	if v := p.run("version"); !strings.HasPrefix(v.out, "rollcall ") || strings.Count(v.out, "\n") != 1 {
		t.Errorf("version: %q", v.out)
	}
}

// TestChangesAreWhatHappened lets days pass and compares the recorded changes with what happened in between.
func TestChangesAreWhatHappened(t *testing.T) {
	t.Parallel()
	cfg := sandbox.Config{Shape: sandbox.Shape{Seed: 11, Stores: 6, Users: 40, AccessesPerUser: 3}, KeepTruth: true}
	cfg.Daily = sandbox.Daily{ChangeRate: 0.15, PersonRate: 0.1, AppRate: 0.05, StoreRate: 0.25, SignInRate: 0.3}
	p := newPlace(t, cfg)
	p.add()
	p.sync(exitOK)
	if file := p.run("export", "changes", "--format=json").must(t, exitOK); len(readSheet(t, "json", file.out).rows) > 0 {
		t.Errorf("the first read wrote changes: %s", file.out)
	}
	for day := 1; day <= 4; day++ {
		paid := p.world.Subscriptions(sandbox.DefaultUUID)
		p.world.AdvanceDay()
		first := p.sync(exitOK)
		second := p.sync(exitOK) // a store is gone when two lists lack it
		p.mustHaveChanged(day, first.Snapshot, second.Snapshot)
		p.mustHavePaid(day, first.Snapshot, paid)
	}
}

// mustHavePaid compares the subscriptions that came and went with those of the day before.
func (p *place) mustHavePaid(day, snapshot int, before []sandbox.TruthSubscription) {
	p.t.Helper()
	added, gone := 0, 0
	after := p.world.Subscriptions(sandbox.DefaultUUID)
	in := func(list []sandbox.TruthSubscription, id string) bool {
		return slices.ContainsFunc(list, func(s sandbox.TruthSubscription) bool { return s.ID == id })
	}
	for _, s := range before {
		if !in(after, s.ID) {
			gone++
		}
	}
	for _, s := range after {
		if !in(before, s.ID) {
			added++
		}
	}
	got := map[string]int{}
	for _, row := range readSheet(p.t, "json", p.run("export", "changes", "--format=json").must(p.t, exitOK).out).rows {
		if row["snapshot_id"] == strconv.Itoa(snapshot) {
			got[row["kind"]]++
		}
	}
	if got["subscription_added"] != added || got["subscription_gone"] != gone {
		p.t.Errorf("day %d: %d subscriptions came and %d went, want %d and %d", day, got["subscription_added"], got["subscription_gone"], added, gone)
	}
}

// mustHaveChanged compares the changes of two snapshots with the difference between two days.
func (p *place) mustHaveChanged(day, from, to int) {
	p.t.Helper()
	before, _ := p.world.TruthAt(sandbox.DefaultUUID, day-1)
	after, _ := p.world.TruthAt(sandbox.DefaultUUID, day)
	want := differences(before, after)
	got := map[string]int{}
	for _, row := range readSheet(p.t, "json", p.run("export", "changes", "--format=json").must(p.t, exitOK).out).rows {
		var snapshot int
		_ = json.Unmarshal([]byte(row["snapshot_id"]), &snapshot)
		if snapshot >= from && snapshot <= to && !strings.HasPrefix(row["kind"], "subscription_") {
			got[changeKey(row["kind"], row["store_hash"], row["user_id"], row["before"], row["after"])]++
		}
	}
	for key, n := range want {
		if got[key] != n {
			p.t.Errorf("day %d: %d of %s, want %d", day, got[key], key, n)
		}
	}
	for key, n := range got {
		if want[key] == 0 {
			p.t.Errorf("day %d: %d of %s did not happen", day, n, key)
		}
	}
	p.t.Logf("day %d: %d changes", day, len(want))
}

func TestAStoreThatLeftIsGoneAfterOneSync(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{Shape: sandbox.Shape{Stores: 6, Users: 30}})
	p.add()
	p.sync(exitOK)
	var left string
	p.world.Edit(func(w *sandbox.World) {
		left = w.Hashes()[2]
		w.RemoveStore(left)
	})
	if s := p.sync(exitOK); s.State != "complete" || s.Stores != 5 || s.StoresFailed != 0 {
		t.Errorf("got %+v", s)
	}
	if changes := p.run("export", "changes").must(t, exitOK).out; !strings.Contains(changes, "store_gone,"+left) {
		t.Errorf("the store's end is not among the changes: %s", changes)
	}
}
