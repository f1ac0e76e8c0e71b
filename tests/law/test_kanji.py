"""Kanji to 正字 with the small table that is shipped; `test_kanji_whole` asks the same of the whole one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import HarnessError, RenkeiError, UsageError
from sim.law.kanji.conversion import Outcome, Reason, convert
from sim.law.kanji.jis import JIS_STANDARDS, in_jis, is_kanji
from sim.law.kanji.naming import Name, Remark, convert_name
from sim.law.kanji.table import (
    CITED,
    Entry,
    Gap,
    Part,
    Row,
    Table,
    cited_table,
    parse_table,
    render,
    with_table_one,
    written,
)

TABLE = cited_table()
WHOLE = Table("whole", {"汉": Entry(Part.VARIANT, ("漢",))}, frozenset({"吳"}), gaps=())
HEAD = "renkei-standard-kanji\t1\nname\tx\ncomplete\tyes\nrows\t{}\npart\tsource\trank\tstandard\n"


def only(text: str, table: Table = TABLE, rank: int = 1) -> tuple[Outcome, Reason | None, str]:
    """What became of a text that is one written character."""
    (step,) = convert(text, table, rank).steps
    return step.outcome, step.reason, step.result


def said(error: RenkeiError) -> tuple[str | None, ...]:
    """All that an error says."""
    return error.message, error.expected, error.received, error.where, error.remedy


# --- what is no name is refused ----------------------------------------------------------------------
@pytest.mark.parametrize("char", ["\x00", "\t", "\n", "\x7f", "\x85", "\u2028", "\ufeff", "\ud840", "\udc0b"])
def test_control_characters_and_surrogates_are_refused_with_their_place(char: str) -> None:
    with pytest.raises(UsageError, match=rf"received: U\+{ord(char):04X} at character 3"):
        convert(f"张三{char}", TABLE)


@pytest.mark.parametrize("rank", [0, 3, -1])
def test_a_rank_that_the_table_does_not_know_is_refused(rank: int) -> None:
    with pytest.raises(UsageError, match=f"received: {rank}"):
        convert("汉", TABLE, rank)
    with pytest.raises(UsageError, match=f"received: {rank}"):
        convert("汉", TABLE, ranks={0: rank})


@pytest.mark.parametrize(
    ("text", "number"),
    [("汉", 1), ("汉", -1), ("", 0), ("国汉", 0), ("邓", 0), ("々", 0)],
    ids=["behind the end", "before the start", "nothing", "a standard", "one candidate", "no kanji"],
)
def test_asking_rank_two_of_a_character_that_has_none_is_refused(text: str, number: int) -> None:
    with pytest.raises(UsageError, match=f"character {number} has no standard of rank 2"):
        convert(text, TABLE, ranks={number: 2})


def test_a_text_that_is_no_name_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError) as caught:
        convert("张三\n李", TABLE)
    assert said(caught.value) == (
        "the name holds a character that no name has",
        "no control characters, line breaks, byte order marks or surrogates",
        "U+000A at character 3",
        "sim.law.kanji.conversion",
        "read the text with the encoding it was written in, and one name at a time",
    )


def test_an_unknown_rank_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError) as caught:
        convert("汉", TABLE, 3)
    assert said(caught.value) == (
        "table four ranks its standards 1 and 2",
        "rank 1 or 2",
        "3",
        "sim.law.kanji.conversion",
        "ask for rank 1, or for rank 2 where the person wishes the second standard",
    )


@pytest.mark.parametrize(
    ("text", "number", "received"),
    [("邓", 0, "邓"), ("汉国", 1, "国"), ("汉国", 2, "2 characters"), ("汉", -1, "1 characters")],
)
def test_a_rank_that_a_character_does_not_have_is_refused_with_what_to_do(
    text: str, number: int, received: str
) -> None:
    with pytest.raises(UsageError) as caught:
        convert(text, TABLE, ranks={number: 2})
    assert said(caught.value) == (
        f"character {number} has no standard of rank 2",
        "the number, from 0, of a character that table four replaces by that rank",
        received,
        "sim.law.kanji.conversion",
        "convert without `ranks` first and look at the candidates",
    )


# --- what cannot be converted stays and is marked ----------------------------------------------------
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("赵", Reason.SMALL_TABLE),
        ("𠀀", Reason.SMALL_TABLE),
        ("[E473]", Reason.UNKNOWN_CODE),
        ("\ue400", Reason.PRIVATE_USE),
        ("\U000f0000", Reason.PRIVATE_USE),
        ("汉\U000e0100", Reason.VARIATION),
        ("国\ufe00", Reason.VARIATION),
        ("[E400]\U000e0100", Reason.VARIATION),
        ("\U000e0100", Reason.VARIATION),
        ("国\ufe0f", Reason.VARIATION),
        ("国\U000e01ef", Reason.VARIATION),
        ("国\ufe20", Reason.COMBINING),
        ("か\u0903", Reason.COMBINING),
        ("\u0903", Reason.COMBINING),
        ("\u20dd", Reason.COMBINING),
        ("か\u3099", Reason.COMBINING),
        ("国\u20dd", Reason.COMBINING),
        ("\u0301", Reason.COMBINING),
        ("\u200d", Reason.INVISIBLE),
        ("\u202e", Reason.INVISIBLE),
        ("Ａ", Reason.NOT_KANJI),
        ("A", Reason.NOT_KANJI),
        ("ｱ", Reason.NOT_KANJI),
        ("ア", Reason.NOT_KANJI),
        ("々", Reason.NOT_KANJI),
        ("〇", Reason.NOT_KANJI),
        ("⼀", Reason.NOT_KANJI),
        ("김", Reason.NOT_KANJI),
        ("・", Reason.NOT_KANJI),
        ("\u00a0", Reason.NOT_KANJI),
        ("[", Reason.NOT_KANJI),
    ],
)
def test_what_the_table_does_not_convert_stays_with_the_reason(text: str, reason: Reason) -> None:
    assert only(text) == (Outcome.NOT_CONVERTED, reason, text)
    assert not convert(text, TABLE).settled
    assert reason.ja and reason.en


def test_a_kanji_without_an_entry_is_known_to_have_none_when_the_table_is_whole() -> None:
    assert only("赵", WHOLE) == (Outcome.NOT_CONVERTED, Reason.NO_ENTRY, "赵")


def test_a_code_that_is_not_of_the_notice_is_text_character_by_character() -> None:
    for text in ("[E40]", "[G473]", "[E473", "[E4000]"):
        conversion = convert(text, TABLE)
        assert conversion.result == text
        assert {step.reason for step in conversion.steps} == {Reason.NOT_KANJI}


def test_only_a_code_is_the_same_in_small_letters() -> None:
    table = Table("letters", {"A": Entry(Part.VARIANT, ("漢",))})
    assert only("A", table) == (Outcome.CONVERTED, None, "漢")
    assert only("a", table) == (Outcome.NOT_CONVERTED, Reason.NOT_KANJI, "a")


@pytest.mark.parametrize("space", [" ", "\u3000"])
def test_a_space_between_the_parts_of_a_name_stays(space: str) -> None:
    assert only(space) == (Outcome.SPACE, None, space)


def test_marks_cling_to_the_character_before_them_and_take_nothing_behind_them() -> None:
    steps = convert("国\u20dd邓か\u3099\u0301[E400]\ufe00汉", TABLE).steps
    assert [step.source for step in steps] == ["国\u20dd", "邓", "か\u3099\u0301", "[E400]\ufe00", "汉"]


def test_nothing_is_folded_on_the_way() -> None:
    text = "ＷＡＮＧ ﾜﾝ\uff9e 漢\ufa47 e\u0301"
    assert unicodedata.normalize("NFC", text) != text != unicodedata.normalize("NFKC", text)
    assert convert(text, TABLE).result == text


# --- what is converted -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("source", "standards"),
    [
        ("汉", "漢\ufa47"),
        ("张", "張弡"),
        ("陈", "陳陣"),
        ("龙", "竜龍"),
        ("发", "発髪"),
        ("历", "暦歴"),
        ("钟", "鐘鍾"),
        ("边", "辺邊"),
        ("邓", "鄧"),
        ("苏", "蘇囌"),
        ("[E400]", "帰歸"),
        ("[e400]", "帰歸"),
    ],
)
def test_the_cited_sources_become_their_standards_by_rank(source: str, standards: str) -> None:
    """S1-019."""
    (first,) = convert(source, TABLE).steps
    assert (first.result, first.rank, first.part) == (standards[0], 1, Part.VARIANT)
    assert first.candidates == tuple(standards)
    (second,) = convert(source, TABLE, rank=2).steps
    assert (second.result, second.rank) == (standards[-1], len(standards))


@pytest.mark.parametrize("char", "刘广复干后云叶芸沈吴国学静")
def test_a_standard_kanji_stays_whatever_it_means_elsewhere(char: str) -> None:
    assert only(char) == (Outcome.STANDARD, None, char)
    assert only(char, rank=2) == (Outcome.STANDARD, None, char)


def test_a_row_of_the_second_part_is_used_and_named() -> None:
    (step,) = convert("仼", TABLE).steps
    assert (step.result, step.part) == ("任", Part.SIMILAR)


def test_rank_two_can_be_asked_of_one_character_alone() -> None:
    assert convert("龙发龙", TABLE, ranks={2: 2}).result == "竜発龍"
    assert convert("龙发龙", TABLE, 2, ranks={0: 1}).result == "竜髪龍"
    assert convert("[E400]汉", TABLE, ranks={1: 2}).result == "帰\ufa47"


def test_a_choice_among_several_is_recorded() -> None:
    conversion = convert("邓 龙", TABLE)
    assert [step.source for step in conversion.choices] == ["龙"]
    assert [step.outcome for step in conversion.steps] == [
        Outcome.CONVERTED,
        Outcome.SPACE,
        Outcome.CONVERTED,
    ]
    assert conversion.settled


def test_the_conversion_names_its_table_and_what_that_lacks() -> None:
    """S1-019: the table of a conversion is named, so its version is known."""
    conversion = convert("汉", TABLE)
    assert (conversion.table, conversion.gaps) == ("cited", (Gap.TABLE_FOUR, Gap.TABLE_ONE))
    assert not TABLE.complete and all(gap.ja and gap.en for gap in TABLE.gaps)
    assert convert("汉", WHOLE).gaps == () and WHOLE.complete


def test_an_answer_carries_the_assumptions_it_leans_on() -> None:
    assert convert("国", TABLE).unconfirmed == ()
    assert convert("汉", TABLE).unconfirmed == ("kanji-table-date",)
    assert convert("邓", TABLE, 2).unconfirmed == ("kanji-table-date",)
    assert convert("汉", TABLE, 2).unconfirmed == ("kanji-table-date", "kanji-second-rank")
    assert convert("赵", TABLE).unconfirmed == ("kanji-no-entry",)


def test_the_empty_text_is_settled() -> None:
    assert convert("", TABLE).steps == () and convert("", TABLE).settled


# --- what holds for every text -----------------------------------------------------------------------
PIECES = st.one_of(
    st.sampled_from(sorted(TABLE.entries)),
    st.sampled_from([*"刘广漢竜龍吳々アｱＡA[]E4０ 　", "[E473]", "[e400]", "\ue400", "\ufa47"]),
    st.sampled_from(["\U000e0100", "\ufe00", "\u3099", "\u200d"]),
    st.characters(min_codepoint=0x3400, max_codepoint=0x323AF, exclude_categories=("Cs", "Cc")),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join).filter(lambda text: "\ufeff" not in text)


@given(TEXTS, st.sampled_from([1, 2]))
def test_every_character_of_the_text_is_accounted_for(text: str, rank: int) -> None:
    conversion = convert(text, TABLE, rank)
    assert conversion.text == text
    assert len(conversion.result) == sum(len(step.result) for step in conversion.steps)
    kept = [step for step in conversion.steps if step.outcome is not Outcome.CONVERTED]
    assert all(step.result == step.source and step.rank is None for step in kept)
    assert all((step.reason is None) == (step.outcome is not Outcome.NOT_CONVERTED) for step in kept)
    for step in conversion.steps:
        if step.outcome is Outcome.CONVERTED:
            assert step.rank is not None and step.result == step.candidates[step.rank - 1]
            assert len(step.result) == 1 and TABLE.is_standard(step.result)


@given(TEXTS, st.sampled_from([1, 2]), st.sampled_from([1, 2]))
def test_converting_again_changes_nothing_by_any_rank(text: str, first: int, second: int) -> None:
    once = convert(text, TABLE, first)
    twice = convert(once.result, TABLE, second)
    assert twice.result == once.result
    assert not any(step.outcome is Outcome.CONVERTED for step in twice.steps)
    assert [step.reason for step in twice.not_converted] == [step.reason for step in once.not_converted]


# --- the 正字 that Python's codecs know --------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "last"), [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFD)]
)
def test_a_block_of_kanji_ends_where_unicode_ends_it(first: int, last: int) -> None:
    assert is_kanji(chr(first)) and is_kanji(chr(last))
    assert not is_kanji(chr(first - 1)) and not is_kanji(chr(last + 1))


def test_the_codecs_give_the_standards_of_both_jis_standards() -> None:
    in_jis.cache_clear()
    found = [chr(code) for code in range(0x3400, 0x40000) if is_kanji(chr(code)) and in_jis(chr(code))]
    assert len(found) == JIS_STANDARDS == 10_051 + 3_058
    assert "仝" in found and "\ufa47" in found and "丈\u0301" not in found


@pytest.mark.parametrize("char", "々〆〇ヶアA吳內汉")
def test_what_is_no_kanji_of_jis_is_no_standard_of_the_codecs(char: str) -> None:
    assert not in_jis(char)


# --- names -------------------------------------------------------------------------------------------
def test_a_name_needs_a_latin_or_a_kanji_name() -> None:
    for name in (Name(""), Name("", alias="田中")):
        with pytest.raises(UsageError, match="nobody is named by an alias alone"):
            convert_name(name, TABLE)


@pytest.mark.parametrize(
    ("name", "received"), [(Name(""), "nothing"), (Name("", alias="田中"), "alias '田中'")]
)
def test_a_name_of_nobody_is_refused_with_what_to_do(name: Name, received: str) -> None:
    with pytest.raises(UsageError) as caught:
        convert_name(name, TABLE)
    assert said(caught.value) == (
        "nobody is named by an alias alone",
        "a Latin name, and kanji in addition if there are any",
        received,
        "sim.law.kanji.naming",
        "give the Latin name of the passport, or the kanji where the card may show them alone",
    )


@pytest.mark.parametrize(("rank", "kanji"), [(1, "竜漢"), (2, "龍\ufa47")])
def test_a_rank_asked_of_a_name_is_asked_of_all_its_kanji(rank: int, kanji: str) -> None:
    assert convert_name(Name("LONG HAN", "龙汉"), TABLE, rank).name.kanji == kanji


def test_only_the_kanji_of_a_name_are_converted() -> None:
    converted = convert_name(Name("LONG HAN", "龙汉", alias="龙田"), TABLE, ranks={0: 2})
    assert converted.name == Name("LONG HAN", "龍漢", alias="龙田")
    assert converted.remarks == ()
    assert converted.unconfirmed == ("kanji-table-date", "kanji-second-rank", "kanji-alias")


def test_a_name_without_kanji_is_left_as_it_is() -> None:
    converted = convert_name(Name("SMITH JOHN"), TABLE)
    assert (converted.kanji, converted.name, converted.unconfirmed) == (None, Name("SMITH JOHN"), ())


def test_kanji_alone_are_remarked_upon_and_converted_all_the_same() -> None:
    converted = convert_name(Name("", "汉"), TABLE)
    assert converted.remarks == (Remark.NO_LATIN,) and converted.name.kanji == "漢"
    assert converted.unconfirmed == ("kanji-table-date", "kanji-without-latin")


@pytest.mark.parametrize("latin", ["ＬＯＮＧ", "汉", "JOSÉ"])
def test_a_latin_name_beyond_ascii_is_remarked_upon_and_kept(latin: str) -> None:
    converted = convert_name(Name(latin), TABLE)
    assert converted.remarks == (Remark.LATIN_NOT_ASCII,) and converted.latin == latin


# --- the table's file --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "in the first line"),
        (b"\xff\xfe", "text in UTF-8"),
        (b"renkei-standard-kanji\t2\n", "version 1"),
        (b"renkei-standard-kanji\t1\nname\tx\n", "a head with name"),
        (HEAD.format(0).replace("yes", "perhaps").encode(), "complete"),
        (HEAD.format(0).replace("name\tx", "name\tx\nname\ty").encode(), "line 3"),
        (HEAD.format(2).encode() + b"variant\t6C49\t1\t6F22\n", "2 rows, as its head says"),
        (HEAD.format(1).encode() + b"variant\t6C49\t1\n", "3 fields"),
        (HEAD.format(1).encode() + b"other\t6C49\t1\t6F22\n", "received: other"),
        (HEAD.format(1).encode() + b"added\t6C49\t1\t6F22\n", "received: added"),
        (HEAD.format(1).encode() + b"variant\t6c49\t1\t6F22\n", "received: 6c49"),
        (HEAD.format(1).encode() + b"variant\t0041\t1\t6F22\n", "received: 0041"),
        (HEAD.format(1).encode() + b"variant\tFFFFF\t1\t6F22\n", "received: FFFFF"),
        (HEAD.format(1).encode() + b"variant\t6C49\t1\tE400\n", "a standard with the code point of a kanji"),
        (HEAD.format(1).encode() + b"variant\t6C49\t3\t6F22\n", "rank 1 or 2"),
        (HEAD.format(1).encode() + b"variant\t6C49\t2\t6F22\n", "rank 1 of 汉"),
        (HEAD.format(2).encode() + b"variant\t6C49\t1\t6F22\n" * 2, "rank 2 of 汉"),
        (HEAD.format(2).encode() + b"variant\t6C49\t1\t6F22\nsimilar\t6C49\t2\t6F22\n", "one part only"),
        (HEAD.format(1).encode() + b"variant\t6F22\t1\t7ADC\n", "漢 is a 正字"),
        (HEAD.format(2).encode() + b"variant\t6C49\t1\t5433\nvariant\t5433\t1\t6F22\n", "吳 is a 正字"),
    ],
)
def test_a_damaged_table_is_refused_and_the_reason_named(data: bytes, message: str) -> None:
    with pytest.raises(HarnessError) as caught:
        parse_table(data, "x.tsv")
    assert message in str(caught.value) and "x.tsv" in str(caught.value)


FIRST_LINE = "renkei-standard-kanji, version 1, in the first line"
HEADER = "one each of name, complete, rows"
A_HEAD = "a head with name, complete (yes or no) and rows"
A_CODE = "the code of a kanji, four or five of 0-9 A-F"


def body(*rows: str, count: int | None = None) -> bytes:
    """A table with these rows, whose first is line 6."""
    return (HEAD.format(len(rows) if count is None else count) + "".join(f"{row}\n" for row in rows)).encode()


def head(line: str) -> bytes:
    """A table whose third line is this one."""
    return HEAD.format(0).replace("complete\tyes", line).encode()


@pytest.mark.parametrize(
    ("data", "where", "expected", "received"),
    [
        (b"", "x.tsv", FIRST_LINE, ""),
        (b"ab\xff\xfe", "x.tsv", "text in UTF-8", "byte 0xff at 2"),
        (b"\n" + b"one\ttwo " + b"3" * 60, "x.tsv", FIRST_LINE, "one two " + "3" * 52),
        (head("size\t1"), "x.tsv, line 3", HEADER, "size\t1"),
        (head("name\ty"), "x.tsv, line 3", HEADER, "name\ty"),
        (head("complete\tyes\tno"), "x.tsv, line 3", HEADER, "complete\tyes\tno"),
        (head("complete"), "x.tsv, line 3", HEADER, "complete"),
        (head("# a note\n\nsize\t" + "9" * 60), "x.tsv, line 5", HEADER, "size\t" + "9" * 55),
        (head("# a note"), "x.tsv", A_HEAD, "['name', 'rows']"),
        (head("complete\tperhaps"), "x.tsv", A_HEAD, "['complete', 'name', 'rows']"),
        (body(count=2), "x.tsv", "2 rows, as its head says", "0"),
        (body("variant\t6C49\t1"), "x.tsv, line 6", "part source rank standard", "3 fields"),
        (body("added\t6C49\t1\t6F22"), "x.tsv, line 6", "one of variant, similar", "added"),
        (body("variant\t6c49\t1\t6F22"), "x.tsv, line 6", A_CODE, "6c49"),
        (body("variant\t6C49\t1\t0041"), "x.tsv, line 6", A_CODE, "0041"),
        (body("variant\t6C49\t3\t6F22"), "x.tsv, line 6", "rank 1 or 2", "3"),
        (body("variant\t6C49\t2\t6F22"), "x.tsv, line 6", "rank 1 of 汉", "rank 2"),
        (body(*["variant\t6C49\t1\t6F22"] * 2), "x.tsv, line 7", "rank 2 of 汉", "rank 1"),
        (
            body("variant\t6C49\t1\t6F22", "# a note", "similar\t6C49\t2\t6F22", count=2),
            "x.tsv, line 8",
            "汉 in one part only",
            "it stands in both",
        ),
        (
            body("variant\t6C49\t1\tE400"),
            "x.tsv, line 6",
            "a standard with the code point of a kanji",
            "[E400]",
        ),
    ],
)
def test_a_damaged_table_is_refused_with_the_line_and_what_to_do(
    data: bytes, where: str, expected: str, received: str
) -> None:
    with pytest.raises(HarnessError) as caught:
        parse_table(data, "x.tsv")
    assert said(caught.value) == (
        "this is no table of standard kanji, or it is damaged",
        expected,
        received,
        where,
        "build it again with `make kanji-table`; docs/standard-kanji.md describes the format",
    )


REPLACES_A_STANDARD = (
    "sources that are no 正字: a 正字 stays as it is",
    None,
    "x.tsv",
    "build the table again with `make kanji-table`",
)


def test_a_table_that_replaces_a_standard_is_refused_with_what_to_do() -> None:
    with pytest.raises(HarnessError) as caught:
        parse_table(body("variant\t6C49\t1\t5433", "variant\t5433\t1\t6F22"), "x.tsv")
    assert said(caught.value) == ("吳 is a 正字 and yet has a row of its own", *REPLACES_A_STANDARD)


def test_a_table_one_that_makes_a_standard_of_a_source_is_refused() -> None:
    data = render("one", [Row(Part.ADDED, "汉", 1, "汉")], complete=True, notes=())
    with pytest.raises(HarnessError) as caught:
        with_table_one(TABLE, data, "x.tsv")
    assert said(caught.value) == ("汉 is a 正字 and yet has a row of its own", *REPLACES_A_STANDARD)


def test_a_table_one_with_rows_of_table_four_is_refused() -> None:
    with pytest.raises(HarnessError) as caught:
        with_table_one(TABLE, body("variant\t6C49\t1\t6F22"), "one.tsv")
    assert said(caught.value)[1:4] == ("one of added", "variant", "one.tsv, line 6")


def test_a_whole_table_four_lacks_table_one_alone_and_keeps_its_name() -> None:
    data = body("variant\t6C49\t1\t6F22", "variant\t6C49\t2\tFA47", "similar\t9FFF\t1\t7ADC")
    entries = {"汉": Entry(Part.VARIANT, ("漢", "\ufa47")), "\u9fff": Entry(Part.SIMILAR, ("竜",))}
    table = parse_table(data.replace(b"name\tx", b"name\tof two words"), "x.tsv")
    assert table == Table("of two words", entries, frozenset(), (Gap.TABLE_ONE,))
    partly = parse_table(data.replace(b"complete\tyes", b"complete\tno"), "x.tsv")
    assert partly.gaps == (Gap.TABLE_FOUR, Gap.TABLE_ONE)


def test_a_table_one_read_after_another_adds_to_it() -> None:
    table = TABLE
    for char in "吳內":
        data = render("one", [Row(Part.ADDED, char, 1, char)], complete=False, notes=())
        table = with_table_one(table, data, "one.tsv")
    assert table.added == {"吳", "內"}


def test_what_the_table_names_as_a_standard_is_one_and_a_text_of_two_is_none() -> None:
    table = Table("x", {"汉": Entry(Part.VARIANT, ("赵",))}, frozenset({"吳"}))
    assert [table.is_standard(text) for text in ("赵", "吳", "漢")] == [True] * 3
    assert [table.is_standard(text) for text in ("汉", "漢漢", "[E473]", "")] == [False] * 4


@pytest.mark.parametrize(
    ("code", "text"), [(0xDFFF, "\udfff"), (0xE000, "[E000]"), (0xF8FF, "[F8FF]"), (0xF900, "\uf900")]
)
def test_a_private_code_is_written_in_brackets_and_any_other_as_itself(code: int, text: str) -> None:
    assert written(code) == text


@pytest.mark.parametrize(("complete", "word"), [(True, "yes"), (False, "no")])
def test_a_table_is_written_by_part_code_and_rank(complete: bool, word: str) -> None:
    rows = [
        Row(Part.ADDED, "㐂", 1, "㐂"),
        Row(Part.SIMILAR, "㐇", 1, "漢"),
        Row(Part.VARIANT, "𠀀", 1, "漢"),
        Row(Part.VARIANT, "[E400]", 2, "歸"),
        Row(Part.VARIANT, "[E400]", 1, "帰"),
        Row(Part.VARIANT, "汉", 1, "漢"),
    ]
    assert render("x", rows, complete=complete, notes=["one", "two"]).decode().split("\n") == [
        "renkei-standard-kanji\t1",
        "# one",
        "# two",
        "name\tx",
        f"complete\t{word}",
        "rows\t6",
        "part\tsource\trank\tstandard",
        "variant\t6C49\t1\t6F22",
        "variant\tE400\t1\t5E30",
        "variant\tE400\t2\t6B78",
        "variant\t20000\t1\t6F22",
        "similar\t3407\t1\t6F22",
        "added\t3402\t1\t3402",
        "",
    ]


def test_table_one_makes_its_characters_standards_in_both_writings() -> None:
    rows = [Row(Part.ADDED, "吳", 1, "吳"), Row(Part.ADDED, "[E479]", 1, "𭆁")]
    whole = with_table_one(TABLE, render("one", rows, complete=True, notes=()), "one.tsv")
    for writing in ("吳", "[E479]", "[e479]", "𭆁"):
        assert only(writing, whole) == (Outcome.STANDARD, None, writing)
        assert only(writing)[0] is Outcome.NOT_CONVERTED
    assert whole.gaps == (Gap.TABLE_FOUR,)
    partly = with_table_one(TABLE, render("one", rows, complete=False, notes=()), "one.tsv")
    assert partly.gaps == TABLE.gaps and partly.is_standard("吳")


def test_rendering_is_the_same_in_any_order_and_reads_back() -> None:
    rows = [
        Row(entry.part, source, rank, standard)
        for source, entry in TABLE.entries.items()
        for rank, standard in enumerate(entry.standards, start=1)
    ]
    data = render("cited", rows, complete=False, notes=["a note"])
    assert render("cited", reversed(rows), complete=False, notes=["a note"]) == data
    assert parse_table(data, "x.tsv") == TABLE
    assert parse_table(CITED.read_bytes(), "cited.tsv") == TABLE
