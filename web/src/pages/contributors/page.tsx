import { useMemo } from "react";
import { useQuery } from "urql";
import { Link, useSearch } from "wouter";
import { PAGE } from "../../address";
import { Download } from "../../files/download";
import { withDays } from "../../files/with-days";
import {
  ContributorsDocument,
  ContributorsLiveDocument,
  ContributorsPageFragmentDoc,
  ViewerFragmentDoc,
} from "../../generated/contributors/graphql";
import { readFragment } from "../../generated/contributors/fragment-masking";
import { codesOf } from "../../graphql/problems";
import { useLive } from "../../graphql/use-live";
import { useLostPlace } from "../../parts/lost-place";
import { Notice } from "../../parts/notice";
import { LONGEST_SEARCH, useTypedSearch } from "../../parts/typed-search";
import { useTitle } from "../../parts/use-title";
import { useToday } from "../../parts/use-today";
import { RangePicker, useView } from "../../parts/view";
import { Waiting } from "../../parts/waiting";
import { useTellViewer } from "../../session/viewer";
import { useNumbers } from "../../texts/numbers";
import { useText } from "../../texts/texts";
import { Missing } from "../missing/page";
import { orderOf } from "./order";
import { ContributorsTable } from "./table";

export default function ContributorsPage({ id }: { readonly id: string }) {
  const text = useText();
  const numbers = useNumbers();
  const today = useToday();
  const view = useView(today, []);
  const query = useSearch();
  const { typed, type, search } = useTypedSearch();
  const variables = useMemo(
    () => ({
      id,
      range: view.range,
      order: orderOf(query),
      after: new URLSearchParams(query).get(PAGE),
      search: search || null,
    }),
    [id, view.range.start, view.range.end, query, search],
  );
  const [{ data, error, fetching }, again] = useQuery({ query: ContributorsDocument, variables });
  const page = readFragment(ContributorsPageFragmentDoc, data);
  const group = page?.userGroup;
  useLive(ContributorsLiveDocument, variables, group?.viewerPermissions.seeMembers === true);
  useTellViewer(page && readFragment(ViewerFragmentDoc, page)?.me);
  const isLost = useLostPlace(error);
  const name = group?.displayName ?? text("groups.unnamed", { id });
  useTitle(text("contributors.of", { name }));

  if (error && !group && !isLost && codesOf(error).some((code) => MISSING.includes(code))) {
    return <Missing reason={text("contributors.none", { id })} />;
  }
  const members = group?.chosen?.memberBreakdown;
  const mayNot = group?.viewerPermissions.seeMembers === false;
  return (
    <>
      <div className="opening">
        <h1>{text("contributors.of", { name })}</h1>
        <p className="lead">{text("contributors.lead")}</p>
        <Link href={`/groups/${id}`}>{text("contributors.back")}</Link>
      </div>
      {error && !mayNot && !isLost && (
        <Notice error={error} onAgain={() => again()} partly={group != null} />
      )}
      {group == null && (!error || isLost) && <Waiting figures={0} />}
      {mayNot && (
        <section className="panel">
          <p className="empty">{text("contributors.hidden")}</p>
        </section>
      )}
      {group && !mayNot && (
        <section className="panel find" aria-label={text("contributors.title")}>
          <div className="heading">
            <RangePicker view={view} today={today} />
            <Download path={withDays(`/groups/${id}/contributors`, view.range)} />
          </div>
          <p className="hint">{text("contributors.wholeFile")}</p>
          <search>
            <label>
              {text("contributors.search")}
              <input
                type="search"
                value={typed}
                maxLength={LONGEST_SEARCH}
                onChange={(event) => type(event.target.value)}
              />
            </label>
          </search>
          {members && (
            <div aria-busy={fetching}>
              <p className="hint" role="status">
                {text(search ? "contributors.found" : "contributors.count", {
                  count: members.totalCount,
                  shown: numbers.count(members.totalCount),
                })}
              </p>
              <ContributorsTable members={members} />
            </div>
          )}
        </section>
      )}
    </>
  );
}

/** An id that is none, one that nothing has, and a group that is hidden look the same. */
const MISSING = ["NOT_FOUND", "INVALID_ARGUMENT"];
