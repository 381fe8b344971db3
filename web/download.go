package web

import (
	"cmp"
	"context"
	"fmt"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/klauspost/compress/gzhttp"

	"rollcall/internal/export"
	"rollcall/internal/org"
)

// downloadTime is how long a download may take on a slow line.
const downloadTime = time.Hour

// download makes the rows of a page's filter into a file, records it and sends it.
func (s *Server) download(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r, "bom")
	if err != nil {
		return err
	}
	kind, format, _ := strings.Cut(chi.URLParam(r, "file"), ".")
	job, err := s.job(r, a, kind, cmp.Or(format, "none"), r.URL.Query().Get("bom") == "yes")
	if err != nil {
		return err
	}
	file, err := s.make(w, r, job)
	if err != nil {
		return err
	}
	return s.sendFile(w, r, file)
}

// job says which file is wanted: rows of a query, as of a closed snapshot.
func (s *Server) job(r *http.Request, a asked, kind, format string, bom bool) (job export.Job, err error) {
	if job.Kind, err = export.ParseKind(kind); err != nil {
		return job, err
	}
	if job.Format, err = export.ParseFormat(format); err != nil {
		return job, err
	}
	if job.Snapshot, err = s.Reader.AsOf(r.Context(), a.scope, a.query.AsOf, a.settings.Zone); err != nil {
		return job, err
	}
	if job.Snapshot.ID == 0 && !job.Kind.Timeless() {
		return job, org.Conflict("There is nothing to put into a file yet. Sync the account first.")
	}
	job.Query, job.Scope, job.Settings, job.Account = a.query, a.scope, a.settings, a.account
	job.By, job.At, job.Version, job.BOM = actorOf(r), s.Now(), s.Version, bom
	return job, nil
}

// make makes the file of a job and records it. A file that is not recorded is not handed out.
func (s *Server) make(w http.ResponseWriter, r *http.Request, job export.Job) (org.ExportFile, error) {
	// Large files take longer to make and to send than a page may; a server without deadlines needs no other one.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(downloadTime))
	s.forgetOldFiles(r)
	file, err := s.spool(r.Context(), job)
	if err != nil {
		s.note(r, org.Activity{Account: job.Account.ID, Action: "download", Subject: job.FileName(), Outcome: outcomeOf(err), After: job.Query.Encode()})
		return file, err
	}
	s.makeRoom(r, file)
	return file, s.recordDownload(r, file)
}

// spool makes the file and keeps it under its own hash: equal files are kept once.
func (s *Server) spool(ctx context.Context, job export.Job) (org.ExportFile, error) {
	if err := os.MkdirAll(s.Spool, 0o700); err != nil {
		return org.ExportFile{}, org.Problem(org.KindStorage, "The folder for exports cannot be made. The log has the details.", err)
	}
	made, err := export.Spool(ctx, s.Reader, job, s.Spool)
	if err != nil {
		return org.ExportFile{}, err
	}
	m := made.Manifest
	file := org.ExportFile{
		Account: job.Account.ID, Kind: string(job.Kind), Format: string(job.Format), Name: made.Name, Made: job.At,
		By: job.By, Rows: m.Rows.Delivered, Bytes: m.Bytes, SHA256: m.SHA256, Manifest: m.JSON(),
	}
	_, err = os.Stat(s.keptPath(file))
	first := err != nil
	if err := os.Rename(made.Path, s.keptPath(file)); err != nil {
		os.Remove(made.Path)
		return file, fmt.Errorf("keep export: %w", err)
	}
	added, err := s.House.AddExport(ctx, file)
	if err != nil && first { // nobody can ask for it
		os.Remove(s.keptPath(file))
	}
	return added, err
}

func (s *Server) keptPath(f org.ExportFile) string {
	return filepath.Join(s.Spool, f.KeptAs())
}

// recordDownload writes the activity row first: a file that is not recorded is not sent.
func (s *Server) recordDownload(r *http.Request, f org.ExportFile) error {
	return s.mustNote(r, org.Activity{
		Account: f.Account, Action: "download", Subject: f.Name, Outcome: done,
		After: fmt.Sprintf("%d rows, SHA-256 %s", f.Rows, f.SHA256),
	})
}

// sendFile sends a kept file with its length. It is not compressed: the length must be the file's.
func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, f org.ExportFile) error {
	file, err := os.Open(s.keptPath(f))
	if os.IsNotExist(err) {
		return org.Problem(org.KindNotFound, "This file was removed: files are kept for 30 days, and the oldest go first when their space is used up. Its page makes it again with equal content.", err)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	h := w.Header()
	h.Set(gzhttp.HeaderNoCompression, "1")
	h.Set("Content-Type", export.ContentType(export.Format(f.Format)))
	h.Set("Content-Disposition", disposition(f.Name))
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}

// disposition names a file for the browser's disk: characters that could leave the header or the folder are gone.
func disposition(name string) string {
	clean := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || strings.ContainsRune(`/\"%:*?<>|;`, c) {
			return '-'
		}
		return c
	}, name)
	return mime.FormatMediaType("attachment", map[string]string{"filename": clean})
}
