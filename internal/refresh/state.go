package refresh

import (
	"encoding/json"
	"fmt"
	"time"

	"rollcall/internal/org"
)

// task is what a sync knows of one list that it has to read, beyond the pages that came.
type task struct {
	List  org.List       `json:"l"`
	State org.FacetState `json:"s,omitempty"` // empty while the list is open
	Tries int            `json:"t,omitempty"` // failures in a row at the page that is due
	Count int            `json:"n,omitempty"` // items of the finished list
	Error string         `json:"e,omitempty"`
}

func (t *task) open() bool { return t.State == "" }

// state is where a sync stands, apart from staged pages. It is saved with everything a request brought.
type state struct {
	Stores    []org.RemoteStore // every store that is part of this sync, in the order of discovery
	Listed    bool              // the store list was read to the end
	Relisted  bool              `json:",omitempty"` // it lacked a known store and is read a second time for that
	Lost      int               `json:",omitempty"` // entries of the store list that failed and belong to no known store
	Tasks     []*task
	Rest      bool                    // reads only what does not belong to the accesses
	Inherit   *ending                 `json:",omitempty"` // how a run for the rest closes
	Doubtful  map[org.ListKind]bool   `json:",omitempty"` // kinds that may have been refused for a missing scope: asked alone and last
	Denied    map[org.ListKind]string `json:",omitempty"` // kinds that the token may not read, with the reason
	Answered  map[org.ListKind]bool   `json:",omitempty"` // kinds of which a page was read in this sync
	Requests  int
	Repeated  int
	Waited    time.Duration
	Ending    *ending `json:",omitempty"` // decided end; everything is saved and only the closing is due
	AccountID string
	Sweep     org.SnapshotID `json:",omitempty"` // tokens that were tried in this snapshot or later are done; 0: none are read
}

// ending is how a sync closes.
type ending struct {
	State  org.SnapshotState
	Reason string
	Halted bool // before everything was read: nothing goes on from here
}

func (s *state) encode() ([]byte, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode sync state: %w", err)
	}
	return data, nil
}

func decodeState(data []byte) (state, error) {
	var s state
	if len(data) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("decode sync state: %w", err)
	}
	return s, nil
}
