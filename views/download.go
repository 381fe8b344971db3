package views

import "rollcall/internal/org"

// DownloadGroup offers one kind of rows in several formats.
type DownloadGroup struct {
	Title string
	Links []Link
}

var fileFormats = []string{"csv", "xlsx", "json"}

// downloads addresses the rows of a query as files: /a/3/download/users.csv?role=custom.
func (s Shell) downloads(title, kind string, q org.Query) DownloadGroup {
	g := DownloadGroup{Title: title}
	for _, format := range fileFormats {
		g.Links = append(g.Links, Link{Text: formatNames[format], Href: s.To(q.FirstPage(), "download", kind+"."+format)})
	}
	return g
}

var formatNames = map[string]string{"csv": "CSV", "xlsx": "Excel", "json": "JSON", "jsonl": "JSON lines"}
