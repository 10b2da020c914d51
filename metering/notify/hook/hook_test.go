package hook_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"asue/metering/notify/hook"
	"asue/metering/notify/post"
)

var secret = []byte("0123456789abcdef-of-the-crew")

func sender(t *testing.T, url string, roots *x509.CertPool) *hook.Hook {
	t.Helper()
	h, err := hook.New(hook.Options{URL: url, Secret: secret, Roots: roots, Version: "1.2"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestSigned: the receiver can tell who sent it, that it is whole and young; by TLS.
func TestSigned(t *testing.T) {
	var got *http.Request
	var body []byte
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	text := []byte(`{"subject":"▲А Актобе"}`)
	if err := sender(t, s.URL+"/asue", roots).Send(t.Context(), "limit/zone@1/raised", text); err != nil {
		t.Fatal(err)
	}
	if got.Method != http.MethodPost || got.URL.Path != "/asue" || got.Header.Get("Idempotency-Key") != "limit/zone@1/raised" ||
		got.Header.Get("Content-Type") != "application/json" || got.Header.Get("User-Agent") != "asue/1.2" || string(body) != string(text) {
		t.Errorf("%s %s %v %s", got.Method, got.URL, got.Header, body)
	}
	now := time.Now()
	if err := hook.Verify(secret, got.Header, body, now); err != nil {
		t.Errorf("its own signature: %v", err)
	}
	for what, err := range map[string]error{
		"another secret":  hook.Verify([]byte("0123456789abcdef-of-another"), got.Header, body, now),
		"another body":    hook.Verify(secret, got.Header, append(body, ' '), now),
		"ten minutes old": hook.Verify(secret, got.Header, body, now.Add(10*time.Minute)),
		"of the future":   hook.Verify(secret, got.Header, body, now.Add(-10*time.Minute)),
		"no header":       hook.Verify(secret, http.Header{}, body, now),
	} {
		if err == nil {
			t.Errorf("%s is taken for genuine", what)
		}
	}
	later := got.Header.Clone()
	later.Set("Asue-Timestamp", "1")
	if hook.Verify(secret, later, body, time.Unix(1, 0)) == nil {
		t.Error("a message with another timestamp is taken for genuine")
	}
	if err := sender(t, s.URL, nil).Send(t.Context(), "k", text); err == nil {
		t.Error("sent to a server whose certificate nobody vouches for")
	}
}

// TestSignature is one that can be reckoned by hand:
// printf '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
func TestSignature(t *testing.T) {
	const want = "v1=e4f8e2ecae2295b2ddb2f0b5584c8275e226c0ebe9b3b819e70156bb67122e3e"
	if got := hook.Sign([]byte("0123456789abcdef"), "1700000000", []byte("{}")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestAnswers: what is delivered, what never will be, and what may be later.
func TestAnswers(t *testing.T) {
	code, retry, location, asked := 0, "", "", 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		if retry != "" {
			w.Header().Set("Retry-After", retry)
		}
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte("said\n by the receiver" + strings.Repeat("x", 1000)))
	}))
	defer s.Close()
	h := sender(t, s.URL+"/token-of-the-crew", nil)
	f := func(status int, taken, refused bool, after time.Duration) {
		t.Helper()
		code, asked = status, 0
		err := h.Send(t.Context(), "k", []byte("{}"))
		var later *post.LaterError
		errors.As(err, &later)
		if (err == nil) != taken || errors.Is(err, post.ErrRefused) != refused || (later != nil) != (after > 0) || later != nil && later.After != after {
			t.Errorf("%d: %v", status, err)
		}
		if asked != 1 {
			t.Errorf("%d: asked %d times", status, asked)
		}
		if err != nil && (strings.Contains(err.Error(), "token-of-the-crew") || len(err.Error()) > 500 || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%d: the error shows the address, or too much: %v", status, err)
		}
	}
	f(200, true, false, 0)
	f(204, true, false, 0)
	f(400, false, true, 0)
	f(401, false, false, 0)
	f(404, false, false, 0)
	f(408, false, false, 0)
	f(413, false, true, 0)
	f(422, false, true, 0)
	f(500, false, false, 0)
	f(502, false, false, 0)
	retry = "120"
	f(429, false, false, 2*time.Minute)
	f(503, false, false, 2*time.Minute)
	retry, location = "", s.URL+"/elsewhere"
	f(302, false, false, 0)
	f(307, false, false, 0)
}

// TestAway: nobody there, and somebody who takes everything and says nothing.
func TestAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	silent := sender(t, "http://"+l.Addr().String()+"/token-of-the-crew", nil)
	if err := silent.Send(ctx, "k", []byte("{}")); !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "token") {
		t.Errorf("a silent receiver: %v", err)
	}
	_ = l.Close()
	if err := silent.Send(t.Context(), "k", []byte("{}")); err == nil || errors.Is(err, post.ErrRefused) || strings.Contains(err.Error(), "token") {
		t.Errorf("nobody there: %v", err)
	}
}

// TestNewRefuses: what cannot work is told before anything is sent.
func TestNewRefuses(t *testing.T) {
	for _, o := range []hook.Options{{URL: "https://crew.local", Secret: []byte("short")}, {URL: "ftp://crew.local", Secret: secret}, {URL: "crew.local", Secret: secret}} {
		if _, err := hook.New(o); err == nil {
			t.Errorf("taken: %s with a secret of %d bytes", o.URL, len(o.Secret))
		}
	}
}
