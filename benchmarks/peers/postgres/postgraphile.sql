-- What PostGraphile shows: views with smart tags for records, and functions for what is computed.
-- The functions' names make fields of them: user_group_buckets is UserGroup.buckets.
CREATE SCHEMA graph;

-- A range cut into days, months, years or all time, as the gateway cuts it: each piece is one range
-- of a primary key. No piece is coarser than asked: 0 day, 1 month, 2 year, 3 all. In PL/pgSQL, so
-- that no statement is planned anew with all of this in it.
CREATE FUNCTION graph.pieces(first_day date, last_day date, coarsest int)
RETURNS TABLE (grain smallint, first int, last int) LANGUAGE plpgsql IMMUTABLE ROWS 2 AS $$
DECLARE
  start date := greatest(first_day, DATE '1970-01-01');
  stop date := coalesce(last_day, DATE '9999-12-31') + 1;
  inner_start date;
  inner_stop date;
  unit text;
BEGIN
  IF coarsest = 3 AND first_day IS NULL AND last_day IS NULL THEN
    RETURN QUERY SELECT 3::smallint, 0, 0;
    RETURN;
  END IF;
  FOR fine IN 0..1 LOOP
    unit := (ARRAY['month', 'year'])[fine + 1];
    inner_start := date_trunc(unit, start::timestamp);
    IF inner_start < start THEN inner_start := inner_start + ('1 ' || unit)::interval; END IF;
    inner_stop := date_trunc(unit, stop::timestamp);
    IF coarsest <= fine OR inner_start >= inner_stop THEN
      RETURN QUERY SELECT fine::smallint, start - DATE '1970-01-01', stop - DATE '1970-01-01' - 1;
      RETURN;
    END IF;
    IF start < inner_start THEN
      RETURN QUERY
        SELECT fine::smallint, start - DATE '1970-01-01', inner_start - DATE '1970-01-01' - 1;
    END IF;
    IF inner_stop < stop THEN
      RETURN QUERY
        SELECT fine::smallint, inner_stop - DATE '1970-01-01', stop - DATE '1970-01-01' - 1;
    END IF;
    start := inner_start;
    stop := inner_stop;
  END LOOP;
  RETURN QUERY SELECT 2::smallint, start - DATE '1970-01-01', stop - DATE '1970-01-01' - 1;
END
$$;
COMMENT ON FUNCTION graph.pieces IS '@behavior -*';

CREATE TYPE graph.membership AS (state text, roles text);
CREATE TYPE graph.sums AS (n bigint, time_spent double precision);
CREATE TYPE graph.group_sums AS (
  n bigint, time_spent double precision, active_users int, project_count int
);
CREATE TYPE graph.bucket AS (period date, n bigint, time_spent double precision);
CREATE TYPE graph.contribution AS (
  project_id bigint, slug text, display_name text, n bigint, time_spent double precision
);
CREATE TYPE graph.member AS (
  group_id bigint, user_id bigint, login text, display_name text,
  n bigint, time_spent double precision
);

CREATE VIEW graph.user_group AS
  SELECT id, name, coalesce(display_name, name) AS display_name,
    (ARRAY['PRIVATE_AGG_ONLY', 'PRIVATE_SHOW_AGG_AND_IND', 'PUBLIC_AGG_ONLY',
      'PUBLIC_AGG_SHOW_IND_IF_MEMBER', 'PUBLIC_SHOW_ALL'])[stats_visibility + 1] AS stats_visibility
  FROM public.user_group;
COMMENT ON VIEW graph.user_group IS '@primaryKey id';
CREATE VIEW graph.volunteer AS
  SELECT id, login, coalesce(display_name, login) AS display_name FROM public.user_account;
COMMENT ON VIEW graph.volunteer IS '@primaryKey id';
CREATE VIEW graph.project AS SELECT id, slug, display_name FROM public.project;
COMMENT ON VIEW graph.project IS '@primaryKey id';
CREATE VIEW graph.workflow AS
  SELECT id, project_id, display_name, active, completeness FROM public.workflow;
COMMENT ON VIEW graph.workflow IS
  E'@primaryKey id\n@foreignKey (project_id) references graph.project (id)|@foreignFieldName workflows';

CREATE FUNCTION graph.user_group_viewer_membership(g graph.user_group, viewer bigint)
RETURNS graph.membership LANGUAGE sql STABLE AS $$
  SELECT state, roles FROM public.membership WHERE group_id = g.id AND user_id = viewer
$$;

CREATE FUNCTION graph.user_group_totals(g graph.user_group, first_day date, last_day date)
RETURNS graph.group_sums LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(ms), 0)::bigint / 1000::double precision,
    (SELECT count(DISTINCT user_id)::int FROM graph.pieces(first_day, last_day, 3) piece
      JOIN public.group_user_rollup r ON r.group_id = g.id AND r.grain = piece.grain
      AND r.bucket BETWEEN piece.first AND piece.last),
    (SELECT count(DISTINCT project_id)::int FROM graph.pieces(first_day, last_day, 3) piece
      JOIN public.group_project_rollup r ON r.group_id = g.id AND r.grain = piece.grain
      AND r.bucket BETWEEN piece.first AND piece.last AND r.project_id <> 0)
  FROM graph.pieces(first_day, last_day, 3) piece
  JOIN public.group_rollup r ON r.group_id = g.id AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
$$;

CREATE FUNCTION graph.user_group_buckets(g graph.user_group, first_day date, last_day date)
RETURNS SETOF graph.bucket LANGUAGE sql STABLE AS $$
  SELECT date_trunc('month', DATE '1970-01-01' + bucket)::date,
    sum(n)::bigint, sum(ms)::bigint / 1000::double precision
  FROM graph.pieces(first_day, last_day, 1) piece
  JOIN public.group_rollup r ON r.group_id = g.id AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
  GROUP BY 1 ORDER BY 1
$$;

CREATE FUNCTION graph.user_group_projects(g graph.user_group, first_day date, last_day date)
RETURNS SETOF graph.contribution LANGUAGE sql STABLE AS $$
  SELECT done.project_id, p.slug, p.display_name, n, ms / 1000::double precision
  FROM (
    SELECT project_id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
    FROM graph.pieces(first_day, last_day, 3) piece
    JOIN public.group_project_rollup r ON r.group_id = g.id AND r.grain = piece.grain
      AND r.bucket BETWEEN piece.first AND piece.last
    GROUP BY 1
  ) done LEFT JOIN public.project p ON p.id = done.project_id
  ORDER BY n DESC, done.project_id
$$;

CREATE FUNCTION graph.user_group_members(g graph.user_group, first_day date, last_day date)
RETURNS SETOF graph.member LANGUAGE sql STABLE AS $$
  SELECT g.id, done.user_id, u.login, coalesce(u.display_name, u.login), n,
    ms / 1000::double precision
  FROM (
    SELECT user_id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
    FROM graph.pieces(first_day, last_day, 3) piece
    JOIN public.group_user_rollup r ON r.group_id = g.id AND r.grain = piece.grain
      AND r.bucket BETWEEN piece.first AND piece.last
    GROUP BY 1
  ) done LEFT JOIN public.user_account u ON u.id = done.user_id
  ORDER BY n DESC, done.user_id
$$;

-- Over all time. PostGraphile runs this for each member, within one statement: a range of buckets
-- would read those of all members each time, as the user stands behind the bucket in the key.
CREATE FUNCTION graph.member_projects_ever(m graph.member)
RETURNS SETOF graph.contribution LANGUAGE sql STABLE AS $$
  SELECT done.project_id, p.slug, p.display_name, n, ms / 1000::double precision
  FROM (
    SELECT project_id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
    FROM public.group_member_rollup
    WHERE group_id = m.group_id AND grain = 3 AND bucket = 0 AND user_id = m.user_id
    GROUP BY 1
  ) done LEFT JOIN public.project p ON p.id = done.project_id
  ORDER BY n DESC, done.project_id
$$;

CREATE FUNCTION graph.volunteer_totals(v graph.volunteer, first_day date, last_day date)
RETURNS graph.group_sums LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(ms), 0)::bigint / 1000::double precision,
    1, count(DISTINCT project_id) FILTER (WHERE project_id <> 0)::int
  FROM graph.pieces(first_day, last_day, 3) piece
  JOIN public.user_rollup r ON r.user_id = v.id AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
$$;

CREATE FUNCTION graph.volunteer_buckets(v graph.volunteer, first_day date, last_day date)
RETURNS SETOF graph.bucket LANGUAGE sql STABLE AS $$
  SELECT date_trunc('month', DATE '1970-01-01' + bucket)::date,
    sum(n)::bigint, sum(ms)::bigint / 1000::double precision
  FROM graph.pieces(first_day, last_day, 1) piece
  JOIN public.user_rollup r ON r.user_id = v.id AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
  GROUP BY 1 ORDER BY 1
$$;

CREATE FUNCTION graph.volunteer_projects(v graph.volunteer, first_day date, last_day date)
RETURNS SETOF graph.contribution LANGUAGE sql STABLE AS $$
  SELECT done.project_id, p.slug, p.display_name, n, ms / 1000::double precision
  FROM (
    SELECT project_id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
    FROM graph.pieces(first_day, last_day, 3) piece
    JOIN public.user_rollup r ON r.user_id = v.id AND r.grain = piece.grain
      AND r.bucket BETWEEN piece.first AND piece.last
    GROUP BY 1
  ) done LEFT JOIN public.project p ON p.id = done.project_id
  ORDER BY n DESC, done.project_id
$$;

CREATE FUNCTION graph.project_totals(p graph.project, first_day date, last_day date)
RETURNS graph.sums LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(ms), 0)::bigint / 1000::double precision
  FROM graph.pieces(first_day, last_day, 3) piece
  JOIN public.project_rollup r ON r.project_id = p.id AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
$$;

CREATE FUNCTION graph.workflow_totals(w graph.workflow, first_day date, last_day date)
RETURNS graph.sums LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(ms), 0)::bigint / 1000::double precision
  FROM graph.pieces(first_day, last_day, 3) piece
  JOIN public.workflow_rollup r ON r.workflow_id = w.id AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
$$;

CREATE FUNCTION graph.workflow_days(w graph.workflow, first_day date, last_day date)
RETURNS SETOF graph.bucket LANGUAGE sql STABLE AS $$
  SELECT DATE '1970-01-01' + bucket, sum(n)::bigint, sum(ms)::bigint / 1000::double precision
  FROM public.workflow_rollup r
  WHERE r.workflow_id = w.id AND r.grain = 0
    AND r.bucket BETWEEN first_day - DATE '1970-01-01' AND last_day - DATE '1970-01-01'
  GROUP BY 1 ORDER BY 1
$$;

CREATE FUNCTION graph.site_totals(first_day date, last_day date)
RETURNS graph.sums LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(ms), 0)::bigint / 1000::double precision
  FROM graph.pieces(first_day, last_day, 3) piece
  JOIN public.site_rollup r ON r.site_id = 0 AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
$$;

CREATE FUNCTION graph.site_months(first_day date, last_day date)
RETURNS SETOF graph.bucket LANGUAGE sql STABLE AS $$
  SELECT date_trunc('month', DATE '1970-01-01' + bucket)::date,
    sum(n)::bigint, sum(ms)::bigint / 1000::double precision
  FROM graph.pieces(first_day, last_day, 1) piece
  JOIN public.site_rollup r ON r.site_id = 0 AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
  GROUP BY 1 ORDER BY 1
$$;
