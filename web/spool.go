package web

import (
	"net/http"
	"time"

	"rollcall/internal/export"
	"rollcall/internal/org"
	"rollcall/views"
)

// A file is kept as long as this after it was last made.
const (
	keepFiles = 30 * 24 * time.Hour
	keepParts = 24 * time.Hour // what a killed export left
)

// forgetOldFiles removes files that nobody made again for long, and parts of exports that were killed. Their rows and
// manifests stay.
func (s *Server) forgetOldFiles(r *http.Request) {
	removed, err := export.RemoveOld(s.Spool, keepFiles, keepParts)
	s.noteRemoved(r, removed, "older than 30 days", err)
}

// makeRoom removes the files made longest ago until those that are left fit into their space. The one that was just
// made stays in any case.
func (s *Server) makeRoom(r *http.Request, newest org.ExportFile) {
	if s.SpoolMax <= 0 {
		return
	}
	removed, err := export.MakeRoom(s.Spool, s.SpoolMax, newest.KeptAs())
	s.noteRemoved(r, removed, "their space of "+views.Bytes(s.SpoolMax)+" is used up", err)
}

// noteRemoved writes down which files are gone. Files that could not be removed are for the log: the next try may do it.
func (s *Server) noteRemoved(r *http.Request, removed export.Removed, why string, err error) {
	if removed.Files > 0 {
		s.note(r, org.Activity{
			Action: "export.remove", Outcome: done,
			After: views.Counted(removed.Files, "file") + " of " + views.Bytes(removed.Bytes) + " removed: " + why,
		})
	}
	if err != nil {
		s.Log.ErrorContext(r.Context(), "made files not removed", "request", visitOf(r).id, "error", err)
	}
}
