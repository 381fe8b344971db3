package trail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
)

// memory is a log in memory.
type memory struct {
	rows   []org.ActivityRow
	places map[string]int64
	pruned int64
	fail   error
}

func newMemory(rows int) *memory {
	m := &memory{places: map[string]int64{}}
	for i := range rows {
		m.AddActivity(context.Background(), org.Activity{Actor: "ann", Action: "sync", Outcome: "done", Subject: fmt.Sprint(i + 1)})
	}
	return m
}

func (m *memory) AddActivity(_ context.Context, a org.Activity) error {
	m.rows = append(m.rows, org.ActivityRow{ID: int64(len(m.rows) + 1), At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Actor: a.Actor, Action: a.Action, Outcome: a.Outcome, Subject: a.Subject, After: a.After})
	return m.fail
}

func (m *memory) ActivityAfter(_ context.Context, id int64, limit int) (list []org.ActivityRow, err error) {
	for _, r := range m.rows {
		if r.ID > id && r.ID > m.pruned && len(list) < limit {
			list = append(list, r)
		}
	}
	return list, m.fail
}

func (m *memory) ActivityHead(context.Context) (org.ActivityHead, error) {
	return org.ActivityHead{Count: int64(len(m.rows))}, m.fail
}

func (m *memory) ActivityPlace(_ context.Context, name string) (last, lost int64, err error) {
	return m.places[name], max(0, m.pruned-m.places[name]), m.fail
}

func (m *memory) SetActivityPlace(_ context.Context, name string, last int64) error {
	m.places[name] = last
	return m.fail
}

// collector takes rows until it is told to fail.
type collector struct {
	got   []int64
	takes int // rows of the next batch that arrive before the error
	err   error
	away  atomic.Bool // fails whatever comes
}

func (*collector) Name() string { return "collector" }
func (*collector) Close() error { return nil }

func (c *collector) Send(_ context.Context, rows []org.ActivityRow) (int, error) {
	if c.away.Load() {
		return 0, errors.New("away")
	}
	n := len(rows)
	if c.err != nil {
		n = min(n, c.takes)
	}
	for _, r := range rows[:n] {
		c.got = append(c.got, r.ID)
	}
	return n, c.err
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func TestTrailGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	source, to := newMemory(450), &collector{}
	trail := &Trail{Source: source, Receiver: to, Log: quiet()}
	to.err, to.takes = errors.New("away"), 30
	if err := trail.runOnce(t.Context()); err == nil || len(to.got) != 30 {
		t.Errorf("%d rows, %v", len(to.got), err)
	}
	to.err = nil
	again := &Trail{Source: source, Receiver: to, Log: quiet()}
	if err := again.runOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, id := range to.got {
		if id != int64(i+1) {
			t.Fatalf("place %d is row %d", i, id)
		}
	}
	if len(to.got) != 450 {
		t.Errorf("%d rows", len(to.got))
	}
}

func TestTrailDropsAndSaysSo(t *testing.T) {
	t.Parallel()
	source, to := newMemory(10), &collector{}
	trail := &Trail{Source: source, Receiver: to, Log: quiet(), Queue: 100}
	if err := trail.runOnce(t.Context()); err != nil || len(to.got) != 10 {
		t.Fatal(len(to.got), err)
	}
	to.err = errors.New("away")
	for range 300 {
		source.AddActivity(t.Context(), org.Activity{Actor: "ann", Action: "sync", Outcome: "done"})
		trail.runOnce(t.Context())
	}
	drops := 0
	for _, r := range source.rows {
		if r.Action == org.ActivityDropped {
			drops++
		}
	}
	if drops < 3 || drops > 8 {
		t.Errorf("dropping was recorded %d times", drops)
	}
	to.err, to.got = nil, nil
	if err := trail.runOnce(t.Context()); err != nil || len(to.got) > 101 || to.got[len(to.got)-1] != int64(len(source.rows)) {
		t.Errorf("%d rows afterwards, %v", len(to.got), err)
	}
}

func TestTrailTellsWhatWasPruned(t *testing.T) {
	t.Parallel()
	source, to := newMemory(20), &collector{}
	source.places["collector"], source.pruned = 5, 12
	if err := (&Trail{Source: source, Receiver: to, Log: quiet()}).runOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last := source.rows[len(source.rows)-1]; last.Action != org.ActivityDropped || last.After != "7 rows, 6 to 12" || to.got[0] != 13 || len(to.got) != 9 {
		t.Errorf("%+v, got %v", last, to.got)
	}
}

// TestTrailWaitsLonger: a receiver that is away is tried less and less often, and said so once.
func TestTrailWaitsLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		source, to := newMemory(1), &collector{}
		to.away.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan bool)
		go func() {
			(&Trail{Source: source, Receiver: to, Log: slog.New(slog.NewTextHandler(&log, nil))}).Run(ctx)
			close(ended)
		}()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		to.away.Store(false)
		time.Sleep(longestPause + time.Second)
		synctest.Wait()
		cancel()
		<-ended
		if n := strings.Count(log.String(), "not passed on"); n != 1 || !strings.Contains(log.String(), "again") || len(to.got) != 1 {
			t.Errorf("%d warnings, got %v\n%s", n, to.got, log.String())
		}
	})
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "activity.jsonl")
	f := File{path}
	rows := newMemory(3).rows
	rows[1].Subject = "line\nbreak \"and\" \u2028"
	if n, err := f.Send(t.Context(), rows[:1]); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.Rename(path, path+".1"); err != nil { // a rotation
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"id":1,"cut o`), 0o600); err != nil { // a crash
		t.Fatal(err)
	}
	if n, err := f.Send(t.Context(), rows[1:]); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	text, err := os.ReadFile(path)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if err != nil || len(lines) != 3 {
		t.Fatalf("%q, %v", text, err)
	}
	var second line
	if err := json.Unmarshal([]byte(lines[1]), &second); err != nil || second.ID != 2 || second.Subject != rows[1].Subject || second.At != "2026-03-01T12:00:00.000Z" {
		t.Errorf("%+v, %v", second, err)
	}
	if n, err := (File{filepath.Join(t.TempDir(), "no", "folder")}).Send(t.Context(), rows); n != 0 || err == nil {
		t.Errorf("without a folder: %d, %v", n, err)
	}
}
