package test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

func TestImportTakesOverOpenAndPaidBookings(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	again := s.DropWebhooks() // Stripe tells the earlier system
	old := newEarlierSystem(s)
	open, _ := old.book("SD-OPEN", "", "pending_payment", nil)
	old.book("SD-PAID", "pm_card_visa", "confirmed", nil)
	unnoticed, _ := old.book("SD-LATE", "pm_card_visa", "pending_payment", nil)
	inPart, _ := old.book("SD-PART", "pm_card_visa", "partially_refunded", nil)
	_, err := s.Stripe.RefundInDashboard(inPart, 10000)
	require.NoError(t, err)
	whole, _ := old.book("SD-BACK", "pm_card_visa", "cancelled", nil)
	_, err = s.Stripe.RefundInDashboard(whole, 45900)
	require.NoError(t, err)
	old.book("SD-DISP", "pm_card_createDispute", "disputed", nil)
	held, _ := old.book("SD-AUTH", "pm_card_visa", "pending_payment", url.Values{"capture_method": {"manual"}})
	old.book("SD-DECL", "pm_card_chargeDeclined", "pending_payment", nil)
	over, row := old.book("SD-OVER", "", "pending_payment", nil)
	row["hold_expires_at"] = row["created_at"]
	gone, _ := old.book("SD-GONE", "", "expired", nil)
	require.Equal(t, http.StatusOK, s.PostToStripe("/v1/payment_intents/"+gone+"/cancel", nil, nil))
	file, intents := old.export(), s.CreatedPaymentIntents()

	requireNothingAtStripe(s, func() {
		out, err := starterWith(s, "import", "bookings", file)
		require.NoError(t, err, out)
		require.Contains(t, out, "10 rows: 9 ready, 1 nothing.")
		require.Contains(t, out, "Nothing was written: repeat the command with --apply.")
		require.Contains(t, out, "The books have no opening balance")
		require.Contains(t, out, "Owed to travellers as flights or refunds: $1,736.00.")
		require.NotContains(t, out, "canary-mail")
		require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	})

	again()
	out, err := starterWith(s, "import", "bookings", file, "--apply")
	require.NoError(t, err, out)
	require.Contains(t, out, "10 rows: 9 imported, 1 nothing.")
	s.AwaitStatus(importedAs(s, "SD-OVER"), "expired")
	require.Equal(t, "canceled", s.StripeStatus(over), "as it would have been there")
	require.Equal(t, intents, s.CreatedPaymentIntents(), "and no PaymentIntent was made")
	for earlier, status := range map[string]string{
		"SD-OPEN": "pending_payment", "SD-PAID": "confirmed", "SD-LATE": "confirmed", "SD-PART": "partially_refunded", "SD-BACK": "refunded",
		"SD-DISP": "disputed", "SD-AUTH": "pending_payment", "SD-DECL": "pending_payment",
	} {
		require.Equal(t, status, s.Status(importedAs(s, earlier)), earlier)
	}
	require.Equal(t, "authorized", s.PaymentStatus(importedAs(s, "SD-AUTH")))
	dispute := s.Stripe.Disputes()[0].ID
	s.Eventually(func() bool {
		_, err := s.Temporal.DescribeWorkflowExecution(t.Context(), "Dispute:"+dispute, "")
		return err == nil
	}, "the sweeper did not start the dispute's workflow; logs:\n%s", s.Logs)
	s.AwaitQuiet()
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE status <> 'suppressed' AND kind <> 'dispute_due'"),
		"the one about the hold that ended")
	s.RequireMails(importedAs(s, "SD-OVER"), "hold_expired")
	s.RequirePromises()

	// A second time changes nothing.
	digest := s.LedgerDigest()
	out, err = starterWith(s, "import", "bookings", file, "--apply")
	require.NoError(t, err, out)
	require.Contains(t, out, "10 rows: 9 known, 1 nothing.")
	require.Equal(t, digest, s.LedgerDigest())
	require.Equal(t, 9, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	require.Equal(t, 9, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'booking.import'"))

	begun := time.Now().UTC().Truncate(time.Second).Add(time.Second) // after what was imported, to the second
	s.Eventually(func() bool { return time.Now().After(begun) }, "the clock stands still")
	_, err = starterWith(s, "opening", "--at", begun.Format(time.RFC3339))
	require.ErrorContains(t, err, "before bookings are imported", "an opening comes first")
	out, err = starterWith(s, "import", "find", "SD-PAID")
	require.NoError(t, err)
	require.Equal(t, importedAs(s, "SD-PAID")+"\n", out)
	_, err = starterWith(s, "import", "find", "SD-NONE")
	require.ErrorContains(t, err, `no booking was imported with the reference "SD-NONE"`)

	// They live on as any other booking does.
	require.Equal(t, http.StatusOK, s.Pay(open, "pm_card_visa"))
	s.AwaitStatus(importedAs(s, "SD-OPEN"), "confirmed")
	answer := s.Post("/v1/bookings/"+importedAs(s, "SD-AUTH")+"/capture", "capture", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	require.Equal(t, "succeeded", s.StripeStatus(held))
	ask(s, importedAs(s, "SD-PAID"), "refund", `{}`)
	s.AwaitStatus(importedAs(s, "SD-PAID"), "refunded")
	_, err = s.Stripe.RefundInDashboard(unnoticed, 5900)
	require.NoError(t, err)
	s.AwaitStatus(importedAs(s, "SD-LATE"), "partially_refunded")
	s.AwaitQuiet()
	s.RequireMails(importedAs(s, "SD-OPEN"), "booking_confirmed")
	s.RequireMails(importedAs(s, "SD-PAID"), "refunded")
	require.Contains(t, s.Mails(importedAs(s, "SD-PAID"))[0].Text, "SD-PAID", "the reference that the customer knows")
	require.Equal(t, intents, s.CreatedPaymentIntents())
	s.RequirePromises()
}

// An agent's bookings are imported with the parts of their prices, and passed on by them at the departure; without parts, all is the
// airline's. A principal's import refuses parts.
func TestImportOfAnAgentsBookings(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Env: []string{"REVENUE_MODEL=agent"}})
	again := s.DropWebhooks()
	old := newEarlierSystem(s)
	_, split := old.book("SD-SPLIT", "pm_card_visa", "confirmed", nil)
	split["fare_minor"], split["taxes_minor"], split["service_fee_minor"], split["commission_minor"] = "38000", "4900", "1000", "2000"
	old.book("SD-WHOLE", "pm_card_visa", "confirmed", nil)
	file := old.export()
	again()
	principal := s.StarterCommand("import", "bookings", file)
	principal.Env = append(principal.Env, "REVENUE_MODEL=principal")
	said, err := principal.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(said), "fare_minor is only for a seller who is the airline's agent")
	out, err := starterWith(s, "import", "bookings", file, "--apply")
	require.NoError(t, err, out)
	require.Contains(t, out, "2 rows: 2 imported.")
	requireBalances(s, map[string]int{"liability:customer_funds": 91800})
	for _, earlier := range []string{"SD-SPLIT", "SD-WHOLE"} {
		depart(s, testkit.Booked{Reference: importedAs(s, earlier)}, time.Now())
	}
	s.DB.Exec(t, "UPDATE bookings SET recognise_at = UTC_TIMESTAMP(6)")
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE recognise_at IS NULL") == 2 },
		"not passed on; logs:\n%s", s.Logs)
	requireBalances(s, map[string]int{
		"liability:customer_funds": 0, "liability:airline_payable": 42900 + 45900, "income:commission": 2000, "income:service_fees": 1000,
	})
	s.RequirePromises()
}

// A command that is killed between any two steps and repeated ends in the same books, each booking once.
func TestImportThatIsKilledIsRepeated(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-import-booking", "after-import-booking"} {
		s := testkit.New(t, testkit.Options{})
		again := s.DropWebhooks()
		old := newEarlierSystem(s)
		for i := range 20 {
			old.book(fmt.Sprintf("SD-PAID-%d", i), "pm_card_visa", "confirmed", nil)
		}
		open, _ := old.book("SD-OPEN", "", "pending_payment", nil)
		file := old.export()
		again()
		s.KilledAt(point, s.StarterCommand("import", "bookings", file, "--apply"))
		require.Less(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"), 21, point)

		out, err := starterWith(s, "import", "bookings", file, "--apply")
		require.NoError(t, err, out)
		require.Contains(t, out, "21 rows: ", point)
		require.NotContains(t, out, "refused", point)
		require.Equal(t, 21, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"), point)
		require.Equal(t, 20, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'payment'"), point)
		require.Equal(t, 21, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'booking.import'"), point)
		require.Equal(t, http.StatusOK, s.Pay(open, "pm_card_visa"), point)
		s.AwaitStatus(importedAs(s, "SD-OPEN"), "confirmed")
		s.AwaitQuiet()
		s.RequireMails(importedAs(s, "SD-OPEN"), "booking_confirmed")
		s.RequirePromises()
	}
}

// While Stripe is busy the import waits, and where Stripe is away it stops with what was done so far, which the next one knows.
func TestImportStopsWhileStripeIsAway(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.DropWebhooks()
	old := newEarlierSystem(s)
	for i := range 70 { // more than a batch
		old.book(fmt.Sprintf("SD-%d", i), "pm_card_visa", "confirmed", nil)
	}
	last := old.rows[69]["payment_intent"]
	file := old.export()
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodGet, Path: "/v1/payment_intents/" + last, Kind: fakestripe.FaultRateLimit,
		Count: 100,
	})
	out, err := starterOnce(s, "import", "bookings", file, "--apply", "--format", "csv")
	require.ErrorContains(t, err, "exit status 3", out)
	require.ErrorContains(t, err, "row 71: ")
	require.ErrorContains(t, err, "stopped after 69 rows")
	require.Equal(t, 69, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	require.Len(t, strings.Split(strings.TrimSpace(out), "\n"), 70, "the header, and what was done")

	s.Stripe.Faults().Clear()
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodGet, Path: "/v1/payment_intents/" + last, Kind: fakestripe.FaultRateLimit,
		Count: 1,
	})
	out, err = starterWith(s, "import", "bookings", file, "--apply", "--format", "csv")
	require.NoError(t, err, out)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{
		"row", "reference", "payment_intent", "at_stripe", "amount_minor", "amount_decimal", "currency", "verdict",
		"booking", "what",
	}, rows[0])
	require.Equal(t, []string{"71", "SD-69", last, "succeeded", "45900", "459.00", "USD", "imported", importedAs(s, "SD-69"), "paid $459.00"},
		rows[70])
	require.Equal(t, []string{"known", importedAs(s, "SD-0")}, rows[1][7:9])
	require.Equal(t, 70, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	s.RequirePromises()
}

// A row that does not fit Stripe, the books or its own file is refused with the column and what to do, and keeps no other from being
// imported.
func TestImportRefusesRowsOneByOne(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	ours := s.BookAndPay("ours", nil)
	s.AwaitQuiet()
	s.DropWebhooks()
	old := newEarlierSystem(s)
	paid := func(state string) (string, map[string]string) {
		return old.book(fmt.Sprintf("SD-%d", len(old.rows)), "pm_card_visa", state, nil)
	}
	says := map[int]string{}
	refused := func(row map[string]string, message string, changes ...string) {
		for i := 0; i < len(changes); i += 2 {
			row[changes[i]] = changes[i+1]
		}
		says[len(old.rows)+1] = message // the header is row 1
	}
	_, fits := paid("confirmed")
	_, row := paid("confirmed")
	refused(row, "amount_minor is $460.00, and the PaymentIntent is about $459.00", "amount_minor", "46000")
	_, row = paid("confirmed")
	refused(row, "currency is EUR, and the PaymentIntent is in USD", "currency", "EUR")
	_, row = paid("confirmed")
	refused(row, "payment_intent was not found with this key", "payment_intent", "pi_of_another_account")
	_, row = paid("confirmed")
	refused(row, "payment_intent is that of booking "+ours.Reference+" already", "payment_intent", ours.Payment.PaymentIntentID)
	_, row = paid("confirmed")
	refused(row, "reference is not the booking that the PaymentIntent names at Stripe", "reference", "SD-OTHER")
	live, row := paid("confirmed")
	require.NoError(t, s.Stripe.Rewrite(live, map[string]any{"livemode": true}))
	refused(row, "payment_intent is of live mode, and STRIPE_SECRET_KEY of test mode")
	_, row = paid("confirmed")
	refused(row, "payment_intent is that of row 2", "payment_intent", fits["payment_intent"])
	_, row = paid("confirmed")
	refused(row, "client is not a client", "client", "nobody")
	_, row = paid("cancelled")
	refused(row, "state is cancelled, and $459.00 of the payment is not refunded")
	_, row = old.book("SD-UNPAID", "", "confirmed", nil)
	refused(row, "state is confirmed, and the PaymentIntent is requires_payment_method at Stripe: it is not paid")
	_, row = old.book("SD-PAYABLE", "", "expired", nil)
	refused(row, "can still be paid")
	_, row = old.book("SD-NOHOLD", "", "pending_payment", nil)
	refused(row, "hold_expires_at is missing", "hold_expires_at", "")
	gone, row := old.book("SD-GONE", "", "confirmed", nil)
	require.Equal(t, http.StatusOK, s.PostToStripe("/v1/payment_intents/"+gone+"/cancel", nil, nil))
	refused(row, "is cancelled at Stripe: nobody paid")
	_, row = paid("confirmed")
	refused(row, "departs_at is before the payment", "hold_expires_at", "",
		"departs_at", time.Now().Add(-30*time.Minute).UTC().Format(time.RFC3339), "arrives_at",
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	_, row = paid("confirmed")
	refused(row, "customer_email has no complete domain", "customer_email", "layla@canary-mail")

	file, mark := old.export(), s.MarkLedger()
	for _, args := range [][]string{{}, {"--apply"}, {"--apply"}} {
		out, err := starterWith(s, append([]string{"import", "bookings", file}, args...)...)
		require.ErrorContains(t, err, "exit status 1")
		require.ErrorContains(t, err, fmt.Sprintf("%d of %d rows were refused", len(says), len(says)+1))
		require.NotContains(t, out, "canary-mail")
		lines := map[string]string{}
		for line := range strings.SplitSeq(out, "\n") {
			if number, rest, _ := strings.Cut(line, " "); !strings.HasPrefix(rest, "rows") {
				lines[number] = line
			}
		}
		for number, message := range says {
			require.Contains(t, lines[strconv.Itoa(number)], message, "row %d", number)
			require.Contains(t, lines[strconv.Itoa(number)], "refused", "row %d", number)
		}
	}
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"), "ours, and the row that fits")
	require.NoError(t, s.LedgerKept(mark))
	require.Equal(t, "confirmed", s.Status(importedAs(s, fits["reference"])))
}
