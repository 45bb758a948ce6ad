package fakestripe_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const publishableKey = "pk_test_browser"

// browsed is what a browser gets.
type browsed struct {
	StatusCode int
	Header     http.Header
}

// browse sends a request as a page of another origin does, and follows no redirect.
func (s stand) browse(method, path, key, form string) (browsed, map[string]any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.URL()+path, strings.NewReader(form))
	require.NoError(s.t, err)
	request.Header.Set("Origin", "https://shop.example")
	request.Header.Set("Authorization", "Bearer "+key)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(s.t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	body := map[string]any{}
	_ = json.Unmarshal(text, &body) // a page is no JSON
	return browsed{response.StatusCode, response.Header}, body
}

// cardOf makes a payment method from a card number, as the frame of the Payment Element does.
func (s stand) cardOf(number string) string {
	s.t.Helper()
	response, body := s.browse(http.MethodPost, "/v1/payment_methods", publishableKey,
		"type=card&card[number]="+number+"&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123")
	require.Equal(s.t, http.StatusOK, response.StatusCode, "%v", body)
	id, _ := body["id"].(string)
	return id
}

func TestAPublishableKeyPaysWithTheClientSecretOnly(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	intent := s.create("&metadata[secret]=internal")
	id, secret := intent.text("id"), intent.text("client_secret")
	confirm := "payment_method=" + s.cardOf("4242424242424242") + "&return_url=https://shop.example/back"
	for path, form := range map[string]string{
		"/v1/payment_intents/" + id + "/confirm": confirm,
		"/v1/payment_intents/" + id + "/cancel":  "client_secret=" + secret,
		"/v1/payment_intents/" + id:              "client_secret=" + secret + "&amount=100",
		"/v1/refunds":                            "payment_intent=" + id,
	} {
		response, _ := s.browse(http.MethodPost, path, publishableKey, form)
		require.Equal(t, http.StatusUnauthorized, response.StatusCode, path)
	}
	wrong := confirm + "&client_secret=" + id + "_secret_other"
	response, _ := s.browse(http.MethodPost, "/v1/payment_intents/"+id+"/confirm", publishableKey, wrong)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	response, paid := s.browse(http.MethodPost, "/v1/payment_intents/"+id+"/confirm", publishableKey, confirm+"&client_secret="+secret)
	require.Equal(t, http.StatusOK, response.StatusCode, "%v", paid)
	require.Equal(t, "*", response.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "succeeded", paid["status"])
	_, read := s.browse(http.MethodGet, "/v1/payment_intents/"+id+"?client_secret="+secret, publishableKey, "")
	require.Equal(t, "succeeded", read["status"])
	for _, hidden := range []string{"metadata", "latest_charge", "amount_received", "customer"} {
		require.NotContains(t, read, hidden)
		require.NotContains(t, paid, hidden)
	}
}

func TestDeclinesByCardNumberLeaveOutWhatABrowserMayNotRead(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for number, code := range map[string]string{
		"4000000000000002": "generic_decline", "4000000000009995": "insufficient_funds", "4000000000009987": "lost_card",
		"4000000000009979": "stolen_card", "4000000000006975": "card_velocity_exceeded", "4100000000000019": "fraudulent",
		"4000000000000069": "expired_card", "4000000000000127": "incorrect_cvc", "4000000000000119": "processing_error",
	} {
		intent := s.create("")
		response, body := s.browse(http.MethodPost, "/v1/payment_intents/"+intent.text("id")+"/confirm", publishableKey,
			"client_secret="+intent.text("client_secret")+"&payment_method="+s.cardOf(number)+"&return_url=https://shop.example/back")
		require.Equal(t, http.StatusPaymentRequired, response.StatusCode, number)
		failed, _ := body["error"].(map[string]any)
		require.Contains(t, []any{failed["code"], failed["decline_code"]}, code, number)
		require.NotContains(t, failed["payment_intent"], "metadata", number)
	}
	response, _ := s.browse(http.MethodPost, "/v1/payment_methods", publishableKey,
		"type=card&card[number]=4111111111111111&card[exp_month]=1&card[exp_year]=2034")
	require.Equal(t, http.StatusBadRequest, response.StatusCode, "a card that Stripe has not published")
}

func TestThreeDSecureLeadsBackToTheReturnURL(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for end, want := range map[string]string{"complete": "succeeded", "fail": "failed"} {
		intent := s.create("")
		id := intent.text("id")
		_, confirmed := s.browse(http.MethodPost, "/v1/payment_intents/"+id+"/confirm", publishableKey,
			"client_secret="+intent.text("client_secret")+"&payment_method="+s.cardOf("4000002500003155")+"&return_url="+
				url.QueryEscape("https://shop.example/back?lang=ar"))
		require.Equal(t, "requires_action", confirmed["status"])
		next, _ := confirmed["next_action"].(map[string]any)
		redirect, _ := next["redirect_to_url"].(map[string]any)
		require.Equal(t, s.URL()+"/redirect/authenticate/"+id, redirect["url"])
		response, _ := s.browse(http.MethodGet, "/redirect/authenticate/"+id, "", "")
		require.Equal(t, http.StatusOK, response.StatusCode)
		for range 2 { // the traveller goes back, and presses again
			response, _ = s.browse(http.MethodPost, "/redirect/authenticate/"+id+"/"+end, "", "")
			require.Equal(t, http.StatusSeeOther, response.StatusCode)
			back, err := url.Parse(response.Header.Get("Location"))
			require.NoError(t, err)
			require.Equal(t, "https://shop.example/back", back.Scheme+"://"+back.Host+back.Path)
			require.Equal(t, url.Values{
				"lang": {"ar"}, "payment_intent": {id}, "payment_intent_client_secret": {intent.text("client_secret")}, "redirect_status": {want},
			}, back.Query())
		}
	}
}

func TestBrowsersLoadTheScriptAndAskBeforeACall(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for path, kind := range map[string]string{
		"/v3/": "text/javascript", "/v3/element.js": "text/javascript", "/v3/elements-inner-payment.html": "text/html",
	} {
		response, _ := s.browse(http.MethodGet, path, "", "")
		require.Equal(t, http.StatusOK, response.StatusCode, path)
		require.Contains(t, response.Header.Get("Content-Type"), kind)
	}
	response, _ := s.browse(http.MethodOptions, "/v1/payment_intents/pi_1", "", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, response.Header.Get("Access-Control-Allow-Headers"), "Authorization")
}
