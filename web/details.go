package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"rollcall/internal/org"
	"rollcall/views"
)

// number reads a local number from the path as Rollcall writes it; anything else names nothing that exists.
func number[T ~int64](r *http.Request, what string) (T, error) {
	text := chi.URLParam(r, what)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || text != strconv.FormatInt(n, 10) {
		return 0, org.NotFound(what)
	}
	return T(n), nil
}

func (s *Server) user(w http.ResponseWriter, r *http.Request) error {
	id, err := number[org.UserID](r, "user")
	if err != nil {
		return err
	}
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	u, err := s.Reader.User(r.Context(), a.scope, id, a.query, a.settings)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewUser(a.shell, u))
}

func (s *Server) store(w http.ResponseWriter, r *http.Request) error {
	page, err := s.storePage(r, nil)
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

// storePage is the page of a store; problem is about labels that were typed.
func (s *Server) storePage(r *http.Request, problem error) (views.Page, error) {
	id, err := number[org.StoreID](r, "store")
	if err != nil {
		return nil, err
	}
	a, err := s.ask(r)
	if err != nil {
		return nil, err
	}
	if a.query.Sort == "" { // people look for a name; accesses by themselves come by number
		a.query.Sort = "name"
	}
	store, err := s.Reader.Store(r.Context(), a.scope, id, a.query, a.settings)
	if err != nil {
		return nil, err
	}
	q := a.query
	q.Stores = []string{store.Hash}
	users, err := s.Reader.Accesses(r.Context(), a.scope, q, a.settings)
	if err != nil {
		return nil, err
	}
	wrong, err := s.Reader.WrongTotals(r.Context(), a.scope, a.query)
	if err != nil {
		return nil, err
	}
	page := views.NewStore(a.shell, store, users, a.query, problem).WarnOfTotals(wrong, id)
	if problem != nil { // what was typed stays
		page.Labels.Value = r.PostFormValue("labels")
	}
	acts, err := s.storeActs(r, a, store)
	return page.AddActs(acts), err
}

// label replaces the labels of a store.
func (s *Server) label(w http.ResponseWriter, r *http.Request) error {
	id, err := number[org.StoreID](r, "store")
	if err != nil {
		return err
	}
	a, err := s.about(r, org.Query{})
	if err != nil {
		return err
	}
	before, err := s.Reader.Store(r.Context(), a.scope, id, a.query, a.settings)
	if err != nil {
		return err
	}
	err = s.House.SetLabels(r.Context(), a.account.ID, id, strings.Split(r.PostFormValue("labels"), ","))
	if err != nil {
		s.note(r, org.Activity{
			Account: a.account.ID, Action: "store.labels", Subject: before.Hash, Outcome: outcomeOf(err),
			Before: strings.Join(before.Labels, ", "),
		})
		page, pageErr := s.storePage(r, err)
		if pageErr != nil {
			return pageErr
		}
		return s.formAgain(w, r, err, page)
	}
	after, err := s.Reader.Store(r.Context(), a.scope, id, a.query, a.settings)
	if err != nil {
		return err
	}
	s.note(r, org.Activity{
		Account: a.account.ID, Action: "store.labels", Subject: before.Hash, Outcome: done,
		Before: strings.Join(before.Labels, ", "), After: strings.Join(after.Labels, ", "),
	})
	s.flash(r, views.Good, "The labels are saved.")
	return redirect(w, r, accountPath(a.account.ID, "stores", strconv.FormatInt(int64(id), 10)))
}

func (s *Server) snapshots(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.Reader.Snapshots(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewSnapshots(a.shell, page, a.query))
}

// snapshot shows how one snapshot was read: it is the as-of of everything on the page.
func (s *Server) snapshot(w http.ResponseWriter, r *http.Request) error {
	id, err := number[org.SnapshotID](r, "snapshot")
	if err != nil {
		return err
	}
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	a.query.AsOf = org.AsOf{Snapshot: id}
	snap, err := s.Reader.AsOf(r.Context(), a.scope, a.query.AsOf, a.settings.Zone)
	if err != nil {
		return err
	}
	previous, err := s.previous(r, a, snap)
	if err != nil {
		return err
	}
	facets, err := s.Reader.AccountFacets(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	stores, err := s.Reader.Stores(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	a.query.AsOf = org.AsOf{}
	return s.show(w, r, views.NewSnapshot(a.shell, snap, previous, facets, stores, a.query))
}

// previous is the number of the account's closed snapshot before another one, 0 when there is none.
func (s *Server) previous(r *http.Request, a asked, snap org.Snapshot) (org.SnapshotID, error) {
	before, err := s.Reader.AsOf(r.Context(), a.scope, org.AsOf{Time: snap.Finished.Add(-time.Millisecond)}, a.settings.Zone)
	if org.KindOf(err) == org.KindNotFound {
		return 0, nil
	}
	return before.ID, err
}

// compare shows what differs between the snapshots that since and as-of name; without them it is what the newest one
// brought. Around it stands the newest state.
func (s *Server) compare(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	q, err := org.ParseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	c, err := s.Reader.Compare(r.Context(), a.scope, q, a.settings)
	if err != nil {
		return err
	}
	if c.To.ID == 0 { // nothing to compare yet
		return redirect(w, r, a.shell.Path("snapshots"))
	}
	return s.show(w, r, views.NewCompare(a.shell, c, q))
}
