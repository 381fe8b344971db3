package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the release build; a plain build names its commit.
var version = ""

type versionCmd struct{}

// Run prints the version, the commit and the Go version on one line.
func (versionCmd) Run(std streams) error {
	_, err := fmt.Fprintf(std.out, "rollcall %s (%s)\n", versionText(), runtime.Version())
	return err
}

// versionText is the release's version, or "dev" with the commit it was built from.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = "-" + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-modified"
		}
	}
	return "dev" + commit + dirty
}
