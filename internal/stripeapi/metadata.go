package stripeapi

// Metadata keys of what Farebook makes at Stripe. Stripe copies those of a PaymentIntent to its charges.
const (
	// MetadataReference is the booking's reference.
	MetadataReference     = "booking_reference"
	MetadataCorrelationID = "correlation_id"
	// MetadataRefundID is our id of a refund: one without was made in Stripe's dashboard.
	MetadataRefundID = "refund_id"
	// MetadataInstallation is the id of the database that asked for the object (in_...): environments may share a test account.
	MetadataInstallation = "installation_id"
	// MetadataRequestKey identifies the request that asked for the object, as the books derive it from the client and its
	// Idempotency-Key, or from what made the books ask by themselves.
	MetadataRequestKey = "request_key"
	// MetadataClient is the id of the client that asked (cl_...), for whoever rebuilds a booking from its PaymentIntent.
	MetadataClient = "client_id"
)

// Origin says which request of which installation asks for an object at Stripe. It is empty for rows of older releases, whose
// requests stay as they were.
type Origin struct {
	InstallationID string
	RequestKey     string
	ClientID       string // empty for what no client asked for
}

// keyBase is what Stripe's idempotency keys begin with: the request's key, which the books derive again after a restore, or fallback
// for a row without one.
func (o Origin) keyBase(fallback string) string {
	if o.RequestKey == "" {
		return fallback
	}
	return o.RequestKey
}

func (o Origin) addTo(params interface{ AddMetadata(key, value string) }) {
	for _, field := range []struct{ key, value string }{
		{MetadataInstallation, o.InstallationID}, {MetadataRequestKey, o.RequestKey}, {MetadataClient, o.ClientID},
	} {
		if o.RequestKey != "" && field.value != "" {
			params.AddMetadata(field.key, field.value)
		}
	}
}
