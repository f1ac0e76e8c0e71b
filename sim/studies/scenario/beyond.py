"""What a scenario plans and a shorter run does not come to, so that nothing is silently left out.

A scenario of its own length plans nothing outside of it (`Scenario` refuses that); one that is run for fewer
days (`--days`) does.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sim.studies.scenario import Scenario

HAPPENINGS: Final = {
    "lose_medium": ("媒体の紛失", "a medium is lost"),
    "find_medium": ("紛失した媒体の発見", "a lost medium is found"),
    "wrong_medium": ("誤った媒体の読取り", "a wrong medium is put into the reader"),
    "break_line": ("庁内の回線の停止", "the line inside breaks"),
    "replace_terminal": ("情報連携端末の交換", "another terminal takes the place"),
    "wrong_pins": ("暗証番号の誤り", "somebody types wrong PINs"),
    "unlock": ("操作者のロックの解除", "an operator is unlocked"),
    "stranger": ("登録のない相手からの接続", "a stranger knocks"),
    "export_log": ("証跡ログの媒体への出力", "the audit log is exported"),
    "operator_looks": ("操作者による照会", "an operator looks something up"),
    "operator_forgets": ("ログオフの忘れ", "an operator walks away without logging off"),
    "hand_over": ("媒体による緊急の引渡し", "a messenger carries what waits"),
    "terminal_fault": ("情報連携端末の障害", "a fault of the terminal"),
    "printer_fails": ("裏書き用プリンターの故障", "the endorsement printer fails"),
    "pattern_released": ("パターンファイルの配布", "a pattern file is released"),
    "survey_begins": ("書込みの準備の調査", "the survey on writing to chips begins"),
    "start_decided": ("書込みの開始の決定", "the start of writing to chips is decided"),
    "writing_starts": ("書込みの開始", "writing to chips starts"),
}
BAD_BATCH: Final = ("受け取ってはならないバッチ", "a batch that nobody should take in")
SWITCHES: Final = {
    "line": ("回線への切替え", "the change to a line"),
    "media": ("媒体への切替え", "the change to media"),
    "paper": ("紙への切替え", "the change to paper"),
}


def beyond(scenario: Scenario) -> list[dict[str, str]]:
    """What is planned after the last day, in the order of its moments.

    Keys: `at`, an ISO date and clock time in Japan; `ja` and `en`, what it is; `place` in the file. An
    outage that begins within the days and ends after them is played until the last day, and not listed.
    """
    end = datetime.combine(scenario.start, time()) + timedelta(days=scenario.days)
    late = [
        {"at": first.isoformat(" ", "minutes"), "ja": ja, "en": en, "place": place}
        for place, first, _, (ja, en) in planned(scenario)
        if first >= end
    ]
    return sorted(late, key=lambda one: (one["at"], one["place"]))


Planned = tuple[str, datetime, datetime, tuple[str, str]]


def planned(scenario: Scenario) -> list[Planned]:
    """(place in the file, first moment, last one, names) of everything that is planned for a moment."""
    found: list[Planned] = [
        (f"lgwan.outages.{i}", one.from_, one.until, (one.ja, one.en))
        for i, one in enumerate(scenario.lgwan.outages)
    ]
    found += [(f"bad_batches.{i}", one.at, one.at, BAD_BATCH) for i, one in enumerate(scenario.bad_batches)]
    found += [
        (f"happenings.{i}", one.at, one.at, HAPPENINGS[one.kind]) for i, one in enumerate(scenario.happenings)
    ]
    found += [
        (f"{place.code}.link.switches.{i}", switch.at, switch.at, SWITCHES[switch.to])
        for place in scenario.places
        for i, switch in enumerate(place.link.switches)
    ]
    return found
