package settings

import (
	"fmt"
	"net"
	netmail "net/mail"
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
