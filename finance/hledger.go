package finance

import (
	"fmt"
	"io"
	"strings"

	"farebook/money"
)

// hledger writes a journal for hledger (hledger.org): every commodity and account is declared, so that `hledger check --strict` accepts
// it, and refuses a transaction whose amounts balance at an inferred rate only.
type hledger struct{ journalBook }

// NewHledger writes a journal for hledger.
func NewHledger(out io.Writer) Journal { return &hledger{journalBook{out: out}} }

// Begin declares what the journal has, and writes the openings.
func (h *hledger) Begin(i Interval, lines []TrialLine) error {
	h.interval, h.lines = i, lines
	h.print("; Farebook's ledger by ", string(i.Basis), " date, days in ", i.Zone.String())
	for _, currency := range h.currencies() {
		h.print("commodity ", commodity(currency))
	}
	accounts, _ := h.accounts()
	for _, account := range accounts {
		h.print("account ", string(account))
	}
	if h.hasOpening() {
		h.print("\n", h.firstDay(), " * opening balances")
		for _, line := range lines {
			if line.Opening != 0 {
				h.print("    ", string(line.Account), "  ", posting(line.Opening, line.Currency))
			}
		}
	}
	return h.err
}

// commodity declares how a currency is written. hledger compares amounts at the declared precision and ignores what is below it, so it is
// the ISO exponent, or Stripe's where Stripe counts smaller units.
func commodity(currency money.Currency) string {
	return "1000." + strings.Repeat("0", max(currency.ISODigits(), currency.Digits())) + " " + string(currency)
}

// Add writes a transaction with its ledger id as the code. A late one says when it took effect.
func (h *hledger) Add(t Posted) error {
	h.print("\n", h.interval.Day(t.Date), fmt.Sprintf(" * (%d) ", t.ID), words(t.Description), "  ; ", string(t.Type), " ",
		words(t.BalanceTransactionID))
	if late := t.lateDay(h.interval); late != "" {
		h.print("    ; effective:", late)
	}
	for _, entry := range t.Entries {
		h.print("    ", string(entry.Account), "  ", posting(entry.Signed(), entry.Currency))
	}
	return h.err
}

// End asserts the closings on the last day, after all transactions of that day.
func (h *hledger) End() error {
	if len(h.lines) > 0 {
		h.print("\n", h.interval.Day(h.lastDay()), " * closing balances")
	}
	for _, line := range h.lines {
		h.print("    ", string(line.Account), "  ", posting(0, line.Currency), " = ", posting(line.Closing, line.Currency))
	}
	return h.err
}
