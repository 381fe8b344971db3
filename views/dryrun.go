package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Request is exactly what an action would send to BigCommerce, without the token.
type Request struct {
	Method, URL, Body string
	Headers           []string // name: value
	About             string   // the webhook or API account that it changes
}

// Same tells whether two lists of requests are equal, so that nothing else is sent than what was shown.
func Same(a, b []Request) bool { return Fingerprint(a) == Fingerprint(b) }

// Fingerprint is the text by which a form remembers what it showed.
func Fingerprint(list []Request) string {
	var b strings.Builder
	for _, r := range list {
		b.WriteString(r.Method + " " + r.URL + "\n" + r.Body + "\n")
	}
	return b.String()
}

// DryRun shows what an action would send, and asks before it is sent.
type DryRun struct {
	Shell
	Head     Head
	Requests []Request
	Notes    []string
	Action   string
	Keep     []Pair
	Button   string
	Danger   string // what it changes, in one sentence
	Back     string
}

// NewReactivateDryRun asks before a webhook is switched on again.
func NewReactivateDryRun(s Shell, h org.WebhookDetail, r Request) DryRun {
	s.Title, s.Nav = "Reactivate a webhook", "webhooks"
	if r.About == "" {
		r.About = firstOf(h.Scope, "Webhook") + " of " + firstOf(h.StoreName, h.StoreHash)
	}
	back := s.hookHref(h.ID)
	p := DryRun{
		Shell: s, Requests: []Request{r}, Back: back, Button: "Reactivate it", Action: s.Path("webhooks", strconv.FormatInt(int64(h.ID), 10), "reactivate"),
		Danger: "BigCommerce delivers events of " + firstOf(h.StoreName, h.StoreHash) + " to " + firstOf(h.Host, org.ShownDestination(h.Destination)) + " again.",
		Keep:   []Pair{{"shown", Fingerprint([]Request{r})}},
	}
	p.Head = Head{Crumb: Link{Text: firstOf(h.Scope, "Webhook"), Href: back}, Title: "Reactivate this webhook?", Question: "Nothing was sent yet. This is exactly what would be sent."}
	p.Notes = []string{
		"The request is sent with the token of API account " + h.Through.Label + "; its webhooks can be changed only with a token of the same client.",
		"If the receiver still fails, BigCommerce switches it off again.",
	}
	return p
}

// NewEmailsDryRun asks before notification e-mails are set.
func NewEmailsDryRun(s Shell, through []org.APIAccountID, emails []string, requests []Request) DryRun {
	s.Title, s.Nav = "Set notification e-mails", "api-accounts"
	p := DryRun{
		Shell: s, Requests: requests, Action: s.Path("api-accounts", "emails"), Button: "Set the e-mails", Back: s.emailsBack(through),
		Danger: "From then on BigCommerce tells only these addresses when a webhook of " + Counted(len(requests), "API account") + " is switched off or its destination is blocked.",
		Keep:   []Pair{{"shown", Fingerprint(requests)}, {"emails", strings.Join(emails, "\n")}},
	}
	for _, id := range through {
		p.Keep = append(p.Keep, Pair{"through", strconv.FormatInt(int64(id), 10)})
	}
	p.Head = Head{Crumb: Link{Text: "Notification e-mails", Href: p.Back}, Title: "Set these e-mails?", Question: "Nothing was sent yet. This is exactly what would be sent."}
	p.Notes = []string{"The list replaces the one that is there; addresses that it lacks are told nothing any more."}
	return p
}

// Component renders the page.
func (p DryRun) Component() templ.Component { return p.frame(dryRunPage(p)) }

func (s Shell) emailsBack(through []org.APIAccountID) string {
	q := org.Query{Through: through}
	return withQuery(s.Path("api-accounts", "emails"), q)
}

// Emails asks for the notification e-mails of API accounts.
type Emails struct {
	Shell
	Head    Head
	Action  string
	Choices []EmailChoice
	More    string // that there are more than can be chosen here
	Area    Area
	Error   string
	Results []EmailResult
	Empty   *Empty
}

// EmailChoice is an API account that can be chosen.
type EmailChoice struct {
	ID, Name, Note, Hooks string
	Checked               bool
}

// EmailResult is what BigCommerce answered for one API account.
type EmailResult struct {
	Name  Link
	Store string
	Badge Badge
	Says  string
}

// NewEmails makes the form. accounts are those that can be chosen, of all that there are; results are of what was just
// sent.
func NewEmails(s Shell, accounts []org.APIAccount, all int, chosen []org.APIAccountID, emails string, results []EmailResult, problem error) Emails {
	s.Title, s.Nav = "Notification e-mails", "api-accounts"
	p := Emails{Shell: s, Action: s.Path("api-accounts", "emails", "preview"), Results: results}
	p.Head = Head{
		Crumb: Link{Text: "API accounts", Href: s.To(org.Query{}, "api-accounts")}, Title: "Notification e-mails",
		Question: "Whom does BigCommerce tell when a webhook is switched off or its destination is blocked?",
	}
	for _, a := range accounts {
		if !a.HasToken || a.AccountLevel() {
			continue
		}
		c := EmailChoice{ID: strconv.FormatInt(int64(a.ID), 10), Name: a.Label(), Note: storeOf(a), Hooks: Counted(a.Hooks, "webhook")}
		for _, id := range chosen {
			c.Checked = c.Checked || id == a.ID
		}
		p.Choices = append(p.Choices, c)
	}
	if all > len(accounts) {
		p.More = "The first " + Count(len(accounts)) + " of " + Counted(all, "API account") + ". To choose among others, filter the register and come from there."
	}
	if len(p.Choices) == 0 {
		e := notReadable("No API account can be chosen", "E-mails can be set for API accounts of stores whose token is in the register.", Link{Text: "API accounts", Href: s.Path("api-accounts")})
		p.Empty = &e
	}
	area := []Field{{Name: "emails"}}
	p.Error = placeError(area, problem)
	p.Area = Area{Name: "emails", Label: "E-mail addresses", Value: emails, Rows: "4", Hint: "One in each line. They replace the addresses that are set now.", Error: area[0].Error}
	return p
}

// Component renders the page.
func (p Emails) Component() templ.Component { return p.frame(emailsPage(p)) }

// NewEmailResult tells what became of setting the e-mails of one API account.
func NewEmailResult(s Shell, a org.APIAccount, err error) EmailResult {
	r := EmailResult{Name: Link{Text: a.Label(), Href: s.apiAccountHref(a.ID)}, Store: storeOf(a), Badge: Badge{Text: "Set", Tone: Good, Icon: "check"}}
	if err != nil {
		r.Badge, r.Says = Badge{Text: "Not set", Tone: Bad, Icon: "circle-x"}, org.TextOf(err)
	}
	return r
}
