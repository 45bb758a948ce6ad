package finance_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/finance"
	"farebook/money"
)

const stripeHeader = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category\n"

// A file is read in whatever order its columns are, with a byte order mark, times of either precision and amounts of each currency.
func TestStripeFileIsReadInAnyOrder(t *testing.T) {
	t.Parallel()
	file, err := finance.NewStripeFile(strings.NewReader("\ufeffnet,Currency,extra,fee,gross,reporting_category,created_utc," +
		"automatic_payout_id,balance_transaction_id\n" +
		"445.39,usd,x,13.61,459,charge,2026-11-02 09:30:00,po_1,txn_1\n" +
		"-68000,JPY,,0,-68000.00,refund,2026-11-03,,txn_2\n" +
		"1.5,kwd,,0.000,1.500,charge,2026-11-03T00:00:00Z,,txn_3\n"))
	require.NoError(t, err)
	lines, err := file.Batch(10)
	require.NoError(t, err)
	require.Len(t, lines, 3)
	require.Equal(t, finance.Amounts{Gross: 45900, Fee: 1361, Net: 44539}, lines[0].Amounts)
	require.Equal(t, "po_1", lines[0].PayoutID())
	require.Equal(t, time.Date(2026, time.November, 2, 9, 30, 0, 0, time.UTC), lines[0].CreatedAt)
	require.Equal(t, finance.Amounts{Gross: -68000, Net: -68000}, lines[1].Amounts)
	require.Equal(t, money.Currency("JPY"), lines[1].Currency)
	require.Equal(t, finance.Amounts{Gross: 1500, Net: 1500}, lines[2].Amounts)
	_, err = file.Next()
	require.ErrorIs(t, err, io.EOF)
}

// What is not Stripe's export is refused by its line and column and by what is expected there. No cell is repeated: it may be a name.
func TestStripeFileThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	const name = "Layla Haddad"
	for text, problem := range map[string]string{
		"":                  "line 1: no header",
		"id," + name + "\n": "line 1: no column is named balance_transaction_id, created_utc, currency, gross, fee, net",
		stripeHeader + "txn_1," + name + ",usd,1,0,1,charge\n": "line 2: created_utc is not a time, such as 2026-11-30 18:00:00",
		stripeHeader + "txn_1,2026-11-02,usd,1.001,0,1.001,charge\n": "line 2: gross is not an amount: it must be a number such as -459.00, " +
			"with 2 decimals at most",
		stripeHeader + "txn_1,2026-11-02,usd,1,0," + name + ",charge\n":      "line 2: net is not an amount",
		stripeHeader + "txn_1,2026-11-02,usd,\"1,5\",0,1,charge\n":           "line 2: gross is not an amount",
		stripeHeader + "txn_1,2026-11-02," + name + ",1,0,1,charge\n":        "line 2: currency is not a currency, such as usd",
		stripeHeader + "txn_1,2026-11-02,usd,1,0,1," + name + "\n":           "line 2: reporting_category is not a reporting category",
		stripeHeader + ",2026-11-02,usd,1,0,1,charge\n":                      "line 2: balance_transaction_id is empty",
		stripeHeader + name + ",2026-11-02,usd,1,0,1,charge\n":               "line 2: balance_transaction_id is not the id of",
		stripeHeader + "txn_1," + name + "\n":                                "line 2: record on line 2: wrong number of fields",
		stripeHeader + "txn_1,2026-11-02,usd,1,0,1,\"" + name + "\"\"x\"y\n": "line 2: parse error on line 2",
	} {
		file, err := finance.NewStripeFile(strings.NewReader(text))
		if err == nil {
			_, err = file.Batch(10)
		}
		var refused *finance.StripeFileError
		require.True(t, errors.As(err, &refused), "%q: %v", text, err)
		require.Contains(t, err.Error(), problem, "%q", text)
		require.NotContains(t, err.Error(), "Layla", "%q", text)
	}
}

// A line is that of the file, also behind a cell with line breaks.
func TestLinesOfAStripeFileAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	file, err := finance.NewStripeFile(strings.NewReader("description," + stripeHeader +
		"\"one\ntwo\nthree\",txn_1,2026-11-02,usd,1,0,1,charge\nfour,txn_2,2026-11-02,usd,x,0,1,charge\n"))
	require.NoError(t, err)
	line, err := file.Next()
	require.NoError(t, err)
	require.Equal(t, 2, line.Line)
	_, err = file.Next()
	require.ErrorContains(t, err, "line 5: gross is not an amount")
}

// Each column in which the ledger has a balance transaction otherwise is named. A column that one of the two does not have is not compared.
func TestDifferencesNameTheirColumns(t *testing.T) {
	t.Parallel()
	file, err := finance.NewStripeFile(strings.NewReader(strings.TrimSuffix(stripeHeader, "\n") +
		",source_id,customer_facing_amount,customer_facing_currency,automatic_payout_id\n" +
		"txn_1,2026-11-02 09:30:00,usd,-107.02,0.00,-107.02,refund,re_1,-100.00,eur,\n"))
	require.NoError(t, err)
	line, err := file.Next()
	require.NoError(t, err)
	same := finance.Item{
		ID: "txn_1", CreatedAt: line.CreatedAt, Currency: "USD", Amounts: line.Amounts, Category: "refund", SourceID: "re_1",
		CustomerFacing: money.Money{Value: -10000, Currency: "EUR"}, Payout: finance.ItemPayout{ID: "po_1"},
	}
	require.Empty(t, line.Differences(same))
	for column, change := range map[string]func(*finance.Item){
		"created_utc":              func(i *finance.Item) { i.CreatedAt = i.CreatedAt.Add(time.Second) },
		"currency":                 func(i *finance.Item) { i.Currency = "EUR" },
		"gross":                    func(i *finance.Item) { i.Gross++ },
		"fee":                      func(i *finance.Item) { i.Fee++ },
		"net":                      func(i *finance.Item) { i.Net++ },
		"reporting_category":       func(i *finance.Item) { i.Category = "charge" },
		"source_id":                func(i *finance.Item) { i.SourceID = "re_2" },
		"customer_facing_amount":   func(i *finance.Item) { i.CustomerFacing.Value++ },
		"customer_facing_currency": func(i *finance.Item) { i.CustomerFacing.Currency = "GBP" },
	} {
		other := same
		change(&other)
		found := line.Differences(other)
		require.Len(t, found, 1, column)
		require.Equal(t, column, found[0].Column)
	}
}
