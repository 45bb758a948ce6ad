package access

// Actor is who asks for a change: a client with one of its API keys, or an operating-system user on the command line. The audit
// log stores it. It holds no secret and no personal data of travellers.
type Actor struct {
	// ClientID and KeyID are database ids; zero on the command line.
	ClientID, KeyID uint64
	// Name is for display: "shop (ak_7K2M9QXA4T)", or "alice@bastion".
	Name string
	// CorrelationID identifies the request or command.
	CorrelationID string
}
