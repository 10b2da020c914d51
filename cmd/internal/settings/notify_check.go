package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"slices"
	"strings"

	"asue/metering/alarm"
	"asue/metering/form"
)

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
