package web_test

import (
	"rollcall/internal/sqlite"
	"rollcall/web"
)

var (
	_ web.Inventory = (*sqlite.DB)(nil)
	_ web.Judge     = (*sqlite.DB)(nil)
)
