"""Names of municipalities and offices, and lists of counted reasons, as sections show them."""

from __future__ import annotations

from collections.abc import Mapping

from reports import labels
from reports.labels import Pair
from reports.language import Language
from sim.studies.measures import Distribution, Measures


def several(m: Measures) -> bool:
    """Whether the run has more than one municipality."""
    return len(m.run.sites) > 1


def site(m: Measures, say: Language, code: str) -> str:
    """A municipality by its name, or by its code where the run does not name it."""
    found = next((one for one in m.run.sites if one.code == code), None)
    if found is None:
        return say(m.run.municipality_ja, m.run.municipality_en) if code == m.run.municipality else code
    return say(found.ja, found.en)


def office(m: Measures, say: Language, key: str) -> str:
    """An office by its name, with its municipality where the run has several."""
    code, _, name = key.partition("/")
    spec = next((one for one in m.run.sites if one.code == code), None)
    pair = spec.offices.get(name, [name, name]) if spec is not None else [name, name]
    told = say(pair[0], pair[1])
    return say(f"{site(m, say, code)} {told}", f"{site(m, say, code)}: {told}") if several(m) else told


def ordered(m: Measures, keys: Mapping[str, object]) -> list[str]:
    """Keys that begin with a municipality's code, in the order of the run's; main offices before branches."""
    places = {one.code: i for i, one in enumerate(m.run.sites)}

    def rank(key: str) -> tuple[int, bool, str]:
        code, _, name = key.partition("/")
        return places.get(code, len(places)), name != "main_office", key

    return sorted(keys, key=rank)


def listed(say: Language, names: Mapping[str, Pair], counts: Mapping[str, int]) -> str:
    """Counted reasons in one line: `Closed: 36, …`."""
    rows = [
        (say.of(labels.named(dict(names), key)), counts[key])
        for key in labels.in_order(dict(names), set(counts))
    ]
    return say(
        "、".join(f"{name} {say.number(times)}" for name, times in rows),
        ", ".join(f"{name}: {say.number(times)}" for name, times in rows),
    )


def quantiles(say: Language, spans: Distribution) -> str:
    """Median and 90th percentile as `0 / 12`, or a dash."""
    half, ninety = spans.quantile(0.5), spans.quantile(0.9)
    if half is None or ninety is None:
        return "–"
    return f"{half:,} / {ninety:,}"
