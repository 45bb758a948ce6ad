package view

import (
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/monthend"
)

// ManualJournal is a manual journal as files and the API have it.
type ManualJournal struct {
	Key         string         `json:"key" minLength:"1" maxLength:"48" doc:"Makes a repetition harmless: the books accept it once." example:"2026-11-rounding"`
	Reason      string         `json:"reason" minLength:"1" maxLength:"200" example:"Rounding of the bank's statement"`
	EffectiveAt time.Time      `json:"effectiveAt"`
	Entries     []JournalEntry `json:"entries" minItems:"2" maxItems:"100" nullable:"false"`
	Refund      string         `json:"refund,omitempty" doc:"A refund that failed at Stripe and that this journal pays from the bank: one entry debits liability:refunds_payable with its amount. Absent from any other journal." example:"RF-7K2M9QXA"`
}

// JournalEntry is one line of a journal.
type JournalEntry struct {
	Account string      `json:"account" example:"asset:bank"`
	Side    string      `json:"side" enum:"debit,credit"`
	Amount  money.Money `json:"amount"`
}

// ManualJournalOf converts a journal of the store.
func ManualJournalOf(j monthend.Journal) ManualJournal {
	shown := ManualJournal{
		Key: j.Key, Reason: j.Reason, EffectiveAt: j.EffectiveAt, Refund: string(j.Refund), Entries: make([]JournalEntry, len(j.Entries)),
	}
	for i, entry := range j.Entries {
		shown.Entries[i] = JournalEntry{
			Account: string(entry.Account), Side: string(entry.Side), Amount: money.Money{Value: entry.Amount, Currency: entry.Currency},
		}
	}
	return shown
}

// Journal is the journal for the store.
func (j ManualJournal) Journal() monthend.Journal {
	journal := monthend.Journal{Key: j.Key, Reason: j.Reason, EffectiveAt: j.EffectiveAt, Refund: booking.RefundID(j.Refund)}
	for _, entry := range j.Entries {
		journal.Entries = append(journal.Entries, monthend.JournalEntry{
			Account: ledger.Account(entry.Account), Side: ledger.Side(entry.Side), Amount: entry.Amount.Value, Currency: entry.Amount.Currency,
		})
	}
	return journal
}
