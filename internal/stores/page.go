package stores

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"strconv"
)

// page is one page of a list, with what its meta says; -1 where it says nothing.
type page struct {
	items []json.RawMessage
	total int
	pages int
	data  object // of hooks/admin, whose data is an object that holds the list
}

// readPage reads a page in any form: data and meta of either kind, no meta, a bare array, nothing (204). It is false for
// JSON that is no list.
func readPage(body []byte, within string) (page, bool) {
	p := page{total: -1, pages: -1}
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return p, within == ""
	}
	if body[0] == '[' {
		return p, within == "" && json.Unmarshal(body, &p.items) == nil
	}
	whole, ok := asObject(body)
	if !ok {
		return p, false
	}
	p.readMeta(whole.object("meta").object("pagination"))
	raw, given := whole["data"]
	if within != "" {
		p.data, ok = asObject(raw)
		if raw, given = p.data[within]; !ok {
			return p, false
		}
	}
	if !given || json.Unmarshal(raw, &p.items) != nil {
		return p, false
	}
	return p, p.items != nil || p.total == 0
}

// readMeta knows both forms of pagination (facts 2.1).
func (p *page) readMeta(meta object) {
	p.total, p.pages = meta.count("total"), meta.count("total_pages")
	if p.total < 0 {
		p.total = meta.count("total_items")
	}
}

// last tells whether no further page is to be asked for: by the total where there is one. Links are not believed
// (facts 2.14). Without a total only an empty page is the end.
func (p *page) last(number, collected int) bool {
	return p.total >= 0 && collected >= p.total && number >= p.pages
}

// walk is how a list is read: pages are numbered by the client and end when one brings nothing new.
type walk struct {
	path   string
	query  url.Values
	limit  int    // of a page; 0: the list's own
	pages  int    // at most
	within string // field of data that holds the list
	bare   bool   // the first page is asked for without parameters
	take   func(json.RawMessage) (fresh, readable bool)
	also   func(object) // sees data when it is an object
	gentle bool
}

// walked is what came of it.
type walked struct {
	pages     int // read
	items     int // taken, each once
	lost      int // unreadable entries
	total     int // as told, -1 when not
	shifted   bool
	empty     bool     // the end was an empty page
	truncated bool     // more pages than were asked for
	refused   *refusal // why it ended early
}

// whole tells whether nothing is missing.
func (w walked) whole() bool {
	if w.refused != nil || w.lost > 0 || w.shifted || w.truncated {
		return false
	}
	return w.total >= 0 && w.items >= w.total || w.total < 0 && w.empty
}

// told tells whether an empty list said itself that it is empty.
func (w walked) told() bool { return w.total == 0 }

func (v *visit) walk(ctx context.Context, w walk) walked {
	out := walked{total: -1}
	for number := 1; ; number++ {
		if number > w.pages {
			out.truncated = true
			return out
		}
		p, refused := v.page(ctx, w, number)
		if refused != nil {
			out.refused = refused
			return out
		}
		if fresh := out.add(w, p); p.last(number, out.items) || fresh == 0 {
			return out
		}
	}
}

func (v *visit) page(ctx context.Context, w walk, number int) (page, *refusal) {
	query := url.Values{}
	maps.Copy(query, w.query)
	if !w.bare || number > 1 {
		query.Set("page", strconv.Itoa(number))
		if w.limit > 0 {
			query.Set("limit", strconv.Itoa(w.limit))
		}
	}
	body, refused := v.send(ctx, request{method: "GET", path: w.path, query: query, gentle: w.gentle})
	if refused != nil {
		return page{}, refused
	}
	p, ok := readPage(body, w.within)
	if !ok {
		return page{}, &refusal{cause: causeShape, status: 200, said: v.clean(saidBy(body))}
	}
	return p, nil
}

// add takes a page and gives the number of new items.
func (out *walked) add(w walk, p page) (fresh int) {
	out.pages++
	out.shifted = out.shifted || out.total >= 0 && p.total >= 0 && out.total != p.total
	out.total, out.empty = max(out.total, p.total), len(p.items) == 0
	if w.also != nil {
		w.also(p.data)
	}
	for _, item := range p.items {
		isFresh, readable := w.take(item)
		if !readable {
			out.lost++
		} else if isFresh {
			fresh++
		}
	}
	out.items += fresh
	return fresh
}
