//go:build ignore

// Noinline marks the functions that templ generated as not to be inlined. Each returns a closure, and the compiler
// would make a copy of the closure for every place that calls it: more than a megabyte in all.
package main

import (
	"bytes"
	"log"
	"os"
	"path/filepath"
	"regexp"
)

var component = regexp.MustCompile(`(?m)^func .* templ\.Component \{$`)

func main() {
	paths, err := filepath.Glob("*_templ.go")
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range paths {
		if err := mark(path); err != nil {
			log.Fatal(err)
		}
	}
}

func mark(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const note = "//go:noinline\n"
	text = bytes.ReplaceAll(text, []byte(note), nil)
	return os.WriteFile(path, component.ReplaceAll(text, []byte(note+"$0")), 0o644)
}
