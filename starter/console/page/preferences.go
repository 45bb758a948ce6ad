package page

import (
	"net/http"
	"slices"
	"time"

	"farebook/starter/console/words"
)

// A choice of language or time zone comes as a value of the URL, and is kept in a cookie, so that it works without a script and without a
// session.
const (
	languageChoice = "lang"
	zoneChoice     = "tz"
	cookiePrefix   = "farebook-"
)

// keepChoice is how long a choice is kept.
const keepChoice = 365 * 24 * time.Hour

// prefer keeps a choice that the URL makes, and opens the same page without it.
func (s *Site) prefer(w http.ResponseWriter, r *http.Request) (answered bool) {
	if r.Method != http.MethodGet {
		return false
	}
	query := r.URL.Query()
	for name, usable := range map[string]func(string) bool{languageChoice: isLanguage, zoneChoice: s.isZone} {
		if !query.Has(name) {
			continue
		}
		if value := query.Get(name); usable(value) {
			http.SetCookie(w, &http.Cookie{
				Name: cookiePrefix + name, Value: value, Path: Root, MaxAge: int(keepChoice / time.Second), Secure: s.Secure, HttpOnly: true,
				SameSite: http.SameSiteLaxMode,
			})
		}
		query.Del(name)
		answered = true
	}
	if answered {
		http.Redirect(w, r, to(r.URL.Path, query), http.StatusSeeOther)
	}
	return answered
}

// choice is a choice that was kept; empty for none.
func choice(r *http.Request, name string) string {
	cookie, err := r.Cookie(cookiePrefix + name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func isLanguage(text string) bool { return slices.Contains(words.Languages, text) }

// request is a request with its language and time zone.
func (s *Site) request(r *http.Request, person Person) *Request {
	tongue := choice(r, languageChoice)
	if !isLanguage(tongue) {
		tongue = words.Preferred(r.Header.Get("Accept-Language"))
	}
	made := &Request{Person: person, API: s.API, Words: words.In(tongue), Zone: s.zone(choice(r, zoneChoice)), site: s}
	if again, isAgain := r.Context().Value(againKey{}).(*again); isAgain {
		made.Problem, made.sent, made.action = again.problem, again.sent, again.action
	}
	made.Request = r.WithContext(withRequest(r.Context(), made))
	return made
}

// zone is the chosen time zone, or that of the books.
func (s *Site) zone(name string) *time.Location {
	if !s.isZone(name) {
		return s.BooksZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return s.BooksZone
	}
	return zone
}

// isZone reports whether a text is the name of a time zone that this program knows. Local is the machine's, which nobody means.
func (s *Site) isZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// zones are those of the list: UTC, that of the books, that in use, then one or more for each part of the world.
func (r *Request) zones() []string {
	all := []string{"UTC", r.site.BooksZone.String(), r.Zone.String()}
	all = append(all, commonZones...)
	slices.Sort(all[3:])
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(name string) bool {
		known := seen[name]
		seen[name] = true
		return known
	})
}

var commonZones = []string{
	"Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Bogota", "America/Chicago",
	"America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Sao_Paulo", "America/Toronto", "Asia/Amman", "Asia/Baghdad",
	"Asia/Beirut", "Asia/Dhaka", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Karachi", "Asia/Kolkata", "Asia/Kuwait",
	"Asia/Manila", "Asia/Qatar", "Asia/Riyadh", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Europe/Amsterdam",
	"Europe/Athens", "Europe/Berlin", "Europe/Istanbul", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Rome",
	"Europe/Stockholm", "Europe/Warsaw", "Pacific/Auckland",
}
