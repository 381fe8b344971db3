// Package static holds the files a browser loads beside the pages: style sheet,
// scripts and icon. Their names carry a hash of their content, so they may be
// kept for ever and still change at once with a new release.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Prefix is where Handler is mounted; every Path begins with it.
const Prefix = "/static/"

//go:embed files
var embedded embed.FS

var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

var byName, byHashed = load(embedded)

type file struct {
	hashed string
	kind   string
	body   []byte
}

// Path returns the address of a file such as "app.css". It panics for a name that
// is not embedded: that is a mistake in a template, found by the first test.
func Path(name string) string {
	f, ok := byName[name]
	if !ok {
		panic("static: no file " + name)
	}
	return Prefix + f.hashed
}

// Handler serves the hashed names below Prefix and answers 404 to all others.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := byHashed[strings.TrimPrefix(r.URL.Path, Prefix)]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", f.kind)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
	})
}

// load hashes each file; the layers of the style sheet under css/ become one app.css, in order of name.
func load(files fs.FS) (names, hashed map[string]file) {
	names, hashed = map[string]file{}, map[string]file{}
	add := func(name string, body []byte) {
		ext, sum := path.Ext(name), sha256.Sum256(body)
		f := file{kind: types[ext], body: body}
		f.hashed = strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		names[name], hashed[f.hashed] = f, f
	}
	for _, name := range glob(files, "files/*.*") {
		add(path.Base(name), read(files, name))
	}
	var css []byte
	for _, name := range glob(files, "files/css/*.css") {
		css = append(css, read(files, name)...)
	}
	add("app.css", css)
	return names, hashed
}

func glob(files fs.FS, pattern string) []string {
	names, err := fs.Glob(files, pattern)
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("static: %s: %d files: %v", pattern, len(names), err))
	}
	return names
}

func read(files fs.FS, name string) []byte {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		panic(fmt.Errorf("static: %w", err))
	}
	return body
}

// Text is the content of an embedded file, for measuring. It panics for an unknown name, as Path does.
func Text(name string) string {
	f, ok := byName[name]
	if !ok {
		panic("static: no file " + name)
	}
	return string(f.body)
}
