package mail

import (
	"farebook/booking"
	"farebook/money"
)

var languages = map[money.Locale]language{
	money.LocaleEN: {
		direction: "ltr",
		weekdays:  [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months: [12]string{
			"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
			"November", "December",
		},
		clock: "%s, %d %s %d, %s",
		utc:   " UTC",
		hours: hoursInEnglish,
		labels: map[string]string{
			labelPaid: "Paid", labelPaidOn: "Paid on", labelPayment: "Payment number", labelRefund: "Refund",
			labelEarlier: "Earlier reference", labelRefundID: "Refund number", labelRefundedSoFar: "Refunded in all", labelKept: "Kept",
			labelBooking: "Booking", labelPaysFor: "Paid for",
		},
		purposes: map[booking.Purpose]string{
			booking.PurposeFareDifference: "fare difference", booking.PurposeBaggage: "extra baggage", booking.PurposeSeat: "seat",
		},
		reasons: map[string]string{
			funds:          "Your bank declined it: the balance does not cover it, or the card has reached a limit.",
			details:        "Some of the card's details were not right, or the card has expired.",
			authentication: "Your bank could not confirm that it was you.",
			unsupported:    "The card does not allow this kind of payment, or this currency.",
			later:          "Your bank could not be reached just now.",
			unreachable:    "The payment service could not be reached, so the payment was never started.",
			stopped:        "It was stopped before it was complete.",
			declined:       "Your bank declined it and gave no reason that we can pass on.",
		},
	},
	money.LocaleAR: {
		direction: "rtl",
		weekdays:  [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
		months: [12]string{
			"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر",
			"نوفمبر", "ديسمبر",
		},
		clock: "%s %d %s %d، الساعة %s",
		utc:   " بالتوقيت العالمي",
		hours: hoursInArabic,
		labels: map[string]string{
			labelPaid: "المدفوع", labelPaidOn: "تاريخ الدفع", labelPayment: "رقم الدفعة", labelRefund: "المبلغ المسترد",
			labelEarlier: "الرقم المرجعي السابق", labelRefundID: "رقم الاسترداد", labelRefundedSoFar: "مجموع ما أُعيد",
			labelKept: "المبلغ المحتفظ به", labelBooking: "الحجز", labelPaysFor: "سبب الدفع",
		},
		purposes: map[booking.Purpose]string{
			booking.PurposeFareDifference: "فرق سعر التذكرة", booking.PurposeBaggage: "أمتعة إضافية", booking.PurposeSeat: "مقعد",
		},
		reasons: map[string]string{
			funds:          "رفض مصرفك الدفع لأن الرصيد لا يكفي أو لأن البطاقة بلغت حدّها.",
			details:        "بعض بيانات البطاقة غير صحيحة، أو انتهت صلاحيتها.",
			authentication: "لم يتمكّن مصرفك من التحقّق من هويتك.",
			unsupported:    "لا تسمح البطاقة بهذا النوع من المدفوعات أو بهذه العملة.",
			later:          "تعذّر الوصول إلى مصرفك في هذه اللحظة.",
			unreachable:    "تعذّر الوصول إلى خدمة الدفع، فلم تبدأ عملية الدفع أصلًا.",
			stopped:        "توقّفت عملية الدفع قبل اكتمالها.",
			declined:       "رفض مصرفك الدفع ولم يذكر سببًا يمكننا إبلاغك به.",
		},
	},
}
