package sqlite

import (
	"context"
	"testing"
)

func openTest(t testing.TB) *DB {
	t.Helper()
	db, err := Open(context.Background(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestEveryQueryPrepares(t *testing.T) {
	db := openTest(t)
	list := texts
	for _, examples := range samples {
		list = append(list, examples()...)
	}
	for _, text := range list {
		statement, err := db.writer.Prepare(text)
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		statement.Close()
	}
}
