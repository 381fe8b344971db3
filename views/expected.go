package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/audit"
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
	Filter    Filter
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
	audit.GapMissing:  {Badge{Text: "Missing", Tone: Bad, Title: "Every registered token of the store was read, and none shows it. A client without a registered token may still have it."}, "Let the integration create it again, or drop the expectation."},
	audit.GapInactive: {Badge{Text: "Inactive", Tone: Bad}, "Mend the receiver, then reactivate it on its page."},
	audit.GapExtra:    {Badge{Text: "Extra", Tone: Warn}, "Add it to what is expected, or ask its owner to delete it."},
	audit.GapUnseen:   {Badge{Text: "Not seen", Dashed: true}, "No token showed it in the newest try: one failed, or none of the integration's client is registered."},
}

// NewExpected makes the page: all differences, and those of them that the query wants.
func NewExpected(s Shell, list []org.ExpectedHooks, all, gaps []org.ExpectedGap, c org.Coverage, q org.Query, choices org.FilterChoices, form ExpectedForm) Expected {
	s.Title, s.Nav = "Expected webhooks", "webhooks"
	l := listOf(s, q, choices)
	p := Expected{
		Shell: s, Views: hookTabs(s, "expected"), Coverage: coverageLine(s, c), Add: l.path, Import: l.path + "/import", Freeze: l.path + "/freeze",
	}
	p.Head = Head{Crumb: Link{Text: "Webhooks", Href: s.hooksHref(org.Query{})}, Title: "Expected webhooks", Question: "Does every integration have the webhooks that it should have, and no others?"}
	p.Stats = gapStats(s, list, all)
	p.Filter = l.filter("Search by integration, event, host or store", choose("state", "Difference", "Any difference", q.States, gapChoices()),
		choose("store", "Store", "Any store", q.Stores, choices.Stores), choose("label", "Store label", "Any label", q.Labels, choices.Labels))
	p.Filter.Live = true
	rows, pager := window(l, gaps)
	p.Pager, p.Total = pager, Counted(len(gaps), "difference")
	p.Table = Table{Caption: "Differences from what is expected", Cards: true, Page: true, Columns: []Column{{Label: "Difference"}, {Label: "Integration"}, {Label: "Event and host"}, {Label: "Store"}, {Label: "What to do"}}}
	for _, g := range rows {
		p.Rows = append(p.Rows, gapLine(s, g))
	}
	for _, e := range list {
		p.Manifests = append(p.Manifests, manifestLine(s, e))
	}
	if len(gaps) == 0 {
		e := expectedEmpty(list, all, l)
		p.Empty, p.Total = &e, ""
	}
	p.forms(form)
	return p
}

// Component renders the page.
func (p Expected) Component() templ.Component { return p.frame(expectedPage(p)) }

func listOf(s Shell, q org.Query, choices org.FilterChoices) list {
	return list{shell: s, path: s.Path("webhooks", "expected"), query: q, choices: choices}
}

func gapChoices() (list []org.Choice) {
	for _, kind := range []string{audit.GapMissing, audit.GapInactive, audit.GapExtra, audit.GapUnseen} {
		list = append(list, org.Choice{Value: kind, Label: gapLooks[kind].badge.Text})
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
		st := Stat{Name: name, Value: Count(counts[kind]), Note: note, Href: s.To(org.Query{States: []string{kind}}, "webhooks", "expected")}
		if counts[kind] > 0 {
			st.Tone = tone
		}
		return st
	}
	return []Stat{
		stat("Missing", audit.GapMissing, "expected, and not there", Bad), stat("Inactive", audit.GapInactive, "there, delivering nothing", Bad),
		stat("Extra", audit.GapExtra, "to an expected host, not listed", Warn), stat("Not seen", audit.GapUnseen, "no token that works shows it", ""),
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

func expectedEmpty(expected []org.ExpectedHooks, all []org.ExpectedGap, l list) Empty {
	switch {
	case len(expected) == 0:
		return Empty{
			Icon: "webhook", Title: "Nothing is expected yet",
			Text: "Write down for each integration its host, its events and its stores, or freeze what is there today. From then on a webhook that vanishes, stops or appears stands out here.",
		}
	case len(all) > 0:
		return nothingMatches("differences", l.cleared())
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
