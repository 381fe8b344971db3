package views

import (
	"strconv"
	"time"

	"github.com/a-h/templ"
)

// SyncPage shows the running sync, or the last one.
type SyncPage struct {
	Shell
	Head  Head
	Panel SyncPanel
	Last  []Fact
	Empty *Empty
}

// SyncPanel is the progress of a running sync. Over SSE it is sent alone, again and again.
type SyncPanel struct {
	Running    bool
	Title      string
	Phase      string
	Done, All  int
	DoneText   string
	Stats      []Stat
	Wait       string
	Failed     string
	Cancelling bool
	CancelPath string
	Events     string // address of the stream
	Ended      string // address to go to when the stream says that the sync ended
	Refresh    string // seconds until a browser without the script reloads
}

// NewSyncPage makes the page: live when a sync runs, else what the last one brought.
func NewSyncPage(s Shell) SyncPage {
	s.Title, s.Nav = "Sync", ""
	p := SyncPage{Shell: s, Panel: NewSyncPanel(s)}
	p.Head = Head{Title: "Sync", Question: "What is being read now, and what did the last sync bring?"}
	if last := s.Sync.Last; last.ID != 0 {
		p.Last = []Fact{
			{Name: "Snapshot", Value: Count(int(last.ID)) + ", " + string(last.State)},
			{Name: "Finished", Value: s.Stamp(last.Finished).Full()},
			{Name: "Took", Value: Span(last.Finished.Sub(last.Started))},
			{Name: "Stores", Value: completeness(last)},
			{Name: "Accesses", Value: Count(last.Accesses)},
			{Name: "Changes", Value: Count(last.Changes)},
			{Name: "Requests", Value: requestsText(last)},
		}
		if last.Reason != "" {
			p.Last = append(p.Last, Fact{Name: "Why partial", Value: last.Reason})
		}
	} else if s.Sync.Progress == nil {
		e := neverSynced(s)
		p.Empty = &e
	}
	return p
}

// Component renders the page.
func (p SyncPage) Component() templ.Component {
	if p.Panel.Running {
		return shellRefreshing(p.Shell, p.Panel.Refresh, syncPage(p))
	}
	return p.frame(syncPage(p))
}

// NewSyncPanel makes the panel from the shell's progress.
func NewSyncPanel(s Shell) SyncPanel {
	g := s.Sync.Progress
	if g == nil {
		return SyncPanel{Ended: s.Path("sync")}
	}
	p := SyncPanel{
		Running: true, Title: "Reading " + s.Account.Label(), Phase: firstOf(g.Phase, "Starting"), Done: g.StoresDone, All: g.StoresAll, Cancelling: g.Cancelling,
		CancelPath: s.Path("sync", "cancel"), Events: s.Path("sync", "events"), Ended: s.Path("sync"), Refresh: "5",
	}
	p.DoneText = Counted(g.StoresDone, "store") + " done, the list of stores is still being read"
	if g.StoresAll > 0 {
		p.DoneText = Count(g.StoresDone) + " of " + Counted(g.StoresAll, "store") + " done"
	}
	p.Stats = []Stat{
		{Name: "Accesses so far", Value: Count(g.Accesses), Note: "one user in one store each"},
		{Name: "Requests spent", Value: Count(g.Requests), Note: Count(g.Repeated) + " repeated"},
		quotaStat(s),
		{Name: "Running for", Value: Span(s.Now.Sub(g.Started)), Note: waited(g.Waited) + " of it spent waiting"},
		endStat(s, g.EstimatedEnd),
	}
	if g.TokensAll > 0 {
		p.Stats = append(p.Stats, Stat{
			Name: "API accounts asked", Value: Count(g.TokensDone) + " of " + Count(g.TokensAll), Note: Count(g.TokensFailed) + " could not be read",
		})
	}
	if g.StoresFailed > 0 {
		p.Failed = Counted(g.StoresFailed, "store") + " could not be read so far. They keep their last known data and are named at the end."
	}
	if !g.WaitUntil.IsZero() {
		p.Wait = "Waiting until " + s.Stamp(g.WaitUntil).Full() + " (" + relative(g.WaitUntil, s.Now) + "): " + firstOf(g.WaitReason, "the quota is used up") + ". You can close this page; the sync goes on."
	}
	return p
}

// Component renders the panel alone, as one message of the stream.
func (p SyncPanel) Component() templ.Component { return syncPanel(p) }

func quotaStat(s Shell) Stat {
	if s.Quota.Limit == 0 {
		return Stat{Name: "Requests left", Value: "unknown", Note: "the quota is not known yet"}
	}
	return Stat{Name: "Requests left", Value: Count(s.Quota.Left()), Note: "of " + Count(s.Quota.Limit) + " in this window"}
}

func endStat(s Shell, at time.Time) Stat {
	if at.IsZero() {
		return Stat{Name: "Estimated end", Value: "unknown", Note: "until more is read"}
	}
	return Stat{Name: "Estimated end", Value: at.In(s.zone()).Format("15:04"), Note: s.Stamp(at).Full()}
}

func waited(d time.Duration) string {
	if d < time.Second {
		return "nothing"
	}
	return Span(d)
}

func (p SyncPanel) max() string {
	return strconv.Itoa(max(1, p.All))
}

func (p SyncPanel) value() string { return strconv.Itoa(min(p.Done, max(1, p.All))) }
