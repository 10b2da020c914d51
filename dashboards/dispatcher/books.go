package dispatcher

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// openBooks opens what is asked of the ledger.
func (s *Server) openBooks(api huma.API) {
	get(api, "intervals", "Energy of one channel of a point or a resident over time, with its quality", s.getIntervals)
	get(api, "intervals/{point}/{channel}/{start}/history", "Every version of one interval, and on whose word it stands", s.getHistory)
	get(api, "completeness", "How many intervals of each point and day there are, by grade", s.getCompleteness)
	get(api, "findings", "What validation has found, with the figures that show it", s.getFindings)
	get(api, "balance", "Energy into and out of nodes: actual against permitted imbalance", s.getBalance)
	get(api, "demand", "Maxima, factors and tariff zones of a month", s.getDemand)
	get(api, "media", "Gas, water and sewage against the limits of the zone", s.getMedia)
	get(api, "settlements", "Closed billing periods", s.getSettlements)
	get(api, "settlements/{id}/corrections", "What says something else now than when it was settled", s.getCorrections)
	huma.Register(api, huma.Operation{
		OperationID: "get-intervals-csv", Method: http.MethodGet, Path: "/api/v1/intervals.csv",
		Summary: "The same intervals as a table (CSV)",
		Responses: map[string]*huma.Response{"200": {
			Description: "the table, with a row of names", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}},
		}},
	}, s.getIntervalsCSV)
}
