package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// Webhook shows one webhook.
type Webhook struct {
	Shell
	Head     Head
	Callouts []Callout
	Target   HookLine
	Facts    []Fact
	Links    []HookLink
	Findings []FindingLine
	Timeline []ChangeLine
}

// HookLink is a fact of a webhook that leads somewhere.
type HookLink struct {
	Name string
	Link Link
	Note string
}

// NewWebhook makes the page of one webhook.
func NewWebhook(s Shell, h org.WebhookDetail, findings []audit.Finding) Webhook {
	event := firstOf(h.Scope, "unknown event")
	s.Title, s.Nav = event, "webhooks"
	p := Webhook{Shell: s, Target: hookLine(s, h.WebhookRow), Timeline: changeLines(s, h.Timeline, "acting"), Findings: findingLines(s, findings, h.ID, 0)}
	p.Head = Head{
		Crumb: Link{Text: "Webhooks", Href: s.hooksHref(org.Query{})}, Title: event, Badges: p.Target.States,
		Question: "Does it deliver, to whom, and who is told when it stops?",
	}
	p.Callouts = hookCallouts(s, h)
	p.Facts = hookFacts(s, h.WebhookRow)
	p.Links = hookLinks(s, h.WebhookRow)
	if h.GoneAt.IsZero() {
		p.Head.Actions = hookActions(s, h.WebhookRow)
	}
	return p
}

// Component renders the page.
func (p Webhook) Component() templ.Component { return p.frame(webhookPage(p)) }

func hookCallouts(s Shell, h org.WebhookDetail) (list []Callout) {
	if !h.GoneAt.IsZero() {
		return []Callout{{Tone: Info, Title: "Gone since " + s.Stamp(h.GoneAt).Full(), Text: "A read through a working token of its client reached the end and lacked it. This is what was known last."}}
	}
	if c := hookAdvice(s, h.WebhookRow); c != nil {
		list = append(list, *c)
	}
	if !h.Current {
		list = append(list, Callout{
			Tone: Warn, Title: "Last seen " + s.Stamp(h.ReadAt).Full(),
			Text:  "The newest try to read it did not work, so it may have changed or be gone. The API account says why.",
			Links: []Link{{Text: "API account " + h.Through.Label, Href: s.apiAccountHref(h.Through.ID)}},
		})
	}
	return list
}

// hookActions offer what a member may do; in the past there is nothing to do.
func hookActions(s Shell, h org.WebhookRow) []templ.Component {
	if !s.Can.Operate || s.Past() {
		return nil
	}
	list := []templ.Component{linkButton(Link{Text: "Notification e-mails", Href: s.emailsHref(h.Through.ID), Icon: "send"})}
	if h.State() != org.HookActive {
		list = append(list, linkButton(Link{Text: "Reactivate", Href: s.Path("webhooks", strconv.FormatInt(int64(h.ID), 10), "reactivate"), Icon: "rotate-ccw", Primary: true}))
	}
	return list
}

// emailsHref leads to the form for the notification e-mails of an API account.
func (s Shell) emailsHref(id org.APIAccountID) string {
	return s.Path("api-accounts", "emails") + "?through=" + strconv.FormatInt(int64(id), 10)
}

func hookFacts(s Shell, h org.WebhookRow) []Fact {
	who, _ := told(h)
	switch {
	case who != "":
	case h.EmailsRead:
		who = "nobody"
	default:
		who = "unknown, the e-mails were not read"
	}
	list := []Fact{
		{"Destination", org.ShownDestination(h.Destination), true},
		{"Headers", firstOf(strings.Join(h.Headers, ", "), "none") + " (names only; values are never kept)", false},
		{"Told when it stops", who, false},
		{"First seen", s.Stamp(h.FirstSeen).Full(), false},
		{"Seen last", s.Stamp(h.ReadAt).Full() + ", " + s.Stamp(h.ReadAt).Relative, false},
		{"Created", s.Moment(h.CreatedAt).Full(), false},
		{"Updated", s.Moment(h.UpdatedAt).Full(), false},
		{"Client ID", h.ClientID, true},
		{"Webhook ID", strconv.FormatInt(h.APIID, 10), true},
	}
	if !h.DownSince.IsZero() {
		list = append(list, Fact{"Seen down since", s.Stamp(h.DownSince).Full(), false})
	}
	return list
}

func hookLinks(s Shell, h org.WebhookRow) []HookLink {
	store := Link{Text: firstOf(h.StoreName, h.StoreHash)}
	if h.Store != 0 {
		store.Href = s.storeHref(h.Store)
	}
	list := []HookLink{
		{Name: "Store", Link: store, Note: h.StoreHash},
		{Name: "Seen through", Link: Link{Text: firstOf(h.Through.Label, "API account"), Href: s.apiAccountHref(h.Through.ID)}, Note: throughLine(h.Through)},
	}
	if h.Host != "" {
		list = append(list, HookLink{Name: "Host", Link: Link{Text: h.Host, Href: s.hostHref(h.Host)}, Note: hostNote(h.Approved)})
	}
	return list
}

func hostNote(approved org.Tri) string {
	switch approved {
	case org.Yes:
		return "approved"
	case org.No:
		return "not approved"
	}
	return "no host is approved yet"
}
