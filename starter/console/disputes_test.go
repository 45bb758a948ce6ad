package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
)

// Disputes come by their deadlines; each has what the books have as evidence, which can be kept as a file.
func TestDisputesComeByTheirDeadlines(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	now := p.DB.Store.Now()
	p.disputed("dp_later", now.AddDate(0, 0, 9))
	known := p.disputed("dp_soon", now.AddDate(0, 0, 2))
	desk := p.As(access.Support)
	shown := desk.Get("/console/disputes").Require(http.StatusOK)
	require.Equal(t, "dp_soon", shown.Find(`main table a[href^="/console/disputes/"]`).First().Text())
	require.Equal(t, 1, desk.Get("/console/disputes?q=dp_later").Require(http.StatusOK).Find("main tbody tr").Length())

	one := desk.Get("/console/disputes/dp_soon").Require(http.StatusOK)
	text := one.Text("main")
	for _, expected := range []string{"$459.00", "fraudulent", string(known.Reference), "Layla Haddad", "EK2", "dispute of $459.00 opened"} {
		require.Contains(t, text, expected)
	}
	file := desk.Get("/console/disputes/dp_soon/evidence.json").Require(http.StatusOK)
	require.Contains(t, file.Header.Get("Content-Disposition"), string(known.Reference))
	require.Contains(t, file.Body, `"reference":"`+string(known.Reference)+`"`)
	desk.Get("/console/disputes/dp_none").Require(http.StatusNotFound)
}

// A form of which a part was saved is shown again with its key and the new revision. Sent again with other texts, it asks for another
// change.
func TestAFormOfEvidenceIsSentAgainAfterAPartOfItWasSaved(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	p.disputed("dp_soon", p.DB.Store.Now().AddDate(0, 0, 2))
	desk := p.As(access.Support)
	const page = "/console/disputes/dp_soon/draft"
	form := url.Values{"_key": {uuid.NewString()}, "_page": {page}, "revision": {"0"}, "texts.product_description": {"a flight"}}
	require.Equal(t, "a flight", desk.Post(page, form).Require(http.StatusOK).Text(`textarea[name="texts.product_description"]`))
	form.Set("revision", "1")
	form.Set("texts.product_description", "a flight to London")
	saved := desk.Post(page, form).Require(http.StatusOK)
	require.Equal(t, "a flight to London", saved.Text(`textarea[name="texts.product_description"]`))
	form.Set("revision", "2")
	form.Set("texts.no_such_field", "x")
	desk.Post(page, form).Require(http.StatusUnprocessableEntity)
}
