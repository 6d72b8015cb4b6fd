-- shop.0003_x on PostgreSQL 16

-- 1. Alter field code on T
DROP INDEX IF EXISTS "shop_t_code_22a244e1_like";
ALTER TABLE "shop_t" ALTER COLUMN "code" TYPE text USING "code"::text;
CREATE INDEX "shop_t_code_22a244e1_like" ON "shop_t" ("code" text_pattern_ops);

-- shop.0003_x on SQLite (this database)

-- 1. Alter field code on T
CREATE TABLE "new__shop_t" ("code" text NULL UNIQUE,
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "p_id" bigint NOT NULL REFERENCES "shop_p" ("id") DEFERRABLE INITIALLY DEFERRED,
    "n" integer NOT NULL);
INSERT INTO "new__shop_t" ("id", "p_id", "n", "code") SELECT "id", "p_id", "n", "code" FROM "shop_t";
DROP TABLE "shop_t";
ALTER TABLE "new__shop_t" RENAME TO "shop_t";
CREATE INDEX "shop_t_p_id_27f1c490" ON "shop_t" ("p_id");

-- shop.0003_x on MySQL 8.4

-- 1. Alter field code on T
-- error: shop.0003_x cannot run on MySQL 8.4: shop_t.code is longtext, which cannot be a key. (unindexable-column)
--   In a migration of your own that has not been applied anywhere, make the field a CharField with a max_length, or leave the index and unique=True out. For another package's migration, the project can have its own migrations for that app (MIGRATION_MODULES).
ALTER TABLE `shop_t` MODIFY `code` longtext NULL;

-- shop.0003_x on MariaDB 11.4

-- 1. Alter field code on T
ALTER TABLE `shop_t` MODIFY `code` longtext NULL;

-- shop.0003_x on SQL Server 2022, by mssql-django

-- 1. Alter field code on T
-- error: shop.0003_x cannot run on SQL Server: shop_t.code is nvarchar(max), which no index and no unique rule can be on. (unindexable-column)
--   In a migration of your own that has not been applied anywhere, make the field a CharField with a max_length (of at most 850 characters), or leave the index and unique=True out. If the migration is another package's, the project can have its own migrations for that app (MIGRATION_MODULES), in which the field is born as it is in the end.
DROP INDEX [shop_t_code_22a244e1_uniq] ON [shop_t];
ALTER TABLE [shop_t] ALTER COLUMN [code] nvarchar(max) NULL;
CREATE UNIQUE INDEX [shop_t_code_22a244e1_uniq] ON [shop_t]([code]) WHERE [code] IS NOT NULL;
