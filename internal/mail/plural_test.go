package mail_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/mail"
	"farebook/money"
	"farebook/notice"
)

// Arabic counts one and two in words, few in the plural, and many in the singular.
func TestHoursAreCounted(t *testing.T) {
	t.Parallel()
	for hours, want := range map[int][2]string{
		0:   {"less than an hour before departure", "المغادرة أقل من ساعة."},
		1:   {"1 hour before departure", "المغادرة ساعة واحدة."},
		2:   {"2 hours before departure", "المغادرة ساعتين."},
		3:   {"3 hours before departure", "المغادرة 3 ساعات."},
		10:  {"10 hours before departure", "المغادرة 10 ساعات."},
		11:  {"11 hours before departure", "المغادرة 11 ساعة."},
		100: {"100 hours before departure", "المغادرة 100 ساعة."},
		103: {"103 hours before departure", "المغادرة 103 ساعات."},
		-1:  {"after the flight had departed", "بعد مغادرة الرحلة."},
	} {
		for i, locale := range []money.Locale{money.LocaleEN, money.LocaleAR} {
			c := content(notice.CancelledPaid, locale)
			c.Notice.Quote.Hours = hours
			_, text, _, err := mail.Render(c)
			require.NoError(t, err)
			require.Contains(t, text, want[i])
		}
	}
}
