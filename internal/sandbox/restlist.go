package sandbox

import (
	"net/url"
	"strconv"
)

// listing is one page of a V3 list.
type listing struct {
	page, limit int
	total       int
	lo, hi      int
	unfiltered  int // how many there are without the filter
}

// listing reads page and limit and cuts a page out of a list of that length. It answers by itself, and gives false,
// when they are no numbers.
func (x *restCall) listing(total, unfiltered, limit int) (listing, bool) {
	q := x.http.URL.Query()
	l := listing{page: 1, limit: limit, total: total, unfiltered: unfiltered}
	for name, into := range map[string]*int{"page": &l.page, "limit": &l.limit} {
		if !q.Has(name) {
			continue
		}
		n, err := strconv.Atoi(q.Get(name))
		if err != nil || n < 1 {
			x.problem(422, "The filter(s): "+name+" are not valid filter parameter(s).", object{name: "must be a positive number"})
			return l, false
		}
		*into = n
	}
	l.limit = min(l.limit, x.rest.PageCap)
	if x.odd(StoreFirstAgain) {
		l.page = 1
	}
	l.lo = min((l.page-1)*l.limit, total)
	l.hi = min(l.lo+l.limit, total)
	if x.odd(StoreRepeat) && l.lo > 0 {
		l.lo--
	}
	return l, true
}

func (l *listing) pages() int { return (l.total + l.limit - 1) / l.limit }

// list answers with one page of a V3 list and its meta.
func (x *restCall) list(data any, l listing) { x.listWith(data, l, nil) }

// listWith is list with cursors beside the page numbers, unless there are none.
func (x *restCall) listWith(data any, l listing, cursors object) {
	body := object{"data": data}
	switch {
	case x.odd(StoreNoMeta):
	case x.odd(StoreOldMeta):
		body["meta"] = object{"pagination": object{"offset": (l.page - 1) * l.limit, "limit": l.limit, "total_items": x.total(l)}}
	default:
		meta := object{"pagination": x.pagination(l)}
		if cursors != nil {
			meta["cursor_pagination"] = cursors
		}
		body["meta"] = meta
	}
	x.json(200, body)
}

func (x *restCall) total(l listing) int {
	if x.odd(StoreUnfiltered) {
		return l.unfiltered
	}
	return l.total
}

// pagination is the documented meta of a V3 list (facts 2.1), as truthful as the faults let it be.
func (x *restCall) pagination(l listing) object {
	pages := l.pages()
	if pages == 0 && !x.odd(StoreZeroPages) {
		pages = 1
	}
	p := object{
		"total": x.total(l), "count": l.hi - l.lo, "per_page": l.limit, "current_page": l.page, "total_pages": pages,
	}
	links := object{"current": x.link(l.page, l.limit)}
	if l.page > 1 {
		links["previous"] = x.link(l.page-1, l.limit)
	}
	if l.page < pages || x.odd(StoreLinksOn) {
		links["next"] = x.link(l.page+1, l.limit)
	}
	if x.odd(StoreLinksSame) {
		links["previous"], links["next"] = links["current"], links["current"]
	}
	if !x.odd(StoreNoLinks) {
		p["links"] = links
	}
	return p
}

// link names another page with the filters of this request.
func (x *restCall) link(page, limit int) string {
	q := url.Values{}
	for name, values := range x.http.URL.Query() {
		q[name] = values
	}
	q.Set("page", strconv.Itoa(page))
	q.Set("limit", strconv.Itoa(limit))
	return "?" + q.Encode()
}
