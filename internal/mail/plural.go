package mail

import (
	"strconv"

	"farebook/money"
	"farebook/notice"
)

// hoursInEnglish counts whole hours, as they stand before "before departure".
func hoursInEnglish(n int) string {
	switch n {
	case 0:
		return "less than an hour"
	case 1:
		return "1 hour"
	default:
		return strconv.Itoa(n) + " hours"
	}
}

// hoursInArabic goes by Arabic's rules of counting, in the accusative, which is what follows كان: one and two are words,
// 3 to 10 take the plural, and all others the singular, by the last two digits
// (unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html#ar).
func hoursInArabic(n int) string {
	switch rest := n % 100; {
	case n == 0:
		return "أقل من ساعة"
	case n == 1:
		return "ساعة واحدة"
	case n == 2:
		return "ساعتين"
	case rest >= 3 && rest <= 10:
		return strconv.Itoa(n) + " ساعات"
	default:
		return strconv.Itoa(n) + " ساعة"
	}
}

// countsEarlier tells whether a quote gives less than its percentage of what is left, because refunds before it are
// counted in. At 100 percent, where everything goes back anyway, it cannot be told, and need not be.
func countsEarlier(quote notice.QuoteContent) bool {
	left := money.Money{Value: quote.Refund.Value + quote.Kept.Value, Currency: quote.Refund.Currency}
	return left.Share(quote.Percent) != quote.Refund
}
