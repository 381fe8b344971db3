package audit

import (
	"fmt"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// Names of columns as HR systems and identity providers write them, folded to letters and digits.
var (
	mailColumns   = []string{"email", "emailaddress", "workemail", "mail", "primaryemail", "businessemail", "companyemail", "login", "username", "userprincipalname", "upn", "userlogin", "emailprimarywork"}
	nameColumns   = []string{"name", "fullname", "displayname", "employeename", "employee", "person", "worker"}
	firstColumns  = []string{"firstname", "givenname", "forename", "first", "preferredname", "legalfirstname"}
	lastColumns   = []string{"lastname", "surname", "familyname", "last", "legallastname"}
	unitColumns   = []string{"department", "unit", "team", "division", "costcenter", "costcentre", "orgunit", "organization", "organisation"}
	statusColumns = []string{"status", "employmentstatus", "employeestatus", "state", "accountstatus", "workerstatus", "userstatus"}
)

// leftWords are statuses of people who are no longer there, folded the same way.
var leftWords = []string{
	"left", "leaver", "terminated", "termed", "inactive", "deactivated", "deprovisioned", "suspended", "disabled", "former", "exited", "resigned",
	"retired", "dismissed", "offboarded", "deleted", "no", "false", "notemployed", "separated",
}

// letters folds the name of a column or a status.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, text)
}

func saysLeft(status string) bool { return slices.Contains(leftWords, letters(status)) }

// mailIn is the e-mail in a cell, as given; the form Name <e-mail> is understood. Empty when there is none.
func mailIn(cell string) string {
	if _, rest, found := strings.Cut(cell, "<"); found {
		cell, _, _ = strings.Cut(rest, ">")
	}
	cell = strings.TrimSpace(cell)
	if len(cell) > 7 && strings.EqualFold(cell[:7], "mailto:") {
		cell = cell[7:]
	}
	local, domain, found := strings.Cut(cell, "@")
	plain := !strings.ContainsAny(cell, " \t\r\n,;\"<>()") && !strings.Contains(domain, "@")
	dot := strings.IndexByte(domain, '.')
	if !found || !plain || local == "" || dot < 1 || strings.HasSuffix(domain, ".") || len(cell) > 320 {
		return ""
	}
	return cell
}

// findColumns finds what the caller did not name.
func (t *RosterTable) findColumns(records [][]string, c RosterColumns) error {
	width := 0
	for _, r := range records {
		width = max(width, len(r))
	}
	if width == 0 {
		return org.Invalid("roster", "The list is empty.")
	}
	for _, n := range []int{c.Email, c.Name, c.FirstName, c.LastName, c.Unit, c.Status} {
		if n > width {
			return org.Invalid("roster", fmt.Sprintf("There is no column %d, the list has %d.", n, width))
		}
	}
	if c.Email < 1 {
		if c.Email = mailColumn(records, width); c.Email == 0 {
			return badRoster(1, 1, "no column has e-mails.")
		}
	}
	first := records[0]
	if c.Email > len(first) || mailIn(first[c.Email-1]) == "" {
		t.Header = first
	}
	for _, one := range []struct {
		column *int
		names  []string
	}{{&c.Name, nameColumns}, {&c.FirstName, firstColumns}, {&c.LastName, lastColumns}, {&c.Unit, unitColumns}, {&c.Status, statusColumns}} {
		if *one.column == 0 {
			*one.column = named(t.Header, one.names, c.Email)
		}
	}
	t.Columns = c
	return nil
}

// named is the column of a header with one of some names, the likeliest name first; -1 when there is none.
func named(header, names []string, but int) int {
	for _, name := range names {
		for i, h := range header {
			if i+1 != but && letters(h) == name {
				return i + 1
			}
		}
	}
	return -1
}

// mailColumn is the column with the most e-mails; of nearly equal ones that with the best name, then the first. 0 when
// no line has any.
func mailColumn(records [][]string, width int) int {
	counts := make([]int, width)
	for _, record := range records[:min(len(records), 1000)] {
		for i, cell := range record {
			if mailIn(cell) != "" {
				counts[i]++
			}
		}
	}
	most := slices.Max(counts)
	if most == 0 {
		return 0
	}
	for _, name := range mailColumns {
		for i, h := range records[0] {
			if letters(h) == name && counts[i]*10 >= most*8 {
				return i + 1
			}
		}
	}
	return slices.Index(counts, most) + 1
}
