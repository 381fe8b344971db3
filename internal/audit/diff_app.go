package audit

import (
	"slices"

	"rollcall/internal/org"
)

// AppList are the apps of a user in a store, or of a store. More says that there are more than these.
type AppList struct {
	Apps []org.App
	More bool
}

// DiffApps compares apps as held with a reading of them; held is nil when none was made before, which makes the
// reading a baseline. put tells whether a new version is due. What may hide behind "more" is neither gained nor lost.
func DiffApps(held *AppList, read AppList, baseline bool) (put bool, changes []Change) {
	if held == nil {
		return true, nil
	}
	gained, lost := without(read.Apps, held.Apps), without(held.Apps, read.Apps)
	put = len(gained)+len(lost) > 0 || held.More != read.More
	if baseline {
		return put, nil
	}
	if !held.More {
		for _, app := range gained {
			changes = append(changes, Change{Kind: AppGained, Field: "app", After: app.Name, App: app.APIID})
		}
	}
	if !read.More {
		for _, app := range lost {
			changes = append(changes, Change{Kind: AppLost, Field: "app", Before: app.Name, App: app.APIID})
		}
	}
	return put, changes
}

func without(list, other []org.App) []org.App {
	var rest []org.App
	for _, app := range list {
		if !slices.ContainsFunc(other, func(o org.App) bool { return o.APIID == app.APIID }) {
			rest = append(rest, app)
		}
	}
	return rest
}
