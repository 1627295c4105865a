// What is shown, as words.

export const number = (n) => (n === null || n === undefined ? "?" : n.toLocaleString("en"));
export const verdict = (v) => (v === true ? "yes" : v === false ? "NO" : "–");
export const clock = (at) => new Date(at).toLocaleTimeString();

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0]) return `${parts[0]} h ${parts[1]} min`;
  return parts[1] ? `${parts[1]} min ${parts[2]} s` : `${parts[2]} s`;
}

const why = (body) => `${body.message}${body.hint ? ` (${body.hint})` : ""}`;
const SENTENCES = {
  "job.created": () => "job created",
  "job.status": (body) => body.status,
  "job.resumed": (body) => `resumed, ${number(body.tasks)} tasks wait again`,
  "plan.saved": (body) => `planned: ${number(body.tables)} tables, ${number(body.tasks)} tasks`,
  "table.verified": (body, of) => `${of}${body.verified ? "verified" : "does NOT verify"}`,
  "table.restarted": (body, of) => `${of}begun anew: ${why(body)}`,
  "task.failed": (body, of) => `${of}${body.again ? "tried again" : "failed"}: ${why(body)}`,
  "task.split": (body, of) => `${of}a chunk became ${number(body.chunks)}: ${why(body)}`,
  "task.later": (body, of) => `${of}a chunk is read at SCN ${body.scn}: ${why(body)}`,
  "task.widened": (body, of) => `${of}${number(body.chunks)} chunks taken together`,
};
const DONE = {
  plan: () => "",
  copy: (body) => `${number(body.rows)} rows copied`
    + (body.set_aside ? `, ${number(body.set_aside)} set aside` : ""),
  finish: () => "finished",
  conclude: () => "concluded",
};

// One event; *name* gives a table's name by its number. Unknown kinds are shown as they are.
export function sentence(kind, body, name) {
  const table = body && body.table ? name(body.table) : "";
  const of = table ? `${table}: ` : "";
  if (kind === "task.done" && DONE[body.kind]) {
    const done = DONE[body.kind](body);
    return done && of + done;
  }
  return SENTENCES[kind] ? SENTENCES[kind](body, of) : `${kind} ${JSON.stringify(body)}`;
}
