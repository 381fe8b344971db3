package web

import (
	"cmp"
	"net/http"

	"rollcall/internal/export"
	"rollcall/internal/org"
	"rollcall/views"
)

func (s *Server) exports(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.exportsPage(r, a, views.ExportForm{}, nil)
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

func (s *Server) exportsPage(r *http.Request, a asked, form views.ExportForm, problem error) (views.Page, error) {
	files, err := s.House.ExportPage(r.Context(), a.account.ID, org.Query{After: a.query.After, Before: a.query.Before})
	if err != nil {
		return nil, err
	}
	return views.NewExports(a.shell, files, form, problem), nil
}

// makeExport makes a file from the form; the list then shows it.
func (s *Server) makeExport(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	form := views.ExportForm{Kind: r.PostFormValue("kind"), Format: r.PostFormValue("format"), AsOf: r.PostFormValue("as-of"), Where: r.PostFormValue("where")}
	job, err := s.jobOfForm(r, a, form)
	if err != nil {
		page, pageErr := s.exportsPage(r, a, form, err)
		if pageErr != nil {
			return pageErr
		}
		return s.formAgain(w, r, err, page)
	}
	file, err := s.make(w, r, job)
	if err != nil {
		return err
	}
	s.flash(r, views.Good, file.Name+" is ready: "+views.Counted(file.Rows, "row")+".")
	return redirect(w, r, accountPath(a.account.ID, "exports"))
}

func (s *Server) jobOfForm(r *http.Request, a asked, form views.ExportForm) (export.Job, error) {
	q, err := org.ParseQueryString(form.Where)
	if err != nil {
		return export.Job{}, &org.Error{Kind: org.KindInvalid, Field: "where", Text: org.TextOf(err), Err: err}
	}
	if form.AsOf != "" {
		if q.AsOf, err = org.ParseAsOf(form.AsOf); err != nil {
			return export.Job{}, err
		}
	}
	a.query = q
	return s.job(r, a, form.Kind, cmp.Or(form.Format, "csv"), r.PostFormValue("bom") == "yes")
}

// exportFile sends a file that was made before.
func (s *Server) exportFile(w http.ResponseWriter, r *http.Request) error {
	f, err := s.madeBefore(r)
	if err != nil {
		return err
	}
	if err := s.recordDownload(r, f); err != nil {
		return err
	}
	return s.sendFile(w, r, f)
}

// manifest sends what proves a file.
func (s *Server) manifest(w http.ResponseWriter, r *http.Request) error {
	f, err := s.madeBefore(r)
	if err != nil {
		return err
	}
	name := f.Name + export.ManifestSuffix
	if err := s.mustNote(r, org.Activity{Account: f.Account, Action: "download", Subject: name, Outcome: done}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", disposition(name))
	_, err = w.Write(f.Manifest)
	return err
}

func (s *Server) madeBefore(r *http.Request) (org.ExportFile, error) {
	id, err := number[org.AccountID](r, "account")
	if err != nil {
		return org.ExportFile{}, err
	}
	file, err := number[int64](r, "export")
	if err != nil {
		return org.ExportFile{}, err
	}
	return s.House.Export(r.Context(), id, file)
}
