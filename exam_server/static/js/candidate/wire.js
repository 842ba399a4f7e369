/**
 * The shapes that the server sends to a candidate's page, read in this one place. A message that
 * lacks what the page cannot do without is refused here, so that nothing half-read is ever shown.
 *
 * @typedef {"single_choice" | "multiple_choice" | "true_false"} ItemKind
 * @typedef {{id: string, content: string}} Option
 * @typedef {{src: string, description: string, caption: string}} Figure
 * @typedef {{id: string, no: number, kind: ItemKind, stem: string, options: Option[], figure: Figure | null}} Question
 * @typedef {{kind: ItemKind, title: string, points: string, rule: string, questions: Question[]}} Section
 * @typedef {{title: string, total_points: number, sections: Section[]}} Paper
 * @typedef {"claimed" | "waiting" | "in_progress" | "paused" | "transfer_pending" | "submitted" | "forced" | "expired" | "voided" | "deferred" | "absent"} AttemptState
 * @typedef {{id: number, kind: string, text: string, at_ms: number, needs_confirmation: boolean}} RoomEvent
 * @typedef {{code: string, answered: number, total: number, submitted_ms: number, head_seq: number, head_hash?: string}} Receipt
 * @typedef {{name: string, admission_no: string, id_number_masked: string, gender: string, photo: string | null, room: string, seat_no: number | string, approved_min?: number}} Candidate
 * @typedef {{project: string, subject: string, batch: string, number: number | string, minutes: number, starts_ms: number, institution: string}} Sitting
 * @typedef {import("../exam/package.js").Offer} Offer
 * @typedef {{state: AttemptState, attempt: string, store: string, epoch: number, head_seq: number, server_ms: number,
 *            started_ms: number | null, deadline_ms: number | null, deadline_version: number, paused_ms: number | null, may_leave_ms?: number | null, candidate: Candidate,
 *            sitting: Sitting, rules: string[], confirmed: {data: boolean, rules: boolean}, paper: Paper | null, package: Offer | null, paper_key: string | null, tools: string[],
 *            answers: import("../exam/journal.js").ServerAnswers, display: {theme: string, zoom: number},
 *            events: RoomEvent[], last_event: number, receipt: Receipt | null, covered: boolean, sealed: boolean, journal_key: string, return_pass?: string, head_epoch?: number}} State
 */

/** Reply that says no; `code` is the error of the contract. */
export class Refusal extends Error {
  /** @param {{error?: string, message?: string}} body */
  constructor(body) {
    super(body.message || body.error || "refused");
    this.code = body.error || "malformed";
  }
}

const NEEDED = ["state", "attempt", "epoch", "head_seq", "server_ms", "candidate", "sitting", "answers"];

/** @param {any} body reply of GET /exam/api/state @returns {State} */
export function readState(body) {
  if (!body.ok) throw new Refusal(body);
  const missing = NEEDED.filter((name) => body[name] === undefined);
  if (missing.length) throw new Error(`the state lacks ${missing.join(", ")}`);
  const events = readEvents(body.events);
  return {
    ...body,
    rules: body.rules || [],
    confirmed: body.confirmed || { data: false, rules: false },
    paper: body.paper ? readPaper(body.paper) : null,
    tools: body.tools || [],
    package: body.package || null,
    paper_key: body.paper_key || null,
    display: body.display || { theme: "", zoom: 0 },
    events,
    last_event: Math.max(body.last_event || 0, 0, ...events.map(({ id }) => id)),
    receipt: body.receipt || null,
    covered: body.covered === true,
    sealed: body.sealed === true,
    journal_key: body.journal_key || "",
  };
}

/** @param {any} paper @returns {Paper} questions carry the kind of their section */
export function readPaper(paper) {
  const sections = paper.sections.map((section) => ({
    ...section,
    questions: section.questions.map((question) => ({ ...question, kind: section.kind, figure: question.figure || null })),
  }));
  return { ...paper, sections };
}

/** @param {any} events @returns {RoomEvent[]} oldest first */
export function readEvents(events) {
  return Array.isArray(events) ? events.slice().sort((a, b) => a.id - b.id) : [];
}
