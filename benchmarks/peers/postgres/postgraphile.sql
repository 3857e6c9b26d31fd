-- What PostGraphile shows: views with smart tags for records, and functions for what is computed.
-- The functions' names make fields of them: user_group_buckets is UserGroup.buckets.

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
  group_id bigint, first_day date, last_day date,
  user_id bigint, login text, display_name text, n bigint, time_spent double precision
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
  SELECT g.id, first_day, last_day, done.user_id, u.login, coalesce(u.display_name, u.login), n,
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

CREATE FUNCTION graph.member_projects(m graph.member)
RETURNS SETOF graph.contribution LANGUAGE sql STABLE AS $$
  SELECT done.project_id, p.slug, p.display_name, n, ms / 1000::double precision
  FROM (
    SELECT project_id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
    FROM graph.pieces(m.first_day, m.last_day, 3) piece
    JOIN public.group_member_rollup r ON r.group_id = m.group_id AND r.grain = piece.grain
      AND r.bucket BETWEEN piece.first AND piece.last AND r.user_id = m.user_id
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
