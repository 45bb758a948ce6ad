package page

import (
	"net/url"
	"strings"
)

// ProposePath has the form by which somebody proposes what is above the limit of their role.
const ProposePath = Root + "/proposals/new"

// proposeInstead is where a form that was refused as above the limit is proposed, with its fields: that of a refund or of a correction. It
// is empty for every other form.
func (r *Request) proposeInstead() string {
	parts := strings.Split(strings.TrimPrefix(r.action, Root+"/"), "/")
	if r.Problem.Kind() != "above-limit" || len(parts) != 3 {
		return ""
	}
	fields := url.Values{"note": {r.sent.Get("note")}}
	if parts[0] == "bookings" {
		fields["booking"], fields["amount"], fields["reason"] = parts[1:2], r.sent["amount.value"], r.sent["reason"]
	} else {
		fields["kind"], fields["item"], fields["account"] = []string{"correction"}, parts[1:2], r.sent["account"]
	}
	return to(ProposePath, fields)
}
