// A button that saves a file of /files. Who is signed in asks for a ticket first, with the token in
// a header; the ticket is good for one download within a minute, and stands in its address alone.

import { useState } from "react";
import { CommandButton } from "../forms/command-button";
import { sentenceOf } from "../graphql/problems";
import { root } from "../root";
import { useSession } from "../session/session";
import { type TextId, useText } from "../texts/texts";

interface Properties {
  /** Which file, such as `/groups/5/contributors?start_date=2026-01-01`. */
  readonly path: string;
  /** What the button says. */
  readonly label?: TextId;
}

export function Download({ path, label = "file.csv" }: Properties) {
  const text = useText();
  const { signedIn, ask } = useSession();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<TextId | null>(null);
  const file = `files${path}`;
  if (!signedIn) {
    return (
      <div className="download">
        <a className="button" href={root + file} download>
          {text(label)}
        </a>
      </div>
    );
  }
  const download = async () => {
    setBusy(true);
    setProblem(null);
    try {
      save(await ticketFor(`/${file}`, ask));
    } catch (error) {
      setProblem(error instanceof Refused ? sentenceOf(error.code) : "problem.network");
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="download">
      <CommandButton busy={busy} onClick={download}>
        {text(busy ? "file.busy" : label)}
      </CommandButton>
      {problem && <p role="alert">{text(problem)}</p>}
    </div>
  );
}

class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

type Ask = ReturnType<typeof useSession>["ask"];

/** The address of one download, as a path of the gateway. */
async function ticketFor(path: string, ask: Ask): Promise<string> {
  const answer = await ask("files/tickets", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path, accept: "text/csv" }),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Refused(String(content.errors?.[0]?.extensions?.code));
  return content.path;
}

/** Let the browser save what is at an address, and stay on the page. */
function save(path: string) {
  const link = document.createElement("a");
  link.href = root + path.slice(1);
  link.download = "";
  link.click();
}
