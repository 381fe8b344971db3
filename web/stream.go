package web

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

// A stream looks at the database so often, says so often that it lives, and ends after streamLife so that the
// browser comes back with its session, which may have ended.
const (
	streamLook = time.Second
	streamBeat = 15 * time.Second
	streamLife = 5 * time.Minute
)

// syncEvents streams the progress panel whenever it changes. It reads the database, so it shows a sync of any process.
func (s *Server) syncEvents(w http.ResponseWriter, r *http.Request) error {
	a, err := s.about(r, org.Query{})
	if err != nil {
		return err
	}
	leave, err := s.streams.enter(visitOf(r).member.ID)
	if err != nil {
		return err
	}
	defer leave()
	out := stream{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy must not hold events back
	ctx, cancel := context.WithTimeout(r.Context(), streamLife)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	looks := time.NewTicker(streamLook)
	defer looks.Stop()
	for {
		running, err := s.sendProgress(ctx, &out, a)
		if err != nil || !running {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-looks.C:
		}
	}
}

// A member may follow syncs in a few windows at once, and all members together in some more: each stream looks at the
// database again and again, and takes one of the six connections that a browser has for all its pages.
const (
	memberStreams = 4
	allStreams    = 200
)

// streams counts the streams that are open.
type streams struct {
	mu  sync.Mutex
	of  map[signin.MemberID]int
	all int
}

// enter counts a stream until leave is called; a Limited error when there are enough.
func (s *streams) enter(m signin.MemberID) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[m] >= memberStreams || s.all >= allStreams {
		return nil, org.Problem(org.KindLimited, "The progress is followed in several windows already. Close one, or reload this page now and then.", nil)
	}
	if s.of == nil {
		s.of = map[signin.MemberID]int{}
	}
	s.of[m]++
	s.all++
	return func() { s.leave(m) }, nil
}

func (s *streams) leave(m signin.MemberID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.of[m]--; s.of[m] == 0 {
		delete(s.of, m)
	}
}

func (s *streams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// sendProgress sends the panel when it differs from the last one, and the end of the sync.
func (s *Server) sendProgress(ctx context.Context, out *stream, a asked) (running bool, err error) {
	p, err := s.progress(ctx, a.account.ID)
	if err != nil {
		return false, err
	}
	if p == nil {
		return false, out.send("sync-done", []byte("done"))
	}
	shell := views.Shell{Account: a.account, Zone: a.settings.Zone, Now: s.Now(), Sync: views.Sync{Progress: p}}
	if shell.Quota, err = s.Syncs.Quota(ctx, a.account.ID); err != nil {
		return false, err
	}
	var panel bytes.Buffer
	if err := views.NewSyncPanel(shell).Component().Render(ctx, &panel); err != nil {
		return false, err
	}
	return true, out.send("", panel.Bytes())
}

// stream writes server-sent events. Each one gets a write deadline of its own, so a stream may live long and a dead
// peer is still noticed.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    []byte
	at      time.Time
}

// send writes an event. Data equal to the last one are left out, with a sign of life now and then.
func (s *stream) send(event string, data []byte) error {
	var text bytes.Buffer
	switch {
	case event == "" && bytes.Equal(data, s.last) && time.Since(s.at) < streamBeat:
		return nil
	case event == "" && bytes.Equal(data, s.last):
		text.WriteString(":\n\n")
	default:
		if event != "" {
			text.WriteString("event: " + event + "\n")
		}
		// A carriage return ends a line of a stream as well: within a name it would begin a field of its own.
		for line := range bytes.Lines(bytes.ReplaceAll(data, []byte{'\r'}, []byte{'\n'})) {
			text.WriteString("data: ")
			text.Write(bytes.TrimRight(line, "\n"))
			text.WriteByte('\n')
		}
		text.WriteByte('\n')
	}
	s.last, s.at = bytes.Clone(data), time.Now()
	if err := s.control.SetWriteDeadline(s.at.Add(streamBeat)); err != nil {
		return err
	}
	if _, err := s.w.Write(text.Bytes()); err != nil {
		return err
	}
	return s.control.Flush()
}
