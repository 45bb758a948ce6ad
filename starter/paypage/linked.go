package paypage

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"golang.org/x/text/language"

	"farebook/internal/paylink"
	"farebook/money"
	"farebook/store"
)

// visit is a request with a valid link.
type visit struct {
	*http.Request
	token string
	known store.Booking
	now   time.Time
	texts texts
}

// path is the path of the page, or of something below it.
func (v *visit) path(below string) string { return paylink.Path + v.token + below }

// state is that of the booking now.
func (v *visit) state() state { return stateOf(v.known, v.now) }

// linked has a handler answer requests with a valid link, and otherwise one of the refusals: 404 for a token that nobody has signed, 410
// for one that has expired, 503 while the database does not answer.
func (s *site) linked(answer func(http.ResponseWriter, *visit), refuse func(http.ResponseWriter, *http.Request, int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		now := s.Store.Now()
		reference, err := s.Links.Claim(r.PathValue("token"), now)
		switch {
		case errors.Is(err, paylink.ErrExpired):
			refuse(w, r, http.StatusGone)
			return
		case err != nil:
			refuse(w, r, http.StatusNotFound)
			return
		}
		known, err := s.Store.Booking(r.Context(), reference)
		switch {
		case errors.Is(err, store.ErrNotFound): // restored from a backup that is older than the booking
			refuse(w, r, http.StatusNotFound)
			return
		case err != nil:
			s.Log.ErrorContext(r.Context(), "booking not read", "error", err)
			refuse(w, r, http.StatusServiceUnavailable)
			return
		}
		texts := textsAbout(known, chosen(r, known.Customer.Locale))
		answer(w, &visit{Request: r, token: r.PathValue("token"), known: known, now: now, texts: texts})
	}
}

// chosen is the language that the reader has chosen, or else another one.
func chosen(r *http.Request, otherwise money.Locale) money.Locale {
	switch asked := money.Locale(r.URL.Query().Get("lang")); asked {
	case money.LocaleEN, money.LocaleAR:
		return asked
	}
	return otherwise
}

var (
	spoken  = []money.Locale{money.LocaleEN, money.LocaleAR}
	matcher = language.NewMatcher([]language.Tag{language.English, language.Arabic})
)

// preferred is the language of a reader of whom no booking is known.
func preferred(r *http.Request) money.Locale {
	_, at := language.MatchStrings(matcher, r.Header.Get("Accept-Language"))
	return chosen(r, spoken[at])
}

// answerNoLink refuses a request of the page's script.
func answerNoLink(w http.ResponseWriter, _ *http.Request, status int) {
	answerJSON(w, status, map[string]string{"error": http.StatusText(status)})
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the browser may have gone
}

// stateBody answers the page's script, which asks again until the state is final.
type stateBody struct {
	State state `json:"state"`
	// Reason is why the last attempt was declined, in the language of the page.
	Reason        string    `json:"reason,omitempty"`
	HoldExpiresAt time.Time `json:"holdExpiresAt"`
	Now           time.Time `json:"now"`
}

func (*site) answerState(w http.ResponseWriter, v *visit) {
	body := stateBody{State: v.state(), HoldExpiresAt: v.known.HoldExpiresAt, Now: v.now}
	if body.State == stateDeclined {
		body.Reason = v.texts.Reason(v.known.Payment.DeclineCode)
	}
	answerJSON(w, http.StatusOK, body)
}
