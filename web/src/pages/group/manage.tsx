// What the viewer may do with the group as a whole. The dialogs are loaded when they are asked for.

import { lazy, Suspense, useState } from "react";
import type { View } from "../../address";
import { CommandButton } from "../../forms/command-button";
import { Problems } from "../../forms/problems";
import { useCommand } from "../../forms/use-command";
import {
  CloseGroupDocument,
  type CloseGroupMutation,
  ReopenGroupDocument,
  type ReopenGroupMutation,
} from "../../generated/group/graphql";
import { hasPublicTotals } from "../../levels";
import { Embed } from "../../parts/embed";
import { Said } from "../../parts/said";
import { useText } from "../../texts/texts";
import type { Group } from "./group";

const Settings = lazy(() => import("./settings"));
const Leave = lazy(() => import("./leave"));
const Confirm = lazy(() => import("../../forms/confirm"));

interface Properties {
  readonly group: Group;
  readonly name: string;
  readonly view: View;
  /** Something is different now. */
  readonly onChanged: () => void;
  /** The viewer has left, before the page is told that something is different. */
  readonly onLeft: () => void;
}

const closedOf = (data: CloseGroupMutation) => data.deactivateUserGroup;
const reopenedOf = (data: ReopenGroupMutation) => data.reactivateUserGroup;

export function Manage({ group, name, view, onChanged, onLeft }: Properties) {
  const text = useText();
  const [asked, setAsked] = useState<"settings" | "leave" | "close" | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const close = useCommand(CloseGroupDocument, closedOf);
  const reopen = useCommand(ReopenGroupDocument, reopenedOf);
  const { id, viewerPermissions: may } = group;
  // Who is invited declines where they would accept.
  const leaves = may.leave && group.viewerMembership?.state === "ACTIVE";
  const done = (what: string) => {
    setAsked(null);
    setSaid(what);
    onChanged();
  };
  const forget = () => {
    close.forget();
    setAsked(null);
  };
  const ask = (what: typeof asked) => {
    setSaid(null);
    setAsked(what);
  };
  const confirmClosing = async () => {
    if (await close.run({ input: { id } })) done(text("group.hasClosed"));
  };
  const confirmReopening = async () => {
    if (await reopen.run({ input: { id } })) done(text("group.hasReopened"));
  };
  const embeds = group.active && hasPublicTotals(group.statsVisibility);
  if (!embeds && !may.edit && !leaves && !may.deactivate && !may.reactivate && !said) return null;
  return (
    <>
      {said && <Said>{said}</Said>}
      <div className="commands">
        {embeds && <Embed path={`/groups/${id}`} name={name} view={view} />}
        {may.edit && group.active && (
          <button type="button" className="button" onClick={() => ask("settings")}>
            {text("group.settings")}
          </button>
        )}
        {leaves && (
          <button type="button" className="button" onClick={() => ask("leave")}>
            {text("group.leave")}
          </button>
        )}
        {may.deactivate && (
          <button type="button" className="button" onClick={() => ask("close")}>
            {text("group.close")}
          </button>
        )}
        {may.reactivate && (
          <CommandButton busy={reopen.busy} primary onClick={confirmReopening}>
            {text("group.reopen")}
          </CommandButton>
        )}
      </div>
      {may.reactivate && <Problems problems={reopen.problems} />}
      <Suspense fallback={null}>
        {asked === "settings" && (
          <Settings
            group={group}
            onClose={() => setAsked(null)}
            onSaved={() => done(text("group.saved"))}
          />
        )}
        {asked === "leave" && (
          <Leave
            group={group}
            name={name}
            onClose={() => setAsked(null)}
            onLeft={() => {
              onLeft();
              done(text("group.hasLeft"));
            }}
          />
        )}
        {asked === "close" && (
          <Confirm
            title={text("group.closeTitle", { name })}
            action={text("group.close")}
            busy={close.busy}
            problems={close.problems}
            onConfirm={confirmClosing}
            onClose={forget}
          >
            <p>{text("group.closeExplain")}</p>
          </Confirm>
        )}
      </Suspense>
    </>
  );
}
