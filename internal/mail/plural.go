package mail

import (
	"strconv"

	"farebook/money"
	"farebook/notice"
)

// hoursInEnglish formats whole hours before "before departure".
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

// hoursInArabic follows Arabic's plural rules, in the accusative, which is required after كان: 1 and 2 are words, 3 to 10 take
// the plural, all others the singular, by the last two digits
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

// countsEarlier reports whether a quote gives less than its percentage of what is left, because it counts earlier refunds. At
// 100 percent everything is refunded anyway.
func countsEarlier(quote notice.QuoteContent) bool {
	left := money.Money{Value: quote.Refund.Value + quote.Kept.Value, Currency: quote.Refund.Currency}
	return left.Share(quote.Percent) != quote.Refund
}
