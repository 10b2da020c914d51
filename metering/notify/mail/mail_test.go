package mail_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/metering/notify/mail"
	"asue/metering/notify/mailtest"
	"asue/metering/notify/post"
)

func mailer(t *testing.T, s *mailtest.Server, how mail.Security, change ...func(*mail.Options)) *mail.Mailer {
	t.Helper()
	o := mail.Options{Server: s.Addr().String(), Security: how, From: "АСУЭ <asue@zone.local>", Roots: s.Roots, Version: "1.2"}
	for _, c := range change {
		c(&o)
	}
	m, err := mail.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func signIn(o *mail.Options) { o.User, o.Password = "asue", "very-secret" }

func letter() mail.Mail {
	return mail.Mail{Key: "limit/zone@1/raised", To: "crew@zone.local", Subject: "▲А Актобе: Мощность зоны выше разрешённой — срочно", Lang: "ru", Urgent: true,
		Text: []mail.Paragraph{{Text: "Тревога <первая>"}, {Name: "Причина", Text: "Қуат & шек"}, {Heading: true, Text: "Вторая"}, {Text: ".точка в начале строки"}}}
}

// parts reads a mail as a reader of mail does: the text by type, files by name.
func parts(t *testing.T, raw string) (header netmail.Header, list map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	list = map[string]string{}
	var read func(kind string, body io.Reader)
	read = func(kind string, body io.Reader) {
		_, params, err := mime.ParseMediaType(kind)
		if err != nil {
			t.Fatal(err)
		}
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
			if strings.HasPrefix(kind, "multipart/") {
				read(p.Header.Get("Content-Type"), p)
				continue
			}
			var content io.Reader = p
			if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
				content = quotedprintable.NewReader(p)
			}
			text, err := io.ReadAll(content)
			if err != nil {
				t.Fatal(err)
			}
			if p.FileName() != "" {
				kind = p.FileName()
			}
			list[kind] = string(text)
		}
	}
	read(m.Header.Get("Content-Type"), m.Body)
	return m.Header, list
}

// TestMail: a mail comes over STARTTLS as it was meant, in Cyrillic, as text and HTML.
func TestMail(t *testing.T) {
	s := mailtest.New(t)
	s.Offer = append(s.Offer, "STARTTLS", "AUTH PLAIN LOGIN")
	s.Start(t)
	if err := mailer(t, s, mail.StartTLS, signIn).Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	said, mails := s.Heard()
	if i, j := slices.Index(said, "STARTTLS"), slices.IndexFunc(said, func(c string) bool { return strings.HasPrefix(c, "AUTH") }); i < 0 || j < i {
		t.Errorf("signed in before TLS: %v", said)
	}
	if !slices.ContainsFunc(said, func(c string) bool { return strings.HasPrefix(c, "RCPT TO:<crew@zone.local>") }) || len(mails) != 1 {
		t.Fatalf("%v, %d mails", said, len(mails))
	}
	h, list := parts(t, mails[0])
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || subject != letter().Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, want := range map[string]string{"To": "<crew@zone.local>", "Auto-Submitted": "auto-generated", "Content-Language": "ru", "Importance": "high"} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if from, err := h.AddressList("From"); err != nil || from[0].Name != "АСУЭ" || from[0].Address != "asue@zone.local" {
		t.Errorf("from %v, %v", from, err)
	}
	if want := "Тревога <первая>\r\nПричина: Қуат & шек\r\n\r\nВторая\r\n------\r\n.точка в начале строки\r\n"; list["text/plain"] != want {
		t.Errorf("text %q, want %q", list["text/plain"], want)
	}
	if html := list["text/html"]; !strings.Contains(html, "<p>Тревога &lt;первая&gt;</p><p><b>Причина:</b> Қуат &amp; шек</p><h2>Вторая</h2>") || strings.Contains(html, "http") {
		t.Errorf("HTML %s", html)
	}
	// The same key is the same mail, another is another.
	again, other := letter(), letter()
	other.Key = "limit/zone@2/raised"
	m := mailer(t, s, mail.StartTLS)
	if err := errors.Join(m.Send(t.Context(), again), m.Send(t.Context(), other)); err != nil {
		t.Fatal(err)
	}
	_, mails = s.Heard()
	ids := map[string]int{}
	for _, raw := range mails {
		h, _ := parts(t, raw)
		ids[h.Get("Message-Id")]++
	}
	if len(ids) != 2 {
		t.Errorf("Message-ID: %v", ids)
	}
}

// TestAttached: a report comes along whole.
func TestAttached(t *testing.T) {
	s := mailtest.New(t)
	s.FromTLS = true
	s.Start(t)
	path := filepath.Join(t.TempDir(), "peaks.2026-10.kk.xlsx")
	if err := os.WriteFile(path, []byte("PK\x03\x04 not really"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := letter()
	l.Files = []mail.File{{Name: "peaks.2026-10.kk.xlsx", Path: path}}
	m := mailer(t, s, mail.TLS)
	if err := m.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	_, mails := s.Heard()
	_, list := parts(t, mails[0])
	if got := strings.TrimSpace(list["peaks.2026-10.kk.xlsx"]); got != "UEsDBCBub3QgcmVhbGx5" { // base64 of the file
		t.Errorf("attached %q", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), l); err == nil || errors.Is(err, post.ErrRefused) {
		t.Errorf("without the file: %v, want an error that may pass", err)
	}
	if _, mails := s.Heard(); len(mails) != 1 {
		t.Error("a mail was sent without its file")
	}
}

// TestServerSays: what may go well later, and what never will.
func TestServerSays(t *testing.T) {
	once := func(command, text string) func(string) string {
		first := true
		return func(got string) string {
			if strings.HasPrefix(got, command) && first {
				first = false
				return text
			}
			return ""
		}
	}
	f := func(what, command, text string, refused, thenTaken bool) {
		t.Helper()
		s := mailtest.New(t)
		s.Answer = once(command, text)
		s.Offer = append(s.Offer, "AUTH PLAIN")
		s.Start(t)
		m := mailer(t, s, mail.Plain, signIn)
		err := m.Send(t.Context(), letter())
		if err == nil || errors.Is(err, post.ErrRefused) != refused || strings.Contains(err.Error(), "very-secret") {
			t.Errorf("%s: %v", what, err)
		}
		err = m.Send(t.Context(), letter())
		if _, mails := s.Heard(); thenTaken && (err != nil || len(mails) != 1) {
			t.Errorf("%s, then again: %v, %d mails", what, err, len(mails))
		}
	}
	f("greylisted", "RCPT", "450 4.2.0 come back in five minutes", false, true)
	f("full", "MAIL", "452 4.3.1 no room", false, true)
	f("content is looked at later", ".", "451 4.7.1 busy", false, true)
	f("no such mailbox", "RCPT", "550 5.1.1 nobody of that name", true, true)
	f("no relay", "MAIL", "554 5.7.1 not from here", true, true)
	f("spam", ".", "550 5.7.1 it looks like spam", true, true)
	f("wrong password", "AUTH", "535 5.7.8 wrong", false, true)
}

// TestStartTLSRefused: without TLS nothing is sent, neither a mail nor a password.
func TestStartTLSRefused(t *testing.T) {
	f := func(what string, change func(*mailtest.Server), roots bool) {
		t.Helper()
		s := mailtest.New(t)
		change(s)
		s.Offer = append(s.Offer, "AUTH PLAIN")
		s.Start(t)
		m := mailer(t, s, mail.StartTLS, signIn, func(o *mail.Options) {
			if !roots {
				o.Roots = nil
			}
		})
		if err := m.Send(t.Context(), letter()); err == nil || errors.Is(err, post.ErrRefused) {
			t.Errorf("%s: %v", what, err)
		}
		said, mails := s.Heard()
		if len(mails) > 0 || slices.ContainsFunc(said, func(c string) bool { return strings.HasPrefix(c, "AUTH") || strings.HasPrefix(c, "MAIL") }) {
			t.Errorf("%s: sent all the same: %v", what, said)
		}
	}
	f("not offered", func(*mailtest.Server) {}, true)
	f("offered and refused", func(s *mailtest.Server) {
		s.Offer = append(s.Offer, "STARTTLS")
		s.Answer = func(c string) string {
			if c == "STARTTLS" {
				return "454 4.7.0 not now"
			}
			return ""
		}
	}, true)
	f("a certificate that nobody vouches for", func(s *mailtest.Server) { s.Offer = append(s.Offer, "STARTTLS") }, false)
}

// TestSlow: a server that says nothing, or a word now and then, keeps nobody for longer
// than he waits.
func TestSlow(t *testing.T) {
	f := func(what string, before func(net.Conn, <-chan struct{})) {
		t.Helper()
		s := mailtest.New(t)
		over := make(chan struct{})
		s.Before = func(conn net.Conn) bool { before(conn, over); return false }
		s.Start(t)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- mailer(t, s, mail.Plain).Send(ctx, letter()) }()
		select {
		case err := <-done:
			if err == nil || errors.Is(err, post.ErrRefused) {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: it waits for ever", what)
		}
		close(over)
	}
	f("silent", func(_ net.Conn, over <-chan struct{}) { <-over })
	f("a word now and then", func(conn net.Conn, over <-chan struct{}) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				if _, err := conn.Write([]byte("220-wait\r\n")); err != nil {
					<-over
					return
				}
			}
		}
	})
	f("hangs up", func(net.Conn, <-chan struct{}) {})
}

// TestTakenThenGone: a server that has taken the mail has it, though it goes away without
// a goodbye.
func TestTakenThenGone(t *testing.T) {
	s := mailtest.New(t)
	s.Answer = func(c string) string {
		if c == "RSET" || c == "QUIT" {
			return "421 4.3.2 shutting down"
		}
		return ""
	}
	s.Start(t)
	if err := mailer(t, s, mail.Plain).Send(t.Context(), letter()); err != nil {
		t.Error(err)
	}
}

// TestNewRefuses: what cannot work is told before anything is sent.
func TestNewRefuses(t *testing.T) {
	good := mail.Options{Server: "mail.zone.local:587", Security: mail.StartTLS, From: "asue@zone.local"}
	if _, err := mail.New(good); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*mail.Options){
		"no port": func(o *mail.Options) { o.Server = "mail.zone.local" }, "port 0": func(o *mail.Options) { o.Server = "mail.zone.local:0" },
		"no host": func(o *mail.Options) { o.Server = ":25" }, "security": func(o *mail.Options) { o.Security = "maybe" }, "from": func(o *mail.Options) { o.From = "asue at zone" },
	} {
		o := good
		change(&o)
		if _, err := mail.New(o); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}
