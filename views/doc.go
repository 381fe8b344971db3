// Package views holds every page of Rollcall: a page struct with all decisions made in Go, and templ markup that
// only branches on them. It reads no database, no request and no clock. A page is made by its constructor and
// rendered by its Component method.
package views

//go:generate go tool templ generate
