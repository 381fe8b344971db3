package sandbox

import (
	"encoding/base64"
	"sort"
	"strconv"
	"strings"
)

// pageArgs are the arguments of every connection.
type pageArgs struct {
	Before, After *string
	First, Last   *int32
}

type pageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

// rows is a list that is served in pages; its keys ascend. The tag keeps cursors of different lists apart.
type rows struct {
	tag string
	n   int
	key func(i int) int64
}

// page is the part of the rows from lo up to hi.
type page struct {
	lo, hi int
	info   pageInfo
	empty  bool // serve no edges, whatever lo and hi say
}

var errCursor = said("Bad Request: the cursor is not valid")

// page cuts one page out of the rows, by the arguments and the faults of this request.
func (c *call) page(r rows, args pageArgs, cap int) (page, error) {
	if c.fault.hits(FaultPageOne, r.tag) {
		args.After, args.Before = nil, nil
	}
	p := page{hi: r.n}
	if args.After != nil {
		at, _, err := c.position(r, *args.After)
		if err != nil {
			return page{}, err
		}
		p.lo = at
	}
	if args.Before != nil {
		_, before, err := c.position(r, *args.Before)
		if err != nil {
			return page{}, err
		}
		if before >= 0 {
			p.hi = max(p.lo, before)
		}
	}
	switch {
	case args.First == nil && args.Last != nil:
		p.lo = max(p.lo, p.hi-min(int(*args.Last), cap))
	case args.First != nil:
		p.hi = min(p.hi, p.lo+min(int(*args.First), cap))
	default:
		p.hi = min(p.hi, p.lo+c.cfg.DefaultPage)
	}
	p.info.HasNextPage, p.info.HasPreviousPage = p.hi < r.n, p.lo > 0
	if p.hi > p.lo {
		p.info.StartCursor, p.info.EndCursor = c.cursorAt(r, p.lo), c.cursorAt(r, p.hi-1)
	}
	c.spoil(&p, r, args)
	return p, nil
}

// spoil applies the faults that concern pages.
func (c *call) spoil(p *page, r rows, args pageArgs) {
	switch {
	case c.fault.hits(FaultNullCursor, r.tag):
		p.info.HasNextPage, p.info.EndCursor = true, nil
	case c.fault.hits(FaultRepeatCursor, r.tag) && args.After != nil:
		p.info.HasNextPage, p.info.EndCursor = true, args.After
	case c.fault.hits(FaultRepeatCursor, r.tag):
		p.info.HasNextPage, p.info.EndCursor = true, p.info.StartCursor
	case c.fault.hits(FaultEmptyPage, r.tag):
		p.empty = true
		p.info = pageInfo{HasNextPage: true, HasPreviousPage: p.info.HasPreviousPage, EndCursor: c.detour(r, p.lo)}
	}
}

// detour gives a fresh cursor after which the rows go on at lo.
func (c *call) detour(r rows, lo int) *string {
	text := c.cursor(r, lo-1)
	raw, _ := base64.RawURLEncoding.DecodeString(text)
	again := base64.RawURLEncoding.EncodeToString(append(raw, ":"+itoa(int64(c.number))...))
	return &again
}

func (c *call) cursorAt(r rows, i int) *string {
	text := c.cursor(r, i)
	return &text
}

// cursor is opaque text: list and key of a row, or list and number of a row. Row -1 stands before the first.
func (c *call) cursor(r rows, i int) string {
	var buffer [64]byte
	raw := buffer[:0]
	if c.cfg.Cursors == "offset" {
		raw = strconv.AppendInt(append(append(append(raw, 'o', ':'), r.tag...), ':'), int64(i), 10)
	} else {
		key := int64(0)
		if i >= 0 {
			key = r.key(i)
		}
		raw = strconv.AppendInt(append(append(append(raw, 'k', ':'), r.tag...), ':'), key, 10)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// position gives the row that follows a cursor, and the row of the cursor or the one after its place. A cursor that
// cannot be read, or that belongs to another list, is an error or silently the beginning (facts 1.4); the row of such
// a cursor is -1.
func (c *call) position(r rows, text string) (after, before int, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.Split(string(raw), ":")
	if err == nil && len(parts) >= 3 && parts[1] == r.tag {
		if value, err := strconv.ParseInt(parts[2], 10, 64); err == nil {
			return r.after(parts[0], value)
		}
	}
	if c.cfg.BadCursor == "page1" {
		return 0, -1, nil
	}
	return 0, 0, errCursor
}

func (r rows) after(kind string, value int64) (after, before int, err error) {
	if kind == "o" {
		at := int(max(-1, min(value, int64(r.n))))
		return min(at+1, r.n), max(at, 0), nil
	}
	after = sort.Search(r.n, func(i int) bool { return r.key(i) > value })
	before = sort.Search(r.n, func(i int) bool { return r.key(i) >= value })
	return after, before, nil
}
