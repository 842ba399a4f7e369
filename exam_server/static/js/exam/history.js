/**
 * What was written at another PC, or before this browser lost its journal, belongs into the journal
 * here as well: a server restored from an older copy is filled up again from any PC (R8).
 *
 * @typedef {import("./journal.js").Op} Op
 * @typedef {import("./storage.js").JournalStorage} JournalStorage
 */

/**
 * Add the operations that the server knows and this PC does not. Without an answer the journal
 * bridges the numbers it never had.
 * @param {JournalStorage} storage @param {number} head of the server
 * @param {() => Promise<{ok: boolean, ops?: Op[]}>} fetchHistory
 */
export async function fillJournal(storage, head, fetchHistory) {
  const known = new Set((await storage.load()).map(({ seq }) => seq));
  let isWhole = true;
  for (let seq = 1; seq <= head && isWhole; seq += 1) isWhole = known.has(seq);
  if (isWhole) return;
  try {
    const { ops = [] } = await fetchHistory();
    const missing = ops.filter(({ seq }) => !known.has(seq));
    if (missing.length) await storage.append(missing);
  } catch (refused) {
    console.warn("the history is not kept on this PC", refused);
  }
}
