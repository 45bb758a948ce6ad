package view

import (
	"time"

	"farebook/ledger/closing"
)

// Closing is a close or a reopening of a month.
type Closing struct {
	Number       uint64    `json:"number"`
	Period       string    `json:"period" example:"2026-11"`
	Action       string    `json:"action" enum:"close,reopen"`
	Transactions uint64    `json:"transactions" doc:"How many transactions the month had."`
	ProposedBy   string    `json:"proposedBy" example:"alice (ak_7K2M9QXA4T)"`
	ApprovedBy   string    `json:"approvedBy" example:"bob (ak_8M4N1RYB5V)"`
	ApprovedAt   time.Time `json:"approvedAt"`
	Reason       string    `json:"reason" doc:"Of a reopening."`
	Notes        []Note    `json:"notes" nullable:"false" doc:"Why findings did not block the close."`
	Digest       string    `json:"digest" doc:"Covers the trial balance, the notes and the closing before it."`
}

// Note says why a finding does not block a close.
type Note struct {
	Item string `json:"item" example:"attention/12"`
	Text string `json:"text" example:"waits for the bank"`
	By   string `json:"by" doc:"Who answers for it."`
}

// ClosingOf converts a closing of the ledger.
func ClosingOf(c closing.Closing) Closing {
	return Closing{
		Number: c.Number, Period: string(c.Trial.Period), Action: string(c.Action), Transactions: c.Trial.Transactions,
		ProposedBy: c.ProposedBy, ApprovedBy: c.ApprovedBy, ApprovedAt: c.ApprovedAt, Reason: c.Reason, Notes: notesOf(c.Notes),
		Digest: c.Digest.String(),
	}
}

func notesOf(notes []closing.Note) []Note {
	shown := make([]Note, len(notes))
	for i, note := range notes {
		shown[i] = Note(note)
	}
	return shown
}
