package doctor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"asue/cmd/internal/settings"
)

// patience is how long one look over a network may take.
const patience = 5 * time.Second

// running is a process of asue that answers at the page's address.
type running struct {
	ready  bool
	wrong  map[string]string // parts that do not work, and why
	figure map[string]string // of /metrics: name with labels → value; nil if it is not shown
}

// lookForAsue asks whoever listens at the page's address whether he is asue.
func lookForAsue(ctx context.Context, address string) *running {
	if address == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := get(ctx, "http://"+dialable(address)+"/readyz")
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	var state struct {
		Ready  *bool
		Checks map[string]string
	}
	if json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&state) != nil || state.Ready == nil || state.Checks == nil {
		return nil
	}
	r := &running{ready: *state.Ready, wrong: map[string]string{}, figure: figures(ctx, address)}
	for part, said := range state.Checks {
		if said != "ok" {
			r.wrong[part] = said
		}
	}
	return r
}

func get(ctx context.Context, url string) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(q)
}

// figures are those of a process that shows them.
func figures(ctx context.Context, address string) map[string]string {
	answer, err := get(ctx, "http://"+dialable(address)+"/metrics")
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil
	}
	list := map[string]string{}
	for lines := bufio.NewScanner(io.LimitReader(answer.Body, 64<<20)); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "} "); ok && name != "" && name[0] != '#' {
			list[name+"}"] = value
		}
	}
	return list
}

// dialable is where to reach somebody who listens on an address.
func dialable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func (e *examination) process(context.Context) {
	const area = "process"
	switch r := e.running; {
	case e.Config.HTTP == "":
		e.note(area, "this process has no page (http: none), and whether it runs cannot be seen from here")
	case r == nil:
		e.note(area, "asue does not answer at %s: it does not run now", e.Config.HTTP)
	case r.ready:
		e.ok(area, "asue runs at %s, and all its parts work", e.Config.HTTP)
	default:
		for _, part := range slices.Sorted(maps.Keys(r.wrong)) {
			e.wrong(area, "see its log: journalctl -u asue -n 100", "asue runs at %s, and its part %q does not work: %s", e.Config.HTTP, part, r.wrong[part])
		}
	}
}

// ports looks whether this process could listen where it shall.
func (e *examination) ports(context.Context) {
	if e.Config.HTTP != "" {
		e.port("page and API", "http", e.Config.HTTP)
	}
	if e.Config.Has(settings.RoleBroker) && e.Config.Broker.URL == "" {
		e.port("the embedded broker", "broker.listen", e.Config.Broker.Listen)
	}
}

func (e *examination) port(who, key, address string) {
	const area = "ports"
	l, err := net.Listen("tcp", address)
	if err == nil {
		_ = l.Close() // nobody came
		if e.running != nil {
			e.wrong(area, "start asue again, so that it reads its file", "nobody listens on %s for %s, although asue runs", address, who)
			return
		}
		e.ok(area, "%s is free for %s", address, who)
		return
	}
	switch {
	case e.running != nil && errors.Is(err, syscall.EADDRINUSE):
		e.ok(area, "%s is in use, by asue itself as it seems, for %s", address, who)
	case errors.Is(err, syscall.EADDRINUSE):
		e.wrong(area, "see who it is (ss -ltnp), stop him, or write another address under \""+key+"\"", "%s, where %s shall be, is taken by another program", address, who)
	case errors.Is(err, syscall.EACCES):
		e.wrong(area, "write a port above 1023 under \""+key+"\", and put a reverse proxy before it", "%s, where %s shall be, is not for this user: %v", address, who, err)
	default:
		e.wrong(area, "write an address of this machine under \""+key+"\"", "%s shall listen on %s: %v", who, address, err)
	}
}
