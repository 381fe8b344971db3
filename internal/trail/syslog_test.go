package trail

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rollcall/internal/org"
)

// form is a message of RFC 5424 with one element of structured data.
var form = regexp.MustCompile(`^<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]+ rollcall \d+ activity \[activity@32473( [a-z]+="([^"\\\]]|\\["\\\]])*")+\] .*$`)

var sample = org.ActivityRow{
	ID: 7, At: time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC), Account: 3, Actor: "ann@example.com", Action: "sign-in", Outcome: "refused",
	Subject: "a \"quoted\" ]name[ \\ with\nline", Address: "192.0.2.7",
}

func TestMessage(t *testing.T) {
	t.Parallel()
	got := string(Message(sample, "host"))
	if !form.MatchString(got) || !strings.HasPrefix(got, "<109>1 2026-03-01T12:00:00.250Z host rollcall ") ||
		!strings.Contains(got, `subject="a \"quoted\" \]name[ \\ with line"`) || !strings.Contains(got, `account="3"`) || !strings.HasSuffix(got, `ann@example.com sign-in refused a "quoted" ]name[ \ with line`) {
		t.Errorf("%s", got)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("ann", "sign-in", "done", "x")
	f.Add("\"]\\", "a\nb", "failed\x00", strings.Repeat("é", 900))
	f.Add("\xff\xfe", "", "", "\u2028<13>1 - - - - - -")
	f.Fuzz(func(t *testing.T, actor, action, outcome, text string) {
		r := org.ActivityRow{ID: 1, At: sample.At, Actor: actor, Action: action, Outcome: outcome, Subject: text, Before: text, After: text}
		m := Message(r, "host")
		if !utf8.Valid(m) || !form.Match(m) || strings.ContainsAny(string(m), "\r\n\x00") {
			t.Errorf("%q", m)
		}
		if line := JSONLine(r); strings.ContainsAny(string(line), "\r\n") {
			t.Errorf("%q", line)
		}
	})
}

func FuzzParseSyslog(f *testing.F) {
	for _, address := range []string{"udp://h", "tcp://[::1]:601", "tls://h:1", "unix:///dev/log", "http://h", "tcp://u:p@h", "unix://h/x", "tcp://h:99999", "://"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		s, err := ParseSyslog(address)
		if err != nil {
			return
		}
		if s.target.User != nil || s.target.Scheme != "unix" && (s.target.Hostname() == "" || s.target.Port() == "") {
			t.Errorf("%q gives %+v", address, s.target)
		}
	})
}

func TestParseSyslog(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"udp://logs.example.com": "syslog udp://logs.example.com:514", "tcp://[::1]:1601": "syslog tcp://[::1]:1601",
		"tls://logs.example.com/": "syslog tls://logs.example.com:6514", "unix:///dev/log": "syslog unix:///dev/log",
		"logs.example.com": "", "http://h": "", "tcp://": "", "unix://": "", "tcp://u:secret@h": "", "udp://h:0": "", "udp://h/x": "", "udp://h?x=1": "",
	} {
		s, err := ParseSyslog(address)
		switch {
		case want == "" && org.KindOf(err) != org.KindInvalid:
			t.Errorf("%s: %v", address, err)
		case want != "" && (err != nil || s.Name() != want):
			t.Errorf("%s: %v, %v", address, s, err)
		}
	}
}

// read takes messages from a stream by their length.
func read(t *testing.T, r *bufio.Reader, n int) (list []string) {
	t.Helper()
	for range n {
		var size int
		if _, err := fmt.Fscanf(r, "%d ", &size); err != nil {
			t.Fatal(err)
		}
		text := make([]byte, size)
		if _, err := io.ReadFull(r, text); err != nil {
			t.Fatal(err)
		}
		if !form.Match(text) {
			t.Errorf("%q", text)
		}
		list = append(list, string(text))
	}
	return list
}

func send(t *testing.T, s *Syslog, rows ...org.ActivityRow) {
	t.Helper()
	if n, err := s.Send(t.Context(), rows); n != len(rows) || err != nil {
		t.Fatalf("%d of %d rows, %v", n, len(rows), err)
	}
}

func parsed(t *testing.T, address string) *Syslog {
	t.Helper()
	s, err := ParseSyslog(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSyslogOverStreams(t *testing.T) {
	t.Parallel()
	certs := httptest.NewUnstartedServer(nil)
	certs.StartTLS()
	defer certs.Close()
	pool := x509.NewCertPool()
	pool.AddCert(certs.Certificate())
	for _, kind := range []string{"tcp", "tls", "unix"} {
		var server net.Listener
		var err error
		address := ""
		switch kind {
		case "unix":
			path := filepath.Join(t.TempDir(), "log")
			server, err = net.Listen("unix", path)
			address = "unix://" + path
		case "tls":
			server, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certs.TLS.Certificates})
		default:
			server, err = net.Listen("tcp", "127.0.0.1:0")
		}
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		if address == "" {
			address = kind + "://" + server.Addr().String()
		}
		conns := make(chan net.Conn, 4)
		go func() {
			for {
				conn, err := server.Accept()
				if err != nil {
					return
				}
				if c, ok := conn.(*tls.Conn); ok {
					c.Handshake()
				}
				conns <- conn
			}
		}()
		s := parsed(t, address)
		s.tls.RootCAs = pool
		send(t, s, sample, sample)
		conn := <-conns
		if got := read(t, bufio.NewReader(conn), 2); len(got) != 2 {
			t.Errorf("%s: %v", kind, got)
		}
		conn.Close() // the server starts again: nothing is written into the closed connection
		send(t, s, sample)
		read(t, bufio.NewReader(<-conns), 1)
	}
}

func TestSyslogOverPackets(t *testing.T) {
	t.Parallel()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	path := filepath.Join(t.TempDir(), "log")
	socket, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for address, server := range map[string]net.PacketConn{"udp://" + packets.LocalAddr().String(): packets, "unix://" + path: socket} {
		long := sample
		long.After, long.Before = strings.Repeat("x", 5000), strings.Repeat("é", 3000)
		send(t, parsed(t, address), sample, long)
		buf := make([]byte, 65536)
		for range 2 {
			n, _, err := server.ReadFrom(buf)
			if err != nil || !form.Match(buf[:n]) || n > 2048 {
				t.Errorf("%s: %d bytes, %q, %v", address, n, buf[:n], err)
			}
		}
	}
}

// TestSyslogThatIsNotThere: an unknown certificate and a closed door are errors, not silence.
func TestSyslogThatIsNotThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(nil)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	s := parsed(t, "tls://"+server.Listener.Addr().String())
	if n, err := s.Send(t.Context(), []org.ActivityRow{sample}); n != 0 || err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("unknown certificate: %d, %v", n, err)
	}
	closed := parsed(t, "tcp://"+server.Listener.Addr().String())
	server.Close()
	if n, err := closed.Send(t.Context(), []org.ActivityRow{sample}); n != 0 || err == nil {
		t.Errorf("closed door: %d, %v", n, err)
	}
}
