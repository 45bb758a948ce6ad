package booking

import "strings"

// Mailbox is what addresses of one mailbox have in common, for counting: lower case, without the dots and the +tag before
// the @, which many providers ignore. Nothing is sent to it: at other providers it may be another mailbox.
func Mailbox(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return strings.ToLower(email)
	}
	local, _, _ := strings.Cut(email[:at], "+")
	return strings.ToLower(strings.ReplaceAll(local, ".", "") + email[at:])
}
