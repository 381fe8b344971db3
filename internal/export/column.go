package export

// Type says what a column holds, and with it how a cell without a value looks (design law 4).
type Type uint8

// Types of columns.
const (
	Text   Type = iota // text as given, or a word such as a role, a state, yes, no, unknown
	Number             // whole number; empty or null when unknown
	Time               // UTC to the second; empty or null when never or unknown, a state column tells which
	List               // texts; the word unknown or null when not read
)

func (t Type) String() string { return [...]string{"text", "number", "time", "list"}[t] }

// Column is one column of a file.
type Column struct {
	Name string
	Type Type
}

func columns(t Type, names ...string) []Column {
	list := make([]Column, len(names))
	for i, name := range names {
		list[i] = Column{Name: name, Type: t}
	}
	return list
}

func concat(parts ...[]Column) []Column {
	var all []Column
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

var accessColumns = concat(
	columns(Text, "account_uuid", "account_name", "store_hash", "store_name", "store_id", "user_id",
		"email", "first_name", "last_name", "locale", "status", "role", "privileged"),
	columns(Number, "permission_count"),
	columns(List, "permissions", "apps"),
	columns(Time, "last_login_at"), columns(Text, "login_state"),
	columns(Time, "updated_at", "first_seen_at", "read_at"),
	columns(Number, "snapshot_id"))

var userColumns = concat(
	columns(Text, "account_uuid", "user_id", "email", "first_name", "last_name", "in_account"),
	columns(Number, "store_count"), columns(List, "stores"),
	columns(Text, "highest_role", "privileged"),
	columns(Time, "last_login_at"), columns(Text, "login_state"),
	columns(Time, "first_seen_at"), columns(Number, "snapshot_id"))

var changeColumns = concat(
	columns(Text, "account_uuid"), columns(Number, "snapshot_id"),
	columns(Time, "seen_at", "previous_read_at"),
	columns(Text, "kind", "store_hash", "store_name", "user_id", "email", "field", "before", "after"))

var permissionMatrixColumns = columns(Text, "store_hash", "store_name", "user_id", "email")

var matrixColumns = columns(Text, "user_id", "email")

var storeColumns = concat(
	columns(Text, "account_uuid", "account_name", "store_hash", "store_name", "store_id"),
	columns(List, "labels"), columns(Time, "first_seen_at", "gone_at"),
	columns(Number, "access_count", "privileged_count", "owner_like_count", "inactive_count", "never_count",
		"unconfirmed_count", "changes_30d"),
	columns(Text, "accesses_state"), columns(Number, "accesses_expected", "accesses_received"),
	columns(Time, "read_at"), columns(Text, "user_apps_state"), columns(Text, "error"),
	columns(Number, "snapshot_id"))

var permissionColumns = concat(
	columns(Text, "account_uuid", "permission", "label", "area", "known", "privileged", "sensitive", "allows"),
	columns(Number, "access_count", "user_count", "store_count", "snapshot_id"))

var snapshotColumns = concat(
	columns(Text, "account_uuid"), columns(Number, "snapshot_id"), columns(Text, "state", "reason"),
	columns(Time, "started_at", "finished_at", "read_from", "read_to"),
	columns(Number, "store_count", "stores_failed", "access_count", "user_count", "change_count", "requests",
		"requests_repeated"))

// Columns lists the columns of a kind that do not depend on its rows, in file order.
func Columns(k Kind) []Column {
	return map[Kind][]Column{
		Access: accessColumns, Users: userColumns, Changes: changeColumns,
		PermissionMatrix: permissionMatrixColumns, Matrix: matrixColumns, Stores: storeColumns,
		Permissions: permissionColumns, Snapshots: snapshotColumns,
		Apps: appColumns, Subscriptions: subscriptionColumns, Webhooks: webhookColumns, APIAccounts: apiAccountColumns,
		Findings: findingColumns, Activity: activityColumns,
	}[k]
}
