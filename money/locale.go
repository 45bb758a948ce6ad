package money

// Locale is the language a customer is written to.
type Locale string

// The languages there are.
const (
	LocaleEN Locale = "en"
	LocaleAR Locale = "ar"
)
