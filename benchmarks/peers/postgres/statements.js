// The hand-written statements, prepared on each connection when they are first used.
import { readFileSync } from "node:fs";
import pg from "pg";

// Counts stay far below 2^53, where a JavaScript number is exact.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const statements = new Map(
  readFileSync(new URL("statements.sql", import.meta.url), "utf8")
    .split(/^-- name: /m).slice(1)
    .map((text) => [text.slice(0, text.indexOf("\n")), text.slice(text.indexOf("\n"))]),
);

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.CONNECTIONS),
});

export const rows = async (name, ...values) =>
  (await pool.query({ name, text: statements.get(name), values })).rows;
