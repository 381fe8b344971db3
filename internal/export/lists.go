package export

import (
	"context"

	"rollcall/internal/org"
)

// writeRows writes a kind whose columns are known beforehand. each hands its rows to the function that it is given.
func writeRows[T any](t table, cols []Column, each func(row func(T) error) error, cells func(*row, T)) (int, error) {
	if err := t.begin(cols); err != nil {
		return 0, err
	}
	r, count := row{t: t}, 0
	err := each(func(item T) error {
		r.begin()
		cells(&r, item)
		count++
		return r.end()
	})
	if err != nil {
		return count, err
	}
	return count, t.end(r.b)
}

func writeUsers(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(org.UserRow) error) error {
		return source.EachUser(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, userColumns, each, func(r *row, u org.UserRow) {
		role, privileged := userRights(u)
		r.text(job.Account.UUID)
		r.text(u.APIID)
		r.text(u.Email)
		r.text(u.FirstName)
		r.text(u.LastName)
		r.text(u.InAccount.String())
		r.count(u.StoreCount)
		r.list(u.Hashes)
		r.text(role.String())
		r.text(privileged.String())
		r.instant(u.LastLogin)
		r.text(u.Login.String())
		r.time(u.FirstSeen)
		r.number(int64(job.Snapshot.ID))
	})
}

// userRights are a user's highest role and whether it is privileged: none and no without any store, unknown while no
// permissions were read. Rights that were not read may be privileged ones, so they leave no room for a no.
func userRights(u org.UserRow) (org.Role, org.Tri) {
	switch {
	case u.StoreCount == 0:
		return org.RoleNone, org.No
	case u.Highest == org.RoleUnknown:
		return org.RoleUnknown, org.Unknown
	case u.Unread && !u.Privileged:
		return u.Highest, org.Unknown
	}
	return u.Highest, org.TriOf(u.Privileged)
}

func writeChanges(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(org.ChangeRow) error) error {
		return source.EachChange(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, changeColumns, each, func(r *row, c org.ChangeRow) {
		r.text(job.Account.UUID)
		r.number(int64(c.Snapshot))
		r.time(c.SeenAt)
		r.time(c.PreviousReadAt)
		r.text(c.Kind)
		r.text(c.StoreHash)
		r.text(c.StoreName)
		r.text(c.UserAPIID)
		r.text(c.Email)
		r.text(c.Field)
		r.text(c.Before)
		r.text(c.After)
	})
}

func writePermissions(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(org.PermissionRow) error) error {
		return source.EachPermission(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, permissionColumns, each, func(r *row, p org.PermissionRow) {
		set := org.PermissionSet{p.Name}
		r.text(job.Account.UUID)
		r.text(p.Name)
		r.text(org.PermissionLabel(p.Name))
		r.text(org.AreaOf(p.Name))
		r.yes(len(set.Unknown()) == 0)
		r.yes(len(set.Privileged()) > 0)
		r.yes(len(set.Sensitive()) > 0)
		r.text(org.Allows(p.Name))
		r.count(p.Accesses)
		r.count(p.Users)
		r.count(p.Stores)
		r.number(int64(job.Snapshot.ID))
	})
}

func writeSnapshots(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(org.Snapshot) error) error {
		return source.EachSnapshot(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, snapshotColumns, each, func(r *row, s org.Snapshot) {
		r.text(job.Account.UUID)
		r.number(int64(s.ID))
		r.text(string(s.State))
		r.text(s.Reason)
		for _, at := range []int64{unixOf(s.Started), unixOf(s.Finished), unixOf(s.ReadFrom), unixOf(s.ReadTo)} {
			r.unix(at)
		}
		for _, n := range []int{s.Stores, s.StoresFailed, s.Accesses, s.Users, s.Changes, s.Requests, s.Repeated} {
			r.count(n)
		}
	})
}
