package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Expected compares what integrations should have with what is seen.
type Expected struct {
	Shell
	Head      Head
	Coverage  string
	Views     []Tab
	Stats     []Stat
	Table     Table
	Rows      []GapLine
	Total     string
	Pager     Pager
	Empty     *Empty
	Manifests []ManifestLine
	Add       string // addresses of the forms
	Import    string
	Freeze    string
	Fields    []Field
	Scopes    Area
	Stores    Area
	FreezeTo  []Field
	Error     string
	ImportErr string
	FreezeErr string
	MayNot    string
	HasFilter bool
	AllHref   string
}

// GapLine is one difference.
type GapLine struct {
	Badge        Badge
	Integration  string
	Event, Host  string
	Href         string
	Store, Where string
	Do           string
}

// ManifestLine is one expectation.
type ManifestLine struct {
	Integration, Host, Scopes, Stores, By string
	At                                    Stamp
	Remove                                string
}

// ExpectedForm is what was typed, and what is wrong about it.
type ExpectedForm struct {
	Entry             org.ExpectedHooks
	Problem           error // about the typed entry
	Import, Freeze    error
	FreezeName, Hosts string
}

var gapLooks = map[string]struct {
	badge Badge
	do    string
}{
	"missing":  {Badge{Text: "Missing", Tone: Bad}, "Let the integration create it again, or drop the expectation."},
	"inactive": {Badge{Text: "Inactive", Tone: Bad}, "Mend the receiver, then reactivate it on its page."},
	"extra":    {Badge{Text: "Extra", Tone: Warn}, "Add it to what is expected, or ask its owner to delete it."},
	"unseen":   {Badge{Text: "Not seen", Dashed: true}, "No token shows this store: register one of the integration's client."},
}

// NewExpected makes the page.
func NewExpected(s Shell, list []org.ExpectedHooks, gaps []org.ExpectedGap, c org.Coverage, q org.Query, form ExpectedForm) Expected {
	s.Title, s.Nav = "Expected webhooks", "webhooks"
	l := expectedList(s, q)
	p := Expected{
		Shell: s, Views: hookTabs(s, "expected"), Coverage: coverageLine(s, c), Add: l.path, Import: l.path + "/import", Freeze: l.path + "/freeze",
		HasFilter: len(q.Kinds) > 0, AllHref: s.To(org.Query{}, "webhooks", "expected"),
	}
	p.Head = Head{Crumb: Link{Text: "Webhooks", Href: s.hooksHref(org.Query{})}, Title: "Expected webhooks", Question: "Does every integration have the webhooks that it should have, and no others?"}
	p.Stats = gapStats(s, list, gaps)
	shown := gapsOf(gaps, q.Kinds)
	rows, pager := window(l, shown)
	p.Pager, p.Total = pager, Counted(len(shown), "difference")
	p.Table = Table{Caption: "Differences from what is expected", Cards: true, Page: true, Columns: []Column{{Label: "Difference"}, {Label: "Integration"}, {Label: "Event and host"}, {Label: "Store"}, {Label: "What to do"}}}
	for _, g := range rows {
		p.Rows = append(p.Rows, gapLine(s, g))
	}
	for _, e := range list {
		p.Manifests = append(p.Manifests, manifestLine(s, e))
	}
	if len(shown) == 0 {
		e := expectedEmpty(list, gaps, p.AllHref)
		p.Empty, p.Total = &e, ""
	}
	p.forms(form)
	return p
}

// Component renders the page.
func (p Expected) Component() templ.Component { return p.frame(expectedPage(p)) }

func expectedList(s Shell, q org.Query) list {
	return list{shell: s, path: s.Path("webhooks", "expected"), query: q}
}

func gapsOf(gaps []org.ExpectedGap, kinds []string) []org.ExpectedGap {
	if len(kinds) == 0 {
		return gaps
	}
	var list []org.ExpectedGap
	for _, g := range gaps {
		if g.Kind == kinds[0] {
			list = append(list, g)
		}
	}
	return list
}

func gapStats(s Shell, list []org.ExpectedHooks, gaps []org.ExpectedGap) []Stat {
	if len(list) == 0 {
		return nil
	}
	counts := map[string]int{}
	for _, g := range gaps {
		counts[g.Kind]++
	}
	stat := func(name, kind, note string, tone Tone) Stat {
		st := Stat{Name: name, Value: Count(counts[kind]), Note: note, Href: s.To(org.Query{Kinds: []string{kind}}, "webhooks", "expected")}
		if counts[kind] > 0 {
			st.Tone = tone
		}
		return st
	}
	return []Stat{
		stat("Missing", "missing", "expected, and not there", Bad), stat("Inactive", "inactive", "there, delivering nothing", Bad),
		stat("Extra", "extra", "to an expected host, not listed", Warn), stat("Not seen", "unseen", "no token shows the store", ""),
	}
}

func gapLine(s Shell, g org.ExpectedGap) GapLine {
	look, known := gapLooks[g.Kind]
	if !known {
		look.badge = Badge{Text: g.Kind, Tone: Info}
	}
	line := GapLine{Badge: look.badge, Do: look.do, Integration: g.Integration, Event: firstOf(g.Scope, "every event"), Host: g.Host, Store: firstOf(g.StoreName, g.StoreHash), Where: g.StoreHash}
	if g.Webhook != 0 {
		line.Href = s.hookHref(g.Webhook)
	}
	return line
}

func manifestLine(s Shell, e org.ExpectedHooks) ManifestLine {
	line := ManifestLine{
		Integration: e.Integration, Host: e.Host, Scopes: strings.Join(e.Scopes, ", "), Stores: "every store", By: e.By, At: s.Stamp(e.At),
		Remove: s.Path("webhooks", "expected", strconv.FormatInt(e.ID, 10), "remove"),
	}
	if len(e.Stores) > 0 {
		line.Stores = Counted(len(e.Stores), "store") + ": " + firstNames(e.Stores, len(e.Stores))
	}
	return line
}

func expectedEmpty(list []org.ExpectedHooks, gaps []org.ExpectedGap, all string) Empty {
	switch {
	case len(list) == 0:
		return Empty{
			Icon: "webhook", Title: "Nothing is expected yet",
			Text: "Write down for each integration its host, its events and its stores, or freeze what is there today. From then on a webhook that vanishes, stops or appears stands out here.",
		}
	case len(gaps) > 0:
		return nothingMatches("differences", all)
	}
	return trulyNone("Everything is as expected", "Each webhook that the manifests name is there and active, and their hosts have no others, as far as the registered tokens show.")
}

func (p *Expected) forms(form ExpectedForm) {
	if !p.Can.Operate {
		p.MayNot = needsRole("Changing what is expected", "operator")
		return
	}
	all := []Field{
		{Name: "integration", Label: "Integration", Value: form.Entry.Integration, Required: true, Auto: "off"},
		{Name: "host", Label: "Host", Value: form.Entry.Host, Code: true, Required: true, Auto: "off"},
		{Name: "scopes"},
		{Name: "stores"},
	}
	p.Error = placeError(all, form.Problem)
	p.Fields = all[:2]
	p.Scopes = Area{Name: "scopes", Label: "Events", Rows: "4", Code: true, Value: strings.Join(form.Entry.Scopes, "\n"), Hint: "One in each line, like store/order/created.", Error: all[2].Error}
	p.Stores = Area{Name: "stores", Label: "Store hashes", Rows: "3", Code: true, Value: strings.Join(form.Entry.Stores, "\n"), Hint: "One in each line. Empty: every store.", Error: all[3].Error}
	p.ImportErr = problemText(form.Import)
	p.FreezeTo = []Field{
		{Name: "integration", ID: "freeze-integration", Label: "Integration", Value: form.FreezeName, Required: true, Auto: "off"},
		{Name: "host", ID: "freeze-host", Label: "Host", Value: form.Hosts, Code: true, Required: true, Auto: "off", Hint: "Every webhook that is seen to deliver there today becomes expected."},
	}
	p.FreezeErr = placeError(p.FreezeTo, form.Freeze)
}
