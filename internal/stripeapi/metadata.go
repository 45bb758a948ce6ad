package stripeapi

// Metadata keys of the objects that Farebook creates at Stripe. Stripe copies those of a PaymentIntent to its charges.
const (
	// MetadataReference is the booking's reference.
	MetadataReference     = "booking_reference"
	MetadataCorrelationID = "correlation_id"
	// MetadataRefundID is Farebook's id of a refund. A refund without it was created in Stripe's dashboard.
	MetadataRefundID = "refund_id"
	// MetadataInstallation is the id of the database that asked for the object (in_...), because environments may share a test
	// account.
	MetadataInstallation = "installation_id"
	// MetadataRequestKey identifies the request for the object. The books derive it from the client and its Idempotency-Key, or
	// from the event that caused an automatic request.
	MetadataRequestKey = "request_key"
	// MetadataClient is the id of the client (cl_...), for rebuilding a booking from its PaymentIntent.
	MetadataClient = "client_id"
	// MetadataSupplementOf is the reference of the booking that a further payment belongs to; other PaymentIntents do not have it.
	MetadataSupplementOf = "supplement_of"
)

// Origin identifies the request and the installation that ask for an object at Stripe. It is empty for rows of older releases,
// whose requests must stay unchanged.
type Origin struct {
	InstallationID string
	RequestKey     string
	ClientID       string // empty if no client asked
}

// keyBase is the beginning of Stripe's idempotency keys: the request's key, which the books derive again after a restore, or
// fallback for a row without one.
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
