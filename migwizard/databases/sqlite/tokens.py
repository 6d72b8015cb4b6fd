"""The tokens of SQLite's SQL, and one way to write an expression, however it was written first.

SQLite keeps the text of every CREATE statement, and rewrites names in it when something is renamed. So two texts that
mean the same may differ in space, in the case of keywords and in how names are quoted, and in nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from migwizard.core.schema.names import quoted

Kind = Literal["word", "quoted", "string", "number", "blob", "symbol"]


class Token(NamedTuple):
    """One token: for a quoted name its `text` is the bare name; for everything else it is as written."""

    kind: Kind
    text: str
    word: str = ""
    """For a keyword or an unquoted name, its text in upper case."""

    def is_symbol(self, *symbols: str) -> bool:
        """Return whether the token is one of these symbols."""
        return self.kind == "symbol" and self.text in symbols


# An unclosed comment runs to the end, as in SQLite itself.
TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<blob>[xX]'[^']*')
      | (?P<string>'(?:[^']|'')*')
      | (?P<double>"(?:[^"]|"")*")
      | (?P<grave>`(?:[^`]|``)*`)
      | (?P<bracket>\[[^\]]*\])
      | (?P<number>0[xX][0-9a-fA-F]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
      | (?P<word>[^\W\d][\w$]*)
      | (?P<symbol>->>|->|\|\||<<|>>|<=|>=|<>|!=|==|.)
    """,
    re.VERBOSE | re.DOTALL,
)

# Words that are no names in an expression unless they are quoted.
_RESERVED = """
    ALL AND AS BETWEEN CASE CHECK COLLATE DEFAULT DISTINCT ELSE ESCAPE EXCEPT EXISTS FROM GROUP HAVING IN INTERSECT IS
    ISNULL JOIN LIMIT NOT NOTNULL NULL ON OR ORDER SELECT SET THEN UNION UNIQUE USING VALUES WHEN WHERE
"""
# Words that are keywords where they are not the name of a column.
_KEYWORDS = """
    ABORT ACTION AFTER ALWAYS ASC BEFORE BEGIN BY CAST CROSS CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP
    CREATE DELETE DESC DO EACH END EXCLUDE FAIL FALSE FILTER FIRST FOLLOWING FOR FULL GENERATED GLOB GROUPS IF IGNORE
    INDEX INNER INSERT INSTEAD INTO LAST LEFT LIKE MATCH MATERIALIZED NATURAL NO NOTHING NULLS OF OFFSET OTHERS OUTER
    OVER PARTITION PRECEDING RAISE RANGE RECURSIVE REGEXP REPLACE RETURNING RIGHT ROLLBACK ROW ROWS TABLE TEMP TEMPORARY
    TIES TO TRIGGER TRUE UNBOUNDED UPDATE VIEW VIRTUAL WINDOW WITH
"""
RESERVED = frozenset(_RESERVED.split())
KEYWORDS = RESERVED | frozenset(_KEYWORDS.split())


ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of a statement, without space and comments."""
    return list(_tokens(sql))


def _tokens(sql: str) -> Iterator[Token]:
    for match in TOKEN.finditer(sql):
        kind, text = match.lastgroup, match[0]
        if kind == "double" or kind == "grave":
            yield Token("quoted", text[1:-1].replace(text[0] * 2, text[0]))
        elif kind == "bracket":
            yield Token("quoted", text[1:-1])
        elif kind == "word":
            yield Token("word", text, text.upper())
        elif kind != "space":
            yield Token(kind, text)  # type: ignore[arg-type]


def name_of(token: Token) -> str:
    """Return the name that a token stands for; SQLite takes a string for a name where only a name can be."""
    return token.text[1:-1].replace("''", "'") if token.kind == "string" else token.text


def normal(tokens: Sequence[Token], names: Mapping[str, str] | None = None, table: str = "") -> str:
    """Return tokens as one text: keywords in upper case, every name in double quotes, one space between two tokens.

    `names` are the columns or tables that may be meant, by their folded names, so that they are spelled as declared;
    `table` is the name of the table itself, which may stand before a column and says nothing there.
    """
    names = names or {}
    tokens = _without_own_table(_without_outer_parentheses(tokens), folded(table)) if table else tokens
    return " ".join(
        _written(token, tokens[place + 1 : place + 2], names) for place, token in enumerate(tokens)
    )


def _written(token: Token, following: Sequence[Token], names: Mapping[str, str]) -> str:
    if token.kind == "quoted":
        return quoted(names.get(folded(token.text), token.text))
    if token.kind == "blob":
        return token.text.upper()
    if token.kind != "word":
        return token.text
    if token.word in RESERVED or (token.word in KEYWORDS and folded(token.text) not in names):
        return token.word
    if folded(token.text) not in names and following and following[0].is_symbol("("):
        return token.text.lower()
    return quoted(names.get(folded(token.text), token.text))


def _without_outer_parentheses(tokens: Sequence[Token]) -> Sequence[Token]:
    while len(tokens) > 2 and tokens[0].is_symbol("(") and closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _without_own_table(tokens: Sequence[Token], table: str) -> Sequence[Token]:
    kept: list[Token] = []
    for token in tokens:
        before = kept[-2:]
        if (
            len(before) == 2
            and before[1].is_symbol(".")
            and before[0].kind in ("word", "quoted")
            and folded(before[0].text) == table
        ):
            del kept[-2:]
        kept.append(token)
    return kept


def closing(tokens: Sequence[Token], opening: int) -> int:
    """Return the place of the parenthesis that closes the one at `opening`; the end if none does."""
    depth = 0
    for place in range(opening, len(tokens)):
        if tokens[place].is_symbol("("):
            depth += 1
        elif tokens[place].is_symbol(")"):
            depth -= 1
            if depth == 0:
                return place
    return len(tokens)


def by_commas(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """Return the parts between the commas that are in no parentheses."""
    parts: list[Sequence[Token]] = []
    start = place = 0
    while place < len(tokens):
        if tokens[place].is_symbol("("):
            place = closing(tokens, place)
        elif tokens[place].is_symbol(","):
            parts.append(tokens[start:place])
            start = place + 1
        place += 1
    return [*parts, tokens[start:]]


def mentioned(tokens: Iterable[Token], names: Mapping[str, str]) -> tuple[str, ...]:
    """Return those of `names` (by folded name) that the tokens mention, in the order of their first mention."""
    found = (names.get(folded(token.text)) for token in tokens if token.kind in ("word", "quoted"))
    return tuple(dict.fromkeys(name for name in found if name is not None))


def folded(name: str) -> str:
    """Return a name as SQLite compares it: without regard to the case of ASCII letters, and of no others."""
    return name.lower() if name.isascii() else name.translate(ASCII_LOWER)


def by_folded(names: Iterable[str]) -> dict[str, str]:
    """Return names by what they are compared as."""
    return {folded(name): name for name in names}
