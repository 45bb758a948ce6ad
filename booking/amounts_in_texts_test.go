package booking_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	// amounts are the names that minor units bear in the code; writers are what makes a text or a line of the log of its arguments.
	amounts = regexp.MustCompile(`(?i)^(amount|here|atstripe|net|gross|fee|fees|value|withheld|loss|debits|credits|balance|price|received|captured|refunded|difference|posted|` +
		`unposted|kept|owed|due|amountreceived|amountcaptured|amountrefunded|amountchargedback|mincharge|maxcharge|maxentryamount)$`)
	writers = regexp.MustCompile(
		`^(Sprintf|Sprint|Sprintln|Errorf|Fprintf|Fprint|Fprintln|Appendf|FormatInt|Itoa|(Debug|Info|Warn|Error|Log)(Context)?|say|misused|problem)$`,
	)
	// minorUnits are the places where minor units are written for programs, by file and function.
	minorUnits = map[string]string{
		"money/money.go Decimal":                             "it puts the point in",
		"money/money.go asValue":                             "a field of the API takes minor units; the amount stands beside",
		"ledger/manual.go violations":                        "a field of the API takes minor units; this is its bound",
		"internal/stripeapi/capture.go CapturePaymentIntent": "an idempotency key",
		"activities/plans.go digest":                         "a hash",
		"starter/console/bookings/forms_templ.go cancelForm": "a field of the API takes minor units; the amount stands beside",
		"starter/console/bookings/list.go query":             "a query of the API takes minor units",
		"starter/command/import_print.go printOutcomesCSV":   "a column for programs, with the decimal text beside",
		"starter/command/reconcile_print.go printCSV":        "a column for programs, with the decimal text beside",
	}
	// otherThings bear these names, too.
	otherThings = []string{"value", "here", "kept"}
	// development is read by no operator.
	development = []string{"internal/dev", "conformance", "test", "var"}
)

// bareAmount is the name of an argument that is an amount in minor units as it is, and not what a function made of it.
func bareAmount(argument ast.Expr) string {
	switch e := argument.(type) {
	case *ast.Ident:
		if amounts.MatchString(e.Name) && !slices.Contains(otherThings, e.Name) {
			return e.Name
		}
	case *ast.SelectorExpr:
		return bareAmount(e.Sel)
	case *ast.IndexExpr: // sums by currency
		return bareAmount(e.X)
	case *ast.ParenExpr:
		return bareAmount(e.X)
	case *ast.UnaryExpr:
		return bareAmount(e.X)
	case *ast.StarExpr:
		return bareAmount(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.ADD || e.Op == token.SUB {
			return bareAmount(e.X) + bareAmount(e.Y)
		}
	case *ast.CallExpr: // a conversion, max or min
		if of, named := e.Fun.(*ast.Ident); named && slices.Contains([]string{"int64", "int", "uint64", "max", "min"}, of.Name) {
			return bareAmount(e.Args[0])
		}
	}
	return ""
}

// bareAmounts are the amounts that a file writes as they are, by the function that does.
func bareAmounts(file *ast.File) map[string][]string {
	found := map[string][]string{}
	for _, declared := range file.Decls {
		name := "a variable"
		if function, is := declared.(*ast.FuncDecl); is {
			name = function.Name.Name
		}
		ast.Inspect(declared, func(node ast.Node) bool {
			call, is := node.(*ast.CallExpr)
			if !is {
				return true
			}
			called := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				called = f.Name
			case *ast.SelectorExpr:
				called = f.Sel.Name
			}
			if writers.MatchString(called) {
				for _, argument := range call.Args {
					if amount := bareAmount(argument); amount != "" {
						found[name] = append(found[name], amount)
					}
				}
			}
			return true
		})
	}
	return found
}

// An amount in a text, an error or a line of the log is one with currency and decimals (Money.Format), never minor units: what
// reads as 47400 is $474.00.
func TestNoTextHasAnAmountInMinorUnits(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	files := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path = filepath.ToSlash(strings.TrimPrefix(path, "../"))
		if entry.IsDir() {
			if slices.Contains(development, path) || strings.HasPrefix(entry.Name(), ".") && path != ".." {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), "../"+path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for function, names := range bareAmounts(file) {
			place := path + " " + function
			used[place] = true
			if minorUnits[place] == "" {
				t.Errorf("%s writes %s in minor units: use Money.Format", place, strings.Join(names, ", "))
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, files, 200)
	for place := range minorUnits {
		require.True(t, used[place], "%s writes no minor units any more: take it out of the list", place)
	}
}

func TestBareAmountsAreFound(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		`fmt.Errorf("it costs %d", p.booking.Amount)`:                     1,
		`log.InfoContext(ctx, "paid", "amount", snapshot.AmountReceived)`: 1,
		`fmt.Sprintf("%d and %d", -f.Here, int64(f.AtStripe))`:            2,
		`fmt.Sprintf("%d", clearing[line.Currency]-line.Net)`:             1,
		`fmt.Errorf("it costs %s", p.booking.Amount.Format(LocaleEN))`:    0,
		`fmt.Sprintf("a fee of %s", money(fee, line.Currency))`:           0,
		`fmt.Errorf("%d items", len(items))`:                              0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() { "+source+" }", parser.SkipObjectResolution)
		require.NoError(t, err)
		require.Len(t, bareAmounts(file)["f"], want, source)
	}
}
