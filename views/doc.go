// Package views holds every page of Rollcall: a page struct with all decisions made in Go, and templ markup that
// only branches on them. It reads no database, no request and no clock. A page is made by its constructor and
// rendered by its Component method. Everything works without JavaScript: filters are GET forms whose fields are the
// parameters of org.Query, actions are POST forms that redirect.
//
// Pages, below /a/{account} unless they begin with a slash elsewhere:
//
//	constructor      address                  forms on it (POST) and their fields
//	NewSetup         /setup                   /setup: code, name, email, password
//	NewSignIn        /sign-in                 /sign-in: email, password, next
//	NewConnect       /connect                 /connect: uuid, token
//	NewChecked       check                    check; sync
//	NewOverview      (root)
//	NewUsers         users
//	NewUser          users/{id}
//	NewStores        stores
//	NewStore         stores/{id}              stores/{id}/labels: labels, separated by commas
//	NewMatrix        matrix                   its own parameter stores-from, offset of the first store
//	NewPermissions   permissions
//	NewChanges       changes
//	NewSnapshots     snapshots                GET compare: since, as-of (snapshot numbers)
//	NewSnapshot      snapshots/{id}
//	NewCompare       compare
//	NewExports       exports                  exports: kind, format, as-of, where, bom=yes
//	NewActivity      activity
//	NewSettings      settings                 settings: zone, days, daily=yes, at; check; token: token; remove: confirm; totals: accept=yes
//	NewWebhooks      webhooks
//	NewWebhook       webhooks/{id}
//	NewReactivateDryRun webhooks/{id}/reactivate  the same: shown, what the page showed
//	NewHosts         webhooks/hosts           webhooks/hosts: host, note; webhooks/hosts/forget: host
//	NewHookEvents    webhooks/events
//	NewHookStores    webhooks/stores
//	NewExpected      webhooks/expected        the same: integration, host, scopes, stores; …/import: manifest (file), lines; …/freeze: integration, host; …/{id}/remove
//	NewAPIAccounts   api-accounts
//	NewAPIAccount    api-accounts/{id}        …/verify; …/token: token, secret; …/remove: confirm
//	NewEditAPIAccount api-accounts/{id}/edit  the same: name, kind, store, client, scopes, owner, purpose, system, created, rotated, review, notes
//	NewAddAPIAccounts api-accounts/add        api-accounts/import: files (several), pasted; api-accounts/import-csv: register (file); api-accounts/add: as edit, and token, secret
//	NewClients       api-accounts/clients
//	NewEmails        api-accounts/emails      api-accounts/emails/preview: through (several), emails; NewEmailsDryRun posts api-accounts/emails: the same and shown
//	NewSyncPage      sync                     sync/cancel
//	NewSyncPanel     sync/events              the stream: the panel again and again, at the end the event sync-done
//	NewProblem       any
//
// On every page: POST /sign-out, POST sync, POST /demo/next-day, GET users?q. Files: GET download/{kind}.{format} with
// the parameters of the list, exports/{id}/file and exports/{id}/manifest.
package views

//go:generate go tool templ generate
//go:generate go run noinline.go
