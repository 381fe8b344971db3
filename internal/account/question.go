package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// Finding is what one open question about the API (facts 5) was answered with, in plain words.
type Finding struct {
	Question string
	Answer   string
}

// Findings are the answers of a doctor run.
type Findings struct {
	Check    Check
	Schema   []string // differences, see Client.Differences
	Answers  []Finding
	Requests int // spent, those of the check included
	Stopped  string
}

// Ask checks the token, compares the live schema with ours and settles the open questions that concern the Account
// API, with most requests altogether. It stops at the quota and says so; errors of single questions become answers.
// An error means that not even the check could be made.
func (c *Client) Ask(ctx context.Context, most int) (Findings, error) {
	a := asking{client: c, most: most}
	var err error
	a.found.Check, err = c.Check(ctx)
	a.found.Requests = a.found.Check.Requests
	if err != nil {
		return a.found, err
	}
	for _, question := range []func(*asking, context.Context) error{
		(*asking).schema, (*asking).pageSizes, (*asking).defaults, (*asking).filters, (*asking).unknownStore, (*asking).badCursor, (*asking).signIns,
	} {
		if a.found.Requests >= most {
			a.found.Stopped = fmt.Sprintf("Not every question was asked: %d requests were spent.", a.found.Requests)
			break
		}
		before := len(a.found.Answers)
		err := question(&a, ctx)
		switch kind := org.KindOf(err); {
		case kind == org.KindLimited || errors.Is(err, context.Canceled):
			a.found.Answers = a.found.Answers[:before] // it was not asked
			a.found.Stopped = org.TextOf(err)
		case kind == org.KindUnavailable || kind == org.KindBroken:
			a.notAnswered(before, err)
		}
		if a.found.Stopped != "" {
			break
		}
	}
	a.headers()
	return a.found, nil
}

// asking is a doctor run on its way.
type asking struct {
	client *Client
	most   int
	found  Findings
}

func (a *asking) answer(question, format string, args ...any) {
	a.found.Answers = append(a.found.Answers, Finding{question, fmt.Sprintf(format, args...)})
}

// notAnswered takes an outage for what it is, not for a refusal.
func (a *asking) notAnswered(before int, err error) {
	for i := before; i < len(a.found.Answers); i++ {
		a.found.Answers[i].Answer = "Not known. " + org.TextOf(err)
	}
}

// ask sends one query inside account.
func (a *asking) ask(ctx context.Context, selection string) (batch, *call, error) {
	data, record, err := a.client.batch(ctx, withFragments("query RollcallDoctor{account{id "+selection+"}}"), "RollcallDoctor")
	if record.sent {
		a.found.Requests++
	}
	return data, record, err
}

func (a *asking) schema(ctx context.Context) error {
	lines, err := a.client.Differences(ctx)
	if org.KindOf(err) != org.KindLimited {
		a.found.Requests++
	}
	switch {
	case err != nil:
		a.answer("Has the schema moved?", "The live schema could not be read: %s", org.TextOf(err))
	case len(lines) == 0:
		a.answer("Has the schema moved?", "No.")
	default:
		a.found.Schema = lines
		a.answer("Has the schema moved?", "Yes, in %d places.", len(lines))
	}
	return err
}

func (a *asking) pageSizes(ctx context.Context) error {
	const question = "Is a page of 51 accepted?"
	data, record, err := a.ask(ctx, "users(first:51){pageInfo{...Next}edges{cursor}}")
	if err != nil {
		a.answer(question, "No, it was refused (status %d): %s", record.status, said(record, err))
		return err
	}
	length, next := edges(data.Account["users"])
	switch {
	case length < 51 && next:
		a.answer(question, "It is cut to %d without a word.", length)
	case length < 51:
		a.answer(question, "Yes, though the account has only %d users to show.", length)
	default:
		a.answer(question, "Yes.")
	}
	return nil
}

func (a *asking) defaults(ctx context.Context) error {
	const question = "How large is a page when no size is asked for?"
	data, record, err := a.ask(ctx, "users{pageInfo{...Next}edges{cursor}} stores{pageInfo{...Next}edges{cursor}}")
	if err != nil {
		a.answer(question, "That was refused (status %d): %s", record.status, said(record, err))
		return err
	}
	var sizes []string
	for _, name := range []string{"users", "stores"} {
		length, next := edges(data.Account[name])
		if next {
			sizes = append(sizes, fmt.Sprintf("%d %s", length, name))
		} else {
			sizes = append(sizes, fmt.Sprintf("at least the %d %s that there are", length, name))
		}
	}
	a.answer(question, "%s.", strings.Join(sizes, ", "))
	return nil
}

func (a *asking) filters(ctx context.Context) error {
	store := a.found.Check.store
	if store == "" {
		return nil
	}
	const question = "Can a store be asked for by the id that the API gave, and several in one request?"
	filter := "stores(filter:{ids:[" + quote(store) + "]},first:1){edges{node{id}}}"
	data, record, err := a.ask(ctx, "one:"+filter+" two:"+filter)
	if err != nil {
		a.answer(question, "That was refused (status %d): %s", record.status, said(record, err))
		return err
	}
	if one, two := firstStore(data.Account["one"]), firstStore(data.Account["two"]); one != store || two != store {
		a.answer(question, "No: another store or none came back.")
		return nil
	}
	a.answer(question, "Yes. Complexity of two such parts: %s.", scored(record))
	return nil
}

func (a *asking) unknownStore(ctx context.Context) error {
	const question = "What does a store hash bring that does not exist?"
	data, record, err := a.ask(ctx, `stores(filter:{storeHashes:["rollcall-none"]},first:1){edges{node{id}}}`)
	if err != nil {
		a.answer(question, "An error (status %d): %s", record.status, said(record, err))
		return err
	}
	if firstStore(data.Account["stores"]) != "" {
		a.answer(question, "Another store: the filter is ignored.")
		return nil
	}
	a.answer(question, "An empty list.")
	return nil
}

func (a *asking) badCursor(ctx context.Context) error {
	const question = "What does an unreadable cursor bring?"
	data, record, err := a.ask(ctx, `users(first:1,after:"rollcall"){pageInfo{...Next}edges{cursor}}`)
	if err != nil {
		a.answer(question, "An error (status %d): %s", record.status, said(record, err))
		return err
	}
	length, _ := edges(data.Account["users"])
	if len(record.errors) > 0 {
		a.answer(question, "An error: %s", said(record, nil))
	} else if length > 0 {
		a.answer(question, "Page 1, without a word.")
	} else {
		a.answer(question, "An empty page.")
	}
	return nil
}

// signIns compares users that are in two stores.
func (a *asking) signIns(ctx context.Context) error {
	const question = "Is the last sign-in one per store or one per person?"
	data, record, err := a.ask(ctx, "stores(first:10){edges{node{id users(first:10){pageInfo{...Next}collectionInfo{...Total}edges{cursor node{...Access}}}}}}")
	if err != nil {
		a.answer(question, "That was refused (status %d): %s", record.status, said(record, err))
		return err
	}
	var group UserGroup
	_ = decode(data.Account["stores"], &group)
	seen, same, different := map[text]moment{}, 0, 0
	for _, edge := range group.Edges {
		if edge == nil {
			continue
		}
		for _, user := range edge.Node.Users.Edges {
			if user == nil || !user.Node.LastLoginAt.Read || user.Node.LastLoginAt.At.IsZero() {
				continue
			}
			before, twice := seen[user.Node.Id]
			seen[user.Node.Id] = user.Node.LastLoginAt
			switch {
			case twice && before == user.Node.LastLoginAt:
				same++
			case twice:
				different++
			}
		}
	}
	switch {
	case different > 0:
		a.answer(question, "Per store: %d users have different times in two stores.", different)
	case same > 0:
		a.answer(question, "Perhaps per person: %d users have the same time in two stores.", same)
	default:
		a.answer(question, "Not known: among the first users of ten stores nobody signed in to two.")
	}
	return nil
}

// headers answers from what came with the requests anyway.
func (a *asking) headers() {
	check := a.found.Check
	a.answer("Are there rate headers?", "%s.", yesNo(check.Rate != "", "Yes: "+check.Rate, "No"))
	a.answer("Is there a complexity header?", "%s.", yesNo(check.Complexity > 0, fmt.Sprintf("Yes: %d for the check", check.Complexity), "No"))
	i := slices.IndexFunc(check.Abilities, func(b Ability) bool { return b.Can == org.No })
	if i >= 0 {
		a.answer("How is a missing scope refused?", "%s.", yesNo(check.refusal != "", "With null and the words: "+check.refusal, "The whole request is refused"))
	}
}

func yesNo(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// said is what the API answered to a request, for people.
func said(record *call, err error) string {
	if words := (answer{errors: record.errors}).messages(); words != "" {
		return words
	}
	return org.TextOf(err)
}

func scored(record *call) string {
	if n := record.score(); n > 0 {
		return fmt.Sprint(n)
	}
	return "not said"
}

// edges counts the entries of a connection and tells whether there are more.
func edges(raw json.RawMessage) (length int, next bool) {
	var page struct {
		PageInfo Next
		Edges    []json.RawMessage
	}
	_ = json.Unmarshal(raw, &page)
	return len(page.Edges), page.PageInfo.HasNextPage.Yes
}

// firstStore is the id of the first store of a connection.
func firstStore(raw json.RawMessage) string {
	var group UserGroup
	if decode(raw, &group) != nil || len(group.Edges) == 0 || group.Edges[0] == nil {
		return ""
	}
	return string(group.Edges[0].Node.Id)
}
