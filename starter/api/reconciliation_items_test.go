package api_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/reconciliation"
)

type itemsView struct {
	Items []struct {
		ID              uint64
		Class, StripeID string
		Expected        bool
	}
	HasMore bool
	Next    string
}

func (s *server) items(query string) (page itemsView) {
	s.t.Helper()
	got := s.do(http.MethodGet, "/v1/reconciliations/recon_found/items"+query, nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s", got.body)
	require.NoError(s.t, json.Unmarshal(got.body, &page))
	return page
}

// The items of a run are read page by page, and what is expected apart from what an operator has to decide.
func TestItemsAreListedOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t)).desk(access.ReconciliationRead, access.ReconciliationWrite)
	finding := func(class reconciliation.Class, id string, healing reconciliation.Healing) reconciliation.Finding {
		return reconciliation.Finding{
			Class: class, Object: reconciliation.ObjectPayment, StripeID: id, AtStripe: 4500, Currency: "USD", Reason: "r", Healing: healing,
		}
	}
	items := s.db.RunThatFound(t, "recon_found",
		finding(reconciliation.OrphanPayment, "pi_1", reconciliation.HealNone), finding(reconciliation.Timing, "pi_2", reconciliation.HealNone),
		finding(reconciliation.MissingInLedger, "pi_3", reconciliation.HealPayment), finding(reconciliation.OrphanPayment, "pi_4", ""))
	number := strconv.FormatUint(items[3].ID, 10)
	s.act(http.StatusOK, "/v1/reconciliation-items/"+number+"/resolve", `{"note":"a shop"}`, "", nil)

	for query, want := range map[string][]string{
		"": {"pi_1", "pi_2", "pi_3", "pi_4"}, "?expected=false": {"pi_1", "pi_3"}, "?expected=true": {"pi_2", "pi_4"},
		"?class=orphan_payment": {"pi_1", "pi_4"}, "?state=resolved": {"pi_4"}, "?proposed=any": {"pi_3"},
		"?proposed=person&state=found": {"pi_1", "pi_2"},
		"?state=failed":                nil,
	} {
		var got []string
		for _, item := range s.items(query).Items {
			got = append(got, item.StripeID)
		}
		require.Equal(t, want, got, query)
	}
	first := s.items("?limit=1&class=orphan_payment")
	require.True(t, first.HasMore)
	second := s.items("?limit=1&class=orphan_payment&after=" + first.Next)
	require.Equal(t, "pi_4", second.Items[0].StripeID)
	require.False(t, second.HasMore)

	var found struct {
		Item struct{ StripeID, Note string }
		Run  struct{ CorrelationID string }
	}
	got := s.do(http.MethodGet, "/v1/reconciliation-items/"+number, nil)
	require.NoError(t, json.Unmarshal(got.body, &found))
	require.Equal(t, "pi_4", found.Item.StripeID)
	require.Equal(t, "a shop", found.Item.Note)
	require.Equal(t, "recon_found", found.Run.CorrelationID)
	for path, status := range map[string]int{
		"/v1/reconciliations/recon_none/items":                                   http.StatusNotFound,
		"/v1/reconciliations/recon_found/items?class=x":                          http.StatusUnprocessableEntity,
		"/v1/reconciliation-items/999999":                                        http.StatusNotFound,
		"/v1/reconciliation-items/999999/correction":                             http.StatusNotFound,
		"/v1/reconciliation-items/" + number + "/correction":                     http.StatusConflict, // about no balance transaction
		"/v1/reconciliation-items/" + number + "/correction?account=income:none": http.StatusUnprocessableEntity,
	} {
		require.Equal(t, status, s.do(http.MethodGet, path, nil).status, path)
	}
}
