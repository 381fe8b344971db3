package stores

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// RegisterColumns are the columns of a register file, in the order in which documentation shows them. Only name is
// required in the header; other orders and missing columns are fine. store_hash is empty for the account level, scopes
// are joined with ; and days are written 2006-01-02. There is no column for anything secret.
const RegisterColumns = "store_hash,name,kind,client_id,scopes,owner,purpose,system,created,rotated,review_due,notes"

const (
	registerCap  = 16 << 20 // bytes
	registerRows = 50_000
)

// ParseRegister reads the register as CSV with comma, semicolon or tab. Secrets have no place in it: a column for them,
// or a value that looks like one, is refused. Errors are org.Invalid, name line and column, and repeat no value.
func ParseRegister(r io.Reader) ([]org.APIAccount, error) {
	buffered := bufio.NewReader(io.LimitReader(r, registerCap))
	if mark, _ := buffered.Peek(3); string(mark) == "\xEF\xBB\xBF" {
		_, _ = buffered.Discard(3)
	}
	reader := csv.NewReader(buffered)
	reader.Comma, reader.FieldsPerRecord, reader.TrimLeadingSpace = delimiter(buffered), -1, true
	columns, err := registerHeader(reader)
	if err != nil {
		return nil, err
	}
	table := registerTable{reader: reader, columns: columns, seen: map[string]int{}}
	return table.rows()
}

// delimiter goes by the first line.
func delimiter(r *bufio.Reader) rune {
	start, _ := r.Peek(2048)
	head, _, _ := strings.Cut(string(start), "\n")
	best := ','
	for _, other := range []rune{';', '\t'} {
		if strings.Count(head, string(other)) > strings.Count(head, string(best)) {
			best = other
		}
	}
	return best
}

func registerError(format string, args ...any) error {
	return org.Invalid("register", fmt.Sprintf(format, args...))
}

// secretColumn is a header that promises a secret.
var secretColumn = regexp.MustCompile(`token|secret|passw|credential|api_?key|private_?key`)

func registerHeader(reader *csv.Reader) ([]string, error) {
	header, err := reader.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, registerError("The file is empty. Its first line must name columns: %s.", RegisterColumns)
	case err != nil:
		return nil, registerError("Line 1: the line cannot be read as CSV. Its first line must name columns: %s.", RegisterColumns)
	}
	known := strings.Split(RegisterColumns, ",")
	columns := make([]string, len(header))
	for i, name := range header {
		name = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "'"))), " ", "_")
		switch {
		case secretColumn.MatchString(name):
			return nil, registerError("Line 1, column %d: the register takes no tokens, secrets or passwords. Leave the column out; import tokens with their credentials files.", i+1)
		case !slices.Contains(known, name):
			return nil, registerError("Line 1, column %d: there is no such column. Columns are: %s.", i+1, RegisterColumns)
		case slices.Contains(columns, name):
			return nil, registerError("Line 1, column %d: the column %s is there twice.", i+1, name)
		}
		columns[i] = name
	}
	if !slices.Contains(columns, "name") {
		return nil, registerError("Line 1: the column name is missing. Columns are: %s.", RegisterColumns)
	}
	return columns, nil
}

type registerTable struct {
	reader  *csv.Reader
	columns []string
	seen    map[string]int // line of store and client ID
}

func (t *registerTable) rows() ([]org.APIAccount, error) {
	accounts := []org.APIAccount{}
	for {
		record, err := t.reader.Read()
		if errors.Is(err, io.EOF) {
			return accounts, nil
		}
		if err != nil {
			return nil, csvError(err)
		}
		at, _ := t.reader.FieldPos(0)
		if len(accounts) == registerRows {
			return nil, registerError("Line %d: a register file may have %d rows at most.", at, registerRows)
		}
		a, err := t.row(record)
		if err == nil {
			err = t.unique(a, at)
		}
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, a)
	}
}

func csvError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return registerError("Line %d, character %d: the quotes of a cell do not match.", parse.Line, parse.Column)
	}
	return org.Problem(org.KindInvalid, "The file cannot be read to its end.", err)
}

func (t *registerTable) row(record []string) (org.APIAccount, error) {
	a := org.APIAccount{Kind: org.APIAccountToken}
	var kind string
	for i, value := range record {
		at, _ := t.reader.FieldPos(i)
		if i >= len(t.columns) {
			return a, registerError("Line %d: it has %d cells, the first line %d.", at, len(record), len(t.columns))
		}
		column := t.columns[i]
		value = unguard(strings.TrimSpace(value))
		if column == "kind" {
			kind = value
		}
		if problem := setColumn(&a, column, value); problem != "" {
			return a, registerError("Line %d, column %s: %s.", at, column, problem)
		}
	}
	at, _ := t.reader.FieldPos(0)
	if problem := whole(&a, kind); problem != "" {
		return a, registerError("Line %d, %s.", at, problem)
	}
	return a, nil
}

// unguard takes off the sign that exports put before cells which a spreadsheet would take for a formula.
func unguard(value string) string {
	if len(value) > 1 && value[0] == '\'' && strings.ContainsRune("=+-@", rune(value[1])) {
		return value[1:]
	}
	return value
}

// secretValue looks like an access token or a client secret (facts 3.5).
var secretValue = regexp.MustCompile(`^(?:[a-z0-9]{31}|[0-9a-f]{64})$`)

// setColumn puts a value where it belongs and says what is wrong with it, without repeating it.
func setColumn(a *org.APIAccount, column, value string) (problem string) {
	if secretValue.MatchString(value) && column != "client_id" {
		return "the value looks like a token or secret, which the register does not take"
	}
	if len(value) > 2000 {
		return "the value is longer than 2,000 characters"
	}
	switch column {
	case "store_hash":
		return setStore(a, value)
	case "kind":
		return setKind(a, value)
	case "scopes":
		return setScopes(a, value)
	case "client_id":
		a.ClientID = value
		if value != "" && !clientIDPattern.MatchString(value) {
			return "expected a client ID of letters and digits"
		}
	case "created", "rotated", "review_due":
		into := map[string]*string{"created": &a.Created, "rotated": &a.Rotated, "review_due": &a.ReviewDue}[column]
		if _, err := time.Parse(time.DateOnly, value); value != "" && err != nil {
			return "expected a day such as 2026-03-31"
		}
		*into = value
	default:
		*map[string]*string{"name": &a.Name, "owner": &a.Owner, "purpose": &a.Purpose, "system": &a.System, "notes": &a.Notes}[column] = value
	}
	return ""
}

var clientIDPattern = regexp.MustCompile(`^[A-Za-z0-9_\-.]{1,64}$`)

// setStore takes a hash, or an API path that holds one.
func setStore(a *org.APIAccount, value string) string {
	value = strings.ToLower(value)
	if found := pathPattern.FindStringSubmatch(value); found != nil && found[1] == "stores" {
		value = found[2]
	}
	if value != "" && !hashPattern.MatchString(value) {
		return "expected a store hash of letters and digits"
	}
	a.StoreHash = value
	return ""
}

func setKind(a *org.APIAccount, value string) string {
	kinds := org.APIAccountKinds()
	var words []string
	for _, kind := range kinds {
		words = append(words, string(kind))
	}
	value = strings.ToLower(value)
	if value != "" && !slices.Contains(kinds, org.APIAccountKind(value)) {
		return "expected one of " + strings.Join(words, ", ")
	}
	if value != "" {
		a.Kind = org.APIAccountKind(value)
	}
	return ""
}

func setScopes(a *org.APIAccount, value string) string {
	for _, scope := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ',' || r == ' ' || r == '\n' }) {
		if !scopePattern.MatchString(scope) {
			return "expected scope names such as store_v2_orders_read_only, joined with ;"
		}
		if !slices.Contains(a.Declared, scope) {
			a.Declared = append(a.Declared, scope)
		}
	}
	slices.Sort(a.Declared)
	return ""
}

var scopePattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]{2,80}$`)

// whole checks what holds for a row as such.
func whole(a *org.APIAccount, kind string) (problem string) {
	if a.StoreHash == "" && kind == "" {
		a.Kind = org.APIAccountWhole
	}
	switch {
	case len([]rune(a.Name)) < org.APIAccountNameMin:
		return fmt.Sprintf("column name: expected at least %d characters", org.APIAccountNameMin)
	case a.AccountLevel() && a.StoreHash != "":
		return "column store_hash: expected nothing, for the kind account covers every store"
	case !a.AccountLevel() && a.StoreHash == "":
		return "column store_hash: expected the hash of a store; only the kind account has none"
	}
	return ""
}

func (t *registerTable) unique(a org.APIAccount, at int) error {
	if a.ClientID == "" {
		return nil
	}
	key := a.StoreHash + " " + a.ClientID
	if first := t.seen[key]; first > 0 {
		return registerError("Line %d, column client_id: line %d has the same client ID for the same store.", at, first)
	}
	t.seen[key] = at
	return nil
}
