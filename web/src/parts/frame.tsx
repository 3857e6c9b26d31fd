// What stands around each page: where one is, and who.

import { type ReactNode, useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import { root } from "../root";
import { useSession } from "../session/session";
import { SessionBar } from "../session/session-bar";
import { SessionEnd } from "../session/session-end";
import { useText } from "../texts/texts";

const CONTENT = "content";

export function Frame({ children }: { readonly children: ReactNode }) {
  const text = useText();
  const [path] = useLocation();
  const { signedIn } = useSession();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    // Another page begins at its top, for eyes and for screen readers.
    if (shown.current === path) return;
    shown.current = path;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <a className="skip" href={`#${CONTENT}`}>
        {text("app.skip")}
      </a>
      <header className="banner">
        <div className="wide">
          <Link href="/" className="home">
            <Mark />
            {text("app.name")}
          </Link>
          <nav aria-label={text("app.main")}>
            <Link href="/" aria-current={path === "/" ? "page" : undefined}>
              {text("app.overview")}
            </Link>
            {signedIn && (
              <>
                <Link href="/me" aria-current={path === "/me" ? "page" : undefined}>
                  {text("me.title")}
                </Link>
                <Link href="/groups" aria-current={path === "/groups" ? "page" : undefined}>
                  {text("app.groups")}
                </Link>
              </>
            )}
            <a href={`${root}graphql`}>{text("app.api")}</a>
          </nav>
          <SessionBar />
        </div>
      </header>
      <SessionEnd />
      <main id={CONTENT} className="wide" ref={main} tabIndex={-1}>
        {children}
      </main>
      <footer className="wide">
        <p>{text("app.footer")}</p>
        <p>
          {text("app.programs")}: <a href={`${root}graphql`}>{text("app.api")}</a>,{" "}
          <a href={`${root}?page=small`}>{text("app.rest")}</a>
        </p>
      </footer>
    </>
  );
}

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect className="ground" width="32" height="32" rx="8" />
      <rect className="bar" x="7" y="17" width="4.5" height="8" rx="1.5" />
      <rect className="bar" x="13.75" y="12" width="4.5" height="13" rx="1.5" />
      <rect className="bar last" x="20.5" y="7" width="4.5" height="18" rx="1.5" />
    </svg>
  );
}
