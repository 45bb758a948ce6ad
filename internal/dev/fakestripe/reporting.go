package fakestripe

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// reportTypes are the itemised reports that the stand-in makes (stripe.com/docs/reports/report-types), and which balance transactions each
// has of an interval: those that were created in it, or those of the automatic payouts that arrive in it.
var reportTypes = map[string]func(s *Server, t *transaction, in func(at int64) bool) bool{
	"balance_change_from_activity.itemized.3": func(_ *Server, t *transaction, in func(int64) bool) bool {
		return !t.ofPayout() && in(t.created)
	},
	"payouts.itemized.3": func(_ *Server, t *transaction, in func(int64) bool) bool { return t.ofPayout() && in(t.created) },
	"payout_reconciliation.itemized.5": func(s *Server, t *transaction, in func(int64) bool) bool {
		return t.payout != "" && t.source != t.payout && in(s.payouts.get(t.payout).arrival())
	},
}

func (t *transaction) ofPayout() bool {
	return t.category == "payout" || t.category == "payout_reversal"
}

// reportColumns are the names of the columns, in an order of Stripe's with some that Farebook does not use.
var reportColumns = []string{
	"balance_transaction_id", "created_utc", "created", "available_on_utc", "available_on", "currency", "gross", "fee", "net",
	"reporting_category", "source_id", "description", "customer_facing_amount", "customer_facing_currency", "regulatory_tag",
	"automatic_payout_id", "automatic_payout_effective_at_utc", "automatic_payout_effective_at", "customer_id", "charge_id",
	"payment_intent_id", "statement_descriptor", "trace_id",
}

// Report is an itemised report of an interval as CSV: decimals in major units, times in UTC, currencies in lower case. The stand-in
// makes it from the balance transactions that it holds.
func (s *Server) Report(kind string, from, to time.Time) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := reportTypes[kind]
	if wanted == nil {
		return nil, fmt.Errorf("no report type is named %q", kind)
	}
	var out bytes.Buffer
	file := csv.NewWriter(&out)
	_ = file.Write(reportColumns) // a buffer takes everything
	for _, t := range s.transactions.order {
		if wanted(s, t, func(at int64) bool { return at >= from.Unix() && at < to.Unix() }) {
			_ = file.Write(s.reportLine(t))
		}
	}
	file.Flush()
	return out.Bytes(), file.Error()
}

func (s *Server) reportLine(t *transaction) []string {
	values := map[string]string{
		"balance_transaction_id": t.id, "created_utc": reportTime(t.created), "created": reportTime(t.created),
		"available_on_utc": reportTime(t.bookedFor), "available_on": reportTime(t.bookedFor), "currency": t.currency,
		"gross": decimal(t.amount, t.currency), "fee": decimal(t.fee, t.currency), "net": decimal(t.net(), t.currency),
		"reporting_category": t.category, "source_id": t.source, "description": t.description,
	}
	amount, ch := s.customerFacing(t)
	if ch != nil {
		values["charge_id"], values["payment_intent_id"], values["customer_id"] = ch.id, ch.intent.id, ch.intent.customer
	}
	if amount != 0 {
		values["customer_facing_amount"], values["customer_facing_currency"] = decimal(amount, ch.currency), ch.currency
	}
	if t.payout != "" {
		arrival := reportTime(s.payouts.get(t.payout).arrival())
		values["automatic_payout_id"] = t.payout
		values["automatic_payout_effective_at_utc"], values["automatic_payout_effective_at"] = arrival, arrival
	}
	line := make([]string, len(reportColumns))
	for i, name := range reportColumns {
		line[i] = values[name]
	}
	return line
}

// customerFacing returns the charge that a balance transaction belongs to, and the amount of a charge or refund in the customer's currency.
func (s *Server) customerFacing(t *transaction) (int64, *charge) {
	switch source := s.sourceOf(t).(type) {
	case *charge:
		if t.category == "charge" {
			return source.amount, source
		}
		return 0, source
	case *refund:
		if t.category == "refund" {
			return -source.amount, source.charge
		}
		return 0, source.charge
	case *dispute:
		return 0, source.charge
	}
	return 0, nil
}

func reportTime(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.DateTime) }

// adminReportRoutes serves GET /_stand/reports/{type}?interval_start=&interval_end= as a file.
func (s *Server) adminReportRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_stand/reports/{type}", func(w http.ResponseWriter, r *http.Request) {
		ends := make([]time.Time, 2)
		for i, name := range []string{"interval_start", "interval_end"} {
			unix, err := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
			if err != nil {
				http.Error(w, name+": "+err.Error(), http.StatusBadRequest)
				return
			}
			ends[i] = time.Unix(unix, 0)
		}
		file, err := s.Report(r.PathValue("type"), ends[0], ends[1])
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/csv")
		_, _ = w.Write(file)
	})
}
