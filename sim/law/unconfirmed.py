"""What renkei rests on and no source could confirm: one list, of which reports print what a run leans on.

An answer of the law shelf that leans on an entry carries the entry's id. Entries that begin with `counter-`
and `register-` are readings of what counters and registers do; a run leans on them when that happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sim.base.errors import UsageError, nearest
from sim.law.calendar import in_english, in_japanese
from sim.law.changes import (
    CHIP_SURVEY_FROM,
    PENAL_TERMS,
    PENALTIES_RENUMBERED,
    REVOCATION_RENUMBERED,
    YOUNG_CARD_RULE,
)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """One assumption: what is assumed, and why it could not be confirmed, in both languages."""

    id: str
    statement_ja: str
    statement_en: str
    reason_ja: str
    reason_en: str


UNCONFIRMED: Final[tuple[Unconfirmed, ...]] = (
    Unconfirmed(
        "entry-from-abroad-card",
        "第30条の46及び第30条の47の届出は、在留カード等の提示がなくても受理する。",
        "A filing under arts. 30-46 or 30-47 is accepted although the card is not shown.",
        "両条は提示を義務とするが、提示がない届出の扱いを定めた資料は確認していない。",
        "Both make showing it a duty; how a filing without it is handled was not found.",
    ),
    Unconfirmed(
        "year-end-closed-days",
        "年末年始の休日は全ての市区町村で12月29日から1月3日までとする。",
        "Every municipality closes from 29 December to 3 January.",
        "地方自治法第4条の2は年末年始の休日を条例に委ねており、各条例は確認していない。",
        "Local Autonomy Act art. 4-2 leaves these days to ordinances, and the ordinances were not read.",
    ),
    Unconfirmed(
        "local-closed-days",
        "条例が独自に定める休日（沖縄県の慰霊の日、広島市の平和記念日など）は扱わない。",
        "Closed days of single municipalities (such as those of Okinawa and Hiroshima) are left out.",
        "地域ごとの休日の一覧を公表資料から得ていない。",
        "No public list of such days by municipality was found.",
    ),
    Unconfirmed(
        "future-holidays",
        "官報で公表される前の年（2028年以降）の春分の日・秋分の日等は計算による。",
        "Holidays of years not yet announced in the gazette (2028 and later) are computed.",
        "春分日・秋分日は前年2月に確定し、祝日法も改正され得る。",
        "The equinox days are fixed in February of the year before, and the Act may be amended.",
    ),
    Unconfirmed(
        "residence-notification-extension",
        "住居地の届出の期限も、末日が休日なら次の開庁日まで延びる。",
        "The limit of a residence notification also moves from a closed day to the next open one.",
        "確認できた資料は住民基本台帳の届出に関する市の案内のみで、経由される届出の根拠条文は確認していない。",
        "The guidance that was read speaks of register filings only; the basis for a notification passed on"
        " by the mayor was not read.",
    ),
    Unconfirmed(
        "moving-out-beforehand",
        "転出届の期限は転出予定日当日とし、休日による延長はしない。",
        "A moving-out filing is due by the planned day itself, with no extension.",
        "第24条は「あらかじめ」とのみ定める。",
        "Art. 24 says only that it is made beforehand.",
    ),
    Unconfirmed(
        "moving-out-ex-officio",
        "転出後の届出は、転出の日の翌日から数えて14日目までを転出届、15日目以降を職権による記載とする。",
        "A moving-out notified after the move is a filing until day 14, counted from the day after, and a"
        " record ex officio from day 15; closed days extend nothing.",
        "標準仕様書は14日の経過のみを述べ、数え方と閉庁日の扱いを述べていない。",
        "The open standard says only that 14 days have gone by, not how they are counted.",
    ),
    Unconfirmed(
        "household-filings",
        "世帯変更届（第25条）及び続柄の変更の届出（第30条の48）の期間は14日とする。",
        "Filings under arts. 25 and 30-48 are due within 14 days.",
        "条文を確認していない。",
        "The articles were not read.",
    ),
    Unconfirmed(
        "settled-day",
        "住居地を定めた日は、実際に住み始めた日とする。",
        "The residence is settled on the day one begins to live there.",
        "二次資料による。上陸の日でも契約の日でもない。",
        "It comes from secondary sources; it is neither the day of landing nor that of a lease.",
    ),
    Unconfirmed(
        "birth-report",
        "出生届の14日は出生の日から数え、末日が休日なら次の開庁日まで延びる。",
        "A birth report's 14 days count the day itself; a limit on a closed day moves to the next open one.",
        "初日を数えることは二次資料により、14日と延長は一般知識による。",
        "That the day counts is from a secondary source; the 14 days and the extension are background.",
    ),
    Unconfirmed(
        "transitional-count",
        "経過滞在の60日と申請の30日は、出生等の日の翌日から数え、休日による延長はしない。",
        "The 60 days of transitional stay and the 30 to apply are counted from the day after, unextended.",
        "日数は公表資料によるが、数え方を述べた資料は確認していない。",
        "The lengths are published; how they are counted was not found.",
    ),
    Unconfirmed(
        "online-pending",
        "オンラインで申請した者のカードには申請中の印がなく、満了後は有効期間満了として扱う。",
        "The card of one who applied online bears no mark, so that it counts as expired.",
        "窓口での確認方法を述べた資料は確認していない。",
        "How a counter may confirm such an application was not found.",
    ),
    Unconfirmed(
        "young-card-expiry",
        f"16歳未満の者の在留カードは、{in_japanese(YOUNG_CARD_RULE)}以降の交付では16歳の誕生日の前日、それより前の交付では誕生日に"
        "満了する。",
        f"A child's residence card ends the day before the 16th birthday if issued from"
        f" {in_english(YOUNG_CARD_RULE)}, before that on the birthday.",
        "二次資料による。条番号（第19条の5）は一般知識により、経過措置は確認していない。",
        "It comes from a secondary source; art. 19-5 is background, the transitional rule was not read.",
    ),
    Unconfirmed(
        "penal-terms",
        f"{in_japanese(PENAL_TERMS)}より前の行為には懲役、以後の行為には拘禁刑と読む。",
        f"Acts before {in_english(PENAL_TERMS)} are threatened with 懲役, later ones with 拘禁刑.",
        "一般知識による。経過措置の条文は確認していない。",
        "Background knowledge; the transitional provision was not read.",
    ),
    Unconfirmed(
        "renumbered-penalties",
        f"入管法第71条の2・第71条の3は{in_japanese(PENALTIES_RENUMBERED)}に別の条番号に移った。",
        f"The penalties of Immigration Act arts. 71-2 and 71-3 moved to other numbers on"
        f" {in_english(PENALTIES_RENUMBERED)}.",
        "移動後の条番号は公式の法令データベースで確認していない。",
        "The later numbers were not checked against the official database of laws.",
    ),
    Unconfirmed(
        "card-issued-later",
        "在留カード後日交付の旅券を提出した新規上陸者の届出は、在留カードの提出と同様にみなし届出とする。",
        "A newly landed person's filing with a passport marked for later issue of the card is deemed as with"
        " the card.",
        "公的案内は旅券の提示を認め、二次資料はみなしの対象とするが、根拠となる附則の条文は確認していない。",
        "Official guidance accepts the passport and a secondary source says deemed; the supplementary"
        " provision behind it was not read.",
    ),
    Unconfirmed(
        "card-expired-pending",
        "在留期間更新等の申請中で満了後2月以内のカードは、提出があったものとして扱う。",
        "An expired card counts as presented while an application is pending, up to two months.",
        "裏書きを認める市の案内はあるが、みなし届出の効果まで述べた資料はない。",
        "A city's guidance allows the endorsement; no source speaks of the deeming.",
    ),
    Unconfirmed(
        "card-expired",
        "有効期間の満了したカードの提出では、みなし届出は成立しない。",
        "Handing in an expired card makes no deemed filing.",
        "裏書きをしないとする市の案内からの推論である。",
        "Inferred from a city's guidance that such a card is not endorsed.",
    ),
    Unconfirmed(
        "classes-without-duty",
        "一時庇護許可者、仮滞在許可者及び経過滞在者には住居地の届出義務がない。",
        "Persons with temporary refuge or provisional stay and transitional residents owe no residence"
        " notification.",
        "届出義務の規定に現れないことによる。条文の全体は確認していない。",
        "They are absent from the provisions on the duty; the whole Act was not read.",
    ),
    Unconfirmed(
        "deeming-pairs",
        "許可により新たに該当した者の第30条の46の届出は、既に居住していた者のものもみなしの対象となり、第30条の47の"
        "届出は、どの区分にも該当せずに居住していた者のみが行える。",
        "After a permission, a filing under art. 30-46 is deemed also for one who lived here before; one"
        " under art. 30-47 is open only to one who lived here in no class.",
        "入管法第19条の8第3項は両方の届出を条件なく挙げており、対象は各届出の要件から導いた。",
        "Immigration Act art. 19-8 para. 3 names both filings without condition; whom they are for follows"
        " from what each of them requires.",
    ),
    Unconfirmed(
        "unnotified-move",
        "住居地をまだ届け出ていない中長期在留者の転入届・転居届は、みなしの対象とならない。",
        "A moving filing of a mid-long-term resident who has notified no residence yet is not deemed.",
        "入管法第19条の9第1項の文言は届出済みの住居地を前提としないため、同条のみなしと読む余地がある。",
        "Art. 19-9 para. 1 does not say that the old residence was notified, so that it could be read as"
        " deemed under that article.",
    ),
    Unconfirmed(
        "special-permanent-living-here",
        "住居地の記載のない証明書を持ち既に居住する特別永住者の住民基本台帳の届出は、みなし届出にならない。",
        "A special permanent resident who lives here and whose certificate bears no residence makes no deemed"
        " filing.",
        "入管特例法第10条第4項は第30条の46の届出のみを挙げる。実務は確認していない。",
        "Special Act art. 10 para. 4 names art. 30-46 only; practice was not confirmed.",
    ),
    Unconfirmed(
        "revocation-count",
        "90日は許可又は退去の日の翌日から数え、休日による延長はしない。",
        "The 90 days are counted from the day after the permission or the departure; closed days"
        " extend nothing.",
        "数え方と延長の有無を述べた資料は確認していない。",
        "How they are counted, and whether they are extended, was not found.",
    ),
    Unconfirmed(
        "revocation-not-notified-wording",
        "許可後90日の号は、新たに中長期在留者となった者が許可の日から90日以内に住居地を届け出ない場合と"
        "する。",
        "The first ground covers one who became a mid-long-term resident and notifies no residence"
        " within 90 days of the permission.",
        "二次資料の要約による。条文は確認していない。",
        "It rests on a secondary summary; the wording was not read.",
    ),
    Unconfirmed(
        "revocation-false-wording",
        "虚偽の住居地の届出の号には期間も正当な理由の定めもない。",
        "The ground of a false residence knows neither a period nor a good reason.",
        "一般知識による。条文は確認していない。",
        "Background knowledge; the wording was not read.",
    ),
    Unconfirmed(
        "revocation-hearing",
        "取消しの前に意見の聴取（第2項から第4項まで）を行い、法務大臣が判断する。",
        "A hearing (paras. 2 to 4) comes before a revocation, which the Minister decides.",
        "二次資料による。",
        "It comes from a secondary source.",
    ),
    Unconfirmed(
        "revocation-excuses",
        "正当な理由の例は公表された五つとする。",
        "The good reasons are the five published cases.",
        "入管庁の一覧を引く二次資料による。判断は個別に行われる。",
        "From a secondary copy of the agency's list; each case is judged individually.",
    ),
    Unconfirmed(
        "report-to-summary-court",
        "市区町村は過料の事件を簡易裁判所に通知するのみで、自ら科さない。",
        "The municipality only reports to the summary court and imposes no fine itself.",
        "裁判所が決定することは市の案内によるが、通知の根拠条文は確認していない。",
        "That the court decides is from a city's guidance; the provision on the report was not read.",
    ),
    Unconfirmed(
        "fine-article-number",
        "過料の規定は、どの日についても現行の第52条として示す。",
        "The provision on the non-penal fine is cited as art. 52 on every day.",
        "以前は別の条番号であった可能性があり、移動の日は確認していない。",
        "It may have borne another number before; the day of a move was not found.",
    ),
    Unconfirmed(
        "register-false-filing",
        "虚偽の届出の過料（第1項）は、他の法令により刑を科すべき場合を除く。",
        "The fine for a false filing (para. 1) yields to other penal laws.",
        "二次資料による。市の案内は第2項のみを引く。",
        "From a secondary source; the city's guidance cites para. 2 only.",
    ),
    Unconfirmed(
        "card-not-shown",
        "カードを提示しない届出そのものには罰則等がないものとする。",
        "A filing made without showing the card has no sanction of its own.",
        "第30条の46は提示を義務とするが、違反の効果を述べた資料は確認していない。",
        "Art. 30-46 makes showing it a duty; no source names a sanction.",
    ),
    Unconfirmed(
        "special-permanent-penalties",
        "特別永住者の罰則は入管特例法第31条・第32条とし、額は入管法と同じとする。",
        "Special permanent residents' penalties are Special Act arts. 31 and 32, with the same ceilings.",
        "額は実務研究会資料によるが、条文は確認していない。",
        "The ceilings are in the study group's paper; the articles were not read.",
    ),
    Unconfirmed(
        "penalty-articles",
        "虚偽の届出を第71条の2、届出をしないことを第71条の3とする。",
        "Art. 71-2 is the penalty for a false notification and art. 71-3 that for none.",
        "資料は両条をまとめて引くのみで、いずれがどれかを述べていない。",
        "The sources cite the two together and do not say which is which.",
    ),
    Unconfirmed(
        "accusation-practice",
        "届出をしない者にはまず指導を行い、告発は繰り返しの指導に従わない悪質な場合に限る。",
        "Guidance comes first; a charge follows only grave cases that ignore repeated guidance.",
        "内部の運用を伝える二次資料による。",
        "From a secondary account of internal practice.",
    ),
    Unconfirmed(
        "chip-write-status",
        "市区町村における住居地のICチップへの書込みは、現在も行わないものとする。",
        "Municipalities still write no residence into chips.",
        "開始を示す公式資料はなく、実務家の記述は一致しない。",
        "No official source on a start was found, and practitioners' pages disagree.",
    ),
    Unconfirmed(
        "chip-write-survey",
        f"調査は{in_japanese(CHIP_SURVEY_FROM)}より前には始まらず、調査、決定、開始の順に進み、逆行しない。",
        f"The survey begins no earlier than {in_english(CHIP_SURVEY_FROM)}; survey, decision and start follow"
        " in this order and never go back.",
        "資料は平成25年度を目途とするのみで、その後の経過は確認していない。",
        "The paper only aims at fiscal 2013; what followed was not found.",
    ),
    Unconfirmed(
        "chip-write-authorisation",
        "書込みの権限認証は、一つの端末の一回の書込みに限り、オンラインで受ける。",
        "An authorisation to write is obtained online, for one write at one terminal.",
        "資料は権限認証のためスタンドアロン運用を不可とするのみである。",
        "The paper only rules out standalone use for the sake of authentication.",
    ),
    Unconfirmed(
        "head-of-household",
        "世帯主は世帯員に代わって住民基本台帳の届出をすることができる（第26条）。",
        "The head of household may make register filings for its members (art. 26).",
        "条文を確認していない。",
        "The article was not read.",
    ),
    Unconfirmed(
        "residence-notification-filers",
        "住居地の届出は本人が行い、16歳未満又は疾病等の場合は16歳以上の同居の親族が配偶者、子、父母、そ"
        "の他の順に行う。ほかに法定代理人と委任状のある代理人が行える。",
        "The person notifies in person; for one under 16 or unable, cohabiting relatives of 16 or over"
        " in the order spouse, child, parents, others; else a legal representative or an agent with a"
        " written mandate.",
        "市の案内と二次資料による。条文と省令は確認していない。",
        "From cities' guidance and secondary sources; the article and the ordinance were not read.",
    ),
    Unconfirmed(
        "register-filers",
        "住民基本台帳の届出は、本人、同一世帯の者又は委任状のある代理人が行える（第27条）。年齢は判断しない。",
        "A register filing is open to the person, to anybody of the same household and to an agent with a"
        " mandate (art. 27); ages are not judged.",
        "現行の条文は写しで確認したが、年齢や代理権の扱いは確認していない。",
        "The present article was read in a copy; how ages are handled was not found.",
    ),
    Unconfirmed(
        "late-notification-weighed",
        "90日を過ぎた届出があっても対象となり得ることは変わらず、判断に当たって考慮される。",
        "A notification after the 90 days leaves the person a candidate and is weighed in the judgment.",
        "遅れた届出の効果を述べた資料は確認していない。",
        "What a late notification does was not found.",
    ),
    Unconfirmed(
        "notification-by-request",
        "自ら届け出ることができる者も、同居の親族に依頼することができ、委任状を要しない。",
        "An able person may ask a cohabiting relative, without a written mandate.",
        "委任状を求めない市の案内と、求めるとする二次資料がある。",
        "One city asks for none, a secondary source asks for one.",
    ),
    Unconfirmed(
        "special-permanent-filers",
        "特別永住者の届出人も同じ規則による（入管特例法第19条）。",
        "The same rule holds for special permanent residents (Special Act art. 19).",
        "条番号と見出しのみ確認し、本文は確認していない。市の案内は両者を区別しない。",
        "Only its number and heading were read; a city's guidance treats both alike.",
    ),
    Unconfirmed(
        "deemed-filing-filer",
        "他の者がした届出が住居地の届出とみなされるのは、その者が住居地の届出をすることができる場合に限る。",
        "A filing made by another is deemed a notification only if that person could have made the"
        " notification.",
        "みなし規定は届出人を限定しておらず、実務の扱いによる読みである。",
        "The deeming provisions do not limit who files; it is a reading of practice.",
    ),
    Unconfirmed(
        "kanji-second-rank",
        "候補が二つある文字は第1順位の正字に置き換え、求めがあれば第2順位とする。",
        "A character with two standards becomes the one of rank 1, and of rank 2 on request.",
        "第2順位を選べる者と必要な資料を述べた資料は確認していない。",
        "Who may choose rank 2, and with what proof, was not found.",
    ),
    Unconfirmed(
        "kanji-no-entry",
        "正字でも対応表の文字でもない文字は、そのまま残して未置換と示す。",
        "What is neither a 正字 nor in the tables stays as written and is marked.",
        "入管庁がそのような申出をどう扱うかを述べた資料は確認していない。",
        "How the agency handles such a request was not found.",
    ),
    Unconfirmed(
        "kanji-table-date",
        "対応表は日付によらず同じものを使う。",
        "One state of the tables is used for every date.",
        "使ったデータがいつの告示によるかは示されておらず、告示は改正されている。",
        "The data do not say which state of the notice they follow, and it has been amended.",
    ),
    Unconfirmed(
        "kanji-alias",
        "通称は登録のとおりとし、告示第582号による置換えをしない。",
        "An alias stays as registered; notice 582 does not convert it.",
        "通称は在留カードに載らないという市の案内（志木市）による。使える文字は市区町村ごとに確認していない。",
        "It rests on one city's guidance (Shiki) that an alias is not on the card; other cities' rules were"
        " not read.",
    ),
    Unconfirmed(
        "kanji-without-latin",
        "ローマ字氏名のない漢字氏名も置き換え、注意を付ける。",
        "Kanji without a Latin name are converted with a remark.",
        "併記が原則とのみ確認し、例外の範囲は確認していない。",
        "Only the rule of showing both was read, not its exceptions.",
    ),
    Unconfirmed(
        "governing-classes",
        "三区分（住基法・入管法／入管法／住基法）は、みなしの有無と届出の種類から定める。",
        "The three classes of outbound events follow from the filing and from whether it is deemed.",
        "公開の標準仕様書は区分の名を挙げるのみで、判定の規則は非公開の仕様による。",
        "The open standard only names the classes; the closed specification holds the rule.",
    ),
    Unconfirmed(
        "affairs-of-other-filings",
        "転出届、世帯変更届及び世帯主との続柄の変更の届出も自治事務とする。",
        "Filings of moving out, of household changes and of relationships are autonomous affairs as well.",
        "区分を示す資料は転入届・転居届と住居地の届出を挙げるのみ。",
        "The source classes moving in, moving within and the residence notification only.",
    ),
    Unconfirmed(
        "order-items",
        "入管法施行令第2条第4号より後の事項、及び同令第24条の事由と事項は推定による。",
        "Items of Immigration Order art. 2 after item 4, and grounds and items of art. 24, are assumed.",
        "入手できた条文は途中で切れており、第24条の本文は見つからなかった。",
        "The copy that was read breaks off, and the text of art. 24 was not found.",
    ),
    Unconfirmed(
        "renumbered-orders",
        "住基法施行令第30条の30は第30条の20に、入管法施行令第6条は第24条に移った。",
        "Resident Registration Order art. 30-30 became 30-20, and Immigration Order art. 6 became 24.",
        "現行の条番号は確認したが、移動の日は確認できない。",
        "The present numbers were confirmed; the dates of the moves were not.",
    ),
    Unconfirmed(
        "renumbered-revocation",
        f"入管法第22条の4第1項第8号から第10号までは、{in_japanese(REVOCATION_RENUMBERED)}に第10号から第12号までとなる。",
        f"Items 8 to 10 of Immigration Act art. 22-4 para. 1 become items 10 to 12 on"
        f" {in_english(REVOCATION_RENUMBERED)}.",
        "新設される号と施行日は二次資料により、繰下げはその読みである。",
        "The new items and the date come from secondary sources; the shift is a reading of them.",
    ),
    Unconfirmed(
        "background-citations",
        "住基法第30条の50、民法及び地方自治法の期間計算の条文は一般知識による。",
        "Resident Registration Act art. 30-50 and the articles on counting periods are cited from background"
        " knowledge.",
        "公式の法令データベースで確認していない。",
        "They were not checked against the official database of laws.",
    ),
    Unconfirmed(
        "counter-unreadable-chip",
        "ICチップを読めないカード等は、職員が券面を目視で確認して手続を続ける。",
        "Where a chip cannot be read, the clerk compares the face of the card by eye and goes on.",
        "読めない場合に窓口が何をするかを述べた資料は確認していない。",
        "What a counter does when a chip does not answer was not found.",
    ),
    Unconfirmed(
        "register-cancelling-order",
        "異動の取消しは後の異動から順に行う。その間に通知で変わった事項は通知のとおりとし、国が拒否したレコードは"
        "取り消さない。",
        "Changes are taken back in the reverse order. What a notice changed meanwhile stays as the notice"
        " says, and a record that the agency rejected need not be taken back there.",
        "標準仕様書は取消しを履歴に加えることを述べ、順序と通知との関係を述べていない。",
        "The open standard says that a cancellation adds to the history, not in which order, nor what becomes"
        " of a notice.",
    ),
    Unconfirmed(
        "register-certificate-notice",
        "特別永住者証明書の交付は、交付に関する情報のみで国に伝え、市町村通知を別に送らない。",
        "A certificate that is handed over is told by the certificate issuance notice alone, with no"
        " municipality notice beside it.",
        "入管法施行令第24条の事由の本文が見つからなかった。",
        "The grounds in Immigration Order art. 24 were not found.",
    ),
    Unconfirmed(
        "register-copy-by-card",
        "提示されたカードが住民票より新しいときは、職権で住民票を修正してから写しを交付し、国に通知する。",
        "Where the card that is shown is newer than the record, the record is corrected ex officio before the"
        " copy is issued, and the agency is told.",
        "資料は取扱いを問うのみで、答えを示していない。職権による修正は住基法第8条による。",
        "The source asks what to do and gives no answer; Resident Registration Act art. 8 allows the"
        " correction.",
    ),
    Unconfirmed(
        "register-copy-same-day",
        "決定と同じ日に交付した写しは、提示されたカードから分かるときのほか、古いとも古くないとも判断しない。",
        "A copy issued on the day of the decision counts neither as stale nor as up to date, unless the card"
        " that was shown tells.",
        "通知は決定の日を示し、時刻を示さない。",
        "A notice bears the day of the decision and no time.",
    ),
    Unconfirmed(
        "interface-specification",
        "電文の種別、様式、符号及びエラーコードは公開情報から再構成した renkei-open/1 による。",
        "Message types, layouts, codes and error codes are those of renkei-open/1, a reconstruction.",
        "国の連携インタフェース仕様は公開されていない。いかなる官庁もこの再構成を認めていない。",
        "The national interface specification is not public, and no authority endorsed the reconstruction.",
    ),
    Unconfirmed(
        "filing-rates",
        "届出の件数、遅延及びカード不持参の割合は仮定による。",
        "Numbers of filings, and shares of late ones and of cards not brought, are assumed.",
        "住居地の届出とカード交付の年間件数を公表資料から得ていない。",
        "No public yearly figures of residence notifications and cards issued were found.",
    ),
)

_BY_ID: Final = {entry.id: entry for entry in UNCONFIRMED}


def unconfirmed(entry_id: str) -> Unconfirmed:
    """The entry with this id.

    Raises:
        UsageError: no such entry; the message names the nearest.
    """
    entry = _BY_ID.get(entry_id)
    if entry is None:
        near = nearest(entry_id, _BY_ID)
        raise UsageError(
            f"no unconfirmed assumption is called {entry_id!r}",
            where="sim.law.unconfirmed",
            remedy=f"did you mean {near!r}?" if near else "see UNCONFIRMED for the ids",
        )
    return entry
