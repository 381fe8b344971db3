package views

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// hookStateLooks tell a state in words for people.
var hookStateLooks = map[org.HookState]Badge{
	org.HookActive:      {Text: "Active", Tone: Good, Title: "BigCommerce delivers events to it"},
	org.HookInactive:    {Text: "Inactive", Tone: Bad, Icon: "circle-x", Title: "Somebody switched it off: it delivers nothing"},
	org.HookDeactivated: {Text: "Deactivated", Tone: Bad, Icon: "circle-x", Title: "BigCommerce switched it off: it delivers nothing"},
	org.HookOff:         {Text: "Off", Tone: Bad, Icon: "circle-x", Title: "It delivers nothing; who switched it off is not told"},
	org.HookUnknown:     {Text: "unknown", Dashed: true, Title: "BigCommerce did not say whether it is active"},
}

// hookStateBadge shows a state; words that Rollcall does not know are shown as they came.
func hookStateBadge(state org.HookState) Badge {
	if b, ok := hookStateLooks[state]; ok {
		return b
	}
	return Badge{Text: string(state), Tone: Info, Title: "A state that Rollcall does not know, shown as BigCommerce gave it"}
}

// blockedBadge says until when deliveries are held back; ok is false for a webhook that is not blocked.
func blockedBadge(s Shell, h org.WebhookRow) (b Badge, ok bool) {
	if h.Blocked == nil {
		return b, false
	}
	b = Badge{Text: "Blocked", Tone: Warn, Icon: "clock", Title: "Deliveries to this destination are held back"}
	if h.Blocked.Until.IsZero() {
		return b, true
	}
	until := s.Stamp(h.Blocked.Until)
	b.Title += " until " + until.Full()
	if h.Blocked.Until.Before(s.Now) {
		b.Text = "Was blocked"
	}
	return b, true
}

// approvedBadge shows what somebody decided about a host. While no host is approved there is nothing to compare with.
func approvedBadge(approved org.Tri) (b Badge, ok bool) {
	switch approved {
	case org.Yes:
		return Badge{Text: "Approved", Tone: Good, Icon: "check"}, true
	case org.No:
		return Badge{Text: "Not approved", Tone: Warn, Title: "Nobody has approved this host. Hosts approves or questions it."}, true
	}
	return b, false
}

// told says who gets a mail when the webhook is switched off.
func told(h org.WebhookRow) (text string, badge *Badge) {
	switch {
	case !h.EmailsRead:
		return "", &Badge{Text: "unknown", Dashed: true, Title: "The notification e-mails were not read"}
	case len(h.Emails) == 0:
		return "", &Badge{Text: "nobody", Tone: Warn, Title: "No notification e-mail is set for the API account of this webhook"}
	}
	return strings.Join(h.Emails, ", "), nil
}

// pathOf is what follows the host of a destination; the whole text where there is no host. Of the query only the fact
// that there is one is shown: keys travel there.
func pathOf(destination string) string {
	u, err := url.Parse(strings.TrimSpace(destination))
	if err != nil || u.Host == "" {
		return org.ShownDestination(destination)
	}
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?…"
	}
	return path
}

// shortID is the beginning of a client ID, enough to tell it from others.
func shortID(id string) string {
	if r := []rune(id); len(r) > 10 {
		return string(r[:8]) + "…"
	}
	return id
}

// throughLine names the client behind a token.
func throughLine(t org.TokenRef) string {
	if t.ClientID == "" {
		return "client ID unknown"
	}
	return "client " + shortID(t.ClientID)
}

// hookAdvice says why the webhook is in its state, as far as it is known, and what to do. It is empty for one that is
// active and not blocked.
func hookAdvice(s Shell, h org.WebhookRow) *Callout {
	c := Callout{Tone: Bad, Items: nil}
	switch h.State() {
	case org.HookDeactivated:
		c.Title = "BigCommerce switched it off: no event is delivered"
		c.Text = "If it is still needed, see that the receiver answers each delivery with a 2xx status within about 10 seconds, then reactivate the webhook here."
	case org.HookInactive:
		c.Title = "Somebody switched it off: no event is delivered"
		c.Text = "Ask its owner whether it is still needed. If so, reactivate it; if not, let its own client delete it."
	case org.HookOff:
		c.Title = "It is not active: no event is delivered"
		c.Text = "BigCommerce did not say whether a person or the platform switched it off. Check the receiver first, then reactivate it."
	case org.HookUnknown:
		c.Tone, c.Title, c.Text = Warn, "Whether it delivers is unknown", "BigCommerce returned no state for it. The next sweep asks again."
	default:
		if h.Blocked == nil {
			return nil
		}
		c.Tone, c.Title = Warn, "Deliveries to its destination are held back"
		if until := h.Blocked.Until; !until.IsZero() && until.Before(s.Now) {
			c.Title = "Deliveries to its destination were held back when it was last read"
		}
		c.Text = "BigCommerce blocks a destination for three minutes when fewer than 90 % of at least 100 deliveries within two minutes succeed. It ends by itself; the receiver must answer faster or more reliably."
	}
	if h.Likely != "" {
		c.Items = append(c.Items, h.Likely)
	}
	if h.Blocked != nil {
		c.Items = append(c.Items, blockItems(s, *h.Blocked)...)
	}
	return &c
}

func blockItems(s Shell, b org.BlockedDomain) (items []string) {
	if !b.Until.IsZero() {
		items = append(items, "Blocked until "+s.Stamp(b.Until).Full()+", by the countdown that was read.")
	}
	for _, r := range b.Reasons {
		text := r.Text
		if r.Count > 0 {
			text += ", " + Counted(r.Count, "time")
		}
		if !r.At.IsZero() {
			text += ", at " + s.Stamp(r.At).Full()
		}
		items = append(items, text)
	}
	return items
}

// breakable shows a host, path or event so that its lines may break after dots and strokes; copied, it is the text.
func breakable(text string) templ.Component {
	var b strings.Builder
	for _, c := range text {
		b.WriteString(templ.EscapeString(string(c)))
		if strings.ContainsRune("./-_:@", c) {
			b.WriteString("<wbr>")
		}
	}
	return templ.Raw(b.String())
}
