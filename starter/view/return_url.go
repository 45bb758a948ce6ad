package view

import (
	"time"

	"farebook/store"
)

// ReturnURL is an address of a client to which the payment page may lead back.
type ReturnURL struct {
	URL     string    `json:"url" example:"https://shop.example/paid"`
	AddedBy string    `json:"addedBy"`
	AddedAt time.Time `json:"addedAt"`
}

// ReturnURLOf converts an address of the store.
func ReturnURLOf(r store.ReturnURL) ReturnURL { return ReturnURL(r) }
