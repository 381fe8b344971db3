package audit

import (
	"strings"
	"testing"
	"unicode/utf16"

	"rollcall/internal/org"
)

func TestParseRoster(t *testing.T) {
	for _, test := range []struct {
		name, text string
		columns    RosterColumns
		want       string // e-mail/name/unit/status of each, ! for left
		leftOut    int
	}{
		{"one e-mail in a line", "a@x.example\nb@x.example\n", RosterColumns{}, "a@x.example/// b@x.example///", 0},
		{"a header", "Name,E-Mail\nAnn,a@x.example\n", RosterColumns{}, "a@x.example/Ann//", 0},
		{"byte order mark, semicolons", "\ufeffVorname;Last Name;Email;Department;Status\r\nAnn;Lee;a@x.example;HR;Active\r\nBob;Ray;b@x.example;IT;Terminated\r\n", RosterColumns{FirstName: 1}, "a@x.example/Ann Lee/HR/Active b@x.example/Ann/IT/Terminated!", 0},
		{"tabs", "upn\tdisplayName\na@x.example\tAnn Lee\n", RosterColumns{}, "a@x.example/Ann Lee//", 0},
		{"sep line", "sep=;\nname;mail\nAnn;a@x.example\n", RosterColumns{}, "a@x.example/Ann//", 0},
		{"private and work e-mail", "personal email,work email\np@mail.example,a@x.example\nq@mail.example,b@x.example\n", RosterColumns{}, "a@x.example/// b@x.example///", 0},
		{"the caller knows better", "personal email,work email\np@mail.example,a@x.example\n", RosterColumns{Email: 1}, "p@mail.example///", 0},
		{"no names wanted", "name,mail\nAnn,a@x.example\n", RosterColumns{Name: -1}, "a@x.example///", 0},
		{"brackets and mailto", "\"Lee, Ann <a@x.example>\"\nmailto:b@x.example\n", RosterColumns{}, "a@x.example/// b@x.example///", 0},
		{"empty lines and bad ones", "mail,name\n\n,Ann\nnobody,Bob\na@x.example,Cid\n", RosterColumns{}, "a@x.example/Cid//", 2},
		{"quotes and line breaks", "mail,name\na@x.example,\"Lee, \"\"Ann\"\"\nJunior\"\n", RosterColumns{}, "a@x.example/Lee, \"Ann\"\nJunior//", 0},
		{"a line that is too short", "id,name,mail\n1,Ann,a@x.example\n2\n", RosterColumns{}, "a@x.example/Ann//", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			table, err := ParseRoster([]byte(test.text), test.columns)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range table.Entries {
				one := strings.Join([]string{e.Email, e.Name, e.Unit, e.Status}, "/")
				if e.Left {
					one += "!"
				}
				got = append(got, one)
			}
			want := strings.Replace(test.want, "b@x.example/Ann/", "b@x.example/Bob Ray/", 1)
			if strings.Join(got, " ") != want || table.LeftOut != test.leftOut || len(table.Problems) != test.leftOut {
				t.Errorf("%q, want %q; left out %+v", strings.Join(got, " "), want, table.Problems)
			}
		})
	}
}

func TestParseRosterUTF16(t *testing.T) {
	units := utf16.Encode([]rune("name\tmail\nÄnne\ta@x.example\n"))
	text := []byte{0xFF, 0xFE}
	for _, u := range units {
		text = append(text, byte(u), byte(u>>8))
	}
	table, err := ParseRoster(text, RosterColumns{})
	if err != nil || len(table.Entries) != 1 || table.Entries[0].Name != "Änne" || table.Entries[0].Line != 2 {
		t.Errorf("%+v, %v", table, err)
	}
}

func TestParseRosterSaysWhere(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a stray quotation mark", "mail,name\na@x.example,An\"n\n", "Line 2, column 15:"},
		{"a quotation mark that never ends", "mail,name\na@x.example,\"Ann\n", "Line 2, column "},
		{"behind a sep line", "sep=,\nmail,name\na@x.example,An\"n\n", "Line 3, column 15:"},
		{"no e-mails", "name\nAnn\n", "Line 1, column 1:"},
		{"not UTF-8", "mail\na@x.example\nb\xe9@x.example\n", "Line 3, letter 2:"},
		{"empty", " \n\n", "empty"},
		{"nothing", "", "empty"},
		{"too wide", strings.Repeat(",", 300) + "\n", "Line 1, column 201:"},
	} {
		_, err := ParseRoster([]byte(test.text), RosterColumns{})
		if org.KindOf(err) != org.KindInvalid || !strings.Contains(org.TextOf(err), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
	if _, err := ParseRoster([]byte("a@x.example\n"), RosterColumns{Name: 7}); !strings.Contains(org.TextOf(err), "no column 7") {
		t.Error(err)
	}
	table, err := ParseRoster([]byte("name,mail\nAnn,nobody\nBob,b@x.example\n"), RosterColumns{})
	if err != nil || len(table.Problems) != 1 || table.Problems[0].Line != 2 || table.Problems[0].Column != 2 {
		t.Errorf("%+v, %v", table, err)
	}
}

// FuzzParseRoster: nothing crashes, errors are told, and every entry has an e-mail and a line.
func FuzzParseRoster(f *testing.F) {
	for _, text := range []string{
		"a@x.example\n", "name;mail\nAnn;a@x.example\n", "\ufeffmail,name\n\"a@x.example\",\"An\"\"n\"\n", "sep=;\nmail;x\na@x.example;y", "mail\n\xff\xfe",
		"\xff\xfea\x00", "<a@x.example>,b\n", "\"", ",,,\n,,@,\n",
	} {
		f.Add([]byte(text), 0, 0)
	}
	f.Fuzz(func(t *testing.T, text []byte, email, name int) {
		table, err := ParseRoster(text, RosterColumns{Email: email, Name: name})
		if err != nil {
			if org.KindOf(err) != org.KindInvalid || org.TextOf(err) == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		last := 0
		for _, e := range table.Entries {
			if mailIn(e.Email) != e.Email || e.Line <= last {
				t.Fatalf("%+v after line %d", e, last)
			}
			last = e.Line
		}
		if len(table.Entries) == 0 || table.LeftOut < len(table.Problems) {
			t.Fatalf("%+v", table)
		}
		MatchRoster(&Roster{Entries: table.Entries}, calm().people(t))
	})
}
