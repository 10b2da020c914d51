// Package mail sends mail by SMTP: text and simple HTML of the same words, with files
// attached. It wraps github.com/wneessen/go-mail.
//
// It must not know what mails are about, nor when one is sent again.
package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"net"
	"os"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"asue/metering/notify/post"
)

// Security is how the way to the server is kept from listeners.
type Security string

// Securities.
const (
	StartTLS Security = "starttls" // the connection turns to TLS, or nothing is sent; port 587
	TLS      Security = "tls"      // TLS from the first byte; port 465
	Plain    Security = "none"     // for a server on the same machine
)

// Options say through which server mail goes.
type Options struct {
	Server         string // host:port
	Security       Security
	User, Password string // empty: nobody signs in
	From           string
	// Roots are those that sign the server's certificate; nil: the system's.
	Roots   *x509.CertPool
	Version string // of the program
}

// Mailer sends through one server. It is safe for concurrent use.
type Mailer struct {
	o    Options
	host string
	port int
}

// New checks the options and connects nowhere yet.
func New(o Options) (*Mailer, error) {
	host, port, err := net.SplitHostPort(o.Server)
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil || host == "" || n < 1 || n > 65535 {
		return nil, fmt.Errorf("mail server %q: want host:port, like mail.zone.local:587", o.Server)
	}
	m := &Mailer{o, host, n}
	if _, err := m.client(context.Background()); err != nil {
		return nil, fmt.Errorf("mail server %s: %w", o.Server, err)
	}
	if err := gomail.NewMsg().From(o.From); err != nil {
		return nil, fmt.Errorf("mail from %q: %w", o.From, err)
	}
	return m, nil
}

// client makes a client for one mail. Its connection ends with ctx, whatever the server
// does: the library bounds single steps alone.
func (m *Mailer) client(ctx context.Context) (*gomail.Client, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: m.o.Roots, ServerName: m.host}
	dial := func(dialling context.Context, network, address string) (net.Conn, error) {
		raw, err := (&net.Dialer{}).DialContext(dialling, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = raw.Close() }) // whoever waits for it is told by ctx
		if m.o.Security != TLS {
			return raw, nil
		}
		conn := tls.Client(raw, secure)
		if err := conn.HandshakeContext(dialling); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		return conn, nil
	}
	options := []gomail.Option{
		gomail.WithPort(m.port), gomail.WithTimeout(post.Patience), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithoutNoop(),
		gomail.WithTLSConfig(secure), gomail.WithDialContextFunc(dial),
	}
	switch m.o.Security {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS, Plain:
	default:
		return nil, fmt.Errorf("security %q: want %s, %s or %s", m.o.Security, StartTLS, TLS, Plain)
	}
	if m.o.User != "" {
		// The library itself sends a password that can be read over TLS, or to this
		// machine, alone.
		options = append(options, gomail.WithUsername(m.o.User), gomail.WithPassword(m.o.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return gomail.NewClient(m.host, options...)
}

// Mail is one mail.
type Mail struct {
	// Key names it: the same key is the same Message-ID, by which servers and readers
	// know what they have already.
	Key     string
	To      string
	Subject string
	Lang    string // of the text: ru, kk or en
	Text    []Paragraph
	Files   []File
	Urgent  bool
}

// Paragraph is a line of the text, or a heading above others.
type Paragraph struct {
	Heading    bool
	Name, Text string // "Cause", "The line is broken."; no name: the text alone
}

// File is attached.
type File struct {
	Name string // without a folder
	Path string
}

// Send sends a mail to its one recipient, so that one address that is wrong keeps nobody
// else from his. post.ErrRefused: the server says for good that it will not take it (5xx
// to sender, recipient or content); anything else may go well later.
func (m *Mailer) Send(ctx context.Context, mail Mail) error {
	msg, err := m.write(mail)
	if err != nil {
		return fmt.Errorf("%w: %w", post.ErrRefused, err)
	}
	if err := attach(msg, mail.Files); err != nil {
		return err
	}
	sending, cancel := context.WithTimeout(ctx, post.Patience)
	defer cancel()
	client, err := m.client(sending)
	if err != nil {
		return err
	}
	smtp, err := client.DialToSMTPClientWithContext(sending)
	if err == nil {
		if err = client.SendWithSMTPClient(smtp, msg); msg.IsDelivered() {
			err = nil // whatever the server says after it has taken the mail
		}
		_ = client.CloseWithSMTPClient(smtp) // nor how the goodbye goes
	}
	if err == nil {
		return nil
	}
	if sending.Err() != nil {
		err = fmt.Errorf("not done within %v: %w", post.Patience, err)
	}
	err = fmt.Errorf("mail by %s: %w", m.o.Server, err)
	var refused *gomail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 500 && refused.ErrorCode() < 600 {
		return fmt.Errorf("%w: %w", post.ErrRefused, err)
	}
	return err
}

func (m *Mailer) write(mail Mail) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(m.o.From), msg.To(mail.To)); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(mail.Key))
	_, domain, _ := strings.Cut(strings.Trim(m.o.From, "<> "), "@")
	msg.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + strings.TrimRight(domain, ">"))
	msg.SetDate()
	msg.SetUserAgent("asue/" + m.o.Version)
	msg.Subject(mail.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's absence shall answer it
	if mail.Lang != "" {
		msg.SetGenHeader("Content-Language", mail.Lang)
	}
	if mail.Urgent {
		msg.SetImportance(gomail.ImportanceHigh)
	}
	msg.SetBodyString(gomail.TypeTextPlain, plain(mail.Text))
	msg.AddAlternativeString(gomail.TypeTextHTML, page(mail))
	return msg, nil
}

// MostAttached is how large a file may be that goes by mail: many servers take 25 MB with
// what the encoding adds.
const MostAttached = 15 << 20

// attach reads files before anything is sent: the library would leave out what is not
// there.
func attach(msg *gomail.Msg, files []File) error {
	for _, f := range files {
		content, err := os.ReadFile(f.Path)
		if err != nil {
			return fmt.Errorf("attach to a mail: %w", err)
		}
		if len(content) > MostAttached {
			return fmt.Errorf("%w: %s has %d bytes: at most %d go by mail", post.ErrRefused, f.Path, len(content), MostAttached)
		}
		if err := msg.AttachReader(f.Name, bytes.NewReader(content)); err != nil {
			return fmt.Errorf("attach to a mail: %w", err)
		}
	}
	return nil
}

func plain(text []Paragraph) string {
	var b strings.Builder
	for _, p := range text {
		switch {
		case p.Heading:
			fmt.Fprintf(&b, "\r\n%s\r\n%s\r\n", p.Text, strings.Repeat("-", min(60, len([]rune(p.Text)))))
		case p.Name == "":
			fmt.Fprintf(&b, "%s\r\n", p.Text)
		default:
			fmt.Fprintf(&b, "%s: %s\r\n", p.Name, p.Text)
		}
	}
	return strings.TrimLeft(b.String(), "\r\n")
}

// page is the same in HTML, without colours, pictures or anything from elsewhere.
func page(m Mail) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s</title></head><body>", html.EscapeString(m.Lang), html.EscapeString(m.Subject))
	for _, p := range m.Text {
		text := html.EscapeString(p.Text)
		switch {
		case p.Heading:
			fmt.Fprintf(&b, "<h2>%s</h2>", text)
		case p.Name == "":
			fmt.Fprintf(&b, "<p>%s</p>", text)
		default:
			fmt.Fprintf(&b, "<p><b>%s:</b> %s</p>", html.EscapeString(p.Name), text)
		}
	}
	return b.String() + "</body></html>"
}
