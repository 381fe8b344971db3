// Package export writes what Rollcall knows into files: CSV, XLSX, JSON and JSON lines, each with a manifest that says
// what the file holds and how complete it is. Rows stream from a Source to the writer; the package knows no database.
package export

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rollcall/internal/org"
)

// Kind says what the rows of a file are. The words are part of commands, addresses and file names.
type Kind string

// Kinds of files (design 6).
const (
	Access           Kind = "access"
	Users            Kind = "users"
	Changes          Kind = "changes"
	PermissionMatrix Kind = "permission-matrix"
	Matrix           Kind = "matrix"
	Stores           Kind = "stores"
	Permissions      Kind = "permissions"
	Snapshots        Kind = "snapshots"
)

// Kinds lists every kind in the order in which choices offer them.
func Kinds() []Kind {
	return []Kind{Access, Users, Changes, PermissionMatrix, Matrix, Stores, Permissions, Snapshots, Apps, Subscriptions, Webhooks, APIAccounts, Findings, Activity}
}

// ParseKind reads a kind's word; other words are Invalid errors.
func ParseKind(word string) (Kind, error) {
	return parse("kind", word, Kinds())
}

// Format is how the rows are written.
type Format string

// Formats of files.
const (
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
	JSON  Format = "json"
	JSONL Format = "jsonl"
)

// Formats lists every format, CSV first.
func Formats() []Format { return []Format{CSV, XLSX, JSON, JSONL} }

// ParseFormat reads a format's word; the empty word is CSV, other words are Invalid errors.
func ParseFormat(word string) (Format, error) {
	if word == "" {
		return CSV, nil
	}
	return parse("format", word, Formats())
}

func parse[T ~string](field, word string, known []T) (T, error) {
	if i := slices.Index(known, T(word)); i >= 0 {
		return known[i], nil
	}
	return "", org.Invalid(field, fmt.Sprintf("%q is no %s of an export. Use one of %s.", word, field, join(known)))
}

func join[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}

// ContentType is the media type of a format for HTTP answers.
func ContentType(f Format) string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case JSON:
		return "application/json"
	}
	return "application/jsonl"
}

// Extension is the end of a file name, with its dot.
func (f Format) Extension() string { return "." + string(f) }

// Job says which file is wanted. Snapshot is the closed snapshot that the file shows: Query.AsOf is already resolved to
// it and only kept for the manifest. The place and size of a page in Query (After, Before, Limit) are ignored.
type Job struct {
	Kind     Kind
	Format   Format
	Query    org.Query
	Scope    org.Scope
	Settings org.Settings
	Snapshot org.Snapshot
	Account  org.Account
	By       string    // who wants it: a member's name or local:<os user>
	At       time.Time // when it was asked for, for the manifest only; zero means now
	BOM      bool      // CSV only: start with a byte order mark, which old spreadsheet programs need
	Version  string    // of Rollcall
}

// query is what the source is asked: the page's filter and sort without its place, pinned to the snapshot.
func (j Job) query() org.Query {
	q := j.Query.FirstPage()
	q.Limit = 0
	q.AsOf = org.AsOf{Snapshot: j.Snapshot.ID}
	return q
}

// account is the account with the name that it had in the snapshot, so that a later name changes no old file.
func (j Job) account() org.Account {
	a := j.Account
	if !j.Kind.Timeless() {
		a.Name = j.Snapshot.AccountName
	}
	return a
}

// storeQuery asks for the stores that the rows can come from.
func (j Job) storeQuery() org.Query {
	return org.Query{AsOf: j.query().AsOf, Stores: j.Query.Stores, Labels: j.Query.Labels}
}

// FileName is a name that every file system takes: rollcall-access-acme-2026-03-31-snapshot12.csv. The day is that of
// the snapshot in UTC.
func (j Job) FileName() string {
	if j.Kind.Timeless() {
		return j.timelessName()
	}
	day := j.Snapshot.Finished
	if day.IsZero() {
		day = j.Snapshot.Started
	}
	return fmt.Sprintf("rollcall-%s-%s-%s-snapshot%d%s", j.Kind, slug(j.account().Label()), day.UTC().Format(time.DateOnly),
		j.Snapshot.ID, j.Format.Extension())
}

// slug keeps lower-case ASCII letters and digits and turns runs of all else into one hyphen.
func slug(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case !unicode.Is(unicode.Mn, r): // an accent is dropped without a hyphen
			gap = true
		}
		if b.Len() >= 48 {
			break
		}
	}
	if b.Len() == 0 {
		return "account"
	}
	return b.String()
}
