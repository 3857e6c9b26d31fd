import { Link, useLocation, useSearch } from "wouter";
import { paged } from "../../address";
import type { ContributorsPageFragment, MemberOrder } from "../../generated/contributors/graphql";
import { hours, useNumbers } from "../../texts/numbers";
import { type TextId, useText } from "../../texts/texts";
import { ordered, orderOf } from "./order";

type Group = NonNullable<ContributorsPageFragment["userGroup"]>;
type Members = NonNullable<NonNullable<Group["chosen"]>["memberBreakdown"]>;

/** A page of the contributors, with links that order them and lead to the next page. */
export function ContributorsTable({ members }: { readonly members: Members }) {
  const text = useText();
  const numbers = useNumbers();
  const [path] = useLocation();
  const query = useSearch();
  const { nodes, pageInfo } = members;
  if (nodes.length === 0) return null;
  return (
    <>
      <div className="scrolling" role="group" aria-label={text("contributors.title")} tabIndex={0}>
        <table className="contributors">
          <thead>
            <tr>
              <Column order="NAME" label="contributors.name" />
              <Column order="MOST_CLASSIFICATIONS" label="contributors.classifications" isNumber />
              <Column order="MOST_TIME" label="contributors.hours" isNumber />
              <th scope="col">{text("contributors.projects")}</th>
            </tr>
          </thead>
          <tbody>
            {nodes.map(({ user, count, timeSpent, projectContributions }) => (
              <tr key={user.id}>
                <th scope="row">
                  <bdi>{user.displayName ?? text("contributors.unnamed", { id: user.id })}</bdi>
                  {user.login !== null && user.login !== user.displayName && (
                    <bdi className="note login">{user.login}</bdi>
                  )}
                </th>
                <td className="number">{numbers.count(count)}</td>
                <td className="number">{numbers.amount("hours", hours(timeSpent))}</td>
                <td>
                  <ul>
                    {projectContributions.map((one) => (
                      <li key={one.project?.id ?? ""}>
                        {text("contributors.inProject", {
                          project: one.project
                            ? (one.project.displayName ??
                              text("contributors.unnamedProject", { id: one.project.id }))
                            : text("contributors.noProject"),
                          count: numbers.count(one.count),
                        })}
                      </li>
                    ))}
                  </ul>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {(pageInfo.hasNextPage || pageInfo.hasPreviousPage) && (
        <nav className="pages" aria-label={text("contributors.pages")}>
          {pageInfo.hasPreviousPage && (
            <Link href={path + paged(query, null)}>{text("contributors.first")}</Link>
          )}
          {pageInfo.hasNextPage && (
            <Link href={path + paged(query, pageInfo.endCursor)}>{text("contributors.next")}</Link>
          )}
        </nav>
      )}
    </>
  );
}

interface ColumnProperties {
  readonly order: MemberOrder;
  readonly label: TextId;
  readonly isNumber?: boolean;
}

/** The head of a column by which the table can be ordered: names ascending, numbers descending. */
function Column({ order, label, isNumber = false }: ColumnProperties) {
  const text = useText();
  const [path] = useLocation();
  const query = useSearch();
  const isOrder = orderOf(query) === order;
  const direction = isNumber ? "descending" : "ascending";
  return (
    <th
      scope="col"
      className={isNumber ? "number" : undefined}
      aria-sort={isOrder ? direction : undefined}
    >
      <Link href={path + ordered(query, order)}>{text(label)}</Link>
    </th>
  );
}
