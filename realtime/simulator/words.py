# ruff: noqa: RUF001 - many scripts are the point
"""The raw material of a believable center: names, companies, complaints and machines. All invented."""

from typing import NamedTuple


class Named(NamedTuple):
    """A name as its bearer writes it, and a plain spelling for login names."""

    written: str
    plain: str


class Tongue(NamedTuple):
    """Names that go together; `family_first` orders and joins them as the script does."""

    share: int
    given: tuple[Named, ...]
    family: tuple[Named, ...]
    family_first: bool = False
    joint: str = " "


def name_list(text: str) -> tuple[Named, ...]:
    """Read "Zoë:zoe Ian" into names; without a colon the plain spelling is the written one in lower case."""
    parts = (word.partition(":") for word in text.split())
    return tuple(Named(written.replace("_", " "), plain or written.lower()) for written, _, plain in parts)


LATIN = Tongue(
    46,
    name_list(
        "Anna Ben Clara Dominik:dominik Eva Felix Greta Henrik Ida Jonas Katarína:katarina Lukáš:lukas Marta Niels"
        " Oksana Pål:pal Renée:renee Siobhán:siobhan Tomás:tomas Ursula Vojtěch:vojtech Zoë:zoe Łukasz:lukasz"
        " Şebnem:sebnem Ñusta:nusta Þóra:thora José:jose Mỹ:my Ólafur:olafur Aoife Guðrún:gudrun"
    ),
    name_list(
        "Ackermann Brandão:brandao Černý:cerny D'Angelo:dangelo Eriksson Fournier García-Peña:garcia Hübner:huebner"
        " Iversen Jørgensen:jorgensen Kowalczyk Lindqvist Müller:mueller Nguyễn:nguyen O'Sullivan:osullivan"
        " Pétursdóttir:petursdottir Quintero Radović:radovic Škoda:skoda Tóth:toth Ünal:unal van_der_Berg:vanderberg"
        " Wójcik:wojcik Xhaka Yıldız:yildiz Žižka:zizka Smith-Okonkwo:smith"
    ),
)
JAPANESE = Tongue(
    10,
    name_list("さくら:sakura 陽翔:haruto 美咲:misaki 健太:kenta 結衣:yui 大輔:daisuke 真由美:mayumi 蓮:ren"),
    name_list("佐藤:sato 鈴木:suzuki 高橋:takahashi 渡辺:watanabe 小林:kobayashi 髙島:takashima 斎藤:saito"),
    family_first=True,
)
CHINESE = Tongue(
    9,
    name_list("伟:wei 芳:fang 秀英:xiuying 敏:min 志强:zhiqiang 雅婷:yating 俊傑:junjie 子涵:zihan"),
    name_list("王:wang 李:li 张:zhang 陳:chen 劉:liu 欧阳:ouyang 黃:huang 吳:wu"),
    family_first=True,
    joint="",
)
KOREAN = Tongue(
    5,
    name_list("민준:minjun 서연:seoyeon 지호:jiho 하은:haeun 도윤:doyun"),
    name_list("김:kim 이:lee 박:park 최:choi 정:jung"),
    family_first=True,
    joint="",
)
CYRILLIC = Tongue(
    10,
    name_list("Александр:aleksandr Ирина:irina Дмитро:dmytro Олена:olena Сергей:sergey Наталія:nataliia Милош:milos"),
    name_list("Иванова:ivanova Шевченко:shevchenko Петров:petrov Коваленко:kovalenko Јовановић:jovanovic Ёлкин:elkin"),
)
GREEK = Tongue(
    4,
    name_list("Γιώργος:giorgos Ελένη:eleni Νίκος:nikos Σοφία:sofia"),
    name_list("Παπαδόπουλος:papadopoulos Οικονόμου:oikonomou Νικολάου:nikolaou"),
)
ARABIC = Tongue(
    7,
    name_list("محمد:mohammed فاطمة:fatima يوسف:yousef ليلى:layla خالد:khaled نور:nour"),
    name_list("الحسيني:alhusseini حداد:haddad المصري:almasri بن_علي:benali خوري:khoury"),
)
HEBREW = Tongue(
    4,
    name_list("נועה:noa איתי:itay תמר:tamar יוסף:yosef"),
    name_list("כהן:cohen לוי:levi פרידמן:friedman אברהם:avraham"),
)
HINDI = Tongue(5, name_list("अनन्या:ananya राहुल:rahul प्रिया:priya"), name_list("शर्मा:sharma वर्मा:varma अय्यर:iyer"))
TONGUES = (LATIN, JAPANESE, CHINESE, KOREAN, CYRILLIC, GREEK, ARABIC, HEBREW, HINDI)

HOSTILE_NAMES = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert('queue')</script>",
    "Robert'); DROP TABLE support_session;--",
    "{{ 7*7 }} {% debug %}",
    '"><svg/onload=confirm`1`>',
    "\u202eevil\u202c name",
    "zero\u200bwidth\u200djoiner",
    "Z̸̢̛a̷̡l̶͜g̵̨o̴͝ Caller",
    "javascript:alert(document.domain)",
    '=HYPERLINK("http://x.invalid","open")',
    "null",
    "👩🏽‍💻👨‍👩‍👧‍👦 🇨🇭 ✨",
    "A" * 300,
    "Line one\nline two\ttabbed",
    "Wolfeschlegelsteinhausenbergerdorff-" * 6 + "senior",
)

COMPANY_STEMS = (
    "Nordlicht", "Ardent", "Kestrel & Sons", "Blaufeld", "Żubrówka Maszyny", "Océane Transports",
    "山田製作所", "上海明珠贸易",
    "한빛물류", "Северный Путь", "Київські Мережі", "شركة الواحة", "מעבדות גליל", "सूर्या टेक्सटाइल्स", "Αιγαίο Ναυτιλία",
    "Café del Río", "Bjørnø Fisk", "Silverpine Clinics", "Çınar Lojistik",
    "Harbour 🐟 Foods", "O'Leary \"Quick\" Freight",
    "Ministère des Étangs", "Vermilion Bank", "Três Irmãos", "Tallgrass Schools", "Quill/Ink", "Ångström Optik",
)  # fmt: skip
COMPANY_FORMS = ("", "", " GmbH", " Ltd", " S.A.", " Inc.", " AG", " Oy", " plc", " Group", " Kft.")

COMPLAINTS = (
    "Printer on floor 3 prints only half of each page.",
    "VPN drops every ten minutes since this morning",
    "Ich kann mich nach dem Update nicht mehr anmelden, Fehler 0x80070005",
    "L'écran reste noir après la mise en veille",
    "メールが送信できません。添付ファイルは 12 MB です。",
    "打印机无法连接，提示“驱动程序不可用”。",
    "Не открывается общая папка \\\\сервер\\бухгалтерия",
    "لا أستطيع فتح ملف التقارير منذ أمس",
    "הסיסמה שלי פגה ואין לי גישה לטלפון",
    "로그인 화면에서 멈춰요",
    "Outlook keeps asking for my password 😩😩",
    "Need Visio licence before 3 pm, customer visit!!!",
    "Teams camera frozen; restarted twice; laptop hot & fan loud",
    "Barcode scanner in warehouse B beeps but types nothing",
    "Two-factor code never arrives <urgent>",
    "El portátil se apaga solo cuando lo desenchufo",
    "Excel: Makro bricht mit »Laufzeitfehler 1004« ab",
    "Badge reader at door 7 says “unknown card”",
    "Slow. Everything. Since Monday.",
    "Ny skjerm blir ikke gjenkjent, prøvd tre kabler",
    "Datei versehentlich gelöscht, bitte aus Sicherung holen: Q3/Abschluss_final_v7_WIRKLICH_final.xlsx",
    "The till shows yesterday's prices and there is a line of people in front of me. " * 6,
    "x",
    "",
)

SYSTEMS = (
    "Windows 11 Enterprise (x64)", "Windows 10 Pro (x64)", "Windows Server 2022 (x64)", "macOS 14.5 (arm64)",
    "macOS 13.6 (x64)", "Ubuntu 22.04 (x64)", "Red Hat Enterprise Linux 9 (x64)", "Debian 12 (x64)",
)  # fmt: skip
MOBILE_SYSTEMS = ("Android 14", "iOS 17.5", "Android 13 (tablet)")
HOST_PREFIXES = ("PC", "LT", "WS", "NB", "KASSE", "SRV", "macbook-pro-von-", "лаптоп-", "店舗端末")

ATTRIBUTE_VALUES = {
    "ticket_number": ("INC00{n:05d}", "REQ{n:06d}", "CHG-{n}"),
    "asset_tag": ("A-{n:05d}", "LEASE/{n}"),
    "department": ("Finance", "Einkauf", "総務部", "Логистика", "R&D", "Ventes & Après-vente", "موارد بشرية"),
    "location": ("Zürich", "Kraków", "大阪", "São Paulo", "Tel Aviv-Yafo", "Ciudad de México", "Tórshavn"),
    "language": ("en", "de", "fr", "ja", "zh-Hant", "ar", "he", "uk", "pt-BR"),
    "vip": ("yes", "no"),
    "progress": ("new", "diagnosing", "waiting for customer", "fix applied", "verifying", "escalated ⚠"),
    "notes": ("<b>bold claim</b>", "called twice", "see https://wiki.invalid/?q=1&x=<y>", "…", "再現せず"),
}

PRESENTATION_NAMES = (
    "Quarterly product tour", "Onboarding: first day with the portal", "Schulung: Ticketsystem für Einsteiger",
    "新しい勤怠システムの使い方", "Security awareness 🔐",
    "Демонстрация: новый личный кабинет", "Release 8.4 walkthrough",
    "عرض المنتج الجديد", "<h1>Town hall</h1>", "Formation caisse – ouverture & clôture",
)  # fmt: skip

SITES = ((1, "Default"), (2, "Europe – Süd"), (3, "日本サポート"))
