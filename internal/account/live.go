package account

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"rollcall/internal/account/schema"
	"rollcall/internal/org"
)

// shape is a schema as far as it is compared: each type with its fields, arguments or words, and their types.
type shape map[string]map[string]string

// Differences compares the live schema with ours, in one request: one line for each type or field that is gone, new or
// different; none means that nothing moved. Descriptions and deprecations are not compared.
func (c *Client) Differences(ctx context.Context) ([]string, error) {
	var live IntrospectionResponse
	record, err := c.send(ctx, Introspection_Operation, "Introspection")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(record.data, &live); err != nil {
		return nil, problem(org.KindBroken, "BigCommerce sent a schema that cannot be read.", err.Error())
	}
	ours, err := ourShape()
	if err != nil {
		return nil, err
	}
	return ours.against(liveShape(live)), nil
}

// ourShape reads the published schema.
func ourShape() (shape, error) {
	parsed, err := gqlparser.LoadSchema(&ast.Source{Name: "account-api.graphql", Input: schema.SDL})
	if err != nil {
		return nil, fmt.Errorf("parse our schema: %w", err)
	}
	all := shape{}
	for name, def := range parsed.Types {
		if skipped(name) {
			continue
		}
		all[name] = map[string]string{}
		for _, field := range def.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			var arguments []string
			for _, a := range field.Arguments {
				arguments = append(arguments, a.Name+": "+a.Type.String())
			}
			all[name][field.Name] = signature(arguments, field.Type.String())
		}
		for _, word := range def.EnumValues {
			all[name][word.Name] = ""
		}
	}
	return all, nil
}

// skipped are types that every server has or that we keep in part only.
func skipped(name string) bool {
	return strings.HasPrefix(name, "__") || slices.Contains([]string{"String", "Int", "Float", "Boolean", "ID", "CurrencyCode"}, name)
}

func signature(arguments []string, result string) string {
	if len(arguments) == 0 {
		return result
	}
	slices.Sort(arguments)
	return "(" + strings.Join(arguments, ", ") + "): " + result
}

func liveShape(live IntrospectionResponse) shape {
	all := shape{}
	for _, def := range live.Schema.Types {
		if def.Name == nil || skipped(string(*def.Name)) {
			continue
		}
		fields := map[string]string{}
		for _, field := range def.Fields {
			var arguments []string
			for _, a := range field.Args {
				arguments = append(arguments, string(a.Name)+": "+a.Type.text())
			}
			fields[string(field.Name)] = signature(arguments, field.Type.text())
		}
		for _, field := range def.InputFields {
			fields[string(field.Name)] = field.Type.text()
		}
		for _, word := range def.EnumValues {
			fields[string(word.Name)] = ""
		}
		all[string(*def.Name)] = fields
	}
	return all
}

// text writes a type as schemas do: [StoreEdge!]!
func (t TypeRef) text() string {
	kinds, names := []string{string(t.Kind)}, []*text{t.Name}
	if a := t.OfType; a != nil {
		kinds, names = append(kinds, string(a.Kind)), append(names, a.Name)
		if b := a.OfType; b != nil {
			kinds, names = append(kinds, string(b.Kind)), append(names, b.Name)
			if c := b.OfType; c != nil {
				kinds, names = append(kinds, string(c.Kind)), append(names, c.Name)
			}
		}
	}
	written := "?"
	for i := len(kinds) - 1; i >= 0; i-- {
		switch {
		case kinds[i] == "NON_NULL":
			written += "!"
		case kinds[i] == "LIST":
			written = "[" + written + "]"
		case names[i] != nil:
			written = string(*names[i])
		}
	}
	return written
}

// against lists what differs, ours first.
func (s shape) against(live shape) []string {
	var lines []string
	for name, fields := range s {
		now, found := live[name]
		if !found {
			lines = append(lines, "type "+name+" is gone")
			continue
		}
		lines = append(lines, compareFields(name, fields, now)...)
	}
	for name := range live {
		if _, known := s[name]; !known {
			lines = append(lines, "type "+tidy(name)+" is new")
		}
	}
	slices.Sort(lines)
	return lines
}

func compareFields(name string, ours, live map[string]string) []string {
	var lines []string
	for field, was := range ours {
		switch now, found := live[field]; {
		case !found:
			lines = append(lines, fmt.Sprintf("%s.%s is gone", name, field))
		case now != was:
			lines = append(lines, fmt.Sprintf("%s.%s is %s, was %s", name, field, tidy(now), was))
		}
	}
	for field, now := range live {
		if _, known := ours[field]; !known {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s.%s is new: %s", name, tidy(field), tidy(now))))
		}
	}
	return lines
}
