package export

import (
	"context"
	"fmt"

	"rollcall/internal/org"
)

// Activity is the kind of files that hold Rollcall's own activity log.
const Activity Kind = "activity"

// ActivitySource hands out the activity log.
type ActivitySource interface {
	// EachActivity hands out rows in the order in which they were written: those of the account and those that concern
	// none. Days of the query are days of the settings' zone.
	EachActivity(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.ActivityRow) error) error
	// ActivityHead is the newest state of the log.
	ActivityHead(ctx context.Context) (org.ActivityHead, error)
}

var activityColumns = concat(
	columns(Number, "activity_id"), columns(Text, "at", "account_uuid", "actor", "session", "address", "request", "action", "subject",
		"outcome", "before", "after", "hash"))

// activityTime is to the millisecond, because that is what the chain of the log proves.
const activityTime = "2006-01-02T15:04:05.000Z07:00"

func writeActivity(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(org.ActivityRow) error) error {
		return source.EachActivity(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, activityColumns, each, func(r *row, a org.ActivityRow) {
		r.number(a.ID)
		r.text(a.At.UTC().Format(activityTime))
		account := ""
		if a.Account != 0 {
			account = job.Account.UUID
		}
		for _, text := range []string{account, a.Actor, a.Session, a.Address, a.Request, a.Action, a.Subject, a.Outcome, a.Before, a.After, a.Hash.String()} {
			r.text(text)
		}
	})
}

// Timeless tells that a kind shows no snapshot, so that it can be made before the first sync.
func (k Kind) Timeless() bool { return k == Activity }

// timelessName names a file of a timeless kind by the day on which it was made.
func (j Job) timelessName() string {
	return fmt.Sprintf("rollcall-%s-%s-%s%s", j.Kind, slug(j.Account.Label()), j.at().Format("2006-01-02"), j.Format.Extension())
}
