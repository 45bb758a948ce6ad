package mail

import "farebook/booking"

var languages = map[booking.Locale]language{
	booking.LocaleEN: {
		direction: "ltr",
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
			"November", "December"},
		clock: "%d %s %d, %s",
		reasons: map[string]string{
			"funds":          "Your bank declined the payment because of the balance or a limit of the card.",
			"details":        "Some of the card's details were not right, or the card has expired.",
			"authentication": "Your bank could not confirm that it was you.",
			"later":          "Your bank could not be reached just now.",
			"unreachable":    "The payment service could not be reached, so the payment was never started.",
		},
		otherwise: "Your bank declined the payment and gave no reason that we may pass on.",
	},
	booking.LocaleAR: {
		direction: "rtl",
		months: [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر",
			"نوفمبر", "ديسمبر"},
		clock: "%d %s %d، الساعة %s",
		reasons: map[string]string{
			"funds":          "رفض مصرفك الدفع بسبب الرصيد أو بسبب حدّ من حدود البطاقة.",
			"details":        "بعض بيانات البطاقة غير صحيح، أو انتهت صلاحية البطاقة.",
			"authentication": "لم يتمكّن مصرفك من التحقّق من هويتك.",
			"later":          "تعذّر الوصول إلى مصرفك في هذه اللحظة.",
			"unreachable":    "تعذّر الوصول إلى خدمة الدفع، فلم تبدأ عملية الدفع أصلًا.",
		},
		otherwise: "رفض مصرفك الدفع ولم يذكر سببًا يمكننا إبلاغك به.",
	},
}
