package money

// Locale is the language of emails to a customer.
type Locale string

// The supported locales.
const (
	LocaleEN Locale = "en"
	LocaleAR Locale = "ar"
)
