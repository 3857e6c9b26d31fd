/** The path of the gateway's root, with a slash at its end: it may be served below a prefix. */
export const root = new URL(/* @vite-ignore */ "../", import.meta.url).pathname;
