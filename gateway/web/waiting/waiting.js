// Asks again until the answer is another one. Reloading by hand, and not by a Refresh header, keeps
// the fragment in all browsers: it may hold what the page signs in with.
const SECONDS = 3;

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.headers.has("Retry-After")) {
      location.reload();
      return;
    }
  } catch {
    // The server is away for a moment.
  }
  setTimeout(look, SECONDS * 1000);
}

setTimeout(look, SECONDS * 1000);
