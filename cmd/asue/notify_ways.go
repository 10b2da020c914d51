package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"asue/cmd/internal/settings"
	"asue/metering/notify"
	"asue/metering/notify/hook"
	"asue/metering/notify/mail"
	"asue/metering/notify/post"
)

// addWebhook adds the way to one address that messages are posted to.
func (o *outside) addWebhook(w settings.Webhook) error {
	secret, err := os.ReadFile(w.SecretFile)
	if err != nil {
		return fmt.Errorf("secret of the webhook %s: %w", w.Name, err)
	}
	roots, err := rootsOf(w.CAFile)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", w.Name, err)
	}
	h, err := hook.New(hook.Options{URL: w.URL, Secret: bytes.TrimSpace(secret), Roots: roots, Version: version})
	if err != nil {
		return fmt.Errorf("%s: %w", w.Name, err)
	}
	send := func(ctx context.Context, letters []post.Letter) error {
		return h.Send(ctx, letters[0].Key, letters[0].Body)
	}
	o.ways = append(o.ways, way{post.Destination{Name: w.Name, Send: send}, notify.Route{Priorities: w.Priorities, Kinds: w.Kinds}, notify.Lang(w.Lang)})
	return nil
}

// mailedTogether is how many messages one mail has at most.
const mailedTogether = 50

// addMail gives each address a way of its own: one that is wrong keeps nobody else from
// his mail.
func (o *outside) addMail(m settings.Mail) error {
	options := mail.Options{Server: m.Server, Security: mail.Security(m.TLS), User: m.User, From: m.From, Version: version}
	var err error
	if m.PasswordFile != "" {
		secret, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return fmt.Errorf("password of the mail server: %w", err)
		}
		options.Password = strings.TrimSpace(string(secret))
	}
	if options.Roots, err = rootsOf(m.CAFile); err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if o.mailer, err = mail.New(options); err != nil {
		return err
	}
	for _, to := range m.To {
		d := post.Destination{Name: "mail:" + to, Gather: m.Digest, Send: func(ctx context.Context, letters []post.Letter) error {
			return o.mailAlarms(ctx, to, letters)
		}}
		if m.Digest > 0 {
			d.Together = mailedTogether
		}
		o.ways = append(o.ways, way{d, notify.Route{Priorities: m.Priorities, Kinds: m.Kinds}, notify.Lang(m.Lang)})
	}
	return nil
}

// rootsOf are the certificates of a file; nil for none: the system's.
func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("certificates: %s has none: put them into it in PEM", file)
	}
	return roots, nil
}
