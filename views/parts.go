package views

import (
	"strconv"

	"github.com/a-h/templ"
)

// Link is an address with its text; Primary marks the one next action of a page.
type Link struct {
	Text, Href, Icon string
	Primary          bool
}

// Head opens a page: its title, the question that it answers, and the next actions on the right.
type Head struct {
	Crumb    Link // where the page belongs; none when empty
	Title    string
	Question string
	Badges   []Badge
	Actions  []templ.Component
}

// Stat is one number with what it counts. Href makes the whole field a link.
type Stat struct {
	Name, Value, Note, Href string
	Tone                    Tone
}

// Callout tells something about the page as a whole.
type Callout struct {
	Tone  Tone
	Title string
	Text  string
	Items []string
	Links []Link
}

// Empty stands where rows would be, and says which of the four kinds of nothing it is.
type Empty struct {
	Icon, Title, Text string
	Links             []Link
	Sync              string // address to post to for a sync; none when empty
}

// neverSynced: nothing is known yet.
func neverSynced(s Shell) Empty {
	return Empty{
		Icon: "circle-dashed", Title: "Nothing has been read yet",
		Text: "Rollcall shows what a sync has read. The first one reads every store and user of this account.", Sync: s.Path("sync"),
	}
}

// nothingMatches: there are rows, but the filter keeps none.
func nothingMatches(what, clear string) Empty {
	return Empty{
		Icon: "search-x", Title: "No " + what + " match",
		Text: "Remove a filter or search for less.", Links: []Link{{Text: "Clear all filters", Href: clear}},
	}
}

// trulyNone: it was read, and there are none.
func trulyNone(title, text string) Empty { return Empty{Icon: "inbox", Title: title, Text: text} }

// partlyRead: nothing is known, but the snapshot has gaps, so that is no proof that there is nothing.
func partlyRead(s Shell, title, text string) Empty {
	return Empty{
		Icon: "circle-dashed", Title: title, Text: text,
		Links: []Link{{Text: "What was read", Href: s.snapshotHref(s.Snapshot.ID)}},
	}
}

// notReadable: the token may not read it, or reading failed.
func notReadable(title, text string, links ...Link) Empty {
	return Empty{Icon: "lock", Title: title, Text: text, Links: links}
}

// Field is a form field with its help and its error.
type Field struct {
	Name, Label, Type, Value string
	Hint, Error              string
	Auto                     string // autocomplete
	ID                       string // when the name is not unique on the page
	List                     []string
	Code, Required           bool
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}

// described lists the ids that explain the field.
func (f Field) described() string {
	ids := ""
	if f.Hint != "" {
		ids = f.id() + "-hint"
	}
	if f.Error != "" {
		ids += " " + f.id() + "-error"
	}
	return ids
}

// Tab is one view of a page.
type Tab struct {
	Label, Href, Count string
	Current            bool
}

// Option is one value of a select.
type Option struct {
	Value, Label string
	Selected     bool
}

// share is the width in percent that part takes of all, for SVG attributes.
func share(part, all int) string {
	if all <= 0 || part <= 0 {
		return "0%"
	}
	return strconv.FormatFloat(min(100, 100*float64(part)/float64(all)), 'f', 1, 64) + "%"
}
