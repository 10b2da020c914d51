package form

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Address is host:port as a program listens or connects to.
type Address struct {
	Host string // a name, an IPv4 address, an IPv6 address without brackets; empty: every address of the machine
	Port int    // 0 to 65535; 0 lets the system choose where to listen
}

// Loopback reports whether only this machine can reach it.
func (a Address) Loopback() bool {
	if a.Host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(a.Host)
	return err == nil && ip.Unmap().IsLoopback()
}

// String is host:port, an IPv6 address in brackets.
func (a Address) String() string {
	host := a.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(a.Port)
}

// ListenAddress is where a program listens, host:port. example is one for the
// messages: "127.0.0.1:8080".
func ListenAddress(example string) Kind[Address] {
	return OfText(Object{"pattern": `^.*:[0-9]{1,5}$`}, "an address, host:port", func(text string) (Address, *Finding) {
		if scheme, rest, ok := strings.Cut(text, "://"); ok {
			return Address{}, Found("bad-address", fmt.Sprintf("%q is a URL", text),
				"here belongs what to listen on: host:port, without "+scheme+"://", proposal(strings.TrimRight(rest, "/"), example))
		}
		a, trouble := splitAddress(text)
		if trouble != "" {
			return Address{}, Found("bad-address", fmt.Sprintf("%q is not an address: %s", text, trouble),
				"an address is host:port, the port from 0 to 65535", proposal(text, example))
		}
		return a, nil
	})
}

// proposal repairs an address as far as it can be guessed.
func proposal(text, example string) string {
	_, port, _ := strings.Cut(example, ":")
	for _, try := range []string{text, text + ":" + port, "127.0.0.1:" + text, "[" + text + "]:" + port} {
		if a, trouble := splitAddress(try); trouble == "" && a.Host != "" {
			return fmt.Sprintf("write %q", try)
		}
	}
	return "write it like " + example
}

// splitAddress takes host:port apart and says what is wrong with it.
func splitAddress(text string) (a Address, trouble string) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return a, "it has no port"
	}
	host, port := text[:colon], text[colon+1:]
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		if ip, err := netip.ParseAddr(inner); !closed || err != nil || !ip.Is6() {
			return a, "what stands in brackets is not an IPv6 address"
		}
		host = inner
	} else if strings.Contains(host, ":") {
		return a, "an IPv6 address stands in brackets"
	} else if trouble := hostTrouble(host); trouble != "" {
		return a, trouble
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || port != strconv.FormatUint(n, 10) {
		return a, fmt.Sprintf("%q is not a port", port)
	}
	return Address{host, int(n)}, ""
}

// hostTrouble says why a host is neither a name (RFC 1123) nor an IPv4 address.
func hostTrouble(host string) string {
	if host == "" {
		return ""
	}
	if len(host) > 253 {
		return "the name is too long"
	}
	numeric := true
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Sprintf("%q is not a name of a host", host)
		}
		for _, c := range label {
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
			if !letter && (c < '0' || c > '9') {
				return fmt.Sprintf("%q is not a name of a host: the character %q", host, c)
			}
			numeric = numeric && !letter
		}
	}
	if _, err := netip.ParseAddr(host); numeric && err != nil {
		return fmt.Sprintf("%q is not an IPv4 address", host)
	}
	return ""
}

// HostName is a name or an IP address of a machine, without a port.
func HostName() Kind[string] {
	return OfText(Object{"minLength": 1, "maxLength": 253}, "a host name", func(text string) (string, *Finding) {
		if _, err := netip.ParseAddr(text); err == nil {
			return text, nil
		}
		trouble := hostTrouble(text)
		remedy := "write the name alone, like asue.zone.local"
		switch {
		case text == "":
			trouble = "it is empty"
		case strings.Contains(text, "://"):
			if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
				trouble, remedy = fmt.Sprintf("%q is a URL", text), fmt.Sprintf("write %q", u.Hostname())
			}
		case strings.Contains(text, ":"):
			if a, bad := splitAddress(text); bad == "" {
				trouble, remedy = fmt.Sprintf("%q has a port", text), fmt.Sprintf("write %q", a.Host)
			}
		}
		if trouble == "" {
			return text, nil
		}
		return "", Found("bad-host", trouble, "here belongs the name or the IP address of a machine, without scheme and port", remedy)
	})
}

// URLRule says which URLs are taken.
type URLRule struct {
	What    string   // with its article: "an address of a broker"
	Schemes []string // the usual one first; longer ones are not implied: "mqtt", "mqtts"
	Port    bool     // must there be a port?
	Path    bool     // may there be a path?
	Example string   // "mqtt://10.0.0.5:1883"
}

// URL is a URL of some schemes, with a host. Name and password never belong into
// it: files are shown around, and URLs into logs.
func URL(rule URLRule) Kind[string] {
	return OfText(Object{"pattern": "^(" + strings.Join(rule.Schemes, "|") + ")://"}, rule.What, func(text string) (string, *Finding) {
		if f := rule.check(text); f != nil {
			return "", f
		}
		return text, nil
	})
}

func (rule URLRule) check(text string) *Finding {
	bad := func(what, why, remedy string) *Finding { return Found("bad-url", what, why, remedy) }
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return bad(fmt.Sprintf("%q has no scheme", text), "here belongs "+rule.What+": "+strings.Join(rule.Schemes, "://, ")+"://", rule.guess(text))
	}
	if !slices.Contains(rule.Schemes, scheme) {
		return bad(fmt.Sprintf("%q has the scheme %q", text, scheme), "here belongs "+rule.What+": "+strings.Join(rule.Schemes, "://, ")+"://", rule.guess(rest))
	}
	u, err := url.Parse(text)
	if err != nil {
		if strings.Contains(rest, "@") { // never repeat what may be a secret
			return rule.secret(scheme)
		}
		return bad(fmt.Sprintf("%q cannot be read as a URL", text), "a URL is scheme://host:port", "write it like "+rule.Example)
	}
	if u.User != nil {
		return rule.secret(scheme)
	}
	return rule.checkParts(text, u)
}

func (rule URLRule) checkParts(text string, u *url.URL) *Finding {
	bad := func(what, why, remedy string) *Finding { return Found("bad-url", what, why, remedy) }
	host := strings.TrimSuffix(u.Host, ":")
	if u.Port() == "" && !strings.HasSuffix(u.Host, ":") {
		host += ":1" // a port of no meaning, so that the host can be looked at alone
	}
	a, trouble := splitAddress(host)
	switch {
	case trouble != "":
		return bad(fmt.Sprintf("%q: %s", text, trouble), "a URL is scheme://host:port", "write it like "+rule.Example)
	case a.Host == "":
		return bad(fmt.Sprintf("%q has no host", text), "without it there is nobody to connect to", "write it like "+rule.Example)
	case rule.Port && u.Port() == "":
		return bad(fmt.Sprintf("%q has no port", text), "there is no port that could be taken for granted here", rule.guess(u.Host))
	case u.Port() != "" && a.Port == 0:
		return bad(fmt.Sprintf("%q has the port 0", text), "nobody answers there", "write it like "+rule.Example)
	case u.Fragment != "" || u.RawQuery != "" || u.Opaque != "" || !rule.Path && strings.Trim(u.Path, "/") != "":
		return bad(fmt.Sprintf("%q goes on behind the address", text), "here belongs "+rule.What+" and nothing behind it",
			fmt.Sprintf("write %q", u.Scheme+"://"+u.Host))
	}
	return nil
}

// guess proposes a URL for an address without its scheme or port.
func (rule URLRule) guess(rest string) string {
	rest = strings.TrimRight(rest, "/")
	_, tail, _ := strings.Cut(rule.Example, "://")
	_, port, _ := strings.Cut(tail, ":")
	for _, try := range []string{rest, rest + ":" + port} {
		if a, trouble := splitAddress(try); trouble == "" && a.Host != "" && a.Port != 0 {
			return fmt.Sprintf("write %q", rule.Schemes[0]+"://"+try)
		}
	}
	return "write it like " + rule.Example
}

func (rule URLRule) secret(scheme string) *Finding {
	return FoundSecret("secret-in-url", fmt.Sprintf("the URL %s://… holds a name or a password", scheme),
		"files are copied and shown around, and URLs stand in logs", "take them out of the URL; name and password have their own keys")
}
