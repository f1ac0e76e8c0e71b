"""Steps on offices and their terminals, on the policy on writing, and on what is written to chips.

What is set up before the case begins comes before the step that says when it is. As in `municipal`, no step
judges and none works out what is right.
"""

from __future__ import annotations

from typing import Any, Final

from pytest_bdd import given, then, when

from conformance.protocol.municipal import OfficeData
from conformance.scenes.authority import Readiness
from conformance.stage import Stage
from features.steps.municipal import DAY, OFFICES, Scene, day_of, matching, names

CONNECTIONS: Final = {
    "LGWANに接続し": "lgwan",
    "庁内LANだけに接続し": "lan_only",
    "スタンドアロンで": "standalone",
}
LANGUAGES: Final = {
    "日本語": "ja",
    "英語": "en",
    "中国語": "zh",
    "韓国語": "ko",
    "ベトナム語": "vi",
    "ポルトガル語": "pt",
}
POLICIES: Final = {
    "当分の間行わないこととされている": "suspended",
    "実状の調査中である": "survey",
}


# --- 前提: what is set up ---------------------------------------------------------------------------------
def _offices(stage: Stage) -> list[OfficeData]:
    return list(stage.scene.settings.get("offices", (OfficeData(),)))


def _settled(stage: Stage, office: str, **items: Any) -> None:
    """The office as it is to be set up; a branch that is not there yet is added."""
    offices = _offices(stage)
    name = OFFICES[office]
    if name not in [one.id for one in offices]:
        offices.append(OfficeData(id=name, kind="branch_office"))
    stage.scene.settings["offices"] = tuple(
        one.model_copy(update=items) if one.id == name else one for one in offices
    )


@given(matching("(?P<office>大久保支所|落合支所)では外国人住民の届出を受け付けている"))
def takes_filings(stage: Stage, office: str) -> None:
    _settled(stage, office, accepts_foreign_filings=True)


@given(matching("(?P<office>大久保支所|落合支所)では外国人住民の届出を受け付けず、本庁舎を案内している"))
def takes_none(stage: Stage, office: str) -> None:
    _settled(stage, office, accepts_foreign_filings=False, refers_to="main_office")


@given(matching("本庁舎では、ICカード取扱端末で読み取った文字を媒体で住基端末に移している"))
def carries_media(stage: Stage) -> None:
    _settled(stage, "本庁舎", extract="medium")


@given(matching("本庁舎では、住基端末で直接ICチップの文字を読み取っている"))
def reads_directly(stage: Stage) -> None:
    _settled(stage, "本庁舎", extract="direct")


@given(matching("(?P<office>本庁舎|大久保支所|落合支所)では(?P<languages>[^。]+語)で案内している"))
def speaks(stage: Stage, office: str, languages: str) -> None:
    _settled(stage, office, languages=tuple(LANGUAGES[one] for one in languages.split("、")))


@given(
    matching(
        "(?P<office>本庁舎|大久保支所|落合支所)のICカード取扱端末は(?P<way>LGWANに接続し|庁内LANだけに接続し|スタンドアロンで)ている"
    )
)
@given(
    matching(
        "(?P<office>本庁舎|大久保支所|落合支所)のICカード取扱端末は(?P<way>スタンドアロンで)使われている"
    )
)
def is_connected(stage: Stage, office: str, way: str) -> None:
    _settled(stage, office, connection=CONNECTIONS[way])


@given(
    matching("(?P<office>本庁舎|大久保支所|落合支所)のICカード取扱端末では書込みが(?P<on>有効|無効)である")
)
def is_switched(stage: Stage, office: str, on: str) -> None:
    _settled(stage, office, writes=on == "有効")


@given(matching(f"住居地のICチップへの書込みは、(?P<state>{'|'.join(POLICIES)})"))
def policy_is(stage: Stage, state: str) -> None:
    stage.scene.settings["write_policy"] = POLICIES[state]


@given(matching(f"住居地のICチップへの書込みは、(?P<day>{DAY})から行うことが決まったが、まだ開始していない"))
def policy_is_decided(stage: Stage, day: str) -> None:
    stage.scene.settings.update(write_policy="decided", writing_starts=day_of(day))


@given(matching(f"住居地のICチップへの書込みは、(?P<day>{DAY})から全国で行われる"))
def policy_is_active(stage: Stage, day: str) -> None:
    stage.scene.settings.update(write_policy="active", writing_starts=day_of(day))


@given(matching("書込みの3要件を満たさない市区町村がほかに1つある"))
def another_is_not_ready(stage: Stage) -> None:
    stage.scene.readiness = Readiness(elsewhere=False)


@given(matching("新宿区のセキュリティポリシーは接続を許容していない"))
def policy_forbids(stage: Stage) -> None:
    stage.scene.readiness = Readiness(permits=False)


@given(matching("新宿区の庁内LANの設定変更は済んでいない"))
def lan_is_not_set_up(stage: Stage) -> None:
    stage.scene.readiness = Readiness(configured=False)


# --- もし: what happens --------------------------------------------------------------------------------
@when(matching(f"(?P<day>{DAY})に作られた更新ファイル「(?P<version>[0-9A-Za-z-]+)」が国から配布される"))
def an_update_is_released(stage: Stage, day: str, version: str) -> None:
    stage.scene.release_update(version, day_of(day))


@when(matching("端末の一覧を確認する"))
def the_inventory_is_taken(stage: Stage) -> None:
    stage.scene.inventory()


# --- ならば: what the journal must show ----------------------------------------------------------------
@then(matching("窓口は何も処理せず、本庁舎を案内する"))
def is_referred(stage: Stage, scene: Scene) -> None:
    stage.expect("referred", visit=scene.visit, office="main_office")


@then(matching("媒体の使用は(?:暗号化された媒体への(?P<records>[0-9]+)件として記録される|ない)"))
def media_are_logged(stage: Stage, scene: Scene, records: str | None) -> None:
    stage.expect("extract_carried", visit=scene.visit, records=int(records or 0))


@then(matching("注意喚起は(?P<languages>[^。]+語)で行われる"))
def is_warned_in(stage: Stage, scene: Scene, languages: str) -> None:
    wanted = [LANGUAGES[one] for one in names(languages)]
    stage.expect("warning_languages", visit=scene.visit, languages=wanted)


@then(matching("ICチップにも書き込まれる"))
def the_chip_is_written(stage: Stage, scene: Scene) -> None:
    stage.expect("chip_written", visit=scene.visit, written=True)
    stage.expect("chip_authorised", visit=scene.visit)


@then(matching("裏書きはカードの裏面だけに行われ、ICチップには書き込まれない"))
def the_chip_is_not_written(stage: Stage, scene: Scene) -> None:
    stage.expect("chip_written", visit=scene.visit, written=False)
    stage.expect("chip_authorised", visit=scene.visit)


@then(matching("書込みの権限認証は(?:(?P<times>[0-9]+)回)?求められ(?:る|ない)"))
def writing_is_asked(stage: Stage, scene: Scene, times: str | None) -> None:
    stage.expect("write_asked", visit=scene.visit, times=int(times or 0))


@then(matching("カードの読取りは窓口のICカード取扱端末で行われる"))
def is_read_at_a_terminal(stage: Stage, scene: Scene) -> None:
    stage.expect("read_at_a_terminal", visit=scene.visit)


@then(matching("ICカード取扱端末と情報連携端末は別のものである"))
def terminals_are_apart(stage: Stage) -> None:
    stage.expect("terminals_apart")


@then(
    matching(
        "(?P<office>本庁舎|大久保支所)のICカード取扱端末は更新ファイル「(?P<version>[^」]*)」の状態である"
    )
)
def the_terminal_has(stage: Stage, office: str, version: str) -> None:
    stage.expect("terminal_update", office=OFFICES[office], version=version)


@then(matching("(?P<office>本庁舎|大久保支所)のICカード取扱端末には更新ファイルが届いていない"))
def the_terminal_has_none(stage: Stage, office: str) -> None:
    stage.expect("terminal_update", office=OFFICES[office], version="")
