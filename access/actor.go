package access

// Actor is who asks for a change: a client by one of its API keys, or an operating-system user at a command line. The
// audit log keeps it. It holds no secret and no traveller's data.
type Actor struct {
	// ClientID and KeyID are database ids; zero at the command line.
	ClientID, KeyID uint64
	// Name is for people: "shop (ak_7K2M9QXA4T)", or "alice@bastion".
	Name string
	// CorrelationID is of the request or the command by which the actor asks.
	CorrelationID string
}
