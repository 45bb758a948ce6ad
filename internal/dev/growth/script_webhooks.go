package growth

import (
	"time"

	"farebook/access"
	"farebook/internal/dev/bigbooks"
	"farebook/store"
	"farebook/webhook"
)

// webhooks makes an endpoint and has events delivered to it and replayed. The filled endpoint has the events of all filled bookings.
func (s *script) webhooks() {
	made := store.NewEndpoint{
		ID: access.NewEndpointID(), ClientID: s.caller.ClientID, URL: "https://example.com/", ContactEmail: "hooks@example.com",
		Types: webhook.Types(), KeyID: "0011223344556677",
	}
	e := first[store.Endpoint](s.calls, "CreateEndpoint", made, s.by)
	s.measure("Endpoint", e.ID)
	s.measure("EndpointOf", s.caller.Owner, e.ID)
	s.measure("OwnEndpoint", s.caller.Owner, e.ID)
	s.measure("EndpointsOf", s.caller.Owner)
	s.measure("Endpoints", uint64(0), listPage)
	s.measure("EndpointContact", e.ID)
	s.measure("UpdateEndpoint", e.ID, store.EndpointChange{Types: webhook.ClientTypes()}, s.by)
	s.measure("RotateEndpointSecret", store.SecretRotation{EndpointID: e.ID, KeyID: e.Secret.KeyID, Overlap: time.Hour}, s.by)
	sent := first[store.Delivery](s.calls, "SendTestEvent", e, access.NewTestEventID(), s.by)
	s.measure("OwedEndpoints", s.now.Add(time.Hour), uint64(0), listPage)
	s.measure("OwedEndpointsOf", s.caller.ClientID)
	pending := first[[]store.Delivery](s.calls, "PendingDeliveries", e.ID, 20)
	s.measure("RecordAttempt", pending[0], store.Attempt{At: s.now, Status: 200})
	s.measure("ReplayDelivery", e, sent.MessageID, s.by)
	s.measure("DisableEndpoint", e.ID, true, s.by)
	s.measure("RemoveEndpoint", e.ID, s.by)

	filled := first[store.Endpoint](s.calls, "Endpoint: a filled one", bigbooks.Endpoint)
	page := first[[]store.Delivery](s.calls, "Deliveries", filled, uint64(0), listPage)
	s.measure("Deliveries: a later page", filled, page[len(page)-1].Row, listPage)
	quiet := first[store.Endpoint](s.calls, "Endpoint: a quiet one", bigbooks.QuietEndpoint)
	s.measure("Deliveries: few and old", quiet, uint64(0), listPage)
	s.measure("Delivery", filled, page[0].MessageID)
	s.measure("PendingDeliveries: of a filled endpoint", filled.ID, 20)
	at := page[0].OccurredAt.Add(-time.Duration(s.round+1) * time.Minute) // each round another time
	s.measure("ReplayDeliveries", filled, at.Add(-time.Minute), at, s.by)
	s.measure("WriteDifferences", webhook.EventReconciliation{ID: s.id("recon_", "webhooks")}, s.now)
}
