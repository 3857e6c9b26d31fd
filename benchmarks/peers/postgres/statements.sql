-- The statements that one writes by hand for these pages over the gateway's tables: those of the
-- floor and of Mercurius. $1: ids; $2, $3 and $4: the pieces of the range, each with
-- its grain and the first and last bucket, so that each is one range of a primary key.

-- name: viewer
SELECT id, login, coalesce(display_name, login) AS display_name FROM user_account WHERE id = $1

-- name: user_group
-- $2: the viewer
SELECT g.id, g.name, coalesce(g.display_name, g.name) AS display_name, g.stats_visibility,
  m.state, m.roles
FROM user_group g LEFT JOIN membership m ON m.group_id = g.id AND m.user_id = $2
WHERE g.id = $1

-- name: project
SELECT id, slug, display_name FROM project WHERE id = $1

-- name: project_workflows
SELECT id, display_name, active, completeness FROM workflow WHERE project_id = $1 ORDER BY id

-- name: group_totals
SELECT group_id AS id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN group_rollup r ON r.group_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1

-- name: group_buckets
-- $5: the period, which no piece is coarser than
SELECT group_id AS id, date_trunc($5, DATE '1970-01-01' + bucket)::date::text AS period,
  sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN group_rollup r ON r.group_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1, 2 ORDER BY 1, 2

-- name: group_projects
SELECT group_id AS id, done.project_id, p.slug, p.display_name, n, ms
FROM (
  SELECT group_id, project_id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
  FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
  JOIN group_project_rollup r ON r.group_id = ANY ($1::bigint[]) AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
  GROUP BY 1, 2
) done LEFT JOIN project p ON p.id = done.project_id
ORDER BY group_id, n DESC, done.project_id

-- name: group_active_users
SELECT group_id AS id, count(DISTINCT user_id)::bigint AS n
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN group_user_rollup r ON r.group_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1

-- name: group_ranking
-- $1: one group, $5: how many
SELECT done.user_id, u.login, coalesce(u.display_name, u.login) AS display_name, n, ms
FROM (
  SELECT user_id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
  FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
  JOIN group_user_rollup r ON r.group_id = $1 AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
  GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $5
) done LEFT JOIN user_account u ON u.id = done.user_id
ORDER BY n DESC, user_id

-- name: member_projects
-- $1: one group, $5: its members
SELECT user_id AS id, done.project_id, p.slug, p.display_name, n, ms
FROM (
  SELECT user_id, project_id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
  FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
  JOIN group_member_rollup r ON r.group_id = $1 AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last AND r.user_id = ANY ($5::bigint[])
  GROUP BY 1, 2
) done LEFT JOIN project p ON p.id = done.project_id
ORDER BY user_id, n DESC, done.project_id

-- name: user_totals
SELECT user_id AS id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN user_rollup r ON r.user_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1

-- name: user_buckets
SELECT user_id AS id, date_trunc($5, DATE '1970-01-01' + bucket)::date::text AS period,
  sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN user_rollup r ON r.user_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1, 2 ORDER BY 1, 2

-- name: user_projects
SELECT user_id AS id, done.project_id, p.slug, p.display_name, n, ms
FROM (
  SELECT user_id, project_id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
  FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
  JOIN user_rollup r ON r.user_id = ANY ($1::bigint[]) AND r.grain = piece.grain
    AND r.bucket BETWEEN piece.first AND piece.last
  GROUP BY 1, 2
) done LEFT JOIN project p ON p.id = done.project_id
ORDER BY user_id, n DESC, done.project_id

-- name: workflow_totals
SELECT workflow_id AS id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN workflow_rollup r ON r.workflow_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1

-- name: workflow_buckets
SELECT workflow_id AS id, date_trunc($5, DATE '1970-01-01' + bucket)::date::text AS period,
  sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN workflow_rollup r ON r.workflow_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1, 2 ORDER BY 1, 2

-- name: project_totals
SELECT project_id AS id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN project_rollup r ON r.project_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1

-- name: project_buckets
SELECT project_id AS id, date_trunc($5, DATE '1970-01-01' + bucket)::date::text AS period,
  sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN project_rollup r ON r.project_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1, 2 ORDER BY 1, 2

-- name: site_totals
SELECT site_id AS id, sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN site_rollup r ON r.site_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1

-- name: site_buckets
SELECT site_id AS id, date_trunc($5, DATE '1970-01-01' + bucket)::date::text AS period,
  sum(n)::bigint AS n, sum(ms)::bigint AS ms
FROM unnest($2::smallint[], $3::int[], $4::int[]) AS piece (grain, first, last)
JOIN site_rollup r ON r.site_id = ANY ($1::bigint[]) AND r.grain = piece.grain
  AND r.bucket BETWEEN piece.first AND piece.last
GROUP BY 1, 2 ORDER BY 1, 2
