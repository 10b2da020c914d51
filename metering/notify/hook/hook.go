// Package hook posts messages to a web address, signed, so that the receiver can tell
// who sent them, when, and that nothing was changed.
//
// It must not know what messages say, nor when one is sent again.
//
// A message is the body of a POST with these headers:
//
//	Content-Type:     application/json
//	Idempotency-Key:  the key of the message: who has it already answers 200 and does nothing
//	Asue-Timestamp:   seconds since 1970 at which this attempt was signed
//	Asue-Signature:   v1=HMAC-SHA256(secret, timestamp + "." + body), hexadecimal
//
// The receiver reckons the signature from the bytes that came, compares in constant time,
// and refuses a timestamp that is more than five minutes off.
package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"asue/metering/notify/post"
)

// LeastSecret is how many bytes a secret has at least.
const LeastSecret = 16

// Options say where messages go.
type Options struct {
	URL    string // http or https
	Secret []byte // at least LeastSecret bytes
	// Roots are those that sign the receiver's certificate; nil: the system's.
	Roots   *x509.CertPool
	Version string // of the program, for the receiver's log
}

// Hook posts to one address. It is safe for concurrent use.
type Hook struct {
	o      Options
	client *http.Client
}

// New checks the options and connects nowhere yet.
func New(o Options) (*Hook, error) {
	if len(o.Secret) < LeastSecret {
		return nil, fmt.Errorf("webhook: a secret of %d bytes: write one of at least %d, like the output of openssl rand -hex 32", len(o.Secret), LeastSecret)
	}
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("webhook: its address is no URL of http or https")
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second,
	}
	return &Hook{o, &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Send posts a message once, within the time of ctx. nil: it was taken (2xx).
// post.ErrRefused: the receiver says that this message is wrong (400, 410, 413, 415, 422).
// Anything else may go well later; what the receiver says about when is a post.LaterError.
func (h *Hook) Send(ctx context.Context, key string, body []byte) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, h.o.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook: %w", plainly(err))
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "asue/"+h.o.Version)
	q.Header.Set("Idempotency-Key", key)
	q.Header.Set("Asue-Timestamp", stamp)
	q.Header.Set("Asue-Signature", Sign(h.o.Secret, stamp, body))
	answer, err := h.client.Do(q)
	if err != nil {
		return fmt.Errorf("webhook: %w", plainly(err))
	}
	defer func() { _ = answer.Body.Close() }() // the status has been read
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 300))
	return verdict(answer, strings.Join(strings.Fields(strings.ToValidUTF8(string(said), "?")), " "))
}

func verdict(answer *http.Response, said string) error {
	err := fmt.Errorf("webhook: the receiver answers %s", answer.Status)
	if said != "" {
		err = fmt.Errorf("%w: %.200s", err, said)
	}
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return fmt.Errorf("%w: it was sent nowhere else: write the address it has moved to", err)
	case code == http.StatusBadRequest, code == http.StatusGone, code == http.StatusRequestEntityTooLarge,
		code == http.StatusUnsupportedMediaType, code == http.StatusUnprocessableEntity:
		return fmt.Errorf("%w: %w", post.ErrRefused, err)
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return fmt.Errorf("%w: hold its secret against the file of this one", err)
	}
	if seconds, bad := strconv.Atoi(answer.Header.Get("Retry-After")); bad == nil && seconds > 0 {
		return &post.LaterError{After: time.Duration(min(seconds, 86_400)) * time.Second, Err: err}
	}
	return err
}

// plainly is an error without the address: a part of it may be a secret.
func plainly(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Sign is the signature of a body at a time, in seconds since 1970.
func Sign(secret []byte, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Freshness is how far the timestamp of a message may be off.
const Freshness = 5 * time.Minute

// Verify is what a receiver does: it says whether a message is from who has the secret,
// unchanged and young.
func Verify(secret []byte, header http.Header, body []byte, now time.Time) error {
	stamp := header.Get("Asue-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("timestamp %.40q: want seconds since 1970", stamp)
	}
	if subtle.ConstantTimeCompare([]byte(Sign(secret, stamp, body)), []byte(header.Get("Asue-Signature"))) != 1 {
		return errors.New("the signature is not that of this body with this secret")
	}
	if off := now.Sub(time.Unix(seconds, 0)).Abs(); off > Freshness {
		return fmt.Errorf("signed %v from now: at most %v", off, Freshness)
	}
	return nil
}
