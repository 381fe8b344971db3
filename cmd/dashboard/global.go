package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"

	"rollcall/internal/org"
)

// Global are the settings that every command shares.
type Global struct {
	Data      string `help:"Folder that holds the database, the key file and exports (./data when not given)." env:"ROLLCALL_DATA" type:"path" placeholder:"FOLDER"`
	LogLevel  string `help:"Least important messages to log: debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"ROLLCALL_LOG_LEVEL"`
	LogFormat string `help:"Form of log lines on standard error: text or json." default:"text" enum:"text,json" env:"ROLLCALL_LOG_FORMAT"`
}

// folder is the data folder.
func (g *Global) folder() string {
	if g.Data == "" {
		return "data"
	}
	return g.Data
}

// spool is where files are made before they are sent.
func (g *Global) spool() string { return filepath.Join(g.folder(), "exports") }

// logger writes to w in the chosen form.
func (g *Global) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(g.LogLevel)) // the enum allows only levels
	opts := &slog.HandlerOptions{Level: level}
	if g.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// finish turns a command's error into a sentence and an exit code.
func finish(err error, std streams) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errPartial):
		return exitPartial
	}
	fmt.Fprintln(std.err, "dashboard:", printable(sentence(err)))
	var e *org.Error
	if errors.As(err, &e) && e.Kind == org.KindInvalid {
		return exitUsage
	}
	return exitError
}

// sentence is the error for the person at the terminal: the plain text, and the cause of unexpected errors.
func sentence(err error) string {
	switch {
	case org.KindOf(err) != org.KindUnexpected:
		return org.TextOf(err)
	case errors.Is(err, context.Canceled):
		return "The command was stopped before its end. Run it again to finish."
	}
	return err.Error()
}
