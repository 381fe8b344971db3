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
	counted := &io.LimitedReader{R: r, N: registerCap}
	buffered := bufio.NewReader(counted)
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
	accounts, err := table.rows()
	if err == nil && counted.N == 0 {
		return nil, registerError("The file is longer than %d MiB.", registerCap>>20)
	}
	return accounts, err
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
