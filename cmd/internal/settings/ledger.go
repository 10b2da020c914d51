package settings

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"asue/metering/form"
)

// Ledger is where intervals, registers and what bills stand on are kept: in a
// file of the data folder, or in a PostgreSQL database.
type Ledger struct {
	DSN          string // postgres://user@host:5432/database; empty: the file
	PasswordFile string
	Schema       string // of the database
}

type ledgerDraft struct {
	dsn          given[string]
	passwordFile given[string]
	schema       given[string]
}

func (d *ledgerDraft) build(c *Ledger) {
	c.DSN = d.dsn.Or("")
	c.PasswordFile = d.passwordFile.Or("")
	c.Schema = d.schema.Or(c.Schema)
}

func ledgerForm() form.Form[ledgerDraft] {
	return form.Form[ledgerDraft]{
		Name: "the ledger",
		Fields: []form.Field[ledgerDraft]{
			setting("dsn", databaseURL(), "a PostgreSQL database instead of a file in the data folder: postgres://user@host:5432/database, with libpq's options behind a question mark",
				func(d *ledgerDraft) *given[string] { return &d.dsn }),
			setting("password_file", pathKind(), "file that holds the password and nothing else; relative to this file",
				func(d *ledgerDraft) *given[string] { return &d.passwordFile }),
			setting("schema", schemaKind(), "schema of the database in which the ledger lives: asue",
				func(d *ledgerDraft) *given[string] { return &d.schema }),
		},
		Stranger: func(key string) *form.Finding {
			switch key {
			case "url", "uri", "database", "connection", "host", "user": // they may hold a password
				return form.FoundSecret("unknown-key", fmt.Sprintf("the key %q is not known under \"ledger\"", key),
					"the database is named by \"dsn\" alone", "write \"dsn: "+databaseExample+"\"")
			}
			return secretKey(key, "put it into a file and write \"password_file: PATH\"")
		},
	}
}

const databaseExample = "postgres://asue@10.0.0.5:5432/asue"

// databaseURL is where a PostgreSQL database is, without the password.
func databaseURL() form.Kind[string] {
	return form.OfText(form.Object{"pattern": "^postgres(ql)?://"}, "the URL of a database", func(text string) (string, *form.Finding) {
		return text, databaseTrouble(text)
	})
}

func databaseTrouble(text string) *form.Finding {
	bad := func(what, why string) *form.Finding {
		return form.Found("bad-url", what, why, "write it like "+databaseExample)
	}
	secret := form.FoundSecret("secret-in-url", "the URL postgres://… holds a password",
		"files are copied and shown around, and URLs stand in logs", "take it out, put it into a file, and name the file with \"password_file\"")
	scheme, rest, _ := strings.Cut(text, "://")
	if scheme != "postgres" && scheme != "postgresql" {
		if strings.Contains(text, "password") || strings.Contains(text, "@") { // never repeat what may be a secret
			return form.FoundSecret("bad-url", "this is not the URL of a PostgreSQL database", "here belongs postgres://, user, host and database", "write it like "+databaseExample)
		}
		return bad(fmt.Sprintf("%q is not the URL of a PostgreSQL database", text), "here belongs postgres://, user, host and database")
	}
	u, err := url.Parse(text)
	if err != nil && strings.Contains(rest, "@") {
		return secret
	}
	if err != nil {
		return bad(fmt.Sprintf("%q cannot be read as a URL", text), "a URL is scheme://user@host:port/database")
	}
	options, err := url.ParseQuery(u.RawQuery)
	if _, open := u.User.Password(); open || options.Has("password") || options.Has("sslpassword") {
		return secret
	}
	switch {
	case err != nil:
		return bad(fmt.Sprintf("%q: its options cannot be read", text), "they stand behind a question mark, name=value with & between them")
	case u.User.Username() == "" && !options.Has("user"):
		return bad(fmt.Sprintf("%q names no user", text), "the ledger belongs to a user of the database")
	case u.Hostname() == "" && !options.Has("host"):
		return bad(fmt.Sprintf("%q has no host", text), "without it there is nobody to connect to; a socket's folder is the option host=/run/postgresql")
	case strings.Trim(u.Path, "/") == "" || strings.Contains(strings.Trim(u.Path, "/"), "/"):
		return bad(fmt.Sprintf("%q names no database", text), "one server holds many")
	case u.Fragment != "":
		return bad(fmt.Sprintf("%q goes on behind the database", text), "a # in it is written %23")
	}
	return nil
}

var schemaRegexp = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func schemaKind() form.Kind[string] {
	return form.OfText(form.Object{"pattern": schemaRegexp.String()}, "the name of a schema", func(text string) (string, *form.Finding) {
		if !schemaRegexp.MatchString(text) {
			return "", form.Found("bad-schema", fmt.Sprintf("a schema called %q", text), "in the database it would have to be quoted everywhere",
				"write it in small Latin letters, digits and _, 63 at most")
		}
		return text, nil
	})
}

func (c *checker) checkLedger(rolesKnown bool) {
	l := c.d.ledger.V
	at := c.statedOf(l.dsn.At, l.passwordFile.At, l.schema.At)
	switch {
	case at == nil:
		return
	case !l.dsn.Stated() && !strange(c.d.ledger.At, ledgerForm()):
		c.Refuse(at, form.Found("ledger-without-dsn", "settings of a database, and no \"dsn\"",
			"without it the ledger is a file of the data folder, which needs neither", "add \"dsn: "+databaseExample+"\", or delete \"ledger\""))
	case rolesKnown && !c.cfg.Has(RoleMetering):
		c.Warn(at, form.Found("unused", "a ledger in a process without the role \"metering\"", "it has no ledger", "delete it, or add the role"))
	}
	if !l.dsn.OK {
		return
	}
	u, err := url.Parse(l.dsn.V)
	if err != nil {
		return
	}
	local := u.Hostname() == "" || (form.Address{Host: u.Hostname()}).Loopback()
	if mode := u.Query().Get("sslmode"); !local && mode != "require" && mode != "verify-ca" && mode != "verify-full" {
		c.Warn(l.dsn.At, form.Found("open-ledger", fmt.Sprintf("what goes to the database at %s may be read and changed on the way", u.Hostname()),
			"without sslmode encryption is not insisted on", "add ?sslmode=verify-full, and sslrootcert=FILE if the server's certificate is of your own authority"))
	}
}
