package mail_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a small SMTP server whose manners a test decides.
type server struct {
	net.Listener
	cert  tls.Certificate
	roots *x509.CertPool

	offer   []string                    // extensions of EHLO
	fromTLS bool                        // TLS from the first byte
	answer  func(command string) string // instead of the usual answer; "" for that
	before  func(conn net.Conn) bool    // false: nothing more is done with it
	wg      sync.WaitGroup

	mu    sync.Mutex
	said  []string // commands
	mails []string
}

func newServer(t *testing.T) *server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail of the test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Listener: l, cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots: x509.NewCertPool(), offer: []string{"8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"}}
	s.roots.AddCert(leaf)
	return s
}

// start serves until the test ends.
func (s *server) start(t *testing.T) *server {
	t.Helper()
	s.wg.Go(func() {
		for {
			conn, err := s.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() {
				defer func() { _ = conn.Close() }()
				s.serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = s.Close()
		s.wg.Wait()
	})
	return s
}

func (s *server) config() *tls.Config { return &tls.Config{Certificates: []tls.Certificate{s.cert}} }

func (s *server) serve(conn net.Conn) {
	if s.before != nil && !s.before(conn) {
		return
	}
	if s.fromTLS {
		conn = tls.Server(conn, s.config())
	}
	lines := bufio.NewReader(conn)
	say := func(text string) { _, _ = conn.Write([]byte(text + "\r\n")) }
	say("220 mail.zone.local ESMTP")
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.said = append(s.said, line)
		s.mu.Unlock()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if s.answer != nil {
			if text := s.answer(line); text != "" {
				say(text)
				continue
			}
		}
		switch verb {
		case "EHLO":
			for _, e := range s.offer {
				say("250-" + e)
			}
			say("250 SIZE 1000000")
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, s.config())
			lines = bufio.NewReader(conn)
		case "DATA":
			say("354 end with a dot")
			var mail strings.Builder
			for {
				text, err := lines.ReadString('\n')
				if err != nil {
					return
				}
				if text == ".\r\n" {
					break
				}
				mail.WriteString(strings.TrimPrefix(text, "."))
			}
			if s.answer != nil {
				if text := s.answer("."); text != "" {
					say(text)
					continue
				}
			}
			s.mu.Lock()
			s.mails = append(s.mails, mail.String())
			s.mu.Unlock()
			say("250 2.0.0 taken")
		case "AUTH":
			say("235 2.7.0 welcome")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 2.1.0 fine")
		}
	}
}

// heard are the commands up to now, and the mails that were taken.
func (s *server) heard() (said, mails []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.said...), append([]string{}, s.mails...)
}
