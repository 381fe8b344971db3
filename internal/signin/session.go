package signin

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// sessionMember is the name of the value that holds the member's number.
const sessionMember = "member"

// Codec writes sessions as JSON with sorted names: the same session always gives the same bytes, so a store can tell
// whether more than the expiry changed. All values are text.
type Codec struct{}

type sessionData struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode writes a session; values that are no text are refused.
func (Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	data := sessionData{deadline.UTC(), make(map[string]string, len(values))}
	for name, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("session value %s is %T, want text", name, value)
		}
		data.Values[name] = text
	}
	return json.Marshal(data)
}

// Decode reads what Encode wrote.
func (Codec) Decode(raw []byte) (time.Time, map[string]any, error) {
	var data sessionData
	if err := json.Unmarshal(raw, &data); err != nil {
		return time.Time{}, nil, fmt.Errorf("session data: %w", err)
	}
	values := make(map[string]any, len(data.Values))
	for name, text := range data.Values {
		values[name] = text
	}
	return data.Deadline, values, nil
}

// SessionMember finds whose session the encoded data are, 0 when nobody's.
func SessionMember(raw []byte) MemberID {
	var data sessionData
	if json.Unmarshal(raw, &data) != nil {
		return 0
	}
	id, _ := strconv.ParseInt(data.Values[sessionMember], 10, 64)
	return MemberID(id)
}

// MemberValue is the name and text under which a session holds its member.
func MemberValue(id MemberID) (name, text string) {
	return sessionMember, strconv.FormatInt(int64(id), 10)
}
