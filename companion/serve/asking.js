// What is asked of the service. The token stands behind # in the address, which a browser sends nowhere, and is then
// kept for this tab alone.

const TOKEN_PLACE = "chorale token";

function tokenHere() {
  if (location.hash.length > 1) {
    sessionStorage.setItem(TOKEN_PLACE, location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(TOKEN_PLACE);
}

class Refused extends Error {}

// An answer; Refused, with the line that the service gives, where it is none.
async function asked(method, path, { body, type, accept, later, signal } = {}) {
  const headers = { Authorization: `Bearer ${tokenHere()}` };
  if (type) headers["Content-Type"] = type;
  if (accept) headers.Accept = accept;
  if (later) headers.Prefer = "respond-async";
  const came = await fetch(path, { method, headers, body, signal });
  if (came.ok) return came;
  const { error } = await came.json().catch(() => ({ error: `the service says ${came.status}` }));
  throw new Refused(error);
}

// The rows of a stream of server-sent events; EventSource could send no token.
async function* rowsOf(came) {
  const reader = came.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice(6));
    }
  }
}

// Music made of music: { notes, midi }. tell: told how far it is; began: given what cancels it.
async function madeOf(what, music, options, tell, began) {
  const query = new URLSearchParams({ name: music.name, ...options });
  const came = await asked("POST", `/v1/${what}?${query}`, { body: music.body, type: music.type, later: true });
  const { job } = await came.json();
  began(() => asked("DELETE", `/v1/jobs/${job}`).catch(() => {}));
  let last = {};
  for await (const row of rowsOf(await asked("GET", `/v1/jobs/${job}/events`))) {
    last = row;
    tell(row);
  }
  if (last.state !== "done") throw new Refused(last.error ?? "the service has gone away");
  const result = (accept) => asked("GET", `/v1/jobs/${job}/result`, { accept });
  const [notes, midi] = [await (await result("application/json")).json(), await (await result("audio/midi")).blob()];
  asked("DELETE", `/v1/jobs/${job}`).catch(() => {});
  return { ...notes, midi };
}
