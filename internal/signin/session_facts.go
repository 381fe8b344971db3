package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Names of the values that a session holds.
const (
	sessionPending = "pending"
	sessionAddress = "address"
	sessionAgent   = "agent"
	sessionProof   = "proof"
	sessionMethod  = "method"
)

// PendingLasts is how long the second step may take.
const PendingLasts = 10 * time.Minute

// Facts are what a session says about itself. Their values belong into the session right after its token was renewed.
type Facts struct {
	Member  MemberID
	Address string    // where the sign-in came from
	Agent   string    // AgentWords of the browser
	Proof   time.Time // when the member last showed who they are
	Method  string    // "password", "password and code", "provider"
}

// Values are the session values that hold the facts.
func (f Facts) Values() map[string]string {
	name, text := MemberValue(f.Member)
	return map[string]string{
		name: text, sessionAddress: clip(f.Address, 64), sessionAgent: clip(f.Agent, 80), sessionProof: unixText(f.Proof), sessionMethod: clip(f.Method, 40),
	}
}

// ReadFacts finds the facts by a function that gives a session's values, empty for those that are not there.
func ReadFacts(get func(name string) string) Facts {
	id, _ := strconv.ParseInt(get(sessionMember), 10, 64)
	return Facts{MemberID(id), get(sessionAddress), get(sessionAgent), unixTime(get(sessionProof)), get(sessionMethod)}
}

// ProofValue is the session value that notes a new proof.
func ProofValue(at time.Time) (name, text string) { return sessionProof, unixText(at) }

// Proved tells whether the last proof is recent enough for dangerous actions. A proof from the future is none.
func (f Facts) Proved(now time.Time) bool {
	age := now.Sub(f.Proof)
	return age >= -time.Minute && age <= ProofLasts
}

// PendingValue is the session value of a member who has passed the first step only. Such a session holds no member.
func PendingValue(id MemberID, next Step, at time.Time) (name, text string) {
	return sessionPending, fmt.Sprintf("%d %d %d", id, next, at.Unix())
}

// Pending reads PendingValue; ok is false when there is none or it is too old.
func Pending(get func(name string) string, now time.Time) (id MemberID, next Step, ok bool) {
	var at int64
	if n, err := fmt.Sscanf(get(sessionPending), "%d %d %d", &id, &next, &at); err != nil || n != 3 || id <= 0 {
		return 0, 0, false
	}
	age := now.Sub(time.Unix(at, 0))
	if age < -time.Minute || age > PendingLasts || next != Code && next != Enroll {
		return 0, 0, false
	}
	return id, next, true
}

// SessionRow is a living session as lists show it.
type SessionRow struct {
	Handle  string // names it in forms; it opens nothing
	Member  MemberID
	Address string
	Agent   string
	Method  string
	Created time.Time
	Seen    time.Time // last use, to the minute
	Ends    time.Time // when it ends if it is not used again
}

// HandleOf is the handle of a session by the hash of its token, which is what its store holds.
func HandleOf(tokenHash string) string {
	sum := sha256.Sum256([]byte("session handle " + tokenHash))
	return hex.EncodeToString(sum[:12])
}

// HandleOfToken is the handle of a session by its token, so that a list can mark the one that asks. The hash is that of
// scs with HashTokenInStore.
func HandleOfToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return HandleOf(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// SessionValues finds the values of encoded session data, none when they cannot be read.
func SessionValues(raw []byte) func(name string) string {
	var data sessionData
	if json.Unmarshal(raw, &data) != nil {
		data.Values = nil
	}
	return func(name string) string { return data.Values[name] }
}

func clip(text string, most int) string {
	text = strings.ToValidUTF8(text, "?")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

func unixText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

func unixTime(text string) time.Time {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
