package views

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"github.com/a-h/templ"
)

// Icons are from Lucide; its licence is beside them.
//
//go:embed icons/*.svg
var iconFiles embed.FS

var icons = loadIcons()

// Icon draws a decorative icon in the colour of the text; its meaning must stand in words beside it.
func Icon(name string) templ.Component { return iconWith(name, "icon") }

// iconWith draws an icon with CSS classes. An unknown name panics: a mistake in a template.
func iconWith(name, class string) templ.Component {
	shape, ok := icons[name]
	if !ok {
		panic("views: no icon " + name)
	}
	return templ.Raw(`<svg class="` + class + `" width="16" height="16" viewBox="0 0 24 24" fill="none" stroke="currentColor" ` +
		`stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">` + shape + `</svg>`)
}

// loadIcons keeps what stands inside each file's svg element.
func loadIcons() map[string]string {
	entries, err := iconFiles.ReadDir("icons")
	if err != nil {
		panic(fmt.Errorf("views: %w", err))
	}
	shapes := map[string]string{}
	for _, entry := range entries {
		text, err := iconFiles.ReadFile("icons/" + entry.Name())
		if err != nil {
			panic(fmt.Errorf("views: %w", err))
		}
		_, inner, _ := strings.Cut(string(text), "<svg")
		_, inner, _ = strings.Cut(inner, ">")
		inner = strings.TrimSuffix(strings.TrimSpace(inner), "</svg>")
		shapes[strings.TrimSuffix(path.Base(entry.Name()), ".svg")] = strings.Join(strings.Fields(inner), " ")
	}
	return shapes
}
