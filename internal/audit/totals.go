package audit

import (
	"time"

	"rollcall/internal/org"
)

// TotalReads is how many reads must find the same entries beside another total before the total is called wrong
// (design 4.4).
const TotalReads = 3

// TotalRead is what one snapshot's complete read of a list found.
type TotalRead struct {
	At       time.Time
	Expected int    // entries by BigCommerce's total; -1 when none was given
	Received int    // distinct entries that were listed
	Entries  string // stands for the entries: equal for the same ones only
}

// off tells whether the total says something else than the list.
func (r TotalRead) off() bool { return r.Expected >= 0 && r.Expected != r.Received }

// WrongTotal is a list whose total did not match in the newest TotalReads reads although these found the same entries.
// Either BigCommerce counts wrong there, or it hides entries from the token; Rollcall cannot tell which.
type WrongTotal struct {
	Facet              org.Facet
	Store              org.StoreID // 0 for a list of the account
	StoreName          string
	Expected, Received int       // of the newest read
	Since, Until       time.Time // when the reads were made
}

// NeverMatches judges the complete reads of one list, the newest first. Several snapshots that show one read count once.
func NeverMatches(reads []TotalRead) (wrong WrongTotal, never bool) {
	reads = distinctReads(reads)
	if len(reads) < TotalReads {
		return wrong, false
	}
	reads = reads[:TotalReads]
	for _, r := range reads {
		if !r.off() || r.Received != reads[0].Received || r.Entries != reads[0].Entries {
			return wrong, false
		}
	}
	return WrongTotal{
		Expected: reads[0].Expected, Received: reads[0].Received, Since: reads[TotalReads-1].At, Until: reads[0].At,
	}, true
}

// distinctReads leaves out snapshots that show the read of another one again, keeping the oldest that shows it.
func distinctReads(reads []TotalRead) []TotalRead {
	var list []TotalRead
	for _, r := range reads {
		if n := len(list); n > 0 && list[n-1].At.Equal(r.At) {
			list[n-1] = r
			continue
		}
		list = append(list, r)
	}
	return list
}
