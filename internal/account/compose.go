package account

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/account/plan"
	"rollcall/internal/org"
)

// The operations from which the types were generated; batches use the same fragments, so text and types stay one.
//
//go:embed *.graphql
var operations embed.FS

// fragments maps names to the texts of fragments, without comments and line breaks.
var fragments = readFragments()

var (
	commentLine  = regexp.MustCompile(`(?m)^\s*#.*$`)
	fragmentHead = regexp.MustCompile(`^fragment (\w+) on`)
	spread       = regexp.MustCompile(`\.\.\.(\w+)`)
)

func readFragments() map[string]string {
	all := map[string]string{}
	files, err := operations.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the program
	}
	for _, file := range files {
		data, err := operations.ReadFile(file.Name())
		if err != nil {
			panic(err)
		}
		for block := range strings.SplitSeq(commentLine.ReplaceAllString(string(data), ""), "\n}\n") {
			text := strings.Join(strings.Fields(block), " ")
			if head := fragmentHead.FindStringSubmatch(text); head != nil {
				all[head[1]] = text + " }"
			}
		}
	}
	return all
}

// compose writes the text of a request. The part i of it answers under the alias alias(i).
func compose(r plan.Request) string {
	var b strings.Builder
	b.WriteString("query Rollcall{account{id")
	for i, op := range r.Ops {
		if op.Info {
			b.WriteString(" accountInfo{...Info}")
		}
		b.WriteString(" " + alias(i) + ":")
		writeOp(&b, op)
	}
	b.WriteString("}}")
	return withFragments(b.String())
}

func alias(i int) string { return "a" + strconv.Itoa(i) }

// Page and total stand outside of fragments, so that nobody counts them once for each row.
const (
	pageText  = "pageInfo{...Next}"
	totalText = "collectionInfo{...Total}"
)

func writeOp(b *strings.Builder, op plan.Op) {
	arguments := pageArguments(op.First, op.After)
	switch op.Kind {
	case org.ListStores:
		fmt.Fprintf(b, "stores(%s){%sedges{cursor node{...Shop%s}}}", arguments, pageText, nestedUsers(op))
	case org.ListAccountUsers:
		fmt.Fprintf(b, "users(%s){%s%sedges{cursor node{...Person}}}", arguments, pageText, totalText)
	case org.ListSubscriptions:
		fmt.Fprintf(b, "subscriptions(%s){%sedges{cursor node{...Billed}}}", arguments, pageText)
	case org.ListAccesses:
		writeGroup(b, op, userPage(arguments, op))
	case org.ListUserApps:
		writeGroup(b, op, fmt.Sprintf("users(%s){%s%sedges{cursor node{...Holder}}}", arguments, pageText, totalText))
	case org.ListStoreApps:
		writeGroup(b, op, fmt.Sprintf("apps(%s){%sedges{cursor node{...AppName}}}", arguments, pageText))
	}
}

// writeGroup asks for the same page of one or several stores. A probe names no store and takes the first one.
func writeGroup(b *strings.Builder, op plan.Op, selection string) {
	filter := ""
	if len(op.Stores) > 0 {
		ids := make([]string, len(op.Stores))
		for i, id := range op.Stores {
			ids[i] = quote(id)
		}
		filter = "filter:{ids:[" + strings.Join(ids, ",") + "]},"
	}
	fmt.Fprintf(b, "stores(%sfirst:%d){edges{node{id %s}}}", filter, max(1, len(op.Stores)), selection)
}

func nestedUsers(op plan.Op) string {
	if op.Users == 0 {
		return ""
	}
	return " " + userPage(pageArguments(op.Users, ""), op)
}

func userPage(arguments string, op plan.Op) string {
	held, cursor := "", "cursor "
	if op.Final {
		cursor = ""
	}
	if op.Apps {
		held = fmt.Sprintf(" apps(first:%d){%sedges{node{...AppName}}}", plan.HeldApps, pageText)
	}
	return fmt.Sprintf("users(%s){%s%sedges{%snode{...Access%s}}}", arguments, pageText, totalText, cursor, held)
}

func pageArguments(first int, after string) string {
	if after == "" {
		return fmt.Sprintf("first:%d", first)
	}
	return fmt.Sprintf("first:%d,after:%s", first, quote(after))
}

// quote writes GraphQL string text, whose escapes are those of JSON.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

// withFragments appends the definitions of all fragments that a text spreads, and of those that these spread.
func withFragments(text string) string {
	var used []string
	for queue := spreads(text); len(queue) > 0; queue = queue[1:] {
		if name := queue[0]; !slices.Contains(used, name) && fragments[name] != "" {
			used = append(used, name)
			queue = append(queue, spreads(fragments[name])...)
		}
	}
	slices.Sort(used)
	var b strings.Builder
	b.WriteString(text)
	for _, name := range used {
		b.WriteString(" " + fragments[name])
	}
	return b.String()
}

func spreads(text string) []string {
	var names []string
	for _, match := range spread.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}
