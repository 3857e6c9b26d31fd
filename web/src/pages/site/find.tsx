import { useQuery } from "urql";
import { Link } from "wouter";
import { FindDocument, FoundFragmentDoc } from "../../generated/site/graphql";
import { readFragment } from "../../generated/site/fragment-masking";
import { Notice } from "../../parts/notice";
import { LONGEST_SEARCH, useTypedSearch } from "../../parts/typed-search";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";

/** A search for projects and public groups, kept in the address. */
export function Find({ ready }: { readonly ready: boolean }) {
  const text = useText();
  const { typed, type, search } = useTypedSearch();
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
            maxLength={LONGEST_SEARCH}
            placeholder={text("find.placeholder")}
            onChange={(event) => type(event.target.value)}
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
              href: `/groups/${one.id}`,
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
  readonly href: string;
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
            <Link href={href}>{name}</Link>
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
