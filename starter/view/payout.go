package view

import (
	"time"

	"farebook/money"
	"farebook/store"
)

// Payout is a payout and its proof.
type Payout struct {
	ID           string      `json:"id" example:"po_3PabcDEF"`
	Status       string      `json:"status" enum:"pending,in_transit,paid,failed,canceled,unknown"`
	Amount       money.Money `json:"amount"`
	Automatic    bool        `json:"automatic"`
	ArrivesAt    *time.Time  `json:"arrivesAt,omitempty"`
	FailureCode  string      `json:"failureCode,omitempty" example:"account_closed"`
	Proof        string      `json:"proof" enum:"pending,proven,unproven,manual" doc:"Whether its balance transactions account for it."`
	Transactions int         `json:"transactions" doc:"How many balance transactions it pays out."`
	Unmatched    int         `json:"unmatched" doc:"How many of them the ledger does not have."`
	Difference   int64       `json:"difference" doc:"Their sum less the payout, in minor units."`
	CreatedAt    time.Time   `json:"createdAt"`
	UpdatedAt    time.Time   `json:"updatedAt"`
}

// PayoutOf converts a payout of the store.
func PayoutOf(p store.Payout) Payout {
	return Payout{
		ID: p.ID, Status: string(p.Status), Amount: p.Amount, Automatic: p.Automatic, ArrivesAt: p.ArrivesAt, FailureCode: p.FailureCode,
		Proof: string(p.Proof), Transactions: p.Transactions, Unmatched: p.Unmatched, Difference: p.Difference, CreatedAt: p.CreatedAt,
		UpdatedAt: p.UpdatedAt,
	}
}
