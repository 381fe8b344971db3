package trail

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rollcall/internal/org"
)

// Syslog sends rows to a syslog server by RFC 5424: over UDP one message a packet, over TCP and TLS framed by their
// length (RFC 6587, RFC 5425), over a Unix socket as the socket wants it.
type Syslog struct {
	target url.URL
	host   string
	wait   time.Duration
	tls    *tls.Config
	conn   net.Conn
}

// schemes are the ways to a server with their usual ports.
var schemes = map[string]string{"udp": "514", "tcp": "601", "tls": "6514", "unix": ""}

// ParseSyslog reads an address like udp://logs.example.com:514, tcp://…, tls://… or unix:///dev/log.
func ParseSyslog(address string) (*Syslog, error) {
	wrong := org.Invalid("activity-syslog", fmt.Sprintf("%q is no address of a syslog server. Use one like tls://logs.example.com:6514, tcp://…, udp://… or unix:///dev/log.", address))
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, wrong
	}
	port, known := schemes[u.Scheme]
	if !known || u.Scheme == "unix" && (u.Host != "" || u.Path == "" || strings.ContainsRune(u.Path, 0)) ||
		u.Scheme != "unix" && (u.Hostname() == "" || strings.Trim(u.Path, "/") != "") {
		return nil, wrong
	}
	if u.Scheme != "unix" {
		if p := u.Port(); p != "" {
			if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
				return nil, wrong
			}
			port = p
		}
		u.Host, u.Path = net.JoinHostPort(u.Hostname(), port), ""
	}
	host, err := os.Hostname()
	if err != nil || !plainName(host) {
		host = "-"
	}
	return &Syslog{target: *u, host: host, wait: 10 * time.Second, tls: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}}, nil
}

// plainName tells whether a text may stand in the head of a message.
func plainName(text string) bool {
	return text != "" && len(text) <= 48 && strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// Name is the place of the server in the log.
func (s *Syslog) Name() string { return "syslog " + s.target.String() }

// Close ends the connection.
func (s *Syslog) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}

// Send sends rows and says how many were handed over. A connection that failed is opened again by the next call.
func (s *Syslog) Send(ctx context.Context, rows []org.ActivityRow) (sent int, err error) {
	if err := s.dial(ctx); err != nil {
		return 0, err
	}
	for _, r := range rows {
		if err := s.write(Message(r, s.host)); err != nil {
			s.Close()
			return sent, fmt.Errorf("send activity to syslog: %w", err)
		}
		sent++
	}
	return sent, nil
}

func (s *Syslog) write(message []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.wait)); err != nil {
		return err
	}
	if stream(s.conn.RemoteAddr()) {
		message = append([]byte(strconv.Itoa(len(message))+" "), message...)
	}
	_, err := s.conn.Write(message)
	return err
}

func stream(to net.Addr) bool { return to.Network() == "tcp" || to.Network() == "unix" }

// dial opens the connection, and opens it again when the server has closed it: what is written then would vanish.
func (s *Syslog) dial(ctx context.Context) (err error) {
	if s.conn != nil && stream(s.conn.RemoteAddr()) && closed(s.conn) {
		s.Close()
	}
	if s.conn != nil {
		return nil
	}
	dialer := &net.Dialer{Timeout: s.wait}
	switch s.target.Scheme {
	case "unix":
		if s.conn, err = dialer.DialContext(ctx, "unixgram", s.target.Path); err != nil {
			s.conn, err = dialer.DialContext(ctx, "unix", s.target.Path)
		}
	case "tls":
		s.conn, err = (&tls.Dialer{NetDialer: dialer, Config: s.tls}).DialContext(ctx, "tcp", s.target.Host)
	default:
		s.conn, err = dialer.DialContext(ctx, s.target.Scheme, s.target.Host)
	}
	if err != nil {
		s.conn = nil
		return fmt.Errorf("reach the syslog server: %w", err)
	}
	return nil
}

// closed tells whether the other end is gone. A syslog server never says anything.
func closed(conn net.Conn) bool {
	if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return true
	}
	_, err := conn.Read(make([]byte, 64))
	timeout, ok := err.(net.Error)
	return err == io.EOF || err != nil && !(ok && timeout.Timeout())
}

// Facility 13 is the log audit; severities are informational, notice for refusals and warning for failures.
const facility = 13

func severity(outcome string) int {
	switch outcome {
	case "done":
		return 6
	case "refused":
		return 5
	}
	return 4
}

// maxParam bounds a field of a message: receivers must take 2048 bytes at least, and UDP loses larger packets.
const maxParam = 400

// Message is a row by RFC 5424: the fields as structured data, the same in short as text.
func Message(r org.ActivityRow, host string) []byte {
	var m bytes.Buffer
	fmt.Fprintf(&m, "<%d>1 %s %s rollcall %d activity [activity@32473 id=\"%d\"", facility*8+severity(r.Outcome), r.At.UTC().Format(timeFormat), host, os.Getpid(), r.ID)
	for _, param := range [][2]string{
		{"account", accountText(r.Account)},
		{"actor", r.Actor},
		{"session", r.Session},
		{"address", r.Address},
		{"request", r.Request},
		{"action", r.Action},
		{"subject", r.Subject},
		{"outcome", r.Outcome},
		{"before", r.Before},
		{"after", r.After},
		{"hash", r.Hash.String()},
	} {
		if param[1] != "" {
			fmt.Fprintf(&m, ` %s="%s"`, param[0], paramEscapes.Replace(short(param[1])))
		}
	}
	fmt.Fprintf(&m, "] %s %s %s", short(clean(r.Actor)), clean(r.Action), clean(r.Outcome))
	if r.Subject != "" {
		fmt.Fprintf(&m, " %s", short(clean(r.Subject)))
	}
	return m.Bytes()
}

func accountText(id org.AccountID) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(int64(id), 10)
}

var paramEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)

// short is valid UTF-8 without control characters, cut where it is long.
func short(text string) string {
	text = clean(text)
	if len(text) <= maxParam {
		return text
	}
	cut := maxParam
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// clean keeps a message on one line: nobody can add lines of their own by what they type.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
