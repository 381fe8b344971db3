package views

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// APIAccount shows one entry of the register.
type APIAccount struct {
	Shell
	Head      Head
	Callouts  []Callout
	Blast     string
	Identity  []Fact
	Proof     []Fact
	Scopes    []ScopeLine
	ScopesHow string
	Findings  []FindingLine
	Hooks     []HookLine
	HooksMore string // address of all of them
	HooksNote string
	Hosts     []Link
	Timeline  []ChangeLine
	Forms     *APIAccountForms // nil where the member may not use them
}

// APIAccountForms replace the token of an entry and remove it.
type APIAccountForms struct {
	TokenPath, RemovePath string
	Token, Secret, Remove Field
}

// NewAPIAccount makes the page. problem is about one of its forms.
func NewAPIAccount(s Shell, a org.APIAccountDetail, findings []audit.Finding, problem error) APIAccount {
	s.Title, s.Nav = a.Label(), "api-accounts"
	p := APIAccount{
		Shell: s, Identity: identityFacts(s, a.APIAccount), Proof: proofFacts(s, a.Proof), Scopes: scopeLines(a.APIAccount), ScopesHow: scopesHow(s, a.Proof),
		Findings: findingLines(s, findings, 0, a.ID), Timeline: changeLines(s, a.Timeline, "acting"), Blast: blastRadius(a),
	}
	p.Head = Head{
		Crumb: Link{Text: "API accounts", Href: s.To(org.Query{}, "api-accounts")}, Title: a.Label(), Question: "What does it act on, does its token still work, and what dies with it?",
		Badges: []Badge{proofBadge(a.Proof), {Text: kindName(a.Kind), Tone: Quiet}},
	}
	p.Callouts = apiAccountCallouts(s, a.APIAccount)
	for _, h := range a.Hooks[:min(len(a.Hooks), org.PageSize)] {
		p.Hooks = append(p.Hooks, hookLine(s, h))
	}
	p.HooksMore, p.HooksNote = s.hooksHref(org.Query{Through: []org.APIAccountID{a.ID}}), hooksNote(a)
	for _, host := range a.Hosts {
		p.Hosts = append(p.Hosts, Link{Text: host, Href: s.hostHref(host)})
	}
	if a.RemovedAt.IsZero() && !s.Past() {
		p.Head.Actions = apiAccountActions(s, a.APIAccount)
		if s.Can.Configure {
			p.Forms, problem = apiAccountForms(s, a.APIAccount, problem)
		}
	}
	if problem != nil {
		p.Callouts = append([]Callout{{Tone: Bad, Title: "That did not work", Text: org.TextOf(problem)}}, p.Callouts...)
	}
	return p
}

// Component renders the page.
func (p APIAccount) Component() templ.Component { return p.frame(apiAccountPage(p)) }

// blastRadius says what is lost when BigCommerce deletes the API account (facts 3.5).
func blastRadius(a org.APIAccountDetail) string {
	n, hosts := a.APIAccount.Hooks, len(a.Hosts)
	text := "Deleting this API account at BigCommerce"
	switch {
	case n > 0:
		text += " kills " + Counted(n, "webhook") + " to " + Counted(hosts, "host") + ", and"
	case a.Proof.WorkedAt.IsZero():
		return text + " ends its token at once. Whether it has webhooks is unknown: its token was never read."
	default:
		text += " kills no webhook that is seen, but"
	}
	return text + " its metafields and scripts lose their owner. It cannot be undone. Removing it here only ends what Rollcall sees."
}

func apiAccountActions(s Shell, a org.APIAccount) (list []templ.Component) {
	if s.Can.Configure {
		list = append(list, linkButton(Link{Text: "Edit", Href: s.Path("api-accounts", strconv.FormatInt(int64(a.ID), 10), "edit")}))
	}
	if s.Can.Operate && a.HasToken {
		if !a.AccountLevel() {
			list = append(list, linkButton(Link{Text: "Notification e-mails", Href: s.emailsHref(a.ID), Icon: "send"}))
		}
		verify := s.Path("api-accounts", strconv.FormatInt(int64(a.ID), 10), "verify")
		list = append(list, postButton(Link{Text: "Verify now", Href: verify, Icon: "refresh-cw", Primary: true}, ""))
	}
	return list
}

func apiAccountCallouts(s Shell, a org.APIAccount) (list []Callout) {
	if !a.RemovedAt.IsZero() {
		list = append(list, Callout{Tone: Info, Title: "Taken out of the register " + s.Stamp(a.RemovedAt).Full(), Text: "Its token is forgotten. What was read through it stays as history."})
	}
	if c := proofCallout(s, a); c != nil {
		list = append(list, *c)
	}
	if n := len(a.Shared); n > 0 {
		c := Callout{Tone: Warn, Title: "Shared with " + Counted(n, "other entry", "other entries") + " of the register", Text: "The same token, or the same client without being an app. What replaces or deletes one hits all."}
		for _, ref := range a.Shared[:min(n, 5)] {
			c.Links = append(c.Links, Link{Text: ref.Label, Href: s.apiAccountHref(ref.ID)})
		}
		list = append(list, c)
	}
	return list
}

// proofAdvice says what to do about an outcome.
var proofAdvice = map[org.ProofState]string{
	org.ProofRevoked:      "If the API account was deleted, remove it here and register its successor. If it was mistyped, replace the token. Its webhooks died with it if it was deleted.",
	org.ProofWrongStore:   "The file belongs to another store. Register it there, and replace the token here.",
	org.ProofWrongAccount: "Ask who made this API account: its store is not one of the account that Rollcall audits.",
	org.ProofScopeLost:    "Ask whether the API account was made anew with fewer scopes. What needs the lost scope fails from now on.",
	org.ProofSuspended:    "The store answers that it is suspended or down. Nothing is wrong with the token as far as can be told; the next sweep tries again.",
	org.ProofBusy:         "Nothing is wrong with the token as far as can be told. The next sweep tries again.",
	org.ProofUnreadable:   "Nothing is known about the token. The next sweep tries again.",
}

func proofCallout(s Shell, a org.APIAccount) *Callout {
	do, bad := proofAdvice[a.Proof.State]
	if !bad {
		return nil
	}
	look := proofLooks[a.Proof.State]
	tone := look.Tone
	if tone == Info {
		tone = Warn
	}
	c := &Callout{Tone: tone, Title: look.Text + ": " + firstOf(a.Proof.Cause, look.Title), Text: do}
	if !a.Proof.WorkedAt.IsZero() && !a.Proof.State.Works() {
		c.Items = append(c.Items, "It last worked "+s.Stamp(a.Proof.WorkedAt).Full()+". What was read then is kept and shown with that date.")
	}
	return c
}

func identityFacts(s Shell, a org.APIAccount) []Fact {
	token := "none is kept"
	if a.HasToken {
		token = "ends in " + a.TokenLast4
	}
	secret := "none is kept"
	if a.SecretLast4 != "" {
		secret = "ends in " + a.SecretLast4
	}
	list := []Fact{{"Store", storeOf(a), false}}
	if a.StoreHash != "" {
		list = append(list, Fact{"Store hash", a.StoreHash, true})
	}
	list = append(list, Fact{"Client ID", firstOf(a.ClientID, a.Proof.ClientID, "unknown"), a.ClientID+a.Proof.ClientID != ""},
		Fact{"Token", token, false}, Fact{"Client secret", secret, false},
		Fact{"Owner", firstOf(a.Owner, "not written down"), false}, Fact{"Purpose", firstOf(a.Purpose, "not written down"), false},
		Fact{"System", firstOf(a.System, "not written down"), false}, Fact{"Created", dayText(a.Created), false}, Fact{"Last rotated", dayText(a.Rotated), false},
		Fact{"Review due", dayText(a.ReviewDue), false}, Fact{"Registered", s.Stamp(a.AddedAt).Full() + " by " + firstOf(a.AddedBy, "unknown"), false})
	if a.Notes != "" {
		list = append(list, Fact{"Notes", a.Notes, false})
	}
	return list
}

func dayText(day string) string {
	if t, ok := (org.AsOf{Day: day}).Moment(time.UTC); ok {
		return t.Format("2 Jan 2006")
	}
	return "not written down"
}

func proofFacts(s Shell, p org.Proof) []Fact {
	if p.CheckedAt.IsZero() {
		return []Fact{{"Verified", "never", false}}
	}
	list := []Fact{{"Verified", s.Stamp(p.CheckedAt).Full() + ", " + s.Stamp(p.CheckedAt).Relative, false}, {"Outcome", proofBadge(p).Text, false}}
	add := func(name, value string, code bool) {
		if value != "" {
			list = append(list, Fact{name, value, code})
		}
	}
	if p.WorkedAt.IsZero() {
		add("Last worked", "never seen to work", false)
	} else {
		add("Last worked", s.Stamp(p.WorkedAt).Full(), false)
	}
	add("Store as it answered", p.StoreName, false)
	add("Store status", p.StoreStatus, false)
	add("Plan", p.Plan, false)
	add("Owner e-mail of the store", p.AdminEmail, false)
	add("Client ID as it answered", p.ClientID, true)
	add("Account of the store", p.AccountUUID, true)
	return list
}

func hooksNote(a org.APIAccountDetail) string {
	if n := len(a.Hooks); n > org.PageSize {
		return "The first " + Count(org.PageSize) + " of " + Counted(n, "webhook")
	}
	return Counted(a.APIAccount.Hooks, "webhook") + " seen through it"
}

// apiAccountForms are the forms with a problem at its field; one that has no field there comes back.
func apiAccountForms(s Shell, a org.APIAccount, problem error) (*APIAccountForms, error) {
	at := func(deed string) string {
		return s.Path("api-accounts", strconv.FormatInt(int64(a.ID), 10), deed)
	}
	fields := []Field{
		{Name: "token", Label: "New access token", Type: "password", Code: true, Auto: "off", Required: true, Hint: "It is verified at once. Only its last four characters are ever shown."},
		{Name: "secret", Label: "New client secret", Type: "password", Code: true, Auto: "off", Hint: "Only if it changed."},
		{Name: "confirm", Label: "Type its name to confirm", Auto: "off", Required: true, Hint: a.Label()},
	}
	f := &APIAccountForms{TokenPath: at("token"), RemovePath: at("remove")}
	if placeError(fields, problem) == "" {
		problem = nil
	}
	f.Token, f.Secret, f.Remove = fields[0], fields[1], fields[2]
	return f, problem
}
