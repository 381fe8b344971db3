package signin

import "strings"

// browsers and systems are looked for in this order: the more special ones also name the others.
var (
	browsers = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"Vivaldi", "Vivaldi"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS", "Firefox"},
		{"CriOS", "Chrome"},
		{"Chromium/", "Chromium"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"curl/", "curl"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"CrOS", "ChromeOS"},
		{"Windows", "Windows"},
		{"Mac OS X", "macOS"},
		{"Macintosh", "macOS"},
		{"Linux", "Linux"},
	}
)

// AgentWords says in a few words which browser on which system a User-Agent header names, so that people recognise
// their sessions. It is text from outside and proves nothing.
func AgentWords(header string) string {
	header = header[:min(len(header), 1024)]
	return firstIn(header, browsers, "Unknown browser") + " on " + firstIn(header, systems, "an unknown system")
}

func firstIn(text string, table [][2]string, otherwise string) string {
	for _, entry := range table {
		if strings.Contains(text, entry[0]) {
			return entry[1]
		}
	}
	return otherwise
}
