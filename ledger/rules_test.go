package ledger_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
)

// Each posting says why it was made: each type has its rule.
func TestEachTypeHasItsRule(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "transaction.go", nil, 0)
	require.NoError(t, err)
	types := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is || len(spec.Values) != 1 {
			return true
		}
		if named, is := spec.Type.(*ast.Ident); is && named.Name == "Type" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			require.NotEmpty(t, ledger.Rules[ledger.Type(text)], text)
			types++
		}
		return true
	})
	require.Len(t, ledger.Rules, types)
	require.Greater(t, types, 20)
}

// The accounts of a transaction decide which rules are beside that of its type.
func TestRulesFollowTheEntries(t *testing.T) {
	t.Parallel()
	entry := func(account ledger.Account) ledger.Entry { return ledger.Entry{Account: account} }
	for _, c := range []struct {
		transaction ledger.Transaction
		want        []string
	}{
		{ledger.Transaction{Type: ledger.TypeRefund}, []string{"refund"}},
		{
			ledger.Transaction{Type: ledger.TypePayment, Entries: []ledger.Entry{entry(ledger.EquityConversion), entry(ledger.EquitySuspense)}},
			[]string{"payment", "conversion", "suspense"},
		},
		{
			ledger.Transaction{Type: ledger.TypePayment, Entries: []ledger.Entry{entry(ledger.EquityOpeningBalance)}},
			[]string{"payment", "imported"},
		},
		{ledger.Transaction{Type: ledger.TypeCorrection, Entries: []ledger.Entry{entry(ledger.EquitySuspense)}}, []string{"correction"}},
	} {
		var got []string
		for _, rule := range ledger.RulesOf(c.transaction) {
			require.NotEmpty(t, rule.Text)
			got = append(got, rule.ID)
		}
		require.Equal(t, c.want, got)
	}
}
