package views

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
)

// Count groups the digits of a number: 1234567 becomes 1,234,567.
func Count(n int) string {
	text := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, text = "−", text[1:]
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}

// Counted is a number with its noun: "1 user", "1,204 users". The plural adds an s unless it is given.
func Counted(n int, noun string, plural ...string) string {
	if n == 1 {
		return "1 " + noun
	}
	if len(plural) > 0 {
		return Count(n) + " " + plural[0]
	}
	return Count(n) + " " + noun + "s"
}

// Bytes is a size in words: "14.2 kB".
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	size, unit := float64(n)/1000, 0
	for size >= 999.5 && unit < 3 {
		size, unit = size/1000, unit+1
	}
	return fmt.Sprintf("%.1f %s", size, []string{"kB", "MB", "GB", "TB"}[unit])
}

// Stamp is a moment as pages show it: exact in the display zone, relative beside it. Word stands for moments
// that have no time: never, unknown, not provided.
type Stamp struct {
	Word     string
	ISO      string
	Text     string // 20 Nov 2026, 02:14
	Day      string // 20 Nov 2026
	Zone     string // UTC, CET
	Relative string // 3 days ago
}

// Full is the stamp as running text, with its zone.
func (s Stamp) Full() string {
	if s.Word != "" {
		return s.Word
	}
	return s.Text + " " + s.Zone
}

// Title is the full time with the relative one, for tooltips.
func (s Stamp) Title() string { return s.Full() + ", " + s.Relative }

// Stamp formats a time in the shell's zone; the zero time is unknown.
func (s Shell) Stamp(t time.Time) Stamp {
	if t.IsZero() {
		return Stamp{Word: "unknown"}
	}
	local := t.In(s.zone())
	return Stamp{
		ISO:      t.UTC().Format(time.RFC3339),
		Text:     local.Format("2 Jan 2006, 15:04"),
		Day:      local.Format("2 Jan 2006"),
		Zone:     zoneName(local),
		Relative: relative(t, s.Now),
	}
}

// Moment formats a moment of BigCommerce: never when it was read and is null, unknown when it was not read.
func (s Shell) Moment(m org.Moment) Stamp {
	switch {
	case !m.Read:
		return Stamp{Word: "unknown"}
	case m.At.IsZero():
		return Stamp{Word: "never"}
	}
	return s.Stamp(m.At)
}

// Day is the date of a time in the shell's zone.
func (s Shell) Day(t time.Time) string { return t.In(s.zone()).Format("2 January 2006") }

func (s Shell) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// ZoneLabel names the display zone for column heads.
func (s Shell) ZoneLabel() string { return zoneName(s.Now.In(s.zone())) }

func zoneName(t time.Time) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	return name
}

// relative says how long ago a time was, or how far ahead it is.
func relative(t, now time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		return "in " + Span(-d)
	}
	if d < time.Minute {
		return "just now"
	}
	return Span(d) + " ago"
}

// Span is a duration in its largest fitting unit.
func Span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return Counted(int(d.Seconds()), "second")
	case d < time.Hour:
		return Counted(int(d.Minutes()), "minute")
	case d < day:
		return Counted(int(d.Hours()), "hour")
	case d < 60*day:
		return Counted(int(d/day), "day")
	case d < 730*day:
		return Counted(int(d/(30*day)), "month")
	}
	return Counted(int(d/(365*day)), "year")
}

// initials are up to two letters for an account's mark.
func initials(text string) string {
	var letters []rune
	for _, word := range strings.Fields(text) {
		letters = append(letters, []rune(strings.ToUpper(word))[0])
		if len(letters) == 2 {
			break
		}
	}
	return string(letters)
}
