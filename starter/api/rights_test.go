package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
)

// Each operation is refused by 403 to a key without its scope, says which scope it is, and changes nothing.
func TestEachOperationNeedsItsScope(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	const readers = "bookings:read or operations:read or reconciliation:read or finance:read or admin"
	for _, c := range []struct {
		method, path, needs string
		held                access.Scope
	}{
		{http.MethodPost, "/v1/bookings", "bookings:write", access.BookingsRead},
		{http.MethodPost, "/v1/bookings/FB-7K2M9QXA/cancel", "bookings:write", access.RefundsWrite},
		{http.MethodPost, "/v1/bookings/FB-7K2M9QXA/capture", "bookings:write", access.OperationsWrite},
		{http.MethodPost, "/v1/bookings/FB-7K2M9QXA/refunds", "refunds:write", access.BookingsWrite},
		{http.MethodPost, "/v1/bookings/FB-7K2M9QXA/payments", "bookings:write", access.RefundsWrite},
		{http.MethodGet, "/v1/bookings/FB-7K2M9QXA", "bookings:read or operations:read", access.BookingsWrite},
		{http.MethodGet, "/v1/bookings/FB-7K2M9QXA/story", "bookings:read or operations:read", access.RefundsWrite},
		{http.MethodPost, "/v1/refunds/RF-7K2M9QXA/abandon", "refunds:write", access.OperationsWrite},
		{http.MethodGet, "/v1/refunds/RF-7K2M9QXA", "bookings:read or operations:read", access.RefundsWrite},
		{http.MethodPost, "/v1/reconciliations", "reconciliation:write", access.ReconciliationRead},
		{http.MethodGet, "/v1/reconciliations/recon_1", "reconciliation:read", access.OperationsRead},
		{http.MethodGet, "/v1/attention", "operations:read", access.OperationsWrite},
		{http.MethodGet, "/v1/ledger/balances", "finance:read", access.FinanceWrite},
		{http.MethodGet, "/v1/ledger/trial-balance", "finance:read", access.OperationsRead},
		{http.MethodGet, "/v1/ledger/statements/asset:bank", "finance:read", access.Admin},
		{http.MethodGet, "/v1/ledger/transactions/1", "finance:read", access.OperationsRead},
		{http.MethodGet, "/v1/ledger/export", "finance:read", access.BookingsRead},
		{http.MethodGet, "/v1/ledger/reports/balance-change/itemised", "finance:read", access.FinanceWrite},
		{http.MethodGet, "/v1/ledger/payouts/po_1/statement", "finance:read", access.OperationsRead},
		{http.MethodPost, "/v1/ledger/compare", "finance:read", access.FinanceWrite},
		{http.MethodGet, "/v1/ledger/periods", "finance:read", access.FinanceWrite},
		{http.MethodPost, "/v1/ledger/periods/2026-11/close", "finance:write", access.FinanceRead},
		{http.MethodPost, "/v1/ledger/periods/2026-11/close/approve", "finance:write", access.Admin},
		{http.MethodPost, "/v1/ledger/periods/2026-11/reopen", "finance:write", access.FinanceRead},
		{http.MethodPost, "/v1/ledger/periods/2026-11/reopen/approve", "finance:write", access.FinanceRead},
		{http.MethodPost, "/v1/ledger/journals", "finance:write", access.FinanceRead},
		{http.MethodPost, "/v1/ledger/journals/key-1/approve", "finance:write", access.OperationsWrite},
		{http.MethodGet, "/v1/bookings", "bookings:read or operations:read", access.BookingsWrite},
		{http.MethodGet, "/v1/refunds", "bookings:read or operations:read", access.RefundsWrite},
		{http.MethodGet, "/v1/disputes", "bookings:read or operations:read", access.OperationsWrite},
		{http.MethodGet, "/v1/disputes/due", "operations:read", access.BookingsRead},
		{http.MethodGet, "/v1/disputes/dp_1/evidence-draft", "bookings:read or operations:read", access.DisputesWrite},
		{http.MethodPost, "/v1/disputes/dp_1/evidence-draft", "disputes:write", access.OperationsWrite},
		{http.MethodPost, "/v1/disputes/dp_1/evidence-draft/files/receipt", "disputes:write", access.OperationsWrite},
		{http.MethodPost, "/v1/disputes/dp_1/evidence-draft/files/receipt/remove", "disputes:write", access.OperationsWrite},
		{http.MethodPost, "/v1/disputes/dp_1/evidence-draft/submit", "disputes:write", access.RefundsWrite},
		{http.MethodGet, "/v1/overview", "operations:read", access.BookingsRead},
		{http.MethodGet, "/v1/overview/days", "operations:read", access.BookingsRead},
		{http.MethodGet, "/v1/overview/clearing", "operations:read", access.BookingsRead},
		{http.MethodGet, "/v1/webhook-endpoints", "webhooks:write or operations:read", access.BookingsWrite},
		{http.MethodPost, "/v1/webhook-endpoints", "webhooks:write", access.BookingsWrite},
		{http.MethodGet, "/v1/webhook-endpoints/we_7K2M9QXA4T", "webhooks:write or operations:read", access.BookingsWrite},
		{http.MethodPost, "/v1/webhook-endpoints/we_7K2M9QXA4T/update", "webhooks:write", access.BookingsWrite},
		{http.MethodPost, "/v1/webhook-endpoints/we_7K2M9QXA4T/disable", "webhooks:write or operations:write", access.BookingsWrite},
		{http.MethodPost, "/v1/webhook-endpoints/we_7K2M9QXA4T/enable", "webhooks:write or operations:write", access.BookingsWrite},
		{http.MethodPost, "/v1/webhook-endpoints/we_7K2M9QXA4T/remove", "webhooks:write", access.BookingsWrite},
		{http.MethodPost, "/v1/webhook-endpoints/we_7K2M9QXA4T/rotate-secret", "webhooks:write", access.BookingsWrite},
		{http.MethodGet, "/v1/webhook-endpoints/we_7K2M9QXA4T/deliveries", "webhooks:write or operations:read", access.BookingsWrite},
		{http.MethodGet, "/v1/webhook-endpoints/we_7K2M9QXA4T/deliveries/msg_1", "webhooks:write or operations:read", access.BookingsWrite},
		{
			http.MethodPost, "/v1/webhook-endpoints/we_7K2M9QXA4T/deliveries/msg_1/replay", "webhooks:write or operations:write",
			access.BookingsWrite,
		},
		{http.MethodPost, "/v1/webhook-endpoints/we_7K2M9QXA4T/replay", "webhooks:write or operations:write", access.BookingsWrite},
		{http.MethodPost, "/v1/webhook-endpoints/we_7K2M9QXA4T/test", "webhooks:write or operations:write", access.BookingsWrite},
		{http.MethodGet, "/v1/payouts", "operations:read", access.BookingsRead},
		{http.MethodGet, "/v1/events", "operations:read", access.BookingsRead},
		{http.MethodGet, "/v1/events/evt_1", "operations:read", access.OperationsWrite},
		{http.MethodGet, "/v1/emails", "operations:read", access.BookingsRead},
		{http.MethodGet, "/v1/emails/1", "operations:read", access.BookingsRead},
		{http.MethodGet, "/v1/reconciliations", "reconciliation:read or operations:read", access.BookingsRead},
		{http.MethodGet, "/v1/audit", "admin", access.OperationsRead},
		{http.MethodPost, "/v1/bookings/FB-7K2M9QXA/payment-link", "bookings:write", access.BookingsRead},
		{http.MethodGet, "/v1/clients/cl_1/return-urls", "admin", access.OperationsRead},
		{http.MethodPost, "/v1/clients/cl_1/return-urls", "admin", access.OperationsWrite},
		{http.MethodPost, "/v1/clients/cl_1/return-urls/remove", "admin", access.OperationsWrite},
		{http.MethodPost, "/v1/events/evt_1/retry", "operations:write", access.OperationsRead},
		{http.MethodPost, "/v1/events/evt_1/ignore", "operations:write", access.OperationsRead},
		{http.MethodPost, "/v1/emails/1/resend", "operations:write", access.OperationsRead},
		{http.MethodPost, "/v1/reconciliations/recon_1/apply", "operations:write or reconciliation:write", access.ReconciliationRead},
		{http.MethodPost, "/v1/reconciliation-items/1/resolve", "operations:write or reconciliation:write", access.ReconciliationRead},
		{http.MethodPost, "/v1/reconciliation-items/1/reopen", "operations:write or reconciliation:write", access.ReconciliationRead},
		{http.MethodPost, "/v1/reconciliation-items/1/post", "operations:write or reconciliation:write", access.ReconciliationRead},
		{http.MethodGet, "/v1/reconciliations/recon_1/items", "reconciliation:read", access.OperationsRead},
		{http.MethodGet, "/v1/reconciliation-items/1", "reconciliation:read", access.ReconciliationWrite},
		{http.MethodGet, "/v1/reconciliation-items/1/correction", "reconciliation:read", access.OperationsWrite},
		{http.MethodGet, "/v1/views?list=bookings", readers, access.RefundsWrite},
		{http.MethodPost, "/v1/views", readers, access.RefundsWrite},
		{http.MethodPost, "/v1/views/1/remove", readers, access.RefundsWrite},
		{http.MethodGet, "/v1/proposals", "operations:read or finance:read", access.OperationsWrite},
		{http.MethodGet, "/v1/proposals/pr_7K2M9QXA4T", "operations:read or finance:read", access.BookingsRead},
		{http.MethodPost, "/v1/proposals", "operations:write", access.RefundsWrite},
		{http.MethodPost, "/v1/proposals/pr_7K2M9QXA4T/send", "finance:write", access.OperationsWrite},
		{http.MethodPost, "/v1/proposals/pr_7K2M9QXA4T/decline", "finance:write", access.OperationsWrite},
		{http.MethodPost, "/v1/proposals/pr_7K2M9QXA4T/withdraw", "operations:write or finance:write", access.FinanceRead},
		{http.MethodGet, "/v1/schedule", "reconciliation:read or operations:read", access.OperationsWrite},
		{http.MethodPost, "/v1/schedule/pause", "operations:write", access.ReconciliationWrite},
		{http.MethodPost, "/v1/schedule/resume", "operations:write", access.ReconciliationWrite},
		{http.MethodPost, "/v1/schedule/trigger", "operations:write", access.ReconciliationWrite},
		{http.MethodPost, "/v1/attention/1/close", "operations:write", access.OperationsRead},
		{http.MethodGet, "/v1/attention/1", "operations:read", access.OperationsWrite},
		{http.MethodPost, "/v1/attention/1/take", "operations:write", access.OperationsRead},
		{http.MethodPost, "/v1/attention/1/give-back", "operations:write", access.OperationsRead},
		{http.MethodPost, "/v1/attention/1/comments", "operations:write", access.OperationsRead},
	} {
		s.token = s.db.NewKey(t, "narrow", c.held)
		refused := s.do(c.method, c.path, []byte(validBody()), "Idempotency-Key", "key-1")
		require.Equal(t, http.StatusForbidden, refused.status, "%s %s: %s", c.method, c.path, refused.body)
		require.Contains(t, refused.problem(t).Detail, "it needs the scope "+c.needs+".")
	}
	s.requireNothing()
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM reconciliation_runs"))
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action NOT LIKE 'client.%' AND action NOT LIKE 'api-key.%'"))
}

// A key that may only read sees what its client's other keys made; HEAD is GET without a body.
func TestAReadOnlyKeySeesItsClientsBookings(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	path := "/v1/bookings/" + s.db.Text(t, "SELECT reference FROM bookings")
	s.token = s.db.NewKey(t, "test", access.BookingsRead)
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, path, nil).status)
	head := s.do(http.MethodHead, path, nil)
	require.Equal(t, http.StatusOK, head.status)
	require.Empty(t, head.body)
	s.token = s.db.NewKey(t, "test", access.BookingsWrite)
	require.Equal(t, http.StatusForbidden, s.do(http.MethodHead, path, nil).status)
}

// Another client's booking does not exist for a shop, is read with operations:read, and is changed with operations:write
// together with the scope of the action.
func TestOperationsReachEveryClientsBookings(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	path := "/v1/bookings/" + s.db.Text(t, "SELECT reference FROM bookings")
	refund := []byte(`{"amount":{"value":1,"currency":"USD"}}`)
	for _, c := range []struct {
		scopes        access.Scopes
		read, refunds int
	}{
		{testdb.Shop, http.StatusNotFound, http.StatusNotFound},
		{access.Scopes{access.OperationsRead, access.RefundsWrite}, http.StatusOK, http.StatusNotFound},
		{access.Scopes{access.OperationsRead, access.OperationsWrite}, http.StatusOK, http.StatusForbidden},
		{access.Scopes{access.OperationsRead, access.OperationsWrite, access.RefundsWrite}, http.StatusOK, http.StatusConflict}, // not paid
	} {
		s.token = s.db.NewKey(t, "desk", c.scopes...)
		require.Equal(t, c.read, s.do(http.MethodGet, path, nil).status, c.scopes)
		require.Equal(t, c.refunds, s.do(http.MethodPost, path+"/refunds", refund, "Idempotency-Key", c.scopes.String()).status, c.scopes)
	}
}
