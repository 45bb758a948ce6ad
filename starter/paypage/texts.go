package paypage

import (
	"farebook/internal/mail"
	"farebook/money"
	"farebook/store"
)

// texts are the texts of the page in one language. Amounts, times and reasons are written as emails write them.
type texts struct {
	mail.Words

	byID map[string]string
	// further is true on the page of a further payment: no seats are held for it, and it confirms no booking.
	further bool
}

func textsIn(locale money.Locale) texts {
	words := mail.WordsIn(locale)
	return texts{Words: words, byID: catalog[words.Locale()]}
}

// textsAbout are the texts of the page of a booking, or of a further payment.
func textsAbout(known store.Booking, locale money.Locale) texts {
	t := textsIn(locale)
	t.further = known.Supplement != nil
	return t
}

// ofFurther begins the ids of the texts that are different on the page of a further payment.
const ofFurther = "further."

// T is the text with an id. A text that does not exist is its id; a test has every language name the same ids.
func (t texts) T(id string) string {
	if t.further {
		if text, found := t.byID[ofFurther+id]; found {
			return text
		}
	}
	if text, found := t.byID[id]; found {
		return text
	}
	return id
}

// title and text of a state.
func (t texts) title(s state) string { return t.T("state." + string(s)) }
func (t texts) text(s state) string  { return t.T("state." + string(s) + ".text") }

var catalog = map[money.Locale]map[string]string{
	money.LocaleEN: {
		"title":      "Pay for your booking",
		"languages":  "Language",
		"test":       "Test mode: no money moves",
		"flight":     "Flight",
		"to":         "to",
		"departs":    "Departs",
		"arrives":    "Arrives",
		"passenger":  "Passenger",
		"passengers": "Passengers",
		"reference":  "Booking",
		"paysFor":    "Payment for",
		"amount":     "Amount",
		"local":      "Departure and arrival are in the local time of their airports.",
		"held":       "Your seats are held until",
		"left":       "Time left:",
		"card":       "Payment details",
		"pay":        "Pay",
		"busy":       "Paying …",
		"script":     "The payment form needs JavaScript. Switch it on and load this page again. Your seats stay held until the time above.",
		"refresh":    "Show the present state",
		"missing":    "The payment form could not be loaded. Check your connection and load this page again.",
		"often":      "The payment form was loaded too often. Wait a minute and load this page again.",
		"paused":     "Payments are paused at the moment. Your seats stay held until the time above; load this page again in some minutes.",
		"wrong": "We could not see whether the payment went through. Wait a moment: this page shows it. " +
			"If it still asks you to pay, try again.",
		"receipt":  "Receipt",
		"return":   "Back to the shop",
		"back":     "Back to the booking",
		"safe":     "Card details go to Stripe directly. Farebook never sees them.",
		"paid":     "Paid",
		"paidOn":   "Paid on",
		"payment":  "Payment number",
		"refunded": "Refunded so far",

		"state.preparing":       "The payment is being prepared",
		"state.preparing.text":  "This takes a moment.",
		"state.open":            "Pay to confirm your booking",
		"state.open.text":       "Your booking is confirmed as soon as the payment has gone through.",
		"state.declined":        "The payment did not go through",
		"state.declined.text":   "Nothing was charged. You can try again with the same card or another one.",
		"state.processing":      "The payment is being processed",
		"state.processing.text": "You can wait here, or close this page: you get an email as soon as it is done. Do not pay again.",
		"state.authorized":      "The payment is authorised",
		"state.authorized.text": "Your bank has reserved the amount. The shop takes it when it confirms your booking, and you get an email then.",
		"state.paid":            "Paid: your booking is confirmed",
		"state.paid.text":       "A confirmation is on its way to your email address.",
		"state.expired":         "The time to pay has ended",
		"state.expired.text":    "Your seats are no longer held, and nothing was charged. Please book again.",
		"state.failed":          "The booking is closed",
		"state.failed.text":     "It was closed without a payment. Please book again.",
		"state.cancelled":       "The booking is cancelled",
		"state.cancelled.text":  "If you had paid, our email says what you get back.",
		"state.refunded":        "The payment was refunded",
		"state.refunded.text":   "The money goes back to the way you have paid, which takes some days.",

		"further.title": "Further payment for your booking",
		"further.held":  "You can pay until",
		"further.script": "The payment form needs JavaScript. Switch it on and load this page again. " +
			"You can pay until the time above.",
		"further.paused": "Payments are paused at the moment. You can pay until the time above; " +
			"load this page again in some minutes.",
		"further.back":                  "Back to the payment",
		"further.state.open":            "Pay the amount below",
		"further.state.open.text":       "You get an email as soon as the payment has gone through.",
		"further.state.authorized.text": "Your bank has reserved the amount. You get an email when the shop takes it.",
		"further.state.paid":            "Paid: we have received your payment",
		"further.state.expired.text":    "The payment can no longer be made, and nothing was charged. Ask the shop if it is still needed.",
		"further.state.failed":          "The payment is closed",
		"further.state.failed.text":     "It was closed, and nothing was charged. Ask the shop if it is still needed.",
		"further.state.cancelled":       "The payment is cancelled",
		"further.notpaid.text":          "This payment has not been made.",
		"further.receipt.of":            "Receipt for a further payment",

		"gone":              "This link has expired",
		"gone.text":         "Ask the shop where you booked for a new link.",
		"notfound":          "This link is not valid",
		"notfound.text":     "Open it again from the email or from the shop: it may have been cut.",
		"unavailable":       "This page is not available at the moment",
		"unavailable.text":  "Please try again in a minute. Nothing was charged meanwhile.",
		"notpaid":           "There is no receipt yet",
		"notpaid.text":      "The booking is not paid.",
		"receipt.of":        "Receipt for your booking",
		"another.language":  "العربية",
		"another.languages": "ar",
	},
	money.LocaleAR: {
		"title":      "ادفع ثمن حجزك",
		"languages":  "اللغة",
		"test":       "وضع الاختبار: لا تُحرَّك أي أموال",
		"flight":     "الرحلة",
		"to":         "إلى",
		"departs":    "المغادرة",
		"arrives":    "الوصول",
		"passenger":  "المسافر",
		"passengers": "المسافرون",
		"reference":  "الحجز",
		"paysFor":    "سبب الدفع",
		"amount":     "المبلغ",
		"local":      "أوقات المغادرة والوصول بالتوقيت المحلي لكل مطار.",
		"held":       "نحتفظ بمقاعدك حتى",
		"left":       "الوقت المتبقي:",
		"card":       "بيانات الدفع",
		"pay":        "ادفع",
		"busy":       "جارٍ الدفع …",
		"script":     "يحتاج نموذج الدفع إلى JavaScript. شغّله ثم أعد تحميل الصفحة. تبقى مقاعدك محجوزة حتى الوقت المذكور أعلاه.",
		"refresh":    "اعرض الحالة الآن",
		"missing":    "تعذّر تحميل نموذج الدفع. تحقّق من اتصالك ثم أعد تحميل الصفحة.",
		"often":      "حُمِّل نموذج الدفع مرات كثيرة. انتظر دقيقة ثم أعد تحميل الصفحة.",
		"paused":     "الدفع متوقف مؤقتًا. تبقى مقاعدك محجوزة حتى الوقت المذكور أعلاه؛ أعد تحميل الصفحة بعد بضع دقائق.",
		"wrong":      "لم نتمكّن من معرفة ما إذا كان الدفع قد اكتمل. انتظر لحظة وستعرض هذه الصفحة النتيجة. إن ظلّت تطلب الدفع، فحاول مرة أخرى.",
		"receipt":    "الإيصال",
		"return":     "العودة إلى المتجر",
		"back":       "العودة إلى الحجز",
		"safe":       "تُرسل بيانات البطاقة إلى Stripe مباشرة، ولا يراها Farebook أبدًا.",
		"paid":       "المدفوع",
		"paidOn":     "تاريخ الدفع",
		"payment":    "رقم الدفعة",
		"refunded":   "مجموع ما أُعيد",

		"state.preparing":       "يجري إعداد الدفع",
		"state.preparing.text":  "لن يستغرق ذلك سوى لحظة.",
		"state.open":            "ادفع لتأكيد حجزك",
		"state.open.text":       "يتأكّد حجزك فور إتمام الدفع.",
		"state.declined":        "لم يكتمل الدفع",
		"state.declined.text":   "لم يُخصم أي مبلغ. يمكنك المحاولة مرة أخرى بالبطاقة نفسها أو ببطاقة أخرى.",
		"state.processing":      "تجري معالجة الدفع",
		"state.processing.text": "يمكنك الانتظار هنا أو إغلاق الصفحة: ستصلك رسالة عند اكتماله. لا تدفع مرة أخرى.",
		"state.authorized":      "تمت الموافقة على الدفع",
		"state.authorized.text": "حجز مصرفك المبلغ. يأخذه المتجر عندما يؤكّد حجزك، وستصلك رسالة حينها.",
		"state.paid":            "تم الدفع: حجزك مؤكد",
		"state.paid.text":       "رسالة التأكيد في طريقها إلى بريدك الإلكتروني.",
		"state.expired":         "انتهى وقت الدفع",
		"state.expired.text":    "لم تعد مقاعدك محجوزة، ولم يُخصم أي مبلغ. نرجو منك الحجز من جديد.",
		"state.failed":          "أُغلق الحجز",
		"state.failed.text":     "أُغلق من دون دفع. نرجو منك الحجز من جديد.",
		"state.cancelled":       "أُلغي الحجز",
		"state.cancelled.text":  "إن كنت قد دفعت، فرسالتنا تبيّن ما يُعاد إليك.",
		"state.refunded":        "أُعيد المبلغ",
		"state.refunded.text":   "يعود المبلغ إلى وسيلة الدفع التي استخدمتها خلال بضعة أيام.",

		"further.title":                 "دفعة إضافية لحجزك",
		"further.held":                  "يمكنك الدفع حتى",
		"further.script":                "يحتاج نموذج الدفع إلى JavaScript. شغّله ثم أعد تحميل الصفحة. يمكنك الدفع حتى الوقت المذكور أعلاه.",
		"further.paused":                "الدفع متوقف مؤقتًا. يمكنك الدفع حتى الوقت المذكور أعلاه؛ أعد تحميل الصفحة بعد بضع دقائق.",
		"further.back":                  "العودة إلى الدفعة",
		"further.state.open":            "ادفع المبلغ أدناه",
		"further.state.open.text":       "ستصلك رسالة فور إتمام الدفع.",
		"further.state.authorized.text": "حجز مصرفك المبلغ. ستصلك رسالة عندما يأخذه المتجر.",
		"further.state.paid":            "تم الدفع: استلمنا دفعتك",
		"further.state.expired.text":    "لم يعد الدفع ممكنًا، ولم يُخصم أي مبلغ. اسأل المتجر إن كانت الدفعة لا تزال مطلوبة.",
		"further.state.failed":          "أُغلقت الدفعة",
		"further.state.failed.text":     "أُغلقت، ولم يُخصم أي مبلغ. اسأل المتجر إن كانت الدفعة لا تزال مطلوبة.",
		"further.state.cancelled":       "أُلغيت الدفعة",
		"further.notpaid.text":          "لم تُدفع هذه الدفعة.",
		"further.receipt.of":            "إيصال دفعة إضافية",

		"gone":              "انتهت صلاحية هذا الرابط",
		"gone.text":         "اطلب رابطًا جديدًا من المتجر الذي حجزت لديه.",
		"notfound":          "هذا الرابط غير صالح",
		"notfound.text":     "افتحه مرة أخرى من الرسالة أو من المتجر، فقد يكون مقطوعًا.",
		"unavailable":       "هذه الصفحة غير متاحة الآن",
		"unavailable.text":  "حاول مرة أخرى بعد دقيقة. لم يُخصم أي مبلغ في هذه الأثناء.",
		"notpaid":           "لا يوجد إيصال بعد",
		"notpaid.text":      "لم يُدفع ثمن الحجز.",
		"receipt.of":        "إيصال حجزك",
		"another.language":  "English",
		"another.languages": "en",
	},
}
