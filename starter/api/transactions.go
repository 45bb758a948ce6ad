package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
)

const transactionPath = ledgerPath + "/transactions/{id}"

func (a *api) addTransaction(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-transaction", Method: http.MethodGet, Path: transactionPath, Tags: []string{ledgerTag},
		Summary: "Read a transaction of the ledger", Description: "With its entries, and the booking that it belongs to.",
		Errors: []int{404, 422},
	}, access.FinanceRead), a.getTransaction)
}

type transactionInput struct {
	ID uint64 `path:"id" maximum:"9223372036854775807" doc:"The transaction's number: the ledger_id of reports." example:"7"`
}

// foundTransaction is a transaction with its booking.
type foundTransaction struct {
	Booking     string          `json:"booking,omitempty" doc:"Absent for a transaction of no booking." example:"FB-7K2M9QXA"`
	Transaction transactionView `json:"transaction"`
}

type transactionOutput struct{ Body foundTransaction }

func (a *api) getTransaction(ctx context.Context, in *transactionInput) (*transactionOutput, error) {
	found, err := a.Store.Transaction(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchTransaction)
	}
	return &transactionOutput{foundTransaction{string(found.Reference), transactionViewOf(found)}}, nil
}
