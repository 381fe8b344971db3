package sqlite

import (
	"net/url"
	"path/filepath"
)

// dsn builds the data source name. Settings stand in it because a PRAGMA sent later reaches one connection only.
func dsn(file string, write bool, opts Options) string {
	if absolute, err := filepath.Abs(file); err == nil {
		file = absolute
	}
	path := filepath.ToSlash(file)
	if path[0] != '/' { // a drive letter
		path = "/" + path
	}
	values := url.Values{"_dqs": {"0"}, "_defensive": {"1"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
		"temp_store(MEMORY)", "journal_size_limit(67108864)",
	}}
	// Readers see the file through the memory map, which the system takes back when it needs the memory: only pages of
	// the WAL and of what lies behind the map need the cache, of which every connection has one.
	cache := "cache_size(-2048)"
	if write || opts.NetworkFS {
		cache = "cache_size(-16384)"
	}
	values.Add("_pragma", cache)
	if !opts.NetworkFS {
		values.Add("_pragma", "mmap_size(2147418112)")
	}
	if write {
		values.Set("_txlock", "immediate")
	} else {
		values.Set("mode", "ro")
		values.Set("_query_only", "1")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: values.Encode()}).String()
}
