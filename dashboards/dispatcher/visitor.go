package dispatcher

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"asue/metering"
)

// visitor is who sends a request, as far as is known.
type visitor struct {
	Name       string        // of the account; empty if nobody has signed in
	Role       metering.Role // of the account, or the anonymous one; empty for none
	MustChange bool
	session    *session        // nil if nobody has signed in
	wall       bool            // it is a wall screen, and no person
	cookie     string          // name of the session's cookie on this connection
	address    string          // of the browser
	secure     bool            // the connection is encrypted, here or at the proxy before
	loopback   bool            // the request comes from this machine
	proxied    bool            // through a reverse proxy on this machine
	local      bool            // from this machine and not through a proxy
	token      string          // a resident's token that came with the request; empty for none
	pass       *metering.Token // it, if it opens; looked at for routes of Own alone
	denial     *denial         // or why it does not
}

func (v visitor) mayLook() bool {
	return !v.MustChange && slices.Contains(rights()[Viewer], v.Role)
}

type visitorKey struct{}

// visitorOf is the visitor of a request; one of whom nothing is known may nothing.
func visitorOf(ctx context.Context) visitor {
	v, _ := ctx.Value(visitorKey{}).(visitor)
	return v
}

// identify finds out who sends a request.
func (s *Server) identify(r *http.Request) visitor {
	v := s.origin(r)
	v.Role, v.cookie = s.cfg.Anonymous, v.cookieName(r)
	if v.token = carried(r, v); v.token != "" {
		return s.identifyResident(r, v)
	}
	if s.cfg.Accounts == nil {
		return v
	}
	if cookie, err := r.Cookie(v.cookie); err == nil {
		if person := s.recognise(r.Context(), v, cookie.Value, counts(r)); person.Name != "" {
			return person
		}
	}
	return s.recogniseWall(r, v)
}

// identifyResident finds out whose token a request carries. It may nothing else, also
// where anybody may look.
func (s *Server) identifyResident(r *http.Request, v visitor) visitor {
	v.Role = ""
	if !strings.HasPrefix(r.URL.Path, "/api/v1/own/") || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return v // nothing there asks who it is
	}
	if v.denial = s.inTheOpen(v); v.denial == nil {
		v.pass, v.denial = s.admit(r.Context(), v.token, v.address)
	}
	return v
}

// counts reports whether a request is a person's doing: the page asks for curves
// by itself.
func counts(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.Path == "/api/v1/me"
}

// origin is where a request comes from.
func (s *Server) origin(r *http.Request) visitor {
	v := visitor{address: r.RemoteAddr, secure: r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		v.address = host
	}
	if ip, err := netip.ParseAddr(v.address); err == nil {
		v.loopback = ip.Unmap().IsLoopback()
	}
	forwarded := r.Header.Get("X-Forwarded-For")
	v.proxied = v.loopback && (forwarded != "" || slices.Contains(s.cfg.Hosts, hostName(r)))
	v.local = v.loopback && !v.proxied
	if v.proxied && forwarded != "" { // the last one is the proxy's own word
		v.address = strings.TrimSpace(forwarded[strings.LastIndex(forwarded, ",")+1:])
	}
	return v
}

// cookieName is that of the session. Browsers keep the __Host- one from being set
// by other names and over open connections. The plain one carries the port, because
// cookies know none: two programs on one machine keep apart.
func (v visitor) cookieName(r *http.Request) string {
	if v.secure {
		return "__Host-asue"
	}
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		return "asue-" + port
	}
	return "asue"
}

// hostName is the name that a request asks for, in small letters, without the port.
func hostName(r *http.Request) string {
	name := r.Host
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		name = host
	}
	return strings.ToLower(strings.Trim(name, "[]"))
}
