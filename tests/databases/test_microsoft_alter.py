"""The statements that alter tables of SQL Server: the smallest change, and nothing that hides in a text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Table, Trigger, View
from migwizard.databases import CannotAlter
from migwizard.databases.microsoft import alter
from migwizard.databases.microsoft.expressions import enclosed, sound
from migwizard.databases.microsoft.facts import Facts, Statistics, add_property, essence, grant

ID = Column("id", "int", False, identity="identity")
NAME = Column("na]me", "nvarchar(9)", True)
KEY = Constraint("primary", "", ("id",))
CHECK = Constraint("check", "c", ("na]me",), "([na]]me]<>N'')")
UNIQUE = Index("u", (IndexPart("na]me"),), True, "([na]]me] IS NOT NULL)")
TABLE = Table("t", (ID, NAME), (KEY, CHECK), (Index("i", (IndexPart("id"),), nulls_distinct=True), UNIQUE))
OTHER = Table(
    "o", (Column("t", "int", True),), (Constraint("foreign", "f", ("t",), references=("t", ("id",))),)
)
LIVE = {"t": TABLE, "o": OTHER}
FACTS = Facts(
    "dbo",
    defaults={("t", "na]me"): "DF_t"},
    given={("t", essence(KEY)): ("PK__t__1",)},
    clustered={("t", essence(KEY)): True},
    statistics={"t": (Statistics("s", ("na]me",)),)},
)


def with_name(**changed: object) -> Table:
    """Return the table with another second column."""
    return replace(TABLE, columns=(ID, replace(NAME, **changed)))  # type: ignore[arg-type]


def made(target: Table | None, live: Table = TABLE, facts: Facts = FACTS, **more: object) -> tuple[str, ...]:
    """Return the statements for the first table."""
    return alter.statements({**LIVE, "t": live}, [("t", target)], facts=facts, **more)  # type: ignore[arg-type]


DROPPED = (
    "DROP STATISTICS [dbo].[t].[s]",
    "DROP INDEX [u] ON [dbo].[t]",
    "ALTER TABLE [dbo].[t] DROP CONSTRAINT [c]",
)
ADDED = (
    "ALTER TABLE [dbo].[t] ADD CONSTRAINT [c] CHECK ([na]]me]<>N'')",
    "CREATE UNIQUE INDEX [u] ON [dbo].[t] ([na]]me]) WHERE ([na]]me] IS NOT NULL)",
)
STATISTICS = ("CREATE STATISTICS [s] ON [dbo].[t] ([na]]me])",)


@pytest.mark.parametrize(
    ("target", "statements"),
    [
        (TABLE, ()),
        # A text that only gets longer: indexes, checks and statistics stay.
        (with_name(type="nvarchar(20)"), ("ALTER TABLE [dbo].[t] ALTER COLUMN [na]]me] nvarchar(20) NULL",)),
        (
            with_name(nullable=False),
            (
                *DROPPED,
                "ALTER TABLE [dbo].[t] ALTER COLUMN [na]]me] nvarchar(9) NOT NULL",
                *(*ADDED, *STATISTICS),
            ),
        ),
        (
            with_name(type="nvarchar(5)", collation="Latin1_General_BIN2"),
            (
                *DROPPED,
                "ALTER TABLE [dbo].[t] ALTER COLUMN [na]]me] nvarchar(5) COLLATE Latin1_General_BIN2 NULL",
                *(*ADDED, *STATISTICS),
            ),
        ),
        (
            with_name(default="(N'x')"),
            ("ALTER TABLE [dbo].[t] ADD CONSTRAINT [DF_t] DEFAULT (N'x') FOR [na]]me]",),
        ),
        (
            replace(TABLE, columns=(ID,), constraints=(KEY,), indexes=TABLE.indexes[:1]),
            (
                *DROPPED,
                "ALTER TABLE [dbo].[t] DROP CONSTRAINT [DF_t]",
                "ALTER TABLE [dbo].[t] DROP COLUMN [na]]me]",
            ),
        ),
        (
            replace(TABLE, columns=(*TABLE.columns, Column("n", "int", False, "((7))"))),
            ("ALTER TABLE [dbo].[t] ADD [n] int NOT NULL DEFAULT ((7))",),
        ),
        (
            replace(TABLE, columns=(*TABLE.columns, Column("n", "int", True, "7"))),
            ("ALTER TABLE [dbo].[t] ADD [n] int NULL DEFAULT (7) WITH VALUES",),
        ),
        (
            replace(TABLE, columns=(*TABLE.columns, Column("n", "int", True, generated="stored ([id]*(2))"))),
            ("ALTER TABLE [dbo].[t] ADD [n] AS ([id]*(2)) PERSISTED",),
        ),
        (
            replace(TABLE, constraints=(KEY, replace(CHECK, name="d]'"))),
            ("EXEC sp_rename N'[dbo].[c]', N'd]''', N'OBJECT'",),
        ),
        (
            replace(TABLE, constraints=(KEY, replace(CHECK, name=""))),
            (
                "ALTER TABLE [dbo].[t] DROP CONSTRAINT [c]",
                "ALTER TABLE [dbo].[t] ADD CHECK ([na]]me]<>N'')",
            ),
        ),
        (
            replace(TABLE, constraints=(replace(KEY, name="pk"), CHECK)),
            ("EXEC sp_rename N'[dbo].[PK__t__1]', N'pk', N'OBJECT'",),
        ),
        (
            replace(TABLE, indexes=(replace(TABLE.indexes[0], name="j"), UNIQUE)),
            ("EXEC sp_rename N'[dbo].[t].[i]', N'j', N'INDEX'",),
        ),
        (
            replace(TABLE, indexes=(replace(TABLE.indexes[0], valid=False), UNIQUE)),
            ("ALTER INDEX [i] ON [dbo].[t] DISABLE",),
        ),
        (
            replace(
                TABLE, indexes=(replace(TABLE.indexes[0], options="ignore_dup_key=on", unique=True), UNIQUE)
            ),
            (
                "DROP INDEX [i] ON [dbo].[t]",
                "CREATE UNIQUE INDEX [i] ON [dbo].[t] ([id]) WITH (IGNORE_DUP_KEY = ON)",
            ),
        ),
        (
            replace(TABLE, constraints=(CHECK,)),
            (
                "ALTER TABLE [dbo].[o] DROP CONSTRAINT [f]",
                "ALTER TABLE [dbo].[t] DROP CONSTRAINT [PK__t__1]",
                "ALTER TABLE [dbo].[o] ADD CONSTRAINT [f] FOREIGN KEY ([t]) REFERENCES [dbo].[t] ([id])",
            ),
        ),
        # The type of a key: whatever points to it gives way.
        (
            replace(TABLE, columns=(replace(ID, type="bigint"), NAME)),
            (
                "ALTER TABLE [dbo].[o] DROP CONSTRAINT [f]",
                "DROP INDEX [i] ON [dbo].[t]",
                "ALTER TABLE [dbo].[t] DROP CONSTRAINT [PK__t__1]",
                "ALTER TABLE [dbo].[t] ALTER COLUMN [id] bigint NOT NULL",
                "ALTER TABLE [dbo].[t] ADD PRIMARY KEY ([id])",
                "CREATE INDEX [i] ON [dbo].[t] ([id])",
                "ALTER TABLE [dbo].[o] ADD CONSTRAINT [f] FOREIGN KEY ([t]) REFERENCES [dbo].[t] ([id])",
            ),
        ),
    ],
)
def test_no_more_is_changed_than_must_be(target, statements):
    assert made(target) == statements


def test_a_default_gives_way_to_another_type_and_comes_back_by_its_name():
    live = replace(TABLE, columns=(ID, Column("n", "int", True, "((1))")), constraints=(KEY,), indexes=())
    target = replace(live, columns=(ID, Column("n", "bigint", True, "((2))")))
    facts = replace(FACTS, defaults={("t", "n"): "DF__t__n"}, statistics={})
    assert made(target, live, facts) == (
        "ALTER TABLE [dbo].[t] DROP CONSTRAINT [DF__t__n]",
        "ALTER TABLE [dbo].[t] ALTER COLUMN [n] bigint NULL",
        "ALTER TABLE [dbo].[t] ADD CONSTRAINT [DF__t__n] DEFAULT ((2)) FOR [n]",
    )
    assert made(replace(live, columns=(ID, replace(live.columns[1], nullable=False))), live, facts) == (
        "ALTER TABLE [dbo].[t] ALTER COLUMN [n] int NOT NULL",
    )


def test_rows_are_filled_before_they_must_be():
    target = replace(
        with_name(nullable=False),
        columns=(ID, replace(NAME, nullable=False), Column("n", "int", False, "((7))")),
        constraints=(KEY,),
        indexes=(),
    )
    plain = replace(TABLE, constraints=(KEY,), indexes=())
    assert made(target, plain, fills=[("t", "na]me", "it's %s"), ("t", "n", "5")]) == (
        "DROP STATISTICS [dbo].[t].[s]",
        "UPDATE [dbo].[t] SET [na]]me] = N'it''s %s' WHERE [na]]me] IS NULL",
        "ALTER TABLE [dbo].[t] ALTER COLUMN [na]]me] nvarchar(9) NOT NULL",
        "ALTER TABLE [dbo].[t] ADD [n] int NOT NULL CONSTRAINT [migwizard_fill] DEFAULT N'5'",
        "ALTER TABLE [dbo].[t] DROP CONSTRAINT [migwizard_fill]",
        "ALTER TABLE [dbo].[t] ADD DEFAULT ((7)) FOR [n]",
        *STATISTICS,
    )


def test_a_column_that_shall_be_numbered_is_one_of_a_new_table():
    live = replace(
        TABLE, columns=(replace(ID, identity=""), NAME), triggers=(Trigger("g", "CREATE TRIGGER g ..."),)
    )
    target = replace(live, columns=(ID, replace(NAME, nullable=False)))
    facts = replace(FACTS, belongings={("t", ""): ("GRANT SELECT ON [dbo].[t] TO [r]",)})
    assert made(target, live, facts, fills=[("t", "na]me", "-")]) == (
        "ALTER TABLE [dbo].[o] DROP CONSTRAINT [f]",
        "CREATE TABLE [dbo].[migwizard_new_t] ([id] int IDENTITY(1,1) NOT NULL, [na]]me] nvarchar(9) NOT NULL)",
        "EXEC (N'SET IDENTITY_INSERT [dbo].[migwizard_new_t] ON; INSERT INTO [dbo].[migwizard_new_t] ([id], [na]]me])"
        " SELECT [id], COALESCE([na]]me], N''-'') FROM [dbo].[t] WITH (HOLDLOCK, TABLOCKX);"
        " SET IDENTITY_INSERT [dbo].[migwizard_new_t] OFF')",
        "DROP TABLE [dbo].[t]",
        "EXEC sp_rename N'[dbo].[migwizard_new_t]', N't', N'OBJECT'",
        "ALTER TABLE [dbo].[t] ADD PRIMARY KEY ([id])",
        ADDED[0],
        "CREATE INDEX [i] ON [dbo].[t] ([id])",
        ADDED[1],
        "ALTER TABLE [dbo].[o] ADD CONSTRAINT [f] FOREIGN KEY ([t]) REFERENCES [dbo].[t] ([id])",
        "CREATE TRIGGER g ...",
        "GRANT SELECT ON [dbo].[t] TO [r]",
    )


def test_a_column_that_shall_not_be_numbered_any_more_is_copied():
    live = replace(TABLE, constraints=(), indexes=())
    target = replace(live, columns=(replace(ID, identity=""), NAME))
    assert alter.statements({"t": live}, [("t", target)], facts=Facts("dbo")) == (
        "ALTER TABLE [dbo].[t] ADD [migwizard_copy] int NULL",
        "UPDATE [dbo].[t] SET [migwizard_copy] = [id]",
        "ALTER TABLE [dbo].[t] DROP COLUMN [id]",
        "EXEC sp_rename N'[dbo].[t].[migwizard_copy]', N'id', N'COLUMN'",
        "ALTER TABLE [dbo].[t] ALTER COLUMN [id] int NOT NULL",
    )


def test_rows_stay_in_the_order_in_which_they_are():
    apart = replace(FACTS, clustered={("t", essence(KEY)): False})
    without, with_key = replace(TABLE, constraints=(CHECK,)), TABLE
    assert made(with_key, without, apart)[0] == "ALTER TABLE [dbo].[t] ADD PRIMARY KEY NONCLUSTERED ([id])"
    ordered = Index("x", (IndexPart("na]me"),), method="clustered")
    target = replace(TABLE, indexes=(*TABLE.indexes, ordered))
    assert made(target, without)[0] == "ALTER TABLE [dbo].[t] ADD PRIMARY KEY NONCLUSTERED ([id])"


def test_what_nobody_trusts_is_checked_and_trust_is_not_taken_back():
    distrusted = replace(TABLE, constraints=(KEY, replace(CHECK, validated=False)))
    assert made(TABLE, distrusted) == ("ALTER TABLE [dbo].[t] WITH CHECK CHECK CONSTRAINT [c]",)
    assert made(distrusted) == (
        "ALTER TABLE [dbo].[t] DROP CONSTRAINT [c]",
        "ALTER TABLE [dbo].[t] WITH NOCHECK ADD CONSTRAINT [c] CHECK ([na]]me]<>N'')",
    )


def test_what_is_disabled_holds_again_and_the_other_way_round():
    disabled = replace(TABLE, constraints=(KEY, replace(CHECK, validated=False, enforced=False)))
    distrusted = replace(TABLE, constraints=(KEY, replace(CHECK, validated=False)))
    assert made(TABLE, disabled) == ("ALTER TABLE [dbo].[t] WITH CHECK CHECK CONSTRAINT [c]",)
    assert made(distrusted, disabled) == ("ALTER TABLE [dbo].[t] CHECK CONSTRAINT [c]",)
    assert made(disabled, distrusted) == ("ALTER TABLE [dbo].[t] NOCHECK CONSTRAINT [c]",)
    assert made(disabled) == (
        "ALTER TABLE [dbo].[t] DROP CONSTRAINT [c]",
        "ALTER TABLE [dbo].[t] WITH NOCHECK ADD CONSTRAINT [c] CHECK ([na]]me]<>N'')",
        "ALTER TABLE [dbo].[t] NOCHECK CONSTRAINT [c]",
    )


def test_a_new_constraint_whose_name_the_server_makes_up_cannot_be_disabled():
    nameless = replace(CHECK, name="", definition="([id]>(0))", validated=False, enforced=False)
    with pytest.raises(CannotAlter, match="A constraint on t that has no name of its own cannot be disabled"):
        made(replace(TABLE, constraints=(KEY, CHECK, nameless)))


def test_tables_come_before_the_keys_between_them_and_go_after():
    assert alter.statements(
        {}, [("o", OTHER), ("t", replace(TABLE, indexes=(), constraints=(KEY,)))], facts=FACTS
    ) == (
        "CREATE TABLE [dbo].[o] ([t] int NULL)",
        "CREATE TABLE [dbo].[t] ([id] int IDENTITY(1,1) NOT NULL, [na]]me] nvarchar(9) NULL)",
        "ALTER TABLE [dbo].[t] ADD PRIMARY KEY ([id])",
        "ALTER TABLE [dbo].[o] ADD CONSTRAINT [f] FOREIGN KEY ([t]) REFERENCES [dbo].[t] ([id])",
    )
    assert alter.statements(LIVE, [("o", None), ("t", None)], facts=FACTS) == (
        "ALTER TABLE [dbo].[o] DROP CONSTRAINT [f]",
        "DROP TABLE [dbo].[o]",
        "DROP TABLE [dbo].[t]",
    )


REFUSED = [
    (TABLE, None, {}, "Table t cannot go: o refers to it by f."),
    (TABLE, replace(TABLE, name="u"), {}, "Table t would have to be renamed to u."),
    (
        replace(TABLE, kind="temporal"),
        TABLE,
        {},
        "t is a temporal table, which is left as it is.",
    ),
    (
        TABLE,
        replace(TABLE, indexes=(Index("x", (IndexPart("id"),), method="xml"),)),
        {},
        "Index x on t is xml, and is left as it is.",
    ),
    (
        TABLE,
        replace(TABLE, triggers=(Trigger("g", "DROP TABLE t"),)),
        {},
        "This is no trigger: 'DROP TABLE t'.",
    ),
    (TABLE, replace(TABLE, comment="new"), {}, "The comments of t are left as they are."),
    (
        TABLE,
        replace(TABLE, columns=(ID,), constraints=(KEY,), indexes=()),
        {"views": [View("v", "view", "CREATE VIEW v AS SELECT [na]]me] FROM t", (("t", ""),))]},
        "The view v uses t (na]me): drop it first, and make it again afterwards.",
    ),
    (
        TABLE,
        with_name(nullable=False),
        {"views": [View("v", "view", "CREATE VIEW v WITH SCHEMABINDING AS ...", (("t", "na]me"),))]},
        "The view v uses t (na]me): drop it first, and make it again afterwards.",
    ),
    (
        replace(TABLE, columns=(replace(ID, identity=""), NAME)),
        TABLE,
        {"facts": replace(FACTS, tracked=frozenset({"t"}))},
        "Table t would have to be made anew, but its changes are followed (change tracking, CDC, replication or a"
        " full-text index), which would end with it.",
    ),
    (
        TABLE,
        replace(TABLE, constraints=(CHECK,)),
        {"facts": Facts("dbo")},
        "The primary constraint of t on id has no name of its own, and 0 fit.",
    ),
]


@pytest.mark.parametrize(("live", "target", "more", "reason"), REFUSED)
def test_what_cannot_be_is_said(live, target, more, reason):
    with pytest.raises(CannotAlter) as caught:
        made(target, live, **more)
    assert str(caught.value) == reason


def test_a_view_that_is_bound_to_nothing_lets_a_column_be_altered():
    view = View("v", "view", "CREATE VIEW v AS SELECT [na]]me] FROM t", (("t", ""),))
    assert made(with_name(type="nvarchar(20)"), views=[view]) == (
        "ALTER TABLE [dbo].[t] ALTER COLUMN [na]]me] nvarchar(20) NULL",
    )


@pytest.mark.parametrize(
    "text", ["1; DROP TABLE x", "1) , (2", "(1", "1 -- x", "1 /* x", "'open", "a]b", '"x', "[x"]
)
def test_a_text_that_is_more_than_an_expression_is_refused(text):
    with pytest.raises(CannotAlter) as caught:
        sound(text)
    assert str(caught.value) == f"This is not one expression: {text!r}."


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("((7))", "((7))"),
        ("7", "(7)"),
        ("(1)+(2)", "((1)+(2))"),
        ("(N'a)''b')", "(N'a)''b')"),
        ("f(1)", "(f(1))"),
    ],
)
def test_an_expression_stands_in_parentheses(text, written):
    assert enclosed(text) == written


def test_what_belongs_to_a_table_is_given_again():
    assert grant("[dbo].[t]", "", "GRANT_WITH_GRANT_OPTION", "SELECT", "a]b") == (
        "GRANT SELECT ON [dbo].[t] TO [a]]b] WITH GRANT OPTION"
    )
    assert grant("[dbo].[t]", "c", "DENY", "UPDATE", "r") == "DENY UPDATE ON [dbo].[t]([c]) TO [r]"
    assert add_property(("dbo", "t"), "c", "MS_Description", "it's") == (
        "EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'it''s', @level0type = N'SCHEMA',"
        " @level0name = N'dbo', @level1type = N'TABLE', @level1name = N't', @level2type = N'COLUMN', @level2name = N'c'"
    )
