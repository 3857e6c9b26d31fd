import { useLocation, useSearch } from "wouter";
import { changed } from "../address";
import { useText } from "../texts/texts";

interface Properties {
  /** Those to choose from, and their names where these are known. */
  readonly projects: readonly (Project | null)[];
  /** The id of the one that is shown; one that is not among them can still be seen and left. */
  readonly chosen: string | undefined;
}

interface Project {
  readonly id: string;
  readonly displayName: string | null;
}

/** Shows one project, or all of them, by the page's address. */
export function ProjectPicker({ projects, chosen }: Properties) {
  const text = useText();
  const [path, navigate] = useLocation();
  const query = useSearch();
  const options = new Map(projects.flatMap((one) => (one ? [[one.id, one.displayName]] : [])));
  if (chosen !== undefined && !options.has(chosen)) options.set(chosen, null);
  return (
    <label>
      {text("project.choose")}
      <select
        value={chosen ?? ""}
        onChange={({ target }) =>
          navigate(path + changed(query, { project: target.value || null }))
        }
      >
        <option value="">{text("project.all")}</option>
        {[...options].map(([id, name]) => (
          <option key={id} value={id}>
            {name ?? text("project.unnamed", { id })}
          </option>
        ))}
      </select>
    </label>
  );
}
