package access

import (
	"strconv"
	"strings"
)

// Actor is who asks for a change: a client with one of its API keys, somebody who has signed in to the console, for whom a client stands as
// well, or an operating-system user on the command line. The audit log stores it. It holds no secret and no personal data of travellers.
type Actor struct {
	// ClientID and KeyID are database ids; zero on the command line.
	ClientID, KeyID uint64
	// Name is for display: "shop (ak_7K2M9QXA4T)", "Dana Haddad (console ak_7K2M9QXA4T)", or "alice@bastion".
	Name string
	// CorrelationID identifies the request or command.
	CorrelationID string
	// Role is that of somebody who has signed in to the console, for whom the client and its key stand; empty for a program and on the
	// command line.
	Role Role
}

// Is reports whether two actors are the same person as far as Farebook knows: the same client, whichever of its keys it uses, or the same
// operating-system user, whichever host it is on. A client owns its keys and whoever may rotate one has two for a while, so that two keys
// of one client are one person; an operator who approves needs a separate client. A client stands for each subject of an issuer who signs
// in to the console. Someone with a client and a shell is two actors.
func (a Actor) Is(other Actor) bool {
	if a.KeyID != 0 || other.KeyID != 0 {
		return a.KeyID == other.KeyID || a.ClientID == other.ClientID
	}
	return a.user() == other.user()
}

// Holder names the person whom Is compares, for a column with an index.
func (a Actor) Holder() string {
	switch {
	case a.ClientID != 0:
		return "client/" + strconv.FormatUint(a.ClientID, 10)
	case a.KeyID != 0:
		return "key/" + strconv.FormatUint(a.KeyID, 10)
	}
	return "user/" + a.user()
}

// user is the name of an operating-system user: alice of "alice@bastion" and of "root@bastion for alice".
func (a Actor) user() string {
	if _, caller, found := strings.Cut(a.Name, " for "); found {
		return caller
	}
	name, _, _ := strings.Cut(a.Name, "@")
	return name
}
