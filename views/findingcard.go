package views

import (
	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// FindingLine is a finding beside the thing that it is about.
type FindingLine struct {
	Badge     Badge
	Title     string
	Says      string
	Evidence  []Fact
	Why, Do   string
	Refs      []string
	About     Link // empty Text: the page is about it
	AboutNote string
}

var severityLooks = map[audit.Severity]Badge{
	audit.Critical: {Text: "Critical", Tone: Bad, Icon: "shield-alert"},
	audit.High:     {Text: "High", Tone: Bad},
	audit.Medium:   {Text: "Medium", Tone: Warn},
	audit.Low:      {Text: "Low", Tone: Info},
	audit.Note:     {Text: "Note", Tone: Quiet},
}

// findingLines tells findings; a page about one webhook or one API account need not name it.
func findingLines(s Shell, findings []audit.Finding, hook org.WebhookID, account org.APIAccountID) []FindingLine {
	list := make([]FindingLine, 0, len(findings))
	for _, f := range findings {
		list = append(list, findingLine(s, f, hook, account))
	}
	return list
}

func findingLine(s Shell, f audit.Finding, hook org.WebhookID, account org.APIAccountID) FindingLine {
	line := FindingLine{Badge: severityLooks[f.Severity], Says: f.Says}
	if f.Rule != nil {
		line.Title, line.Why, line.Do, line.Refs = f.Rule.Title, f.Rule.Why, f.Rule.Do, f.Rule.Refs
		line.Badge.Title = f.Rule.Means
	}
	for _, e := range f.Evidence {
		line.Evidence = append(line.Evidence, Fact{Name: e.Name, Value: e.Value})
	}
	switch about := f.Subject; {
	case about.Webhook != 0 && about.Webhook != hook:
		line.About = Link{Text: about.Label, Href: s.hookHref(about.Webhook)}
	case about.Webhook != 0:
	case about.APIAccount != 0 && about.APIAccount != account:
		line.About = Link{Text: about.Label, Href: s.apiAccountHref(about.APIAccount)}
	case about.APIAccount != 0:
	case about.Kind == audit.OfHost:
		line.About = Link{Text: about.Label, Href: s.hostHref(about.Label)}
	case about.Kind == audit.OfStore && about.Store != 0:
		line.About = Link{Text: firstOf(about.StoreName, about.Label), Href: s.storeHref(about.Store)}
	}
	if line.About.Text != "" && f.Subject.Store != 0 && f.Subject.Kind != audit.OfStore {
		line.AboutNote = f.Subject.StoreName
	}
	return line
}
