package growth

import (
	"fmt"
	"time"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/bigbooks"
	"farebook/store"
)

// clients makes, lists, disables and merges clients. A round merges one of the filled clients, which have a thousand bookings each.
func (s *script) clients() {
	made := first[store.Client](s.calls, "CreateClient", s.id("shop-", "a"), s.by)
	s.measure("CreateClientAs", access.NewClientID(), s.id("shop-", "b"), s.by)
	s.measure("DisableClient", made.ID, true, s.by)
	s.measure("Clients", 0, listPage)
	s.measure("KnownClients", []string{made.ClientID, "cl_unknown"})
	s.measure("ImportOwner", "client 2")
	s.returnURLs(made)
	into := first[store.Client](s.calls, "Client", "client 2")
	from := must(s.books.Client(s.ctx, fmt.Sprintf("client %d", mergedFirst+s.round)))
	s.measure("PlanMerge", into, from)
	s.measure("MergeClients", into, from, s.by)
}

// returnURLs registers, finds and removes an address of a client.
func (s *script) returnURLs(client store.Client) {
	const address = "https://shop.example/paid"
	s.measure("AddReturnURL", client, address, s.by)
	s.measure("ReturnURLs", client.ID)
	s.measure("HasReturnURL", store.Owner{ClientID: client.ID}, booking.ReturnURL{Base: address, Full: address})
	s.measure("ReturnURLOf", store.Booking{ID: uint64(s.old(1)), ReturnURL: address}) //nolint:gosec // counts from 1
	s.measure("RemoveReturnURL", client, address, s.by)
}

// mergedFirst is the client that the first round merges. Rounds are as many as there are filled clients at most.
const mergedFirst = 3

// keys makes, lists, rotates and revokes API keys.
func (s *script) keys() {
	key := first[store.APIKey](s.calls, "CreateAPIKey", store.NewAPIKey{ClientID: s.caller.ClientID, Scopes: s.caller.Scopes}, s.by)
	s.measure("APIKey", key.KeyID)
	s.measure("APIKeys", store.APIKeyFilter{Limit: listPage})
	s.measure("APIKeys: of a client", store.APIKeyFilter{ClientID: s.caller.ClientID, Limit: listPage})
	rotated := first[store.APIKey](s.calls, "RotateAPIKey", store.Rotation{KeyID: key.KeyID, Overlap: time.Hour, By: s.by}, s.now)
	s.measure("RevokeAPIKey", rotated.KeyID, s.by)
	s.measure("AdoptAPIKeys")
}

// console signs somebody in twice, and keeps a session.
func (s *script) console() {
	person := store.Person{Issuer: "https://login.example", Subject: s.id("", "person"), Name: "Dana", Role: access.Support}
	first[store.Person](s.calls, "SignIn", person, "growth")
	person = first[store.Person](s.calls, "SignIn: again", person, "growth")
	s.measure("CallerOf", person)
	token := s.id("", "session")
	s.measure("KeepSession", token, []byte("content"), s.now.Add(time.Hour))
	s.measure("Session", token)
	s.measure("EndSession", token)
	s.measure("EndExpiredSessions")
}

// views saves, lists and removes the filters of a list.
func (s *script) views() {
	owner := store.OwnerOfViews(s.id("client/", "views"))
	view := store.SavedView{List: "bookings", Name: "failed", Query: "status=failed"}
	saved := first[store.SavedView](s.calls, "SaveView", owner, view, s.by)
	s.measure("SavedViews", owner, "bookings")
	s.measure("RemoveView", owner, saved.ID, s.by)
}

// operators reads the audit log and the matters for operators.
func (s *script) operators() {
	old := s.old(1)
	reference := bigbooks.Reference(old)
	audited := s.id("", "audited")
	s.measure("Audit", store.AuditEntry{Actor: s.by, Action: store.ActionEventScrub, Subject: audited, DedupeKey: audited})
	s.measure("AuditLog", store.AuditFilter{Limit: listPage})
	s.measure("AuditLog: of a booking", store.AuditFilter{BookingID: uint64(old), Limit: listPage}) //nolint:gosec // counts from 1
	s.measure("AuditLog: of a subject", store.AuditFilter{Subject: string(reference), Limit: listPage})
	s.measure("AuditLog: of a client", store.AuditFilter{ClientID: 1, Limit: listPage})
	s.measure("OpenAttention")
	items := first[[]store.AttentionItem](s.calls, "AttentionItems", store.AttentionFilter{Limit: listPage})
	s.measure("AttentionItems: the oldest", store.AttentionFilter{Oldest: true, Limit: listPage})
	s.measure("AttentionItems: all", store.AttentionFilter{State: store.AttentionAll, Limit: listPage})
	s.measure("AttentionItems: closed", store.AttentionFilter{State: store.AttentionSettled, Limit: listPage})
	s.measure("AttentionItems: of a kind", store.AttentionFilter{Kind: store.AttentionOtherPayment, Limit: listPage})
	s.measure("AttentionItems: taken by a name", store.AttentionFilter{Held: store.AttentionHeld{Name: s.by.Name}, Limit: listPage})
	s.measure("AttentionItems: mine", store.AttentionFilter{Held: store.AttentionHeld{By: &s.by}, Limit: listPage})
	s.measure("AttentionItems: of nobody", store.AttentionFilter{Held: store.AttentionHeld{Nobody: true}, Limit: listPage})
	rare := store.AttentionFilter{State: store.AttentionAll, Kind: store.AttentionUnknown, Limit: listPage}
	s.measure("AttentionItems: of a rare kind", rare)
	s.measure("AttentionItems: of a booking", store.AttentionFilter{State: store.AttentionAll, Reference: reference, Limit: listPage})
	s.measure("AttentionItem", items[0].ID)
	for _, kind := range []store.AttentionStepKind{store.AttentionTaken, store.AttentionComment, store.AttentionGivenBack} {
		s.measure("AddAttentionStep: "+string(kind), store.NewAttentionStep{
			Matter: items[0].ID, Kind: kind, Code: access.NewStepCode(), Text: "growth", By: s.by,
		})
	}
	s.measure("AttentionSteps", items[0].ID)
	s.measure("CloseAttention", items[0].ID, "done", s.by, s.now)
}
