package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/graph-gophers/graphql-go"
	"github.com/graph-gophers/graphql-go/errors"

	"rollcall/internal/account/schema"
)

// newEngine binds the published schema to the resolvers. A status outside the published schema makes the schema grow,
// as the live one would.
func newEngine[U any](cfg *Config) *graphql.Schema {
	text := schema.SDL
	if cfg.UnseenStatus != "" {
		text = strings.Replace(text, "enum StoreUserStatus {", "enum StoreUserStatus {\n  "+cfg.UnseenStatus, 1)
	}
	return graphql.MustParseSchema(text, &root[U]{}, graphql.UseFieldResolvers(), graphql.DisableFieldSelections(),
		graphql.MaxParallelism(32), graphql.MaxSelections(1_000_000), graphql.MaxPooledBufferCap(1<<20))
}

// gqlError is an error as it goes out: no extensions (facts 1.8).
type gqlError struct {
	Message   string            `json:"message"`
	Path      []any             `json:"path,omitempty"`
	Locations []errors.Location `json:"locations,omitempty"`
}

// result is what the engine made of a request; data is nil when nothing was executed.
type result struct {
	data   json.RawMessage // with marks
	sets   []*permissionSet
	errors []gqlError
}

func (s *Server) execute(c *call, request *graphQLRequest) result {
	ctx := context.WithValue(context.Background(), callKey{}, c)
	engine := s.engine
	if c.userApps != nil {
		engine = s.readyEngine
	}
	response := engine.Exec(ctx, request.Query, request.OperationName, request.Variables)
	out := result{data: response.Data}
	out.sets = c.world.sets.list
	for _, e := range response.Errors {
		out.errors = append(out.errors, gqlError{wording(e.Message, out.data != nil), e.Path, e.Locations})
	}
	slices.SortStableFunc(out.errors, func(a, b gqlError) int { // lists are executed side by side
		return strings.Compare(fmt.Sprint(a.Path...), fmt.Sprint(b.Path...))
	})
	return out
}

// wording makes the engine's messages look like those of the real one: single quotes, and nothing about its insides.
func wording(message string, executed bool) string {
	if strings.HasPrefix(message, "graphql: ") || strings.Contains(message, "panic") {
		return "Internal server error"
	}
	if executed {
		return message
	}
	return strings.ReplaceAll(message, `"`, "'")
}
