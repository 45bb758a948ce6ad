package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
)

// evidenceDue is until when the API says that evidence is taken for a booking's one dispute; nil when none is awaited.
func evidenceDue(s *testkit.Stack, reference string) *time.Time {
	s.T.Helper()
	var view struct {
		Disputes []struct{ DueBy *time.Time }
	}
	s.API.Get("/v1/bookings/"+reference, &view)
	require.Len(s.T, view.Disputes, 1)
	return view.Disputes[0].DueBy
}

// Evidence for a dispute: what was sold, mailed and posted, and when. Another caller sees nothing of it.
func TestEvidenceShowsWhatWasSoldMailedAndPosted(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("evidence", nil)
	s.AwaitQuiet()
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	var bundle struct {
		Reference string
		Sold      struct{ Customer struct{ Email string } }
		Stripe    struct {
			PaymentIntent string
			Disputes      []string
		}
		Mails    []struct{ Kind, Status string }
		Ledger   []struct{ Account string }
		Timeline []struct{ What string }
	}
	s.API.Get("/v1/bookings/"+booked.Reference+"/evidence", &bundle)
	require.Equal(t, booked.Reference, bundle.Reference)
	require.NotEmpty(t, bundle.Sold.Customer.Email)
	require.Equal(t, booked.Payment.PaymentIntentID, bundle.Stripe.PaymentIntent)
	require.Equal(t, []string{id}, bundle.Stripe.Disputes)
	require.Equal(t, "booking_confirmed", bundle.Mails[0].Kind)
	require.Len(t, bundle.Mails, 1, "emails to finance are no evidence")
	require.GreaterOrEqual(t, len(bundle.Ledger), 8)
	require.Equal(t, "booking taken", bundle.Timeline[0].What)
	s.API.Token = s.DB.NewKey(t, "stranger", testdb.Shop...)
	for _, path := range []string{"/evidence", "/cancellation-quote", "/ledger", ""} {
		answer, err := s.API.Ask(http.MethodGet, "/v1/bookings/"+booked.Reference+path, "", nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, answer.Status)
	}
}

// Finance is reminded once before evidence is due. A closed inquiry ends the workflow.
func TestFinanceIsRemindedOfEvidenceOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.SetEvidenceTime(72*time.Hour + 2*time.Second)
	booked := s.BookAndPay("reminder", nil)
	id, err := s.Stripe.Inquire(booked.Payment.PaymentIntentID)
	require.NoError(t, err)
	s.Eventually(func() bool { return s.FinanceMailCount("dispute_due") == 1 }, "finance was not reminded; logs:\n%s", s.Logs)
	require.NoError(t, s.Stripe.MoveDispute(id, "warning_closed"))
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	require.Equal(t, 1, s.FinanceMailCount("dispute_due"))
	require.Equal(t, 1, s.FinanceMailCount("dispute_closed"))
	s.RequirePromises()
	s.SaveRun("Dispute:"+id, "dispute_inquiry_closed")
}
