package org

import (
	"errors"
	"fmt"
	"time"
)

// Kind sorts errors by what the caller can do about them. The zero Kind is an unexpected error.
type Kind uint8

// Kinds of errors. The second group is what an API answered.
const (
	KindUnexpected Kind = iota
	KindNotFound
	KindInvalid
	KindConflict
	KindForbidden
	KindBusy     // somebody else holds the thing: a lock, a lease, a running sync
	KindUnsigned // not signed in
	KindStorage  // the disk is full, the database is damaged or newer than the program

	KindUnauthorized // the API refused the token (401)
	KindScope        // the token lacks a scope, or belongs to another account (403 and relatives)
	KindLimited      // the quota is used up until a moment: see LimitError
	KindTooComplex   // the request was refused as too complex or too large
	KindPageSize     // the request was refused because of a page size
	KindRejected     // the request was refused for another reason: repeating it unchanged is useless
	KindUnavailable  // 5xx, time-out or cut connection: a repeat may help
	KindBroken       // an answer that cannot be read: HTML, cut JSON, an empty body
)

var kindNames = [...]string{
	"unexpected", "not_found", "invalid", "conflict", "forbidden", "busy", "unsigned", "storage",
	"unauthorized", "scope", "limited", "too_complex", "page_size", "rejected", "unavailable", "broken",
}

func (k Kind) String() string { return kindNames[k] }

// Error carries two texts: Text for the person (what happened, what it means, what to do) and Err for the log.
type Error struct {
	Kind  Kind
	Field string // the form field or setting that is meant, if any
	Text  string // plain sentences without secrets
	Err   error  // cause, may be nil
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Text, e.Err)
	}
	return e.Text
}

func (e *Error) Unwrap() error { return e.Err }

// NotFound says that the named thing does not exist, or not within the reader's scope.
func NotFound(what string) error {
	return &Error{Kind: KindNotFound, Text: "There is no such " + what + "."}
}

// Invalid says that an input cannot be used; text tells what was expected.
func Invalid(field, text string) error { return &Error{Kind: KindInvalid, Field: field, Text: text} }

// Conflict says that the state of things forbids the action; text tells why.
func Conflict(text string) error { return &Error{Kind: KindConflict, Text: text} }

// Problem makes an error of a kind with a text for people and a cause for the log.
func Problem(kind Kind, text string, cause error) error {
	return &Error{Kind: kind, Text: text, Err: cause}
}

// LimitError says that the quota is used up. Until is when it is worth trying again.
type LimitError struct {
	Until time.Time
	Err   error
}

func (e *LimitError) Error() string {
	return "the hourly quota of the account is used up until " + e.Until.UTC().Format(time.RFC3339)
}

func (e *LimitError) Unwrap() error { return e.Err }

// KindOf finds the kind of an error, KindUnexpected for foreign ones.
func KindOf(err error) Kind {
	var limit *LimitError
	if errors.As(err, &limit) {
		return KindLimited
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindUnexpected
}

// TextOf is the sentence for people; unexpected errors get a bland one, their cause belongs into the log.
func TextOf(err error) string {
	var limit *LimitError
	if errors.As(err, &limit) {
		return "The hourly quota of the account is used up until " + limit.Until.UTC().Format("15:04 UTC on 2 January 2006") + "."
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Text
	}
	return "Something unexpected went wrong. The log has the details."
}
