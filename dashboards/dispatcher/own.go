package dispatcher

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// openOwn opens a resident's own view. Whose numbers are told is never asked for: it is
// said by the token alone. What is told is written out field by field in types of its own,
// so that nothing that is added to an answer for dispatchers comes here by itself; and it
// has no free text of stores and meters, which may name others.
func (s *Server) openOwn(api huma.API) {
	s.router.HandleFunc("GET /own", s.serveOwnPage)
	tagged := func(op huma.Operation) huma.Operation {
		op.Path, op.Tags = "/api/v1/own/"+op.Path, []string{"own"}
		op.Security = []map[string][]string{{"residentToken": {}}, {"residentCookie": {}}}
		return op
	}
	huma.Register(api, tagged(huma.Operation{OperationID: "get-own-now", Method: http.MethodGet, Path: "now",
		Summary: "A resident's own load now, its rights, and the running quarter of an hour"}), s.getOwnNow)
	huma.Register(api, tagged(huma.Operation{OperationID: "get-own-intervals", Method: http.MethodGet, Path: "intervals",
		Summary: "A resident's own energy, span by span"}), s.getOwnIntervals)
	huma.Register(api, tagged(huma.Operation{OperationID: "get-own-intervals-csv", Method: http.MethodGet, Path: "intervals.csv",
		Summary: "The same as a table", Responses: map[string]*huma.Response{"200": {Description: "the table",
			Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}}}}}), s.getOwnIntervalsCSV)
	huma.Register(api, tagged(huma.Operation{OperationID: "get-own-month", Method: http.MethodGet, Path: "month",
		Summary: "A resident's own energy, maxima and factors of a month"}), s.getOwnMonth)
	door := tagged(huma.Operation{OperationID: "begin-own", Method: http.MethodPost, Path: "session",
		Summary: "Give a token for the cookie of the page /own", MaxBodyBytes: 4 << 10})
	door.Security = nil
	huma.Register(api, door, s.beginOwn)
	door.OperationID, door.Path, door.Summary = "end-own", "/api/v1/own/session/end", "Take the cookie away again"
	huma.Register(api, door, s.endOwn)
}

// ownResident is a resident whose token came with the request.
type ownResident struct {
	*residentState
	index int
	token metering.Token
}

// own is whose numbers may be told. The door lets nobody without a token so far.
func (s *Server) own(v visitor) (ownResident, error) {
	if v.pass == nil {
		return ownResident{}, huma.Error401Unauthorized(needsToken)
	}
	i := slices.IndexFunc(s.residents, func(r *residentState) bool { return r.ID == v.pass.Resident })
	if i < 0 {
		return ownResident{}, huma.Error404NotFound("the resident of this token is not in the site file any more: ask the operator of the zone")
	}
	return ownResident{s.residents[i], i, *v.pass}, nil
}

// ownPoints are the billing points of a resident, of every medium, in the order of the
// site file.
func ownPoints(site *metering.Site, r metering.ResidentID) []metering.Point {
	var list []metering.Point
	for _, p := range site.Points {
		if p.Role == metering.RoleResident && p.Resident == r && r != "" {
			list = append(list, p)
		}
	}
	return list
}
