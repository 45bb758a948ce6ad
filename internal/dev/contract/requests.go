package contract

import (
	"fmt"
	"strings"
	"time"
)

func requests() []Scenario {
	return []Scenario{
		{
			Name: "a response is stored under its key", Assumption: "a 400 is stored if execution had begun (a state that forbids it, " +
				"nothing left to refund) and not if a parameter was refused",
			play: answersAreKept, Want: []string{
				"same request: 200 true", "same object: true", "other parameters: 400 idempotency_error none none none",
				"a decline: 402 true", "a parameter that is refused: 400 false", "a state that forbids it: 400 true",
				"nothing left to refund: 400 true",
			},
		},
		{
			Name: "a list contains an object that was just created", Assumption: "at once; Stripe does not promise it", play: listsAreUpToDate,
			Want: []string{"payment_intents: true", "charges: true", "refunds: true", "balance_transactions: true"},
		},
		{Name: "requests that are refused", play: requestsAreRefused, Want: []string{
			"unknown parameter: 400 invalid_request_error parameter_unknown none colour",
			"unknown nested parameter: 400 invalid_request_error parameter_unknown none automatic_payment_methods[colour]",
			"unknown parameter of a query: 400 invalid_request_error parameter_unknown none colour",
			"missing parameter: 400 invalid_request_error parameter_missing none currency",
			"wrong type: 400 invalid_request_error parameter_invalid_integer none amount",
			"too small: 400 invalid_request_error amount_too_small none amount",
			"too deep: 400 invalid_request_error none none expand", "cannot be expanded: 400 invalid_request_error none none expand",
			"too long a metadata text: 400 invalid_request_error none none metadata",
			"no such PaymentIntent: 404 invalid_request_error resource_missing none intent",
			"types beside automatic: 400 invalid_request_error",
		}},
		{Name: "a page before a cursor", play: func(s *Session) {
			var ids []string
			for range 4 {
				ids = append(ids, s.must("create", s.post("/v1/payment_intents", creation)).text("id"))
			}
			s.await("the list", func() bool { return len(s.get("/v1/payment_intents?limit=1&ending_before="+ids[2]).rows()) == 1 })
			page := s.get("/v1/payment_intents?limit=1&ending_before=" + ids[1]).rows()
			s.see("the one next to the cursor", len(page) == 1 && page[0].text("id") == ids[2])
		}, Want: []string{"the one next to the cursor: true"}},
	}
}

const creation = "amount=45900&currency=usd&payment_method_types[]=card"

func answersAreKept(s *Session) {
	first := s.must("create", s.postKeyed("/v1/payment_intents", creation, "same"))
	again := s.postKeyed("/v1/payment_intents", creation, "same")
	s.see("same request", again.status, again.replayed)
	s.see("same object", first.text("id") != "" && first.text("id") == again.text("id"))
	s.seeError("other parameters", s.postKeyed("/v1/payment_intents", "amount=1000&currency=usd", "same"))
	twice := func(name, path, form string) {
		s.postKeyed(path, form, name)
		kept := s.postKeyed(path, form, name)
		s.see(name, kept.status, kept.replayed)
	}
	id := first.text("id")
	twice("a decline", "/v1/payment_intents/"+id+"/confirm", "payment_method=pm_card_chargeDeclined")
	twice("a parameter that is refused", "/v1/payment_intents", "amount=45900&currency=usd&colour=blue")
	s.must("cancel", s.post("/v1/payment_intents/"+id+"/cancel", ""))
	twice("a state that forbids it", "/v1/payment_intents/"+id+"/confirm", "payment_method=pm_card_visa")
	paid := s.paid()
	s.must("refund", s.post("/v1/refunds", "payment_intent="+paid))
	twice("nothing left to refund", "/v1/refunds", "payment_intent="+paid)
}

func listsAreUpToDate(s *Session) {
	since := fmt.Sprint(time.Now().Add(-time.Hour).Unix())
	shows := func(list, id string) {
		found := false
		for _, row := range s.must("list", s.get("/v1/"+list+"?limit=100&created[gte]="+since)).rows() {
			found = found || row.text("id") == id
		}
		s.see(list, found)
	}
	paid := s.must("pay", s.post("/v1/payment_intents", creation+"&confirm=true&payment_method=pm_card_bypassPending"))
	shows("payment_intents", paid.text("id"))
	shows("charges", paid.text("latest_charge"))
	refund := s.must("refund", s.post("/v1/refunds", "payment_intent="+paid.text("id")))
	shows("refunds", refund.text("id"))
	shows("balance_transactions", refund.text("balance_transaction"))
}

func requestsAreRefused(s *Session) {
	create := func(form string) answer { return s.post("/v1/payment_intents", form) }
	s.seeError("unknown parameter", create(creation+"&colour=blue"))
	s.seeError("unknown nested parameter",
		create("amount=45900&currency=usd&automatic_payment_methods[enabled]=true&automatic_payment_methods[colour]=x"))
	s.seeError("unknown parameter of a query", s.get("/v1/payment_intents?colour=blue"))
	s.seeError("missing parameter", create("amount=45900"))
	s.seeError("wrong type", create("amount=abc&currency=usd"))
	s.seeError("too small", create("amount=1&currency=usd"))
	s.seeError("too deep", create(creation+"&expand[]=latest_charge.balance_transaction.source.customer.default_source"))
	s.seeError("cannot be expanded", create(creation+"&expand[]=colour"))
	s.seeError("too long a metadata text", create(creation+"&metadata[k]="+strings.Repeat("x", 501)))
	s.seeError("no such PaymentIntent", s.get("/v1/payment_intents/pi_"+s.run))
	both := create(creation + "&automatic_payment_methods[enabled]=true")
	s.see("types beside automatic", both.status, both.at("error.type"))
}

func prefix(id string) string {
	before, _, _ := strings.Cut(id, "_")
	return before
}
