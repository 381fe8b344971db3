package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
)

// Chip is one filter that holds, with the address of the list without it.
type Chip struct{ Text, Href string }

// Filter is the filter bar of a list: a GET form whose fields are the parameters of org.Query.
type Filter struct {
	Action      string
	Search      string
	SearchLabel string
	NoSearch    bool
	Selects     []Select
	Days        string // value of the days field; empty means the setting
	DaysHint    string // what the setting is; empty hides the field
	Since       string // value of the since field
	HasSince    bool
	Chips       []Chip
	Clear       string
	Keep        []Pair  // parameters that the form does not show
	Fields      []Field // further fields of the panel
	Live        bool    // results follow the search while typing
}

// Select is one filter field.
type Select struct {
	Name, Label string
	Options     []Option
}

// filter makes the filter bar of the list; what the selects do not show is carried along.
func (l list) filter(searchLabel string, selects ...Select) Filter {
	f := Filter{Action: l.path, Search: l.query.Search, SearchLabel: searchLabel, Selects: selects, Chips: l.chips(), Clear: l.cleared()}
	shown := []string{"q", "after", "before"}
	for i := range selects {
		shown = append(shown, selects[i].Name)
	}
	v := l.query.Values()
	f.Keep = pairs(v, shown...)
	for _, s := range selects { // a select holds one value; further ones are carried along
		if extra := v[s.Name]; len(extra) > 1 {
			for _, value := range extra[1:] {
				f.Keep = append(f.Keep, Pair{s.Name, value})
			}
		}
	}
	return f
}

func (f *Filter) drop(name string) {
	f.Keep = slices.DeleteFunc(f.Keep, func(p Pair) bool { return p.Name == name })
}

// cleared is the list without any filter, in the same past and order.
func (l list) cleared() string {
	return withQuery(l.path, org.Query{AsOf: l.query.AsOf, Sort: l.query.Sort, Desc: l.query.Desc})
}

// choose makes the options of a select from choices; the first option filters nothing.
func choose(name, label, anything string, chosen []string, choices []org.Choice) Select {
	s := Select{Name: name, Label: label, Options: []Option{{Label: anything}}}
	current := ""
	if len(chosen) > 0 {
		current = chosen[0]
	}
	found := current == ""
	for _, c := range choices {
		text := c.Label
		if text == "" {
			text = c.Value
		}
		if c.Count > 0 {
			text += " (" + Count(c.Count) + ")"
		}
		value := escapeItem(c.Value)
		found = found || c.Value == current
		s.Options = append(s.Options, Option{value, text, c.Value == current})
	}
	if !found {
		s.Options = append(s.Options, Option{escapeItem(current), current, true})
	}
	return s
}

// escapeItem writes a value as one item of a list parameter.
func escapeItem(text string) string { return itemEscapes.Replace(text) }

var itemEscapes = strings.NewReplacer(`\`, `\\`, `,`, `\,`)

func words[T interface{ String() string }](list []T) []string {
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = item.String()
	}
	return out
}

func yesNo(name, label string, value org.Tri, yes, no string) Select {
	chosen := []string{}
	if value != org.Unknown {
		chosen = append(chosen, value.String())
	}
	return choose(name, label, "Any", chosen, []org.Choice{{Value: "yes", Label: yes}, {Value: "no", Label: no}})
}

func roleChoices() []org.Choice {
	var list []org.Choice
	for _, r := range org.Roles() {
		list = append(list, org.Choice{Value: r.String(), Label: roleLooks[r].text})
	}
	return list
}

// chips names each filter that holds; following a chip removes just that one.
func (l list) chips() []Chip {
	var chips []Chip
	v := l.query.Values()
	for _, pair := range pairs(v, "as-of", "sort", "after", "before") {
		if pair.Name == "days" && len(l.query.Login) > 0 {
			continue // named by the login chip
		}
		chips = append(chips, Chip{l.chipText(pair), withValues(l.path, without(v, pair))})
	}
	return chips
}

func without(v url.Values, gone Pair) url.Values {
	rest := url.Values{}
	for name, values := range v {
		for _, value := range values {
			if (name != gone.Name || value != gone.Value) && name != "after" && name != "before" {
				rest.Add(name, value)
			}
		}
	}
	if gone.Name == "login" {
		rest.Del("days")
	}
	return rest
}

func withValues(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

var chipNames = map[string]string{
	"q": "Search", "store": "Store", "label": "Label", "role": "Role", "privileged": "Privileged", "sensitive": "Sensitive",
	"login": "Last sign-in", "days": "Inactive after", "status": "Status", "domain": "E-mail domain", "permission": "Holds",
	"app": "App", "in-account": "In the account list", "user": "User", "kind": "Kind", "since": "Since",
	"host": "Host", "event": "Event", "state": "State", "client": "Client", "through": "Seen through", "approved": "Host approved",
	"actor": "Who", "action": "What", "outcome": "Outcome", "about": "About", "from": "From", "to": "To the end of",
}

func (l list) chipText(p Pair) string {
	value := strings.NewReplacer(`\\`, `\`, `\,`, `,`).Replace(p.Value)
	switch p.Name {
	case "q":
		value = "“" + value + "”"
	case "store":
		value = labelOf(l.choices.Stores, value)
	case "user":
		value = labelOf(l.choices.Users, value)
	case "app":
		value = labelOf(l.choices.Apps, value)
	case "client":
		value = labelOf(l.hooks.Clients, value)
	case "through":
		value = labelOf(l.hooks.Through, value)
	case "state":
		value = firstOf(placeNames[value], stateText(value))
	case "permission":
		value = org.PermissionLabel(value)
	case "role":
		for _, r := range org.Roles() {
			if r.String() == value {
				value = roleLooks[r].text
			}
		}
	case "login":
		value = l.loginText(value)
	case "days":
		value += " days"
	case "since":
		if at := l.query.Since.Time; !at.IsZero() {
			value = l.shell.Stamp(at).Full()
		}
		if day, err := time.Parse(time.DateOnly, value); err == nil {
			value = "the end of " + day.Format("2 Jan 2006")
		}
	case "action":
		value = deed(value)
	case "about":
		value = "the " + value + " only"
	case "from", "to":
		if day, err := time.Parse(time.DateOnly, value); err == nil {
			value = day.Format("2 Jan 2006")
		}
	case "kind":
		value = firstOf(kindNames[org.APIAccountKind(value)], kindText(value))
	}
	return chipNames[p.Name] + ": " + value
}

// labelOf finds the label of a value among the choices; the value itself where there is none.
func labelOf(choices []org.Choice, value string) string {
	for _, c := range choices {
		if c.Value == value && c.Label != "" {
			return c.Label
		}
	}
	return value
}

func (l list) loginText(word string) string {
	days := l.days()
	switch word {
	case "inactive":
		return "more than " + Counted(days, "day") + " ago"
	case "active":
		return "within " + Counted(days, "day")
	}
	return word
}

func (l list) days() int {
	if l.query.Days > 0 {
		return l.query.Days
	}
	return l.shell.InactiveDays
}

func (l list) loginSelect() Select {
	n := strconv.Itoa(l.days())
	return choose("login", "Last sign-in", "Any", words(l.query.Login), []org.Choice{
		{Value: "never", Label: "Never signed in"},
		{Value: "inactive", Label: "Inactive (more than " + n + " days ago)"},
		{Value: "active", Label: "Active (within " + n + " days)"},
		{Value: "unknown", Label: "Unknown (not read)"},
	})
}
