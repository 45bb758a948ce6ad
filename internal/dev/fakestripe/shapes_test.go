package fakestripe_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
)

func TestJournalKeepsQueriesAndBodies(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.create("k")
	s.do(http.MethodGet, "/v1/refunds?limit=3", "", "")
	records := s.Journal().Records()
	require.Equal(t, creation, records[0].Body)
	require.Equal(t, "limit=3", records[1].Query)
}

// Stored shapes contain no ids and no personal data, and equal requests are stored once.
func TestShapesOfRequests(t *testing.T) { //nolint:paralleltest // the environment is the process's
	dir := filepath.Join(t.TempDir(), "shapes")
	t.Setenv(fakestripe.ShapesVariable, dir)
	s := newStand(t)
	for _, name := range []string{"Layla", "Amira"} {
		s.do(http.MethodPost, "/v1/payment_intents", "", creation+"&capture_method=manual&description="+name+"&metadata[booking_reference]="+name+
			"&automatic_payment_methods[enabled]=true&expand[]=latest_charge")
		s.do(http.MethodGet, "/v1/payment_intents/pi_"+name+"?expand[]=latest_charge.balance_transaction", "", "")
	}
	s.do(http.MethodGet, "/v1/refunds?payment_intent=pi_3Layla&created[gte]=1790000000", "", "")
	s.do(http.MethodGet, "/v1/refunds?colour=blue", "", "")

	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	var found []fakestripe.Shape
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var shape fakestripe.Shape
		require.NoError(t, json.Unmarshal(text, &shape))
		shape.Parameters = strings.NewReplacer("%5B", "[", "%5D", "]").Replace(shape.Parameters)
		found = append(found, shape)
	}
	require.ElementsMatch(t, []fakestripe.Shape{
		{
			Method: "POST", Path: "/v1/payment_intents",
			Parameters: "amount=1&automatic_payment_methods[enabled]=true&capture_method=manual&currency=text&" +
				"description=text&expand[]=latest_charge&metadata[booking_reference]=text",
		},
		{Method: "GET", Path: "/v1/payment_intents/x_1", Parameters: "expand[]=latest_charge.balance_transaction"},
		{Method: "GET", Path: "/v1/refunds", Parameters: "created[gte]=1&payment_intent=pi_1"},
		{Method: "GET", Path: "/v1/refunds", Parameters: "colour=text", Refused: "refused"},
	}, found)
}
