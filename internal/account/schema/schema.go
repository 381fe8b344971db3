// Package schema holds the published schema of the BigCommerce GraphQL Account API as text.
// The client's code is generated from it, the sandbox executes it and doctor compares it with the live service.
package schema

import _ "embed"

// SDL is the schema in GraphQL's definition language.
//
//go:embed account-api.graphql
var SDL string
