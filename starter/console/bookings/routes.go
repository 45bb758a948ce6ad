// Package bookings has the pages about bookings and refunds: lists with their filters, the search, the story of a booking, and what may be
// done about it. It imports access, money, templ, and caller, lists and page of the console, and reads and writes by the API alone.
package bookings

import (
	"farebook/access"
	"farebook/starter/console/page"
)

const (
	listPath    = page.Root + "/bookings"
	refundsPath = page.Root + "/refunds"
)

// Routes adds the pages to the console.
func Routes(site *page.Site) {
	site.Nav(20, "bookings.title", listPath, access.BookingsRead)
	site.Nav(30, "bookings.refunds.title", refundsPath, access.BookingsRead)
	site.Get(listPath, showList)
	site.Get(refundsPath, showRefunds)
	site.Get(refundsPath+"/{id}", showRefund)
	site.Download(page.SearchPath, search)
	site.Get(listPath+"/{reference}", showStory)
	site.Get(listPath+"/{reference}/refund", showRefundForm)
	site.Post(listPath+"/{reference}/refund", refund)
	site.Get(listPath+"/{reference}/cancel", showCancelForm)
	site.Post(listPath+"/{reference}/cancel", cancel)
	site.Get(listPath+"/{reference}/capture", showCaptureForm)
	site.Post(listPath+"/{reference}/capture", capture)
	site.Post(listPath+"/{reference}/resend", resend)
}

// storyPath is the page of a booking.
func storyPath(reference string) string { return listPath + "/" + reference }

// apiPath is a booking in the API.
func apiPath(reference string) string { return "/v1/bookings/" + reference }
