package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	netmail "net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"asue/metering/alarm"
	"asue/metering/form"
)

// Notify is who outside hears of alarms.
type Notify struct {
	// Quiet is how long an alarm that comes and goes is told once only.
	Quiet    time.Duration
	Webhooks []Webhook
	Mail     Mail
}

// Stated reports whether anything goes anywhere.
func (n Notify) Stated() bool { return len(n.Webhooks) > 0 || n.Mail.Server != "" }

// Webhook is an address that messages are posted to.
type Webhook struct {
	Name       string
	URL        string
	SecretFile string // of the signature
	CAFile     string // certificates of the authority; empty: the system's
	Priorities []alarm.Priority
	Kinds      []alarm.Kind
	Lang       string // ru, kk or en
}

// Mail is the server through which mail goes, and who gets messages about alarms.
type Mail struct {
	Server       string // host:port; empty: no mail
	TLS          string // starttls, tls or none
	User         string
	PasswordFile string
	CAFile       string
	From         string
	To           []string
	Priorities   []alarm.Priority
	Kinds        []alarm.Kind
	Lang         string
	Digest       time.Duration // how long messages that are not of high priority are gathered
}

type notifyDraft struct {
	quiet    given[time.Duration]
	webhooks given[[]given[webhookDraft]]
	mail     given[mailDraft]
}

type routeDraft struct {
	priorities given[[]given[alarm.Priority]]
	kinds      given[[]given[alarm.Kind]]
	lang       given[string]
	caFile     given[string]
}

type webhookDraft struct {
	name       given[string]
	url        given[string]
	secretFile given[string]
	routeDraft
}

type mailDraft struct {
	server, tls, user, passwordFile, from given[string]
	to                                    given[[]given[string]]
	digest                                given[time.Duration]
	routeDraft
}

func notifyForm() form.Form[notifyDraft] {
	return form.Form[notifyDraft]{Name: "notify", Fields: []form.Field[notifyDraft]{
		setting("quiet", form.Duration(0, 24*time.Hour), "how long an alarm that comes and goes is told once only: 5m",
			func(d *notifyDraft) *given[time.Duration] { return &d.quiet }),
		setting("webhooks", form.ListOf(webhookForm().Kind(), "webhooks"), "addresses that signed messages are posted to",
			func(d *notifyDraft) *given[[]given[webhookDraft]] { return &d.webhooks }),
		setting("mail", mailForm().Kind(), "the server through which mail goes, and who gets messages about alarms",
			func(d *notifyDraft) *given[mailDraft] { return &d.mail }),
	}, Stranger: noSecrets}
}

func noSecrets(key string) *form.Finding {
	return secretKey(key, "put it into a file and write \"secret_file: PATH\" for a webhook, \"password_file: PATH\" for mail")
}

func webhookForm() form.Form[webhookDraft] {
	address := form.URL(form.URLRule{What: "the address of a webhook", Schemes: []string{"https", "http"}, Path: true, Example: "https://duty.zone.local/asue"})
	return form.Form[webhookDraft]{Name: "a webhook", Stranger: noSecrets, Fields: append([]form.Field[webhookDraft]{
		form.Key("name", form.Must, form.Identifier[string]("write a name like duty"), "its name in logs and figures", func(d *webhookDraft) *given[string] { return &d.name }),
		form.Key("url", form.Must, verbatim(address), "where messages are posted: https://duty.zone.local/asue", func(d *webhookDraft) *given[string] { return &d.url }),
		form.Key("secret_file", form.Must, verbatim(pathKind()), "file that holds the secret of the signature, at least 16 characters, and nothing else; relative to this file",
			func(d *webhookDraft) *given[string] { return &d.secretFile }),
	}, routeFields(func(d *webhookDraft) *routeDraft { return &d.routeDraft })...)}
}

func mailForm() form.Form[mailDraft] {
	return form.Form[mailDraft]{Name: "mail", Stranger: noSecrets, Fields: append([]form.Field[mailDraft]{
		form.Key("server", form.Must, verbatim(serverKind()), "the mail server: mail.zone.local:587", func(d *mailDraft) *given[string] { return &d.server }),
		setting("tls", form.Word("security", []string{"starttls", "tls", "none"}), "starttls, as on port 587; tls from the first byte, as on port 465; none for a server on this machine",
			func(d *mailDraft) *given[string] { return &d.tls }),
		setting("user", form.Sentence(), "name to sign in with", func(d *mailDraft) *given[string] { return &d.user }),
		setting("password_file", pathKind(), "file that holds the password and nothing else; relative to this file", func(d *mailDraft) *given[string] { return &d.passwordFile }),
		form.Key("from", form.Must, verbatim(mailAddress()), "the sender: asue@zone.local", func(d *mailDraft) *given[string] { return &d.from }),
		setting("to", form.ListOf(verbatim(mailAddress()), "addresses"), "who gets messages about alarms; nobody if the key is absent: the server is for reports then",
			func(d *mailDraft) *given[[]given[string]] { return &d.to }),
		setting("digest", form.Duration(time.Minute, 24*time.Hour), "how long messages are gathered into one mail; those of high priority go at once and take the others along; each a mail of its own if the key is absent",
			func(d *mailDraft) *given[time.Duration] { return &d.digest }),
	}, routeFields(func(d *mailDraft) *routeDraft { return &d.routeDraft })...)}
}

// routeFields are the keys that say which alarms a destination hears of, and how.
func routeFields[T any](of func(*T) *routeDraft) []form.Field[T] {
	return []form.Field[T]{
		setting("priorities", form.ListOf(verbatim(form.Word("priority", alarm.Priorities())), "priorities"), "priorities of the alarms; all if the key is absent",
			func(d *T) *given[[]given[alarm.Priority]] { return &of(d).priorities }),
		setting("kinds", form.ListOf(verbatim(form.Identifier[alarm.Kind]("write the name of a kind of alarm, like limit-exceeded")), "kinds of alarms"), "kinds of alarms; all if the key is absent",
			func(d *T) *given[[]given[alarm.Kind]] { return &of(d).kinds }),
		setting("language", form.Word("language", []string{"ru", "kk", "en"}), "language of the messages: ru", func(d *T) *given[string] { return &of(d).lang }),
		setting("ca_file", pathKind(), "certificates (PEM) of the authority of the server, if it is not one that the system knows; relative to this file",
			func(d *T) *given[string] { return &of(d).caFile }),
	}
}

// serverKind is a host with its port.
func serverKind() form.Kind[string] {
	return form.OfText(form.Object{"pattern": ":[0-9]{1,5}$"}, "the address of a server", func(text string) (string, *form.Finding) {
		host, port, err := net.SplitHostPort(text)
		if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 1 || n > 65535 || host == "" || strings.ContainsAny(host, "/@ ") {
			return "", form.Found("bad-server", fmt.Sprintf("%q is not the address of a server", text), "here belongs its name and its port", "write it like mail.zone.local:587")
		}
		return text, nil
	})
}

// mailAddress is an address, with a name before it if it likes: «Duty <duty@zone.local>».
func mailAddress() form.Kind[string] {
	return form.OfText(form.Object{"pattern": "@"}, "a mail address", func(text string) (string, *form.Finding) {
		a, err := netmail.ParseAddress(text)
		if err != nil {
			return "", form.Found("bad-address", fmt.Sprintf("%q is not a mail address", text), "mail could not be sent there", "write it like duty@zone.local, or \"Duty <duty@zone.local>\"")
		}
		if a.Name == "" {
			return a.Address, nil
		}
		return a.String(), nil
	})
}

func (d *notifyDraft) build(c *Notify) {
	c.Quiet = d.quiet.Or(c.Quiet)
	for _, w := range d.webhooks.V {
		hook := Webhook{Name: w.V.name.V, URL: w.V.url.V, SecretFile: w.V.secretFile.V}
		w.V.build(&hook.Priorities, &hook.Kinds, &hook.Lang, &hook.CAFile)
		c.Webhooks = append(c.Webhooks, hook)
	}
	if !d.mail.Stated() {
		return
	}
	m := d.mail.V
	c.Mail = Mail{Server: m.server.V, TLS: m.tls.Or("starttls"), User: m.user.V, PasswordFile: m.passwordFile.V, From: m.from.V, To: values(m.to), Digest: m.digest.V}
	m.build(&c.Mail.Priorities, &c.Mail.Kinds, &c.Mail.Lang, &c.Mail.CAFile)
}

func (d *routeDraft) build(priorities *[]alarm.Priority, kinds *[]alarm.Kind, lang, caFile *string) {
	*priorities, *kinds, *lang, *caFile = values(d.priorities), values(d.kinds), d.lang.Or("ru"), d.caFile.Or("")
}

// values are the good ones of a list; nil if there is none.
func values[V any](list given[[]given[V]]) []V {
	var all []V
	for _, v := range list.V {
		if v.OK {
			all = append(all, v.V)
		}
	}
	return all
}

// Files are those that it names: secrets, passwords, certificates.
func (n Notify) Files() []string {
	var list []string
	for _, path := range n.paths() {
		if *path != "" {
			list = append(list, *path)
		}
	}
	return list
}

// paths are those of the files that notify names.
func (n *Notify) paths() []*string {
	list := []*string{&n.Mail.PasswordFile, &n.Mail.CAFile}
	for i := range n.Webhooks {
		list = append(list, &n.Webhooks[i].SecretFile, &n.Webhooks[i].CAFile)
	}
	return list
}

// checkNotify holds the parts of notify against each other and against reports.
func (c *checker) checkNotify(rolesKnown bool) {
	n := c.d.notify
	if n.Stated() && rolesKnown && !c.cfg.Has(RoleDispatcher) {
		c.Warn(n.At, form.Found("unused", "notify in a process without the role \"dispatcher\"", "the process with the page keeps the alarms and tells of them", "move it there, or add the role"))
	}
	if n.OK && !n.V.webhooks.Stated() && !n.V.mail.Stated() {
		c.Refuse(n.At, form.Found("nobody-notified", "notify without anybody to notify", "no message would ever go anywhere", "add \"webhooks\" or \"mail\", or delete \"notify\""))
	}
	seen := map[string]bool{}
	for _, w := range n.V.webhooks.V {
		if name := w.V.name; name.OK && seen[name.V] {
			c.Refuse(name.At, form.Found("duplicate-name", fmt.Sprintf("two webhooks are called %q", name.V), "logs and figures tell them apart by their names", "give each a name of its own"))
		}
		seen[w.V.name.V] = true
		if u, err := url.Parse(w.V.url.V); w.V.url.OK && err == nil && u.Scheme == "http" && !(form.Address{Host: u.Hostname()}).Loopback() {
			c.Warn(w.V.url.At, form.Found("open-webhook", "messages go to "+u.Hostname()+" in clear text", "everybody on the way can read which alarms stand; the signature keeps them from being changed, not from being read", "write https:// if that server has TLS"))
		}
	}
	c.checkMail(n.V.mail)
	for _, r := range c.d.reports.V {
		if mail := r.V.mail; mail.Stated() && !n.V.mail.Stated() {
			c.Refuse(mail.At, form.Found("no-mail-server", "a report by mail, and no mail server", "the server and the sender stand under \"notify\"", "add \"mail: {server: …, from: …}\" under \"notify\""))
		}
	}
}

func (c *checker) checkMail(mail given[mailDraft]) {
	if !mail.OK {
		return
	}
	m := mail.V
	switch {
	case m.passwordFile.Stated() && !m.user.Stated():
		c.Refuse(m.passwordFile.At, form.Found("password-without-user", "a password without a user", "a mail server asks for both", "add \"user\""))
	case m.user.Stated() && !m.passwordFile.Stated():
		c.Refuse(m.user.At, form.Found("user-without-password", "a user without a password", "a mail server asks for both", "put the password into a file and add \"password_file\""))
	}
	host, _, _ := net.SplitHostPort(m.server.V)
	if m.server.OK && m.tls.V == "none" && !(form.Address{Host: host}).Loopback() {
		if m.user.Stated() {
			c.Refuse(m.tls.At, form.Found("clear-password", fmt.Sprintf("the password would go to %s in clear text", host), "without TLS everybody on the way can read it", "write \"tls: starttls\" or \"tls: tls\""))
		} else {
			c.Warn(m.tls.At, form.Found("open-mail", fmt.Sprintf("mail goes to %s in clear text", host), "everybody on the way can read and change it", "write \"tls: starttls\" or \"tls: tls\" if that server has TLS"))
		}
	}
	seen := map[string]bool{}
	for _, to := range m.to.V {
		if to.OK && seen[to.V] {
			c.Refuse(to.At, form.Found("duplicate-address", fmt.Sprintf("%s stands twice", to.V), "one person would get everything twice", "delete one of the two"))
		}
		seen[to.V] = true
	}
	reported := slices.ContainsFunc(c.d.reports.V, func(r given[reportDraft]) bool { return r.V.mail.Stated() })
	if len(m.to.V) == 0 && !reported && (!m.to.Stated() || m.to.OK) {
		c.Warn(mail.At, form.Found("nobody-mailed", "a mail server, and nobody to write to", "no mail would ever be sent", "add \"to: [duty@zone.local]\", or \"mail: [office@zone.local]\" to a report"))
	}
}

// CheckOutside holds what notify names against the site's kinds of alarms and against the
// files: secrets, passwords, certificates. The paths of the configuration are whole, and
// it comes from a file.
func (c Config) CheckOutside(kinds []alarm.Definition, read func(path string) ([]byte, error)) form.Faults {
	if c.origin == nil || !c.Notify.Stated() {
		return nil
	}
	r := c.origin.report.Again()
	d := c.origin.draft.notify.V
	known := func(list given[[]given[alarm.Kind]]) {
		var names []string
		for _, k := range kinds {
			names = append(names, string(k.Kind))
		}
		for _, k := range list.V {
			if k.OK && !slices.Contains(names, string(k.V)) {
				r.Refuse(k.At, form.Found("no-such-kind", fmt.Sprintf("%q", k.V), "the catalogue of alarms has no such kind: nobody would hear of it", form.DidYouMean(string(k.V), names)))
			}
		}
	}
	file := func(at *form.Node, path, what string, least int, remedy string) {
		if at == nil {
			return
		}
		text, err := read(path)
		switch {
		case errors.Is(err, fs.ErrPermission):
			r.Warn(at, form.Found("unreadable", fmt.Sprintf("%s: %s may not be read by this user", what, path), "it can be checked by the user of the service alone", "run this as that user; if it is, chown the file to it"))
		case err != nil:
			r.Refuse(at, form.Found("unreadable", fmt.Sprintf("%s cannot be read: %v", what, err), "without it no message goes out", remedy))
		case len(strings.TrimSpace(string(text))) < least:
			r.Refuse(at, form.Found("short-secret", fmt.Sprintf("%s: %s has less than %d characters", what, path, least), "what is short is guessed", remedy))
		}
	}
	const pem = "put the certificates into it, in PEM"
	for i, w := range d.webhooks.V {
		known(w.V.kinds)
		file(w.V.secretFile.At, c.Notify.Webhooks[i].SecretFile, "the secret of the webhook "+w.V.name.V, 16, "openssl rand -hex 32 > FILE; chmod 600, owned by the user of the service; the receiver has the same")
		file(w.V.caFile.At, c.Notify.Webhooks[i].CAFile, "the certificates of the webhook "+w.V.name.V, 1, pem)
	}
	known(d.mail.V.kinds)
	file(d.mail.V.passwordFile.At, c.Notify.Mail.PasswordFile, "the password of the mail server", 1, "write the password into it, and nothing else: chmod 600, owned by the user of the service")
	file(d.mail.V.caFile.At, c.Notify.Mail.CAFile, "the certificates of the mail server", 1, pem)
	return r.Finish()
}
