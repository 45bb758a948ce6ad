package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

func TestTwoActorsAreTwoPeople(t *testing.T) {
	t.Parallel()
	user := func(name string) access.Actor { return access.Actor{Name: name} }
	key := func(client, id uint64) access.Actor {
		return access.Actor{ClientID: client, KeyID: id, Name: "finance (ak_1)"}
	}
	for _, one := range []struct {
		a, b access.Actor
		same bool
	}{
		{user("alice@bastion"), user("alice@laptop"), true},
		{user("alice@bastion"), user("root@bastion for alice"), true},
		{user("alice@bastion"), user("bob@bastion"), false},
		{user("root@bastion for alice"), user("root@bastion for bob"), false},
		{key(1, 1), key(1, 1), true},
		{key(1, 1), key(1, 2), true},
		{key(1, 1), key(2, 2), false},
		{key(1, 1), key(2, 1), true}, // merged into another client since
		{key(1, 1), user("alice@bastion"), false},
	} {
		require.Equal(t, one.same, one.a.Is(one.b), "%+v", one)
		require.Equal(t, one.same, one.b.Is(one.a), "%+v", one)
	}
}
