package sqlite

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"rollcall/internal/org"
)

// person is what was once given as somebody's names and e-mail, with the folded forms that are sorted and searched.
type person struct {
	email, first, last, locale string
	name, mail                 string // folded
}

func newPerson(who org.Identity) person {
	return person{
		email: who.Email, first: who.FirstName, last: who.LastName, locale: who.Locale,
		name: strings.ToLower(who.Name()), mail: org.FoldEmail(who.Email),
	}
}

func (p *person) identity(apiID string) org.Identity {
	return org.Identity{APIID: apiID, Email: p.email, FirstName: p.first, LastName: p.last, Locale: p.locale}
}

// rights is a permission set with what was derived from it. The zero rights stand for permissions that were not read.
type rights struct {
	read                  bool
	names                 []uint16 // positions in lexicon.names, in the order of the names
	role                  org.Role
	privileged, sensitive bool
}

// lexicon holds the rows that never change once written, by their ids, which are never given twice. A lexicon in use
// does not change; a longer one takes its place.
type lexicon struct {
	people []person
	rights []rights // 0: permissions were not read
	names  []string // of permissions

	statuses []org.Status // of accesses, by their codes
}

// lexicons keeps the newest lexicon.
type lexicons struct {
	mu    sync.Mutex
	now   lexicon
	names map[string]uint16 // positions in now.names
	codes map[string]int32  // positions in now.statuses
}

// statusCode is the number under which a lexicon that is taken afterwards holds a status.
func (l *lexicons) statusCode(status string) int32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	code, known := l.codes[status]
	if !known {
		if l.codes == nil {
			l.codes = map[string]int32{}
		}
		code = int32(len(l.now.statuses))
		l.now.statuses = append(l.now.statuses, org.Status(status))
		l.codes[status] = code
	}
	return code
}

// statusReader gives the codes of many statuses of which few differ.
func (l *lexicons) statusReader() func([]byte) int32 {
	met := map[string]int32{}
	return func(status []byte) int32 {
		code, known := met[string(status)]
		if !known {
			code = l.statusCode(string(status))
			met[string(status)] = code
		}
		return code
	}
}

var (
	qPeopleAfter = query(`SELECT id, email, first_name, last_name, locale FROM person WHERE id > ? ORDER BY id`)
	qSetsAfter   = query(`SELECT id, names, role, privileged, sensitive FROM permission_set WHERE id > ? ORDER BY id`)
)

// lexicon returns one that reaches at least to the given ids; -1 asks for none of a kind. The caller must not hold a
// connection of the readers' pool: whoever extends the lexicon may wait for one.
func (db *DB) lexicon(ctx context.Context, q querier, person, set int64) (lexicon, error) {
	l := &db.words
	l.mu.Lock()
	defer l.mu.Unlock()
	if int64(len(l.now.people)) <= person {
		if err := l.readPeople(ctx, q); err != nil {
			return lexicon{}, err
		}
		l.now.people = grown(l.now.people, person+1) // no row that was asked for may be missing
	}
	if int64(len(l.now.rights)) <= set {
		if err := l.readSets(ctx, q); err != nil {
			return lexicon{}, err
		}
		l.now.rights = grown(l.now.rights, set+1)
	}
	return l.now, nil
}

func (l *lexicons) readPeople(ctx context.Context, q querier) error {
	return each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		var who org.Identity
		if err := rows.Scan(&id, &who.Email, &who.FirstName, &who.LastName, &who.Locale); err != nil {
			return err
		}
		l.now.people = append(grown(l.now.people, id), newPerson(who))
		return nil
	}, qPeopleAfter, len(l.now.people)-1)
}

func (l *lexicons) readSets(ctx context.Context, q querier) error {
	if l.names == nil {
		l.names = map[string]uint16{}
		l.now.rights = make([]rights, 1)
	}
	return each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		var names string
		r := rights{read: true}
		if err := rows.Scan(&id, &names, &r.role, &r.privileged, &r.sensitive); err != nil {
			return err
		}
		r.names = l.positions(names)
		l.now.rights = append(grown(l.now.rights, id), r)
		return nil
	}, qSetsAfter, len(l.now.rights)-1)
}

// positions finds the names of a set, joined by line breaks, and adds those that were never met.
func (l *lexicons) positions(joined string) []uint16 {
	if joined == "" {
		return nil
	}
	list := make([]uint16, 0, strings.Count(joined, "\n")+1)
	for name := range strings.SplitSeq(joined, "\n") {
		position, known := l.names[name]
		if !known {
			position = uint16(len(l.now.names))
			name = strings.Clone(name)
			l.now.names = append(l.now.names, name)
			l.names[name] = position
		}
		list = append(list, position)
	}
	return list
}

// grown fills a list with zero values so that the next appended one stands at place id.
func grown[T any](list []T, id int64) []T {
	if missing := id - int64(len(list)); missing > 0 {
		list = append(list, make([]T, missing)...)
	}
	return list
}

// set is the permission set with its names.
func (l lexicon) set(id int64) org.PermissionSet {
	names := make(org.PermissionSet, len(l.rights[id].names))
	for i, position := range l.rights[id].names {
		names[i] = l.names[position]
	}
	return names
}
