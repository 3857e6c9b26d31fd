// Signing in at an issuer: loaded when somebody does.

export { begin } from "./begin";
export { finish, NotSignedIn } from "./finish";
export { Issued } from "./issued";
