-- A range cut into days, months, years or all time, as the gateway cuts it: each piece is a range
-- of the rollups' primary keys. No rows are coarser than asked: 0 day, 1 month, 2 year, 3 all.
CREATE SCHEMA IF NOT EXISTS graph;

CREATE OR REPLACE FUNCTION graph.pieces(first_day date, last_day date, coarsest int)
RETURNS TABLE (grain smallint, first int, last int) LANGUAGE sql STABLE AS $$
  WITH given AS (
    SELECT coalesce(first_day, DATE '0001-01-01') AS s, coalesce(last_day, DATE '9999-12-30') + 1 AS e
  ), months AS (
    SELECT s, e, date_trunc('month', s + INTERVAL '1 month' - INTERVAL '1 day')::date AS ms,
      date_trunc('month', e)::date AS me FROM given
  ), years AS (
    SELECT *, date_trunc('year', ms + INTERVAL '1 year' - INTERVAL '1 day')::date AS ys,
      date_trunc('year', me)::date AS ye FROM months
  ), cut AS (
    SELECT *, coarsest >= 1 AND ms < me AS in_months,
      coarsest >= 2 AND ms < me AND ys < ye AS in_years FROM years
  ), piece AS (
    SELECT 0 AS grain, s AS first, CASE WHEN in_months THEN ms ELSE e END AS stop FROM cut
    UNION ALL SELECT 0, me, e FROM cut WHERE in_months
    UNION ALL SELECT 1, ms, CASE WHEN in_years THEN ys ELSE me END FROM cut WHERE in_months
    UNION ALL SELECT 1, ye, me FROM cut WHERE in_years
    UNION ALL SELECT 2, ys, ye FROM cut WHERE in_years
  )
  SELECT piece.grain::smallint, first - DATE '1970-01-01', stop - DATE '1970-01-01' - 1
  FROM piece
  WHERE first < stop AND NOT (coarsest = 3 AND first_day IS NULL AND last_day IS NULL)
  UNION ALL
  SELECT 3::smallint, 0, 0 WHERE coarsest = 3 AND first_day IS NULL AND last_day IS NULL
$$;
