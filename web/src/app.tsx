import { lazy, Suspense } from "react";
import { Route, Router, Switch } from "wouter";
import { JoinFirst } from "./pages/join/join-first";
import { Missing } from "./pages/missing/page";
import { ProjectPage } from "./pages/project/page";
import { SitePage } from "./pages/site/page";
import { CelebrationProvider } from "./parts/celebration";
import { Frame } from "./parts/frame";
import { Waiting } from "./parts/waiting";
import { root } from "./root";
import { SessionProvider } from "./session/session";
import { Texts } from "./texts/texts";

// What the first chart does not need is loaded with the page that needs it.
const GroupPage = lazy(() => import("./pages/group/page"));
const CertificatePage = lazy(() => import("./pages/certificate/page"));
const CertificatesPage = lazy(() => import("./pages/certificates/page"));
const GroupsPage = lazy(() => import("./pages/groups/page"));
const ContributorsPage = lazy(() => import("./pages/contributors/page"));
const MePage = lazy(() => import("./pages/me/page"));
const RolePage = lazy(() => import("./pages/role/page"));
const SignInPage = lazy(() => import("./pages/sign-in/page"));

export function App() {
  return (
    <Texts>
      <Router base={root.slice(0, -1)}>
        <SessionProvider>
          <Frame>
            <CelebrationProvider>
              <Suspense fallback={<Waiting figures={3} />}>
                <Switch>
                  <Route path="/" component={SitePage} />
                  <Route path="/projects/:id">
                    {({ id }) => <ProjectPage key={id} id={id} />}
                  </Route>
                  <Route path="/groups" component={GroupsPage} />
                  <Route path="/groups/:id">
                    {({ id }) => (
                      <JoinFirst key={id} id={id}>
                        <GroupPage id={id} />
                      </JoinFirst>
                    )}
                  </Route>
                  <Route path="/groups/:id/contributors">
                    {({ id }) => <ContributorsPage key={id} id={id} />}
                  </Route>
                  <Route path="/me/certificate" component={CertificatePage} />
                  <Route path="/certificates/:code">
                    {({ code }) => <CertificatesPage key={code} code={code} />}
                  </Route>
                  <Route path="/me" component={MePage} />
                  <Route path="/sign-in" component={SignInPage} />
                  <Route path="/demo/:role">
                    {({ role }) => <RolePage key={role} role={role} />}
                  </Route>
                  <Route>
                    <Missing />
                  </Route>
                </Switch>
              </Suspense>
            </CelebrationProvider>
          </Frame>
        </SessionProvider>
      </Router>
    </Texts>
  );
}
