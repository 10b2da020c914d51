package dispatcher

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// openPeople registers what has to do with who one is, and what one orders.
func (s *Server) openPeople(api huma.API) {
	get(api, "me", "Who the server takes you for", s.getMe)
	post(api, "login", "login", "Sign in", s.login)
	post(api, "enter-wall", "wall", "Let a wall screen in by its key", s.enterWall)
	post(api, "logout", "logout", "Sign out", s.logout)
	post(api, "confirm-password", "me/confirm", "Give the password again: orders are taken for five minutes", s.confirmMe)
	post(api, "change-password", "me/password", "Choose another password", s.changePassword)
	s.openSelections(api)
	get(api, "orders", "Orders that wait for a second person, and the youngest that were sent", s.getOrders)
	post(api, "give-order", "orders", "Order something of the balancer", s.giveOrder)
	post(api, "approve-order", "orders/{id}/approve", "Be the second person of an order", s.approveOrder)
	post(api, "withdraw-order", "orders/{id}/withdraw", "Take an order back that waits for a second person", s.withdrawOrder)
	get(api, "audit", "Who has done what", s.getAudit)
	get(api, "journal", "What the balancer decided and people ordered", s.getJournal)
}

func post[I, O any](api huma.API, id, path, summary string, handler func(context.Context, *I) (*O, error)) {
	huma.Register(api, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: "/api/v1/" + path, Summary: summary, MaxBodyBytes: 8 << 10, Tags: []string{"people"},
	}, handler)
}
