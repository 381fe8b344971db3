package org

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// expectation is what is expected of one integration at one host: event scopes by store hash, where an empty hash
// stands for every store.
type expectation struct {
	integration, host string
	scopes            map[string]map[string]bool
}

func (e *expectation) add(store, scope string) {
	if e.scopes[store] == nil {
		e.scopes[store] = map[string]bool{}
	}
	e.scopes[store][scope] = true
}

// entries puts stores with the same scopes into one entry.
func (e *expectation) entries() (list []ExpectedHooks) {
	byScopes := map[string]int{}
	for _, store := range slices.Sorted(maps.Keys(e.scopes)) {
		scopes := slices.Sorted(maps.Keys(e.scopes[store]))
		if store == "" {
			list = append(list, ExpectedHooks{Integration: e.integration, Host: e.host, Scopes: scopes})
			continue
		}
		key := strings.Join(scopes, "\n")
		at, known := byScopes[key]
		if !known {
			at = len(list)
			byScopes[key] = at
			list = append(list, ExpectedHooks{Integration: e.integration, Host: e.host, Scopes: scopes})
		}
		list[at].Stores = append(list[at].Stores, store)
	}
	return list
}

// FreezeHooks makes what a host receives now into what an integration should have: stores with the same event scopes
// share an entry. Webhooks of other hosts are left out; it is empty when there is none.
func FreezeHooks(integration, host string, hooks []WebhookRow) []ExpectedHooks {
	e := expectation{integration: integration, host: host, scopes: map[string]map[string]bool{}}
	for _, h := range hooks {
		if h.Host == host && h.Scope != "" && h.StoreHash != "" {
			e.add(h.StoreHash, h.Scope)
		}
	}
	return e.entries()
}

// expectedLines bounds an imported manifest.
const expectedLines = 20_000

// ParseExpectedHooks reads a manifest: lines of integration, host, event scope and store hash, separated by commas,
// semicolons or tabs. An empty or missing store hash means every store; a first line of names and lines that begin with
// # are skipped. Errors are Invalid and name the line.
func ParseExpectedHooks(text string) ([]ExpectedHooks, error) {
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	reader.Comma, reader.FieldsPerRecord, reader.TrimLeadingSpace, reader.Comment = manifestComma(text), -1, true, '#'
	var order []*expectation
	known := map[[2]string]*expectation{}
	for lines := 0; ; lines++ {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, err := manifestLine(reader, record, err, lines)
		if err != nil {
			return nil, err
		}
		if line.Host == "" { // the names of the columns
			continue
		}
		key := [2]string{line.Integration, line.Host}
		if known[key] == nil {
			known[key] = &expectation{integration: line.Integration, host: line.Host, scopes: map[string]map[string]bool{}}
			order = append(order, known[key])
		}
		known[key].add(strings.Join(line.Stores, ""), line.Scopes[0])
	}
	return joinEntries(order)
}

func joinEntries(order []*expectation) (list []ExpectedHooks, err error) {
	for _, e := range order {
		list = append(list, e.entries()...)
	}
	if len(list) == 0 {
		return nil, Invalid("manifest", "There is no line in it that names an integration, a host and an event.")
	}
	return list, nil
}

// manifestLine is one line as an entry of one scope and at most one store; the zero entry for a line of names.
func manifestLine(reader *csv.Reader, record []string, bad error, lines int) (e ExpectedHooks, err error) {
	var parse *csv.ParseError
	switch {
	case errors.As(bad, &parse):
		return e, Invalid("manifest", fmt.Sprintf("Line %d cannot be read: a quotation mark is missing or in the wrong place.", parse.Line))
	case bad != nil:
		return e, bad
	case lines >= expectedLines:
		return e, Invalid("manifest", fmt.Sprintf("A manifest has at most %d lines.", expectedLines))
	case lines == 0 && strings.EqualFold(strings.TrimSpace(record[0]), "integration"):
		return e, nil
	}
	line, _ := reader.FieldPos(0)
	if len(record) < 3 || len(record) > 4 {
		return e, Invalid("manifest", fmt.Sprintf("Line %d has %d columns. It needs integration, host, event and, unless every store is meant, the store hash.", line, len(record)))
	}
	e = ExpectedHooks{Integration: record[0], Host: record[1], Scopes: []string{record[2]}}
	if len(record) == 4 {
		e.Stores = []string{record[3]}
	}
	if e, err = e.Cleaned(); err != nil {
		return e, Invalid("manifest", fmt.Sprintf("Line %d: %s", line, TextOf(err)))
	}
	return e, nil
}

// manifestComma is what separates the columns of the first line that has any.
func manifestComma(text string) rune {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		if i := strings.IndexAny(line, ",;\t"); i >= 0 {
			return rune(line[i])
		}
	}
	return ','
}
