package views

import (
	"strconv"

	"rollcall/internal/org"
)

// blind is the one sentence that no page about webhooks leaves out (facts 2.1).
const blind = "Webhooks of clients without a registered token are invisible."

// coverageLine says how much of the truth the registered tokens show: "Seen through 41 of 43 tokens in 22 of 24 stores".
func coverageLine(s Shell, c org.Coverage) string {
	text := "Seen through " + Count(c.TokensRead) + " of " + Counted(c.Tokens, "token") + " in " + Count(c.WithToken) + " of " + Counted(c.Stores, "store")
	if !c.ReadFrom.IsZero() {
		text += ", read " + s.span(c.ReadFrom, c.ReadTo)
	}
	return text + ". " + blind
}

// coverageCallout names what is missing in that picture; nil when every store has a token and every token was read.
func coverageCallout(s Shell, c org.Coverage) *Callout {
	var items []string
	if n := c.Stores - c.WithToken; n > 0 {
		items = append(items, Counted(n, "store has", "stores have")+" no token in the register: whatever receives their events is unknown.")
	}
	if n := c.Tokens - c.TokensRead; n > 0 {
		items = append(items, Counted(n, "token was", "tokens were")+" not read in the newest try: what they showed before is kept, with its date.")
	}
	if c.Foreign > 0 {
		items = append(items, Counted(c.Foreign, "client ID")+" seen in metafields that no registered API account has.")
	}
	if len(items) == 0 {
		return nil
	}
	call := Callout{Tone: Warn, Title: "This picture has gaps", Items: items, Links: []Link{{Text: "Coverage of each store", Href: s.To(org.Query{}, "webhooks", "stores")}}}
	if c.Foreign > 0 {
		call.Links = append(call.Links, Link{Text: "Unknown clients", Href: s.To(org.Query{}, "api-accounts", "clients")})
	}
	return &call
}

// hookTabs are the views of webhooks.
func hookTabs(s Shell, current string) []Tab {
	tab := func(label string, parts ...string) Tab {
		key := "webhooks"
		if len(parts) > 0 {
			key = parts[0]
		}
		return Tab{Label: label, Href: s.To(org.Query{}, append([]string{"webhooks"}, parts...)...), Current: key == current}
	}
	return []Tab{
		tab("Webhooks"), tab("By host", "hosts"), tab("By event", "events"), tab("By store", "stores"), tab("Expected", "expected"),
	}
}

// registerTabs are the views of API accounts.
func registerTabs(s Shell, current string) []Tab {
	at := func(label, key string, parts ...string) Tab {
		return Tab{Label: label, Href: s.To(org.Query{}, append([]string{"api-accounts"}, parts...)...), Current: key == current}
	}
	return []Tab{at("Register", "register"), at("Unknown clients", "clients", "clients")}
}

func (s Shell) hookHref(id org.WebhookID) string {
	return s.To(org.Query{}, "webhooks", strconv.FormatInt(int64(id), 10))
}

func (s Shell) apiAccountHref(id org.APIAccountID, more ...string) string {
	return s.To(org.Query{}, append([]string{"api-accounts", strconv.FormatInt(int64(id), 10)}, more...)...)
}

// hooksHref leads to the webhooks that a query wants.
func (s Shell) hooksHref(q org.Query) string { return s.To(q, "webhooks") }

// hostHref leads to the webhooks of a host.
func (s Shell) hostHref(host string) string { return s.hooksHref(org.Query{Hosts: []string{host}}) }

func downStates() []string { return []string{org.StateDown} }

// noRegister: nothing can be seen before somebody registers an API account.
func noRegister(s Shell) Empty {
	e := Empty{
		Icon: "key-round", Title: "No API account is registered yet",
		Text: "BigCommerce shows webhooks only to the API account that made them, and lists API accounts nowhere. So Rollcall needs the credentials file of each: " +
			"the text file that the control panel offers once, at creation. Drop it on the next page; Rollcall seals the token, checks it, and reads its webhooks from then on.",
	}
	if s.Can.Configure {
		e.Links = []Link{{Text: "Add API accounts", Href: s.Path("api-accounts", "add"), Icon: "plus", Primary: true}}
	} else {
		e.Text += " Adding them needs the role admin."
	}
	return e
}

// needsRole tells who may do what a page does not offer to this member.
func needsRole(what, role string) string { return what + " needs the role " + role + "." }
