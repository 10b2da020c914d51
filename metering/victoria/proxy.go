package victoria

import (
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
)

// mount is where the program serves Handler.
const mount = "/prometheus"

// readable are the paths of the Prometheus HTTP API that a reader needs; all
// others, above all those that write and delete, do not exist at Handler.
var readable = regexp.MustCompile(`^/api/v1/(query|query_range|query_exemplars|series|labels|label/[A-Za-z_][A-Za-z0-9_]*/values|metadata|status/buildinfo)$`)

// largestQuestion bounds a request's body.
const largestQuestion = 1 << 20

// Handler serves the read-only part of the Prometheus query API, for Grafana and
// for people's own scripts. Mount it at "/prometheus/": the data source's
// address is http://127.0.0.1:8080/prometheus then. Caller's cookies and
// authorization do not reach the store.
func (s *Series) Handler() http.Handler {
	target, err := url.Parse(s.options.QueryURL)
	if err != nil {
		panic("BUG: New has let through the address " + s.options.QueryURL)
	}
	proxy := &httputil.ReverseProxy{
		Transport: s.options.Transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Path = strings.TrimPrefix(r.In.URL.Path, mount)
			r.Out.URL.RawPath = ""
			r.SetURL(target)
			for _, name := range []string{"Authorization", "Cookie", "Origin", "Referer"} {
				r.Out.Header.Del(name)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			// The store allows every origin; whether a browser may read from
			// elsewhere is for the server around us to say.
			for name := range r.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					r.Header.Del(name)
				}
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			fail(w, http.StatusServiceUnavailable, "unavailable", "the series store does not answer: "+err.Error())
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !readable.MatchString(strings.TrimPrefix(r.URL.Path, mount)):
			fail(w, http.StatusNotFound, "not_found", "this address answers queries only: "+mount+"/api/v1/query, query_range, series, labels, label/NAME/values, metadata")
		case r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD, POST")
			fail(w, http.StatusMethodNotAllowed, "bad_data", "queries come by GET or POST")
		default:
			r.Body = http.MaxBytesReader(w, r.Body, largestQuestion)
			proxy.ServeHTTP(w, r)
		}
	})
}

// fail answers in the form of the Prometheus API.
func fail(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": "error", "errorType": kind, "error": message})
}
