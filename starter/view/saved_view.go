package view

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"farebook/booking"
	"farebook/store"
)

// SavedView is the filters of a list that a caller has saved under a name.
type SavedView struct {
	ID        uint64     `json:"id"`
	List      string     `json:"list" example:"bookings"`
	Name      string     `json:"name" example:"Failed refunds"`
	Query     string     `json:"query" doc:"The filters as a query string." example:"status=failed"`
	SavedAt   time.Time  `json:"savedAt"`
	RemovedAt *time.Time `json:"removedAt,omitempty"`
}

// SavedViewOf converts a view of the store.
func SavedViewOf(v store.SavedView) SavedView { return SavedView(v) }

const (
	maxViewName  = 60
	maxViewQuery = 500
	maxFilters   = 20
)

var listName = regexp.MustCompile(`^[a-z][a-z-]{0,39}$`)

// CheckList returns an error for what cannot be the name of a list.
func CheckList(name string) error {
	if !listName.MatchString(name) {
		return errors.New("must be the name of a list, such as bookings: at most 40 small letters and dashes")
	}
	return nil
}

// CheckViewName returns an error for the name of a view that is empty, too long or not one line.
func CheckViewName(name string) error {
	if name == "" || utf8.RuneCountInString(name) > maxViewName || !utf8.ValidString(name) || strings.TrimSpace(name) != name ||
		strings.ContainsFunc(name, func(r rune) bool { return !booking.Printable(r) }) {
		return fmt.Errorf("must be one line of 1 to %d characters without spaces at its ends", maxViewName)
	}
	return nil
}

// Filters returns filters in the form in which they are saved: in the order of their names, without empty ones. It refuses addresses of
// travellers, which a saved view need not have, and the cursor of a page.
func Filters(query string) (string, error) {
	values, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
	if err != nil || len(query) > 2*maxViewQuery || len(values) > maxFilters {
		return "", fmt.Errorf("must be the filters of a list as a query string, such as status=failed, at most %d of them", maxFilters)
	}
	for name, given := range values {
		switch {
		case name == "after":
			return "", errors.New("has a page's cursor: leave after out")
		case name == "email" || strings.Contains(strings.Join(given, ""), "@"):
			return "", errors.New("has an email address: a saved view keeps no personal data")
		case strings.Join(given, "") == "":
			values.Del(name)
		}
	}
	kept := values.Encode()
	if len(kept) > maxViewQuery {
		return "", fmt.Errorf("is longer than %d bytes", maxViewQuery)
	}
	return kept, nil
}
