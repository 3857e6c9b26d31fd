import { useEffect, useState } from "react";
import { useQuery } from "urql";
import { Link, useLocation, useSearch } from "wouter";
import { FindDocument, FoundFragmentDoc } from "../../generated/site/graphql";
import { readFragment } from "../../generated/site/fragment-masking";
import { Notice } from "../../parts/notice";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

const PARAMETER = "search";
const LONGEST = 100;
const PAUSE_MILLISECONDS = 250;

/** The search of an address; empty without one. */
export const searchOf = (query: string): string =>
  (new URLSearchParams(query).get(PARAMETER) ?? "").slice(0, LONGEST).trim();

/** A search for projects and public groups, kept in the address. */
export function Find({ ready }: { readonly ready: boolean }) {
  const text = useText();
  const [path, navigate] = useLocation();
  const query = useSearch();
  const [typed, setTyped] = useState(() => searchOf(query));
  const search = searchOf(query);
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === searchOf(query)) return undefined;
    const timer = setTimeout(() => {
      const next = new URLSearchParams(query);
      if (wanted) next.set(PARAMETER, wanted);
      else next.delete(PARAMETER);
      const asked = next.toString();
      navigate(path + (asked && `?${asked}`), { replace: true });
    }, PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [typed, query, path, navigate]);

  // The page's own request has asked for what the address had: it is in the cache.
  const [{ data, error, fetching }, again] = useQuery({
    query: FindDocument,
    variables: { search },
    pause: !ready || search === "",
    requestPolicy: "cache-first",
  });
  const found = search === "" ? undefined : readFragment(FoundFragmentDoc, data);
  const { foundProjects: projects, foundGroups: groups } = found ?? {};
  const nothing = projects?.totalCount === 0 && groups?.totalCount === 0;
  return (
    <section className="panel find" aria-labelledby="find">
      <div className="heading">
        <h2 id="find">{text("find.title")}</h2>
      </div>
      <search>
        <label>
          {text("find.label")}
          <input
            type="search"
            value={typed}
            maxLength={LONGEST}
            placeholder={text("find.placeholder")}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
      </search>
      {typed.trim() === "" && <p className="hint">{text("find.hint")}</p>}
      {error && <Notice error={error} onAgain={() => again()} partly />}
      <div aria-busy={fetching}>
        <p className={nothing ? "empty" : "unseen"} role="status">
          {nothing
            ? text("find.nothing")
            : projects &&
              groups &&
              text("find.found", { projects: projects.totalCount, groups: groups.totalCount })}
        </p>
        {projects && projects.totalCount > 0 && (
          <Found
            title={text("find.projects")}
            all={projects.totalCount}
            items={projects.nodes.map((one) => ({
              id: one.id,
              name: one.displayName ?? text("project.unnamed", { id: one.id }),
              href: `/projects/${one.id}`,
              count: one.allTime?.totalCount,
            }))}
          />
        )}
        {groups && groups.totalCount > 0 && (
          <Found
            title={text("find.groups")}
            all={groups.totalCount}
            items={groups.nodes.map((one) => ({
              id: one.id,
              name: one.displayName ?? one.id,
              count: one.allTime?.totalCount,
            }))}
          />
        )}
      </div>
    </section>
  );
}

interface Item {
  readonly id: string;
  readonly name: string;
  readonly href?: string;
  readonly count: number | undefined;
}

interface FoundProperties {
  readonly title: string;
  readonly all: number;
  readonly items: readonly Item[];
}

function Found({ title, all, items }: FoundProperties) {
  const text = useText();
  const numbers = useNumbers();
  return (
    <>
      <h3>{title}</h3>
      <ul className="found">
        {items.map(({ id, name, href, count }) => (
          <li key={id}>
            {href ? <Link href={href}>{name}</Link> : <span>{name}</span>}
            {count !== undefined && (
              <span className="note">{numbers.amountOf("classifications", count)}</span>
            )}
          </li>
        ))}
      </ul>
      {all > items.length && (
        <p className="hint">{text("find.more", { count: numbers.count(all - items.length) })}</p>
      )}
    </>
  );
}
