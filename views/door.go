package views

import (
	"errors"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Door is what stands around pages before an account is open: set-up, sign-in, connecting an account.
type Door struct {
	Title, Theme, Version string
	Flash                 Flash
	Wide                  bool
	Step                  int // of the first run: 1 admin, 2 account, 3 first sync; 0 hides the steps
}

func (d Door) frame(content templ.Component) templ.Component { return doorPage(d, content) }

func (d Door) class() string {
	if d.Wide {
		return "door wide"
	}
	return "door"
}

// Step is one step of the first run.
type Step struct {
	Number, Text  string
	Done, Current bool
}

func (d Door) steps() []Step {
	if d.Step == 0 {
		return nil
	}
	var list []Step
	for i, text := range []string{"Create an admin", "Connect an account", "Read it once"} {
		list = append(list, Step{strconv.Itoa(i + 1), text, i+1 < d.Step, i+1 == d.Step})
	}
	return list
}

// SignIn is the form that lets members in.
type SignIn struct {
	Door
	Fields []Field
	Next   string
	Error  string
}

// NewSignIn makes the form. next is the local path to go to afterwards; problem says why the last try failed.
func NewSignIn(d Door, email, next, problem string) SignIn {
	d.Title = "Sign in"
	return SignIn{Door: d, Next: next, Error: problem, Fields: []Field{
		{Name: "email", Label: "E-mail", Type: "email", Value: email, Auto: "username", Required: true},
		{Name: "password", Label: "Password", Type: "password", Auto: "current-password", Required: true},
	}}
}

// Component renders the page.
func (p SignIn) Component() templ.Component { return p.frame(signInPage(p)) }

// Setup is the form of the first run.
type Setup struct {
	Door
	Fields []Field
	Error  string
}

// SetupForm is what was typed; neither the set-up code nor the password is shown again.
type SetupForm struct{ Name, Email string }

// NewSetup makes the form. A problem about one of its fields stands at that field.
func NewSetup(d Door, form SetupForm, problem error) Setup {
	d.Title, d.Step = "Set up Rollcall", 1
	p := Setup{Door: d, Fields: []Field{
		{Name: "code", Label: "Set-up code", Code: true, Required: true, Auto: "off", Hint: "It stands in the terminal that started Rollcall."},
		{Name: "name", Label: "Your name", Value: form.Name, Auto: "name", Required: true},
		{Name: "email", Label: "Your e-mail", Type: "email", Value: form.Email, Auto: "username", Required: true},
		{Name: "password", Label: "Password", Type: "password", Auto: "new-password", Required: true, Hint: "At least 12 characters. A few unrelated words are easy to remember and hard to guess."},
	}}
	p.Error = placeError(p.Fields, problem)
	return p
}

// Component renders the page.
func (p Setup) Component() templ.Component { return p.frame(setupPage(p)) }

// placeError puts an error at the field that it is about. What belongs to no field is returned.
func placeError(fields []Field, err error) string {
	if err == nil {
		return ""
	}
	var e *org.Error
	if errors.As(err, &e) && e.Field != "" {
		for i := range fields {
			if fields[i].Name == e.Field || strings.EqualFold(fields[i].Label, e.Field) {
				fields[i].Error = e.Text
				return ""
			}
		}
	}
	return org.TextOf(err)
}
