// Package mailtest is a small SMTP server for tests, whose manners the test decides.
//
// It must not know who sends mail to it.
package mailtest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server takes mail on 127.0.0.1. Its fields are set before Start.
type Server struct {
	net.Listener
	// Roots vouch for its certificate, which PEM is.
	Roots *x509.CertPool
	PEM   []byte

	Offer   []string                    // extensions of EHLO
	FromTLS bool                        // TLS from the first byte
	Answer  func(command string) string // instead of the usual answer; "" for that. "." is the end of a mail
	Before  func(conn net.Conn) bool    // false: nothing more is done with the connection

	cert tls.Certificate
	wg   sync.WaitGroup

	mu    sync.Mutex // guards all below
	said  []string
	mails []string
}

// New listens, and makes a certificate.
func New(t testing.TB) *Server {
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
	s := &Server{Listener: l, cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, Roots: x509.NewCertPool(),
		PEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), Offer: []string{"8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"}}
	s.Roots.AddCert(leaf)
	return s
}

// Start serves until the test ends.
func (s *Server) Start(t testing.TB) *Server {
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

func (s *Server) config() *tls.Config { return &tls.Config{Certificates: []tls.Certificate{s.cert}} }

func (s *Server) serve(conn net.Conn) {
	if s.Before != nil && !s.Before(conn) {
		return
	}
	if s.FromTLS {
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
		if s.Answer != nil {
			if text := s.Answer(line); text != "" {
				say(text)
				continue
			}
		}
		switch verb {
		case "EHLO":
			for _, e := range s.Offer {
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
			if s.Answer != nil {
				if text := s.Answer("."); text != "" {
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

// Heard are the commands up to now, and the mails that were taken.
func (s *Server) Heard() (said, mails []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.said...), append([]string{}, s.mails...)
}
