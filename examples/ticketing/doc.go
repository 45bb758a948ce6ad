// Package ticketing sells airline tickets over Farebook by a Temporal workflow of the shop's own: it books, waits for the payment to be
// authorised, has the ticket issued, and captures the money, or lets it go when the airline refuses or takes too long. It calls Farebook's
// HTTP API as any other shop does, and imports nothing of Farebook's.
package ticketing
