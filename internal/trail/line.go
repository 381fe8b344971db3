package trail

import (
	"encoding/json"
	"time"

	"rollcall/internal/org"
)

// line is a row as JSON; empty fields are left out.
type line struct {
	ID      int64            `json:"id"`
	At      string           `json:"at"`
	Account org.AccountID    `json:"account,omitempty"` // local number, as in the addresses of pages
	Actor   string           `json:"actor"`
	Session string           `json:"session,omitempty"`
	Address string           `json:"address,omitempty"`
	Request string           `json:"request,omitempty"`
	Action  string           `json:"action"`
	Subject string           `json:"subject,omitempty"`
	Outcome string           `json:"outcome"`
	Before  string           `json:"before,omitempty"`
	After   string           `json:"after,omitempty"`
	Hash    org.ActivityHash `json:"hash"`
}

// timeFormat is RFC 3339 in UTC to the millisecond.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// JSONLine is a row as one line of JSON without its end.
func JSONLine(r org.ActivityRow) []byte {
	text, err := json.Marshal(line{
		ID: r.ID, At: r.At.In(time.UTC).Format(timeFormat), Account: r.Account, Actor: r.Actor, Session: r.Session, Address: r.Address,
		Request: r.Request, Action: r.Action, Subject: r.Subject, Outcome: r.Outcome, Before: r.Before, After: r.After, Hash: r.Hash,
	})
	if err != nil {
		panic(err) // plain fields only
	}
	return text
}
