package booking

import "strings"

// Mailbox normalises an address for counting emails per mailbox: lower case, without the dots and the +tag before the @, which
// many providers ignore. It is not an address to send to: other providers treat these as different mailboxes.
func Mailbox(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return strings.ToLower(email)
	}
	local, _, _ := strings.Cut(email[:at], "+")
	return strings.ToLower(strings.ReplaceAll(local, ".", "") + email[at:])
}
