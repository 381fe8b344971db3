package audit

import (
	"strings"
	"unicode"

	"rollcall/internal/org"
)

// FreeMailDomains are mail services at which anybody can get an address. The list is ours and not complete; a policy
// can hold another one.
func FreeMailDomains() []string {
	return strings.Fields(`gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it live.com live.co.uk
		msn.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.es yahoo.it yahoo.co.in yahoo.com.au ymail.com rocketmail.com aol.com
		icloud.com me.com mac.com proton.me protonmail.com pm.me tutanota.com tuta.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de
		t-online.de freenet.de mail.com mail.ru yandex.com yandex.ru ukr.net i.ua meta.ua qq.com 163.com 126.com sina.com naver.com
		hanmail.net orange.fr free.fr laposte.net wanadoo.fr libero.it virgilio.it seznam.cz wp.pl o2.pl onet.pl interia.pl
		comcast.net verizon.net att.net sbcglobal.net btinternet.com bigpond.com optusnet.com.au rediffmail.com zoho.com fastmail.com
		hey.com mailbox.org posteo.de inbox.lv abv.bg`)
}

// RoleWords are words of mailboxes that belong to a task and not to a person.
func RoleWords() []string {
	return strings.Fields(`abuse account accounting accounts admin administrator agency api audit billing bigcommerce catalog commerce
		contact customer customercare customers customerservice design dev developer developers development devops digital ecom ecommerce
		email enquiries feedback finance fulfilment fulfillment hello help helpdesk hosting hr info inquiries integration integrations
		inventory invoices it jobs legal logistics mail mailbox marketing media merchandising newsletter noreply no-reply office online
		onlineshop operations ops order orders partner partners payments postmaster pr press procurement products purchasing qa reception
		returns root sales security seo service services shared shipping shop staff stock store storefront supply support sysadmin system
		team tech test testing user users warehouse web webadmin webdev webmaster website webshop webstore wholesale`)
}

// domains is a list of domains, ready to be asked.
type domains struct {
	exact map[string]bool
	below []string // with the leading dot
}

func newDomains(list []string) domains {
	d := domains{exact: make(map[string]bool, len(list))}
	for _, name := range list {
		name = org.FoldEmail(name)
		if rest, wild := strings.CutPrefix(name, "*"); wild {
			d.below = append(d.below, rest)
			continue
		}
		d.exact[name] = true
	}
	return d
}

func (d domains) empty() bool { return len(d.exact)+len(d.below) == 0 }

func (d domains) has(domain string) bool {
	if d.exact[domain] {
		return true
	}
	for _, suffix := range d.below {
		if strings.HasSuffix(domain, suffix) {
			return true
		}
	}
	return false
}

// mailboxWords are the words of the part before the @, without numbers and what follows a plus.
func mailboxWords(email string) []string {
	local, _, _ := strings.Cut(org.FoldEmail(email), "@")
	local, _, _ = strings.Cut(local, "+")
	words := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '-' || r == '_' })
	kept := words[:0]
	for _, w := range words {
		if w = strings.TrimRightFunc(w, unicode.IsDigit); w != "" {
			kept = append(kept, w)
		}
	}
	return kept
}

// roleMailbox tells whether an address names a task only: each word is one of the role words, or a short mark behind
// one of them like eu.
func roleMailbox(email string, words map[string]bool) bool {
	parts := mailboxWords(email)
	if len(parts) == 0 {
		return false
	}
	if words[strings.Join(parts, "-")] {
		return true
	}
	for i, w := range parts {
		if !words[w] && (i == 0 || len(w) > 2) {
			return false
		}
	}
	return true
}

// roleName tells whether a person's name is made of role words only, as with Web Team.
func roleName(who org.Identity, words map[string]bool) bool {
	parts := strings.Fields(strings.ToLower(who.FirstName + " " + who.LastName))
	if len(parts) < 2 {
		return false
	}
	for _, w := range parts {
		if !words[w] {
			return false
		}
	}
	return true
}
