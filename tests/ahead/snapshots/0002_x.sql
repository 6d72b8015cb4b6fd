-- shop.0002_x on PostgreSQL 16

-- 1. Alter field id on P
SET CONSTRAINTS "shop_t_p_id_27f1c490_fk_shop_p_id" IMMEDIATE; ALTER TABLE "shop_t" DROP CONSTRAINT "shop_t_p_id_27f1c490_fk_shop_p_id";
ALTER TABLE "shop_p" ALTER COLUMN "id" TYPE bigint USING "id"::bigint;
ALTER SEQUENCE IF EXISTS "shop_p_id_seq" AS bigint;
ALTER TABLE "shop_t" ALTER COLUMN "p_id" TYPE bigint USING "p_id"::bigint;
ALTER TABLE "shop_t" ADD CONSTRAINT "shop_t_p_id_27f1c490_fk" FOREIGN KEY ("p_id") REFERENCES "shop_p" ("id") DEFERRABLE INITIALLY DEFERRED;

-- 2. Add field code to T
ALTER TABLE "shop_t" ADD COLUMN "code" varchar(10) NULL UNIQUE;

-- 3. Raw Python operation
-- Runs Python, which cannot be written as SQL.
--   | migrations.RunPython(lambda apps, editor: 1 / 0, migrations.RunPython.noop),
--   | # Reversed by RunPython.noop

-- 4. Raw SQL operation
UPDATE shop_t SET n = 1;

-- 5. Change Meta options on T
-- Nothing changes in the database.

-- At the end of the migration
CREATE INDEX "shop_t_code_22a244e1_like" ON "shop_t" ("code" varchar_pattern_ops);

-- shop.0002_x on SQLite (this database)

-- 1. Alter field id on P
CREATE TABLE "new__shop_p" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(20) NOT NULL);
INSERT INTO "new__shop_p" ("name", "id") SELECT "name", "id" FROM "shop_p";
DROP TABLE "shop_p";
ALTER TABLE "new__shop_p" RENAME TO "shop_p";

-- 2. Add field code to T
CREATE TABLE "new__shop_t" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "p_id" bigint NOT NULL REFERENCES "shop_p" ("id") DEFERRABLE INITIALLY DEFERRED,
    "n" integer NOT NULL,
    "code" varchar(10) NULL UNIQUE);
INSERT INTO "new__shop_t" ("id", "p_id", "n", "code") SELECT "id", "p_id", "n", NULL FROM "shop_t";
DROP TABLE "shop_t";
ALTER TABLE "new__shop_t" RENAME TO "shop_t";
CREATE INDEX "shop_t_p_id_27f1c490" ON "shop_t" ("p_id");

-- 3. Raw Python operation
-- Runs Python, which cannot be written as SQL.
--   | migrations.RunPython(lambda apps, editor: 1 / 0, migrations.RunPython.noop),
--   | # Reversed by RunPython.noop

-- 4. Raw SQL operation
UPDATE shop_t SET n = 1;

-- 5. Change Meta options on T
-- Nothing changes in the database.

-- shop.0002_x on MySQL 8.4

-- 1. Alter field id on P
ALTER TABLE `shop_t` DROP FOREIGN KEY `shop_t_p_id_27f1c490_fk_shop_p_id`;
ALTER TABLE `shop_p` MODIFY `id` bigint AUTO_INCREMENT NOT NULL;
ALTER TABLE `shop_t` MODIFY `p_id` bigint NOT NULL;
ALTER TABLE `shop_t` ADD CONSTRAINT `shop_t_p_id_27f1c490_fk` FOREIGN KEY (`p_id`) REFERENCES `shop_p` (`id`);

-- 2. Add field code to T
ALTER TABLE `shop_t` ADD COLUMN `code` varchar(10) NULL UNIQUE;

-- 3. Raw Python operation
-- Runs Python, which cannot be written as SQL.
--   | migrations.RunPython(lambda apps, editor: 1 / 0, migrations.RunPython.noop),
--   | # Reversed by RunPython.noop

-- 4. Raw SQL operation
UPDATE shop_t SET n = 1;

-- 5. Change Meta options on T
-- Nothing changes in the database.

-- shop.0002_x on MariaDB 11.4

-- 1. Alter field id on P
ALTER TABLE `shop_t` DROP FOREIGN KEY `shop_t_p_id_27f1c490_fk_shop_p_id`;
ALTER TABLE `shop_p` MODIFY `id` bigint AUTO_INCREMENT NOT NULL;
ALTER TABLE `shop_t` MODIFY `p_id` bigint NOT NULL;
ALTER TABLE `shop_t` ADD CONSTRAINT `shop_t_p_id_27f1c490_fk` FOREIGN KEY (`p_id`) REFERENCES `shop_p` (`id`);

-- 2. Add field code to T
ALTER TABLE `shop_t` ADD COLUMN `code` varchar(10) NULL UNIQUE;

-- 3. Raw Python operation
-- Runs Python, which cannot be written as SQL.
--   | migrations.RunPython(lambda apps, editor: 1 / 0, migrations.RunPython.noop),
--   | # Reversed by RunPython.noop

-- 4. Raw SQL operation
UPDATE shop_t SET n = 1;

-- 5. Change Meta options on T
-- Nothing changes in the database.

-- shop.0002_x on SQL Server 2022, by mssql-django

-- 1. Alter field id on P
ALTER TABLE [shop_t] DROP CONSTRAINT [shop_t_p_id_27f1c490_fk_shop_p_id];
ALTER TABLE [shop_p] DROP CONSTRAINT [<primary key of shop_p>];
ALTER TABLE [shop_p] ALTER COLUMN [id] bigint NOT NULL;
ALTER TABLE [shop_p] ADD CONSTRAINT [shop_p_id_2ffb901d_pk] PRIMARY KEY ([id]);
DROP INDEX [shop_t_p_id_27f1c490] ON [shop_t];
ALTER TABLE [shop_t] ALTER COLUMN [p_id] bigint NOT NULL;
CREATE INDEX [shop_t_p_id_27f1c490] ON [shop_t] ([p_id]);
ALTER TABLE [shop_t] ADD CONSTRAINT [shop_t_p_id_27f1c490_fk] FOREIGN KEY ([p_id]) REFERENCES [shop_p] ([id]);

-- 2. Add field code to T
ALTER TABLE [shop_t] ADD [code] nvarchar(10) NULL;

-- 3. Raw Python operation
-- Runs Python, which cannot be written as SQL.
--   | migrations.RunPython(lambda apps, editor: 1 / 0, migrations.RunPython.noop),
--   | # Reversed by RunPython.noop

-- 4. Raw SQL operation
UPDATE shop_t SET n = 1;

-- 5. Change Meta options on T
-- Nothing changes in the database.

-- At the end of the migration
CREATE UNIQUE INDEX [shop_t_code_22a244e1_uniq] ON [shop_t]([code]) WHERE [code] IS NOT NULL;
