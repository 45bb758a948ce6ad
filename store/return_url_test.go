package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
)

// A client that has changed its addresses often can still register one: it takes the row that was removed longest ago.
func TestReturnURLsThatWereRemovedLeaveRoom(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	client := b.clientNamed("test")
	rows := make([]string, 200)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%d, 'https://shop.example/%03d', 'dana', '2026-01-01', '2026-01-02' + INTERVAL %d DAY)",
			client.ID, i, (i+150)%200)
	}
	b.Exec(t, "INSERT INTO client_return_urls (client_id, url, added_by, added_at, removed_at) VALUES "+strings.Join(rows, ", "))
	added, err := b.Store.AddReturnURL(t.Context(), client, "https://shop.example/paid", testdb.Tester)
	require.NoError(t, err)
	require.Equal(t, "https://shop.example/paid", added.URL)
	listed, err := b.Store.ReturnURLs(t.Context(), client.ID)
	require.NoError(t, err)
	require.Len(t, listed, 1)
	require.Equal(t, added.URL, listed[0].URL)
	require.Equal(t, 200, b.Count(t, "SELECT COUNT(*) FROM client_return_urls"))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM client_return_urls WHERE url = 'https://shop.example/050'"))
	_, err = b.Store.RemoveReturnURL(t.Context(), client, added.URL, testdb.Tester)
	require.NoError(t, err)
}
